# SPDX-License-Identifier: Apache-2.0
"""SMTP against a real server over a socket: what is taken, refused, hung up on, and kept open."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.support.smtp import DROP, HANG, PASSWORD, USER, SmtpServer
from tests.unit.outbox.samples import TOKEN, outgoing
from yizhan.outbox.smtp import SmtpTransport, try_smtp
from yizhan.outbox.transports import SendFailed

# The server of these tests, told to hang or to drop a connection, leaves its own socket to the
# garbage collector; the side that is tested here is looked at by its logins and mails.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[SmtpServer]:
    with SmtpServer(tmp_path) as running:
        yield running


@pytest.fixture
async def transport(server: SmtpServer) -> AsyncIterator[SmtpTransport]:
    made = SmtpTransport(server.settings())
    yield made
    await made.close()


async def failure(transport: SmtpTransport, **changes: str) -> SendFailed:
    with pytest.raises(SendFailed) as failed:
        await transport.send(outgoing(**changes))
    return failed.value


async def test_a_mail_arrives_encrypted_and_logged_in(
    server: SmtpServer, transport: SmtpTransport
) -> None:
    said = await transport.send(outgoing())

    assert said == "250 taken as 1"
    (mail,) = server.mails()
    assert mail["Message-ID"] == "<7.0123456789abcdef@example.com>"
    assert mail["From"].addresses[0].addr_spec == "no-reply@example.com"
    assert mail["To"].addresses[0].addr_spec == "demo@example.com"
    assert str(mail["Date"]) == "Mon, 23 Nov 2026 17:00:29 +0000"
    text = mail.get_body(("plain",))
    assert text is not None
    assert f"https://receivers.example.com/verify/{TOKEN}" in text.get_content()
    assert server.handler.logins == [(USER, PASSWORD)]


async def test_a_connection_serves_many_mails(server: SmtpServer, transport: SmtpTransport) -> None:
    for _ in range(5):
        await transport.send(outgoing())

    assert len(server.handler.taken) == 5
    assert len(server.handler.logins) == 1


async def test_many_at_once_each_have_a_connection(
    server: SmtpServer, transport: SmtpTransport
) -> None:
    await asyncio.gather(*(transport.send(outgoing(id=number)) for number in range(20)))
    await asyncio.gather(*(transport.send(outgoing(id=number)) for number in range(20)))

    assert len(server.handler.taken) == 40
    assert len(server.handler.logins) <= 20


@pytest.mark.parametrize(
    ("step", "reply", "permanent"),
    [
        ("MAIL", "451 4.3.0 not now", False),
        ("MAIL", "550 5.7.1 not from you", False),
        ("RCPT", "450 4.2.0 greylisted", False),
        ("RCPT", "550 5.1.1 no such mailbox", True),
        ("DATA", "451 4.3.0 disk full", False),
        ("DATA", "554 5.7.1 looks like spam", True),
    ],
)
async def test_a_refusal_says_whether_it_is_for_good_and_the_next_mail_goes_out(
    server: SmtpServer, transport: SmtpTransport, step: str, reply: str, permanent: bool
) -> None:
    server.handler.script = lambda at, number: reply if (at, number) == (step, 1) else None

    failed = await failure(transport)

    assert (failed.permanent, failed.unreachable) == (permanent, False)
    assert reply[4:] in failed.reason
    assert await transport.send(outgoing()) == "250 taken as 1"
    assert len(server.handler.logins) == 1


async def test_a_server_that_hangs_is_given_up(server: SmtpServer) -> None:
    server.handler.script = lambda at, _: HANG if at == "RCPT" else None
    transport = SmtpTransport(server.settings(timeout_seconds=0.3))

    failed = await failure(transport)

    assert not failed.permanent
    await transport.close()


async def test_a_server_that_hangs_up_after_data_leaves_it_open(
    server: SmtpServer, transport: SmtpTransport
) -> None:
    server.handler.script = lambda at, number: DROP if (at, number) == ("DATA", 1) else None

    failed = await failure(transport)

    assert (failed.permanent, failed.unreachable) == (False, False)
    assert server.handler.seen == 1
    assert await transport.send(outgoing()) == "250 taken as 1"


async def test_a_connection_that_was_kept_too_long_is_made_anew(
    server: SmtpServer, transport: SmtpTransport
) -> None:
    await transport.send(outgoing())
    server.handler.script = lambda at, number: DROP if (at, number) == ("MAIL", 2) else None

    assert await transport.send(outgoing()) == "250 taken as 2"


async def test_a_server_that_is_not_there_is_unreachable(
    server: SmtpServer, transport: SmtpTransport
) -> None:
    server.stop()

    failed = await failure(transport)

    assert (failed.permanent, failed.unreachable) == (False, True)


async def test_nothing_is_sent_in_the_clear_where_tls_is_asked_for(tmp_path: Path) -> None:
    with SmtpServer(tmp_path, starttls=False, auth=False) as server:
        transport = SmtpTransport(server.settings())

        failed = await failure(transport)

        assert failed.unreachable
        assert server.handler.logins == []
        assert server.handler.seen == 0


async def test_a_certificate_of_nobody_is_refused(server: SmtpServer) -> None:
    transport = SmtpTransport(server.settings(ca_file=""))

    failed = await failure(transport)

    assert failed.unreachable
    assert "certificate" in failed.reason
    assert server.handler.logins == []


async def test_a_certificate_of_another_name_is_refused(tmp_path: Path) -> None:
    with SmtpServer(tmp_path, host="another.example.com") as server:
        failed = await failure(SmtpTransport(server.settings()))

        assert failed.unreachable
        assert server.handler.logins == []


async def test_a_wrong_password_is_no_fault_of_the_recipient(server: SmtpServer) -> None:
    failed = await failure(SmtpTransport(server.settings(password="wrong")))

    assert (failed.permanent, failed.unreachable) == (False, True)
    assert "535" in failed.reason
    assert "wrong" not in failed.reason


async def test_international_addresses_go_out_where_the_server_takes_them(
    server: SmtpServer, transport: SmtpTransport, tmp_path: Path
) -> None:
    await transport.send(outgoing(address="用户@例子.中国"))
    (mail,) = server.mails()
    assert "用户@例子.中国" in str(mail["To"])

    with SmtpServer(tmp_path, smtputf8=False) as other:
        failed = await failure(SmtpTransport(other.settings()), address="用户@例子.中国")
        assert failed.permanent


async def test_a_server_without_tls_or_log_in_is_used_if_told(tmp_path: Path) -> None:
    with SmtpServer(tmp_path, starttls=False, auth=False) as server:
        transport = SmtpTransport(server.settings(security="none", user=""))
        assert await transport.send(outgoing()) == "250 taken as 1"
        await transport.close()


async def test_a_mail_that_is_given_up_leaves_the_next_alone(
    server: SmtpServer, transport: SmtpTransport
) -> None:
    server.handler.script = lambda at, number: HANG if (at, number) == ("DATA", 1) else None
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.3):
            await transport.send(outgoing())

    assert await transport.send(outgoing(id=8)) == "250 taken as 1"


async def test_what_the_doctor_asks_says_what_was_reached(server: SmtpServer) -> None:
    said = await try_smtp(server.settings())

    assert said == f"localhost:{server.port}, STARTTLS, logged in as sender"
    with pytest.raises(SendFailed, match="535"):
        await try_smtp(server.settings(password="wrong"))
    assert server.handler.seen == 0


@pytest.mark.parametrize("change", [{"sender": "nobody"}, {"ca_file": "/no/such/file"}])
def test_settings_that_cannot_be_used_are_told_at_once(
    server: SmtpServer, change: dict[str, str]
) -> None:
    with pytest.raises(ValueError, match=f"smtp.{next(iter(change))}"):
        SmtpTransport(server.settings(**change))
