# SPDX-License-Identifier: Apache-2.0
"""Marked values are put in everywhere, and everything that comes out is searched for them."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

import pytest

from tests.support.connection import Client, Connection, Key, head_bytes, signed_head
from tests.support.console import Visitor, visitor
from tests.support.live import LiveServer
from tests.support.registry import Registry
from yizhan.wire.outgoing import Credentials, sign_call

UIN = 100000000777
PHONE = "13812345678"
OTHER_PHONE = "13987654321"
MAIL = "marked.mailbox@marked-domain.example"
TYPED_KEY = "Zz9typedSecretKeyOfSomebodyElse0"
TYPED_TOKEN = "typed-token-" + "q" * 60


class Marked(NamedTuple):
    registry: Registry
    server: LiveServer
    reader: Visitor
    operator: Visitor
    secrets: tuple[str, ...]


@pytest.fixture(scope="module")
def marked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Marked]:
    registry = Registry(tmp_path_factory.mktemp("marked"))
    registry.environ["YIZHAN_RECEIVERS_MASKING"] = "none"
    registry.environ["YIZHAN_LIMITS_REQUESTS_PER_SECOND"] = "0"
    registry.environ["YIZHAN_LIMITS_CREATES_PER_DAY"] = "1000"
    registry.account(UIN, "--real-name")
    key, temporary = registry.key(UIN), registry.key(UIN, "--temporary")
    token = registry.json("operator", "create", "alice")["token"]
    with registry.serve() as server, visitor(server) as reader, visitor(server) as operator:
        reader.sign_in(key)
        operator.sign_in(token=token)
        put_in(server, key)
        put_in(server, temporary)
        put_into_pages(reader, key)
        put_into_pages(operator, key)
        secrets = (
            *(key.secret_key, temporary.secret_key, temporary.token, token),
            *(PHONE, OTHER_PHONE, MAIL, TYPED_KEY, TYPED_TOKEN),
        )
        yield Marked(registry, server, reader, operator, secrets)


def put_in(server: LiveServer, key: Key) -> None:
    """Calls with marked values in right places and in wrong ones."""
    mine = {"PhoneNumber": PHONE, "CountryCode": "86", "Email": MAIL, "Name": f"r{key.secret_id}"}
    odd: list[dict[str, Any]] = [
        mine,
        # Refused, as a name and a remark that are stored are shown: they are no secrets.
        mine | {"Name": PHONE, "CountryCode": "0"},
        mine | {"Remark": f"{OTHER_PHONE}, {MAIL}, {TYPED_KEY}", "CountryCode": "0"},
        mine | {"CountryCode": OTHER_PHONE},
        mine | {"PhoneNumber": int(PHONE)},
        mine | {"PhoneNumber": MAIL, "Email": PHONE},
        mine | {"Email": f"{MAIL} {TYPED_TOKEN}"},
        mine | {MAIL: PHONE},
        mine | {"Nested": {"Phone": [PHONE, {"x": MAIL}]}},
        {"Name": MAIL},
        {"SecretKey": key.secret_key, "Token": key.token or TYPED_TOKEN},
    ]
    with Client(server, key) as client:
        for parameters in odd:
            client.call("CreateMessageReceiver", parameters)
        client.call("ListReceiver")
        client.call("DeleteMessageReceiver", {"Name": MAIL})
        client.call(f"Do{PHONE}", mine)
        client.call(key.secret_key, mine)
    credentials = Credentials(key.secret_id, key.secret_key, key.token)
    for method, sign in (("GET", "HmacSHA1"), ("POST", "HmacSHA256"), ("GET", "TC3-HMAC-SHA256")):
        outgoing = sign_call(
            action="CreateMessageReceiver",
            values=mine | {"Name": f"{method}{sign}"},
            credentials=credentials,
            host=server.host,
            timestamp=int(time.time()),
            sign_method=sign,
            http_method=method,
        )
        with Connection(server) as connection:
            connection.send(outgoing.as_bytes())
            connection.read(method)
    for body, kind in (
        (f"not json {PHONE} {MAIL} {key.secret_key}", "application/json"),
        (f"PhoneNumber={PHONE}&Email={quote(MAIL)}&Token={TYPED_TOKEN}", "text/plain"),
        (urlencode({"x": MAIL, "SecretKey": TYPED_KEY}), "application/x-www-form-urlencoded"),
    ):
        headers = signed_head(
            server.host, key, "CreateMessageReceiver", body.encode(), content_type=kind
        )
        headers |= {
            "Content-Length": str(len(body)),
            "User-Agent": f"me {MAIL} {PHONE}",
            "X-TC-RequestClient": PHONE,
            "X-TC-TraceId": MAIL,
            "X-TC-Timestamp": PHONE,
            "X-TC-Region": PHONE,
            "X-TC-Language": MAIL,
            "Cookie": f"yizhan_session={TYPED_TOKEN}",
            "X-Secret": key.secret_key,
            "X-TC-Token": key.token or TYPED_TOKEN,
        }
        for left_out in ("", "X-TC-Region", "Authorization"):
            sent = {name: value for name, value in headers.items() if name != left_out}
            with Connection(server) as connection:
                connection.send(head_bytes("POST / HTTP/1.1", sent) + body.encode())
                connection.read()
    with Connection(server) as connection:
        query = urlencode(
            {"Action": PHONE, "SecretId": MAIL, "Signature": TYPED_KEY, "Nonce": PHONE}
        )
        connection.send(head_bytes(f"GET /?{query} HTTP/1.1", {"Host": server.host}))
        connection.read("GET")


def put_into_pages(reader: Visitor, key: Key) -> None:
    values = {"Name": "c", "CountryCode": "86", "PhoneNumber": PHONE, "Email": MAIL}
    reader.post("/receivers/create", uin=UIN, **values)
    reader.post("/receivers/delete", uin=UIN, Name=PHONE)
    reader.post("/inspector/recordings", name="all of it")
    body = json.dumps(values).encode()
    head = signed_head(reader.server.host, key, "CreateMessageReceiver", body)
    raw = head_bytes("POST / HTTP/1.1", head | {"Content-Length": str(len(body))}) + body
    answered = reader.post("/doctor", q=raw.decode(), secret_key=key.secret_key)
    assert key.secret_key not in answered.text


def test_no_page_export_or_stream_shows_them(marked: Marked) -> None:
    for reader in (marked.reader, marked.operator):
        calls = reader.calls()
        assert len(calls) > 40
        paths = [
            *("/receivers", "/accounts", f"/accounts/{UIN}", "/audit", "/settings", "/metrics"),
            *("/inspector", "/inspector?group=trace", "/inspector/export?format=jsonl"),
            *("/inspector/export?format=har", "/sign-in"),
            *(f"/requests/{call['request_id']}" for call in calls),
            *(f"/requests/{call['request_id']}?form=tccli" for call in calls[:20]),
            *(f"/doctor?q={call['request_id']}" for call in calls if call["code"] != "OK"),
        ]
        for path in paths:
            answer = reader.get(path)
            assert answer.status_code in (200, 303, 404), path
            assert_clean(answer.text, marked.secrets, path)


def test_no_recording_holds_them(marked: Marked) -> None:
    started = marked.operator.post("/inspector/recordings", name="mine").text
    with Client(marked.server, marked.registry.key(UIN, "--temporary")) as client:
        parameters = {"Name": "n", "CountryCode": "86", "PhoneNumber": PHONE, "Email": MAIL}
        client.call("CreateMessageReceiver", parameters | {"Remark": OTHER_PHONE})
    recording = started.split("/inspector/recordings/")[1].split("/")[0]

    page = marked.operator.post(f"/inspector/recordings/{recording}/stop")
    files = ("session.py", "session.sh", "session.tf", "session.har", "policy.json")
    texts = [
        marked.operator.get(f"/inspector/recordings/{recording}/{name}").text for name in files
    ]

    for text in (page.text, *texts):
        assert_clean(text, marked.secrets, recording)
    assert "CreateMessageReceiver" in texts[0]


def test_no_file_of_the_log_and_no_line_on_standard_error_holds_them(marked: Marked) -> None:
    marked.operator.get("/inspector")  # all that waits is written
    log = b"".join(
        file.read_bytes() for file in Path(marked.registry.folder).glob("registry-calls.db*")
    ).decode("utf-8", "replace")

    assert "CreateMessageReceiver" in log
    assert_clean(log, marked.secrets, "request log")
    assert_clean(marked.server.logged(), marked.secrets, "standard error")


def test_no_command_prints_them(marked: Marked) -> None:
    for words in (
        ("logs", "tail", "-n", "1000"),
        ("logs", "tail", "-n", "1000", "--json"),
        ("logs", "export"),
        ("logs", "export", "--format", "har"),
        ("audit", "--json"),
        ("key", "list", str(UIN)),
        ("operator", "list"),
    ):
        assert_clean(marked.registry.text(*words), marked.secrets, " ".join(words))


def assert_clean(text: str, secrets: tuple[str, ...], where: str) -> None:
    shown = [secret for secret in secrets if secret in text or quote(secret) in text]
    assert shown == [], (where, text[max(0, text.find(shown[0]) - 300) : text.find(shown[0]) + 80])
