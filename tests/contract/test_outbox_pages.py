# SPDX-License-Identifier: Apache-2.0
"""Outbox and contacts in the console: what is seen by whom, and what can be done."""

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.connection import Client, Key, receiver
from tests.support.console import Visitor, visitor
from tests.support.live import LiveServer
from tests.support.outbox import captured, message_ids, read
from tests.support.registry import NO_RATE_LIMIT, Registry
from tests.support.waiting import wait_until

UIN = 100000000001


@pytest.fixture(scope="module")
def server() -> Iterator[LiveServer]:
    with LiveServer(environ={"YIZHAN_LIMITS_CREATES_PER_DAY": "1000"} | NO_RATE_LIMIT) as running:
        yield running


@pytest.fixture
def client(server: LiveServer) -> Iterator[Client]:
    server.reset()
    with Client(server) as connected:
        yield connected


@pytest.fixture
def console(server: LiveServer) -> Iterator[Visitor]:
    with visitor(server) as somebody:
        yield somebody


def uid_of(client: Client, name: str = "ops") -> int:
    (found,) = [each["Uid"] for each in client.all_receivers() if each["Name"] == name]
    return int(found)


def test_a_captured_mail_is_shown_with_headers_text_and_html(
    client: Client, console: Visitor
) -> None:
    client.create("ops", 7)
    mail = captured(console)

    assert "Message-ID" in mail.page
    assert "mail7@example.com" in mail.page  # To, in dev
    assert f'<iframe class="mail" src="/outbox/{mail.id}/html" sandbox' in mail.page
    html = console.get(f"/outbox/{mail.id}/html")
    assert mail.link in html.text
    assert mail.code in html.text
    csp = html.headers["content-security-policy"]
    assert csp.startswith("sandbox; default-src 'none'")
    assert mail.link in re.sub(r"<[^>]+>", "", mail.page)
    sms = captured(console, "phone")
    assert sms.code in sms.page
    assert console.get(f"/outbox/{sms.id}/html").status_code == 404


def test_messages_speak_the_caller_s_language(client: Client, console: Visitor) -> None:
    client.create("ops", 7)
    assert "Please confirm" in captured(console).page
    body = client.request("CreateMessageReceiver", receiver("other", 8))
    client.send(body.replace(b"X-TC-Action:", b"X-TC-Language: zh-CN\r\nX-TC-Action:", 1))
    assert client.read().code == ""
    assert "请确认" in captured(console, "email", 2).page


def test_the_outbox_is_paged_and_filtered(client: Client, console: Visitor) -> None:
    for number in range(30):
        client.create(f"name {number}", number)
    wait_until(
        lambda: console.get("/outbox", state="queued").text.count('href="/outbox/') == 0,
        10,
        "all captured",
    )
    first = message_ids(console)
    older = message_ids(console, before=min(first))

    assert (len(first), len(older)) == (50, 10)
    assert min(first) > max(older)
    assert len(message_ids(console, channel="phone")) == 30
    assert message_ids(console, state="failed") == []
    assert message_ids(console, uin=100000000002) == []
    assert console.get("/outbox/999999").status_code == 404
    assert console.get("/outbox", state="nonsense", before="x").status_code == 200


def test_a_receiver_s_page_shows_and_changes_how_it_stands(
    client: Client, console: Visitor
) -> None:
    client.create("ops", 7)
    mail = captured(console)
    address = f"/receivers/{uid_of(client)}"
    page = console.get(address, uin=UIN).text
    assert page.count('<span class="tag ">captured') == 2

    wrong = console.post(f"{address}/code", uin=UIN, channel="email", code="000000")
    assert wrong.status_code == (200 if mail.code == "000000" else 400)
    done = console.post(f"{address}/code", uin=UIN, channel="email", code=mail.code)
    assert "The code was right" in done.text
    done = console.post(f"{address}/verify", uin=UIN, channel="phone")
    assert "Marked as verified" in done.text
    (found,) = client.all_receivers()
    assert (found["PhoneFlag"], found["EmailFlag"]) == (1, 1)
    audit = console.get("/audit").text
    for operation in ("contact.code", "contact.verify"):
        assert operation in audit
    assert mail.code not in audit


