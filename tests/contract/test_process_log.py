# SPDX-License-Identifier: Apache-2.0
"""The log: one line for each call, saying who called what and how it ended, and no secrets."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.support.connection import Client, Connection, Key, head_bytes, receiver
from tests.support.live import STOP_SECONDS, LiveServer
from tests.support.registry import Registry

UIN = 500
PHONE = "13912345678"
MAIL = "very.private@example.com"
UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    made = Registry(tmp_path)
    made.account(UIN, "--real-name")
    return made


def private(name: str) -> dict[str, str]:
    return receiver(name) | {"PhoneNumber": PHONE, "Email": MAIL}


def lines_of(log: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.splitlines()]


def test_writes_one_json_line_for_each_call(registry: Registry) -> None:
    with registry.serve() as server:
        with Client(server, registry.key(UIN)) as client:
            answers = [
                client.call("CreateMessageReceiver", private("用户")),
                client.call("CreateMessageReceiver", private("用户")),
                client.call("ListReceiver"),
                client.call("DeleteMessageReceiver", {"Name": "用户"}),
                client.call("NoSuchAction", {}),
            ]
        exit_code, log = server.stop()

    lines = lines_of(log)
    assert exit_code == 0
    assert [line["RequestId"] for line in lines] == [a.response["RequestId"] for a in answers]
    assert [line["Code"] for line in lines] == [answer.code or "OK" for answer in answers]
    assert [line["Action"] for line in lines][:4] == [
        "CreateMessageReceiver",
        "CreateMessageReceiver",
        "ListReceiver",
        "DeleteMessageReceiver",
    ]
    assert [line["Uin"] for line in lines] == [UIN] * 4 + [None]
    assert all(0 < line["Milliseconds"] < 5000 for line in lines)
    assert all(
        re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line["Time"]) for line in lines
    )


def test_writes_lines_for_people_when_told_to() -> None:
    with LiveServer(environ={"YIZHAN_LOG_FORMAT": "text"}) as server:
        with Client(server) as client:
            answer = client.call("ListReceiver")
        _, log = server.stop()

    request_id = answer.response["RequestId"]
    assert re.fullmatch(rf"\S+Z ListReceiver OK \d+\.\dms uin=100000000001 {request_id}\n", log)
    assert re.fullmatch(UUID, request_id)


def test_writes_no_secret_phone_or_mail(registry: Registry) -> None:
    (registry.folder / "secret").write_text("a-SecretKey-of-old\n")
    registry.text(
        *("key", "create", str(UIN), "--secret-id", "AKIDold"),
        *("--secret-key-file", "secret"),
    )
    temporary = registry.key(UIN, "--temporary")
    keys = [Key("AKIDold", "a-SecretKey-of-old"), temporary]
    strangers = [
        temporary._replace(token="a-token-that-is-wrong"),
        temporary._replace(secret_key="a-key-that-is-wrong"),
        Key("AKIDunknown", "an-unknown-key", "an-unknown-token"),
    ]
    with registry.serve() as server:
        for number, key in enumerate(keys + strangers):
            call_in_many_ways(server, key, f"r{number}")
        server.process.terminate()
        printed, _ = server.process.communicate(timeout=STOP_SECONDS)
        log = server.logged()

    secrets = [PHONE, MAIL, PHONE[:7], MAIL.split("@")[0]]
    secrets += [key.secret_key for key in keys + strangers]
    secrets += [key.token for key in keys + strangers if key.token]
    secrets.append(registry.environ["YIZHAN_SECURITY_MASTER_KEY"])
    assert [secret for secret in secrets if secret in printed + log] == []
    assert len(lines_of(log)) == 7 * len(keys + strangers)


def call_in_many_ways(server: LiveServer, key: Key, name: str) -> None:
    """Calls that succeed, that are refused for their values, and that cannot be read."""
    with Client(server, key) as client:
        client.call("CreateMessageReceiver", private(name))
        client.call("CreateMessageReceiver", private(name) | {"CountryCode": PHONE})
        client.call("CreateMessageReceiver", private(name) | {MAIL: PHONE})
        client.call("CreateMessageReceiver", private(name) | {"Remark": [MAIL]})
        client.call("ListReceiver")
        client.call(PHONE, private(name))
        client.send(client.request("CreateMessageReceiver", private(name)).replace(b'"', b"'"))
        client.read()


def test_writes_no_line_that_is_not_json_whatever_strangers_send(registry: Registry) -> None:
    with registry.serve() as server:
        for garbage in (
            b"\x16\x03\x01\x02\x00",
            b"nonsense\r\n\r\n",
            b"GET /?\xff HTTP/1.1\r\n\r\n",
        ):
            with Connection(server) as connection:
                connection.send(garbage)
                connection.rest()
        with Connection(server) as connection:
            upgrade = {"Host": "x", "Connection": "Upgrade, close", "Upgrade": "websocket"}
            connection.send(head_bytes("GET / HTTP/1.1", upgrade))
            answer = connection.read()
        _, log = server.stop()

    assert answer.code == "MissingParameter"
    assert [line for line in log.splitlines() if not line.startswith("{")] == []
