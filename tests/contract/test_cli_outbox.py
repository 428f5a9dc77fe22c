# SPDX-License-Identifier: Apache-2.0
"""`yizhan outbox` and what `yizhan receiver` does about phone and mail."""

import json
from pathlib import Path

import pytest

from tests.support.connection import Client
from tests.support.registry import Registry, assert_one_line
from tests.support.smtp import SmtpServer
from tests.support.waiting import wait_until

UIN = "100000000001"


@pytest.fixture(scope="module")
def used(tmp_path_factory: pytest.TempPathFactory) -> Registry:
    """A registry that had one create, and whose messages were captured."""
    registry = Registry(tmp_path_factory.mktemp("outbox"))
    registry.account(int(UIN), "--real-name")
    key = registry.key(int(UIN))
    with registry.serve() as server, Client(server, key) as client:
        assert client.create("ops", 7) == ""
        wait_until(lambda: _states(registry) == {"captured"}, 10, "captured")
    return registry


def _states(registry: Registry) -> set[str]:
    return {each["state"] for each in registry.json("outbox", "list")}


@pytest.fixture
def registry(used: Registry, tmp_path: Path) -> Registry:
    """A copy of it."""
    copy = Registry(tmp_path)
    copy.environ |= {
        name: value for name, value in used.environ.items() if name != "YIZHAN_STORE_PATH"
    }
    copy.database.write_bytes(used.database.read_bytes())
    return copy


def test_messages_are_listed_with_masked_addresses(registry: Registry) -> None:
    found = registry.json("outbox", "list")

    assert [(each["channel"], each["to"]) for each in found] == [
        ("email", "mail****@example.com"),
        ("phone", "+86 138****0007"),
    ]
    assert {each["receiver"] for each in found} == {"ops"}
    assert registry.json("outbox", "list", "--channel", "phone", "--uin", UIN) == found[1:]
    assert registry.json("outbox", "list", "--state", "failed") == []
    assert "captured" in registry.text("outbox", "list")


def test_a_captured_message_is_read_and_that_is_audited(registry: Registry) -> None:
    (id_, *_) = [str(each["id"]) for each in registry.json("outbox", "list")]
    assert "link" not in registry.json("outbox", "show", id_)

    shown = registry.json("outbox", "show", id_, "--text")

    assert shown["link"] in shown["text"]
    assert shown["code"] in shown["text"]
    entries = registry.json("audit")
    assert "message.reveal" in {each["operation"] for each in entries}
    assert shown["code"] not in str(entries)


def test_a_code_confirms_and_a_wrong_one_does_not(registry: Registry) -> None:
    (id_, *_) = [str(each["id"]) for each in registry.json("outbox", "list")]
    code = registry.json("outbox", "show", id_, "--text")["code"]
    wrong = f"{(int(code) + 1) % 10**6:06d}"

    done = registry.run("receiver", "verify", UIN, "ops", "--channel", "email", "--code", wrong)
    assert_one_line(done, 1, "the code is not right")
    assert _verified(registry) == [False, False]
    registry.text("receiver", "verify", UIN, "ops", "--channel", "email", "--code", code)
    assert _verified(registry) == [False, True]


def _verified(registry: Registry) -> list[bool]:
    found = registry.json("receiver", "contacts", UIN, "ops")
    return [each["verified_at"] is not None for each in found]


def test_an_operator_marks_a_contact_as_verified(registry: Registry) -> None:
    registry.text("receiver", "verify", UIN, "ops", "--channel", "phone")

    assert _verified(registry) == [True, False]
    assert registry.json("audit")[0]["operation"] == "contact.verify"