def test_another_message_is_sent_after_a_pause(client: Client, console: Visitor) -> None:
    client.create("ops", 7)
    captured(console)
    address = f"/receivers/{uid_of(client)}/resend"

    early = console.post(address, uin=UIN, channel="email")
    assert (early.status_code, "wait a little" in early.text) == (400, True)
    console.server.lab("clock", {"now": time.time() + 61})
    assert "Another message is queued" in console.post(address, uin=UIN, channel="email").text
    captured(console, "email", 2)


def test_not_me_is_lifted_by_the_operator(client: Client, console: Visitor) -> None:
    client.create("ops", 7)
    console.post(captured(console).link, do="refuse")
    address = f"/receivers/{uid_of(client)}"

    page = console.get(address, uin=UIN).text
    assert "its owner said “not me”" in page
    console.server.lab("clock", {"now": time.time() + 61})
    assert console.post(f"{address}/resend", uin=UIN, channel="email").status_code == 400
    console.post(f"{address}/allow", uin=UIN, channel="email")
    assert console.post(f"{address}/resend", uin=UIN, channel="email").status_code == 200


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/receivers/1/resend", {"uin": UIN, "channel": "email"}),
        ("/receivers/{uid}/resend", {"uin": UIN, "channel": "pigeon"}),
        ("/receivers/{uid}/resend", {"uin": UIN}),
        ("/receivers/{uid}/resend", {"uin": 100000000002, "channel": "email"}),
        ("/receivers/{uid}/nothing", {"uin": UIN, "channel": "email"}),
        ("/outbox/999999/release", {}),
        ("/outbox/999999/reveal", {}),
        ("/receivers/99999999999999999999999/resend", {"uin": UIN, "channel": "email"}),
        ("/outbox/99999999999999999999999/retry", {}),
    ],
)
def test_what_is_not_there_is_not_found(
    client: Client, console: Visitor, path: str, fields: dict[str, str | int]
) -> None:
    client.create("ops", 7)

    answer = console.post(path.format(uid=uid_of(client)), **fields)

    assert answer.status_code == 404


def test_a_captured_message_cannot_be_tried_again(client: Client, console: Visitor) -> None:
    client.create("ops", 7)
    mail = captured(console)

    assert console.post(f"/outbox/{mail.id}/retry").status_code == 400
    released = console.post(f"/outbox/{mail.id}/release")
    assert "The message is going out" in released.text
    # Nothing is set that could take it: it waits, and says why.
    wait_until(
        lambda: "nothing is set that takes" in console.get(f"/outbox/{mail.id}").text, 10, "said"
    )


# ---- who sees what in `serve` --------------------------------------------------------------------


class House:
    """A registry with two accounts, each with a receiver whose mail was captured."""

    def __init__(self, folder: Path) -> None:
        self.registry = Registry(folder)
        self.keys: dict[int, Key] = {}
        for uin in (1001, 1002):
            self.registry.account(uin, "--real-name")
            self.keys[uin] = self.registry.key(uin)
        made = self.registry.json("user", "create", "1001", "--name", "sub", "--permit", "cam:*")
        self.sub_user = self.registry.key(made["uin"])
        self.token = self.registry.json("operator", "create", "ann")["token"]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    return House(tmp_path_factory.mktemp("house"))


@pytest.fixture(scope="module")
def registry(house: House) -> Iterator[LiveServer]:
    with house.registry.serve() as running:
        for uin, key in house.keys.items():
            with Client(running, key) as client:
                assert client.create(f"of-{uin}", uin) == ""
        yield running


def signed_in(house: House, server: LiveServer, who: int | str) -> Iterator[Visitor]:
    with visitor(server) as somebody:
        if isinstance(who, int):
            somebody.sign_in(house.keys[who])
        elif who == "sub":
            somebody.sign_in(house.sub_user)
        elif who == "operator":
            somebody.sign_in(token=house.token)
        yield somebody


@pytest.fixture
def operator(house: House, registry: LiveServer) -> Iterator[Visitor]:
    yield from signed_in(house, registry, "operator")


@pytest.fixture
def account(house: House, registry: LiveServer) -> Iterator[Visitor]:
    yield from signed_in(house, registry, 1001)


@pytest.fixture
def sub_user(house: House, registry: LiveServer) -> Iterator[Visitor]:
    yield from signed_in(house, registry, "sub")


def ids_of(operator: Visitor, uin: int) -> list[int]:
    wait_until(lambda: len(message_ids(operator, uin=uin, state="captured")) == 2, 10, "captured")
    return message_ids(operator, uin=uin)


def test_an_account_sees_its_own_messages_and_never_what_they_say(
    operator: Visitor, account: Visitor
) -> None:
    own, foreign = ids_of(operator, 1001), ids_of(operator, 1002)

    assert message_ids(account) == own
    assert message_ids(account, uin=1002) == own
    for id_ in own:
        page = account.get(f"/outbox/{id_}").text
        assert "/verify/" not in page
        assert account.get(f"/outbox/{id_}/html").status_code == 404
        for change in ("reveal", "release", "retry"):
            assert account.post(f"/outbox/{id_}/{change}").status_code == 404
    for id_ in foreign:
        assert account.get(f"/outbox/{id_}").status_code == 404


def test_an_operator_reads_what_was_captured_and_that_is_audited(operator: Visitor) -> None:
    id_ = ids_of(operator, 1002)[0]
    assert "/verify/" not in operator.get(f"/outbox/{id_}").text

    page = operator.post(f"/outbox/{id_}/reveal").text

    assert re.search(r"/verify/[0-9a-f]{32}", page)
    assert "message.reveal" in operator.get("/audit").text


def test_an_account_may_ask_again_and_not_mark_its_own_contacts(
    registry: LiveServer, house: House, account: Visitor
) -> None:
    with Client(registry, house.keys[1001]) as client:
        own = uid_of(client, "of-1001")
    with Client(registry, house.keys[1002]) as client:
        foreign = uid_of(client, "of-1002")

    # Too early, but it is theirs to ask.
    asked = account.post(f"/receivers/{own}/resend", uin=1001, channel="email")
    assert (asked.status_code, "wait a little" in asked.text) == (400, True)
    for change in ("verify", "allow"):
        denied = account.post(f"/receivers/{own}/{change}", uin=1001, channel="email")
        assert denied.status_code == 404
    for uin in (1001, 1002):
        assert account.get(f"/receivers/{foreign}", uin=uin).status_code == 404
        denied = account.post(f"/receivers/{foreign}/resend", uin=uin, channel="email")
        assert denied.status_code == 404


def test_a_sub_user_has_no_part_in_it(
    registry: LiveServer, house: House, sub_user: Visitor, operator: Visitor
) -> None:
    with Client(registry, house.keys[1001]) as client:
        own = uid_of(client, "of-1001")

    assert sub_user.get("/receivers").status_code == 200
    for path in ("/outbox", f"/outbox/{ids_of(operator, 1001)[0]}", f"/receivers/{own}?uin=1001"):
        assert sub_user.get(path).status_code == 404
    denied = sub_user.post(f"/receivers/{own}/resend", uin=1001, channel="email")
    assert denied.status_code == 404


def test_nobody_sees_it_without_signing_in_but_the_link_s_page(
    registry: LiveServer, operator: Visitor
) -> None:
    id_ = ids_of(operator, 1001)[0]
    operator.post(f"/outbox/{id_}/reveal")
    page = operator.post(f"/outbox/{id_}/reveal").text
    link = re.search(r"/verify/[0-9a-f]{32}", page)
    assert link is not None
    with visitor(registry) as nobody:
        for path in ("/outbox", f"/outbox/{id_}", f"/outbox/{id_}/html"):
            assert nobody.get(path).status_code == 303
        assert nobody.get(link[0]).status_code == 200


def test_reading_does_not_change_it(console: Visitor, client: Client) -> None:
    client.create("ops", 7)
    mail = captured(console)

    assert read(console, mail.id)[:3] == mail[:3]