def test_another_message_waits_for_a_pause(registry: Registry) -> None:
    early = registry.run("receiver", "resend", UIN, "ops", "--channel", "email")
    assert_one_line(early, 1, "a moment ago")
    registry.environ["YIZHAN_OUTBOX_RESEND_PAUSE_SECONDS"] = "0"
    registry.text("receiver", "resend", UIN, "ops", "--channel", "email")

    (newest, *_) = registry.json("outbox", "list")
    assert (newest["channel"], newest["state"]) == ("email", "queued")
    assert registry.json("receiver", "contacts", UIN, "ops")[1]["message"] == "queued"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("outbox", "show", "999"), "no such message"),
        (("outbox", "retry", "1"), "not there, or not in a state"),
        (("outbox", "release", "999"), "not there, or not in a state"),
        (("receiver", "contacts", UIN, "nobody"), "no receiver of that name"),
        (("receiver", "resend", "1", "ops", "--channel", "email"), "1"),
    ],
)
def test_what_is_not_there_is_told(registry: Registry, words: tuple[str, ...], said: str) -> None:
    assert_one_line(registry.run(*words), 1, said)


def test_allow_says_whether_there_was_anything_to_lift(registry: Registry) -> None:
    done = registry.json("receiver", "allow", UIN, "ops", "--channel", "email")

    assert done["was_suppressed"] is False


def test_a_released_message_goes_out_through_the_server_of_the_settings(
    registry: Registry, tmp_path: Path
) -> None:
    (id_, *_) = [str(each["id"]) for each in registry.json("outbox", "list")]
    with SmtpServer(tmp_path) as smtp:
        registry.environ |= smtp.environ() | {"YIZHAN_OUTBOX_MAIL": "capture"}
        registry.text("outbox", "release", id_)
        with registry.serve():
            (mail,) = smtp.wait_for(1)
            wait_until(lambda: _states(registry) == {"captured", "sent"}, 10, "sent")

        assert mail["To"] == "mail7@example.com"
        done = registry.run("outbox", "show", id_, "--text")
        assert_one_line(done, 1, "reader's alone")


def test_serve_sends_nothing_without_a_public_address(registry: Registry, tmp_path: Path) -> None:
    with SmtpServer(tmp_path) as smtp:
        registry.environ |= smtp.environ()
        done = registry.start()

        assert_one_line(done, 2, "server.public_url")
        assert smtp.handler.transports == set()


def test_serve_says_that_a_loopback_address_reaches_nobody(
    registry: Registry, tmp_path: Path
) -> None:
    with SmtpServer(tmp_path) as smtp:
        registry.environ |= smtp.environ()
        registry.environ["YIZHAN_SERVER_PUBLIC_URL"] = "http://127.0.0.1:9960"
        with registry.serve() as server:
            wait_until(lambda: "nobody but this machine" in server.logged(), 10, "warning")


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("YIZHAN_OUTBOX_MAIL", "smtp", "smtp.host"),
        ("YIZHAN_OUTBOX_SMS", "http", "http_sms.url"),
        ("YIZHAN_OUTBOX_SMS", "tencent", "tencent_sms.app_id"),
        ("YIZHAN_SERVER_PUBLIC_URL", "receivers.example.com", "server.public_url"),
        ("YIZHAN_OUTBOX_RETRY_SECONDS", "60,x", "outbox.retry_seconds"),
        ("YIZHAN_HTTP_SMS_URL", "ftp://x", "http_sms.url"),
    ],
)
def test_settings_that_cannot_work_stop_the_start(
    registry: Registry, variable: str, value: str, said: str
) -> None:
    registry.environ[variable] = value

    done = registry.start()

    assert done.returncode == 2
    assert said in done.stderr


def test_the_doctor_logs_in_to_the_smtp_server(registry: Registry, tmp_path: Path) -> None:
    with SmtpServer(tmp_path) as smtp:
        registry.environ |= smtp.environ()
        registry.environ["YIZHAN_SERVER_PUBLIC_URL"] = "http://127.0.0.1:9960"
        lines = registry.run("doctor", "--json").stdout.splitlines()
        found = {each["check"]: each for each in map(json.loads, lines)}
        assert found["mail"]["state"] == "ok"
        assert "STARTTLS, logged in as sender" in found["mail"]["text"]
        assert found["public address"]["state"] == "warning"

        registry.environ["YIZHAN_SMTP_PASSWORD"] = "wrong"
        done = registry.run("doctor", "--json")
        assert done.returncode == 1
        assert "535" in done.stdout
        assert smtp.handler.seen == 0
