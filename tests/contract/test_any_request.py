# SPDX-License-Identifier: Apache-2.0
"""Whatever is sent gets an envelope and never an InternalError; a changed byte is noticed."""

import asyncio
import json
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.support.signed import DEV_SECRET_KEY, HOST, tc3_headers, v1_pairs
from yizhan.app import App, build
from yizhan.settings import load

# One server for all examples of a test: hypothesis runs them within one call of the test function.
many = settings(
    max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=False
)
few = settings(many, max_examples=60)

Headers = list[tuple[bytes, bytes]]

names = st.sampled_from(
    [
        b"authorization",
        b"content-type",
        b"host",
        b"x-tc-action",
        b"x-tc-version",
        b"x-tc-timestamp",
        b"x-tc-token",
        b"x-tc-language",
        b"x-tc-region",
        b"x-tc-content-sha256",
        b"content-length",
    ]
)
words = st.sampled_from(
    [
        b"TC3-HMAC-SHA256 Credential=a/2019-02-25/cam/tc3_request, SignedHeaders=content-type;host,"
        b" Signature=" + b"0" * 64,
        b"SKIP",
        b"CreateMessageReceiver",
        b"2019-01-16",
        b"1551113065",
        b"99999999999",
        b"application/json",
        b"multipart/form-data; boundary=b",
        b"multipart/form-data; boundary=",
        b"application/x-www-form-urlencoded",
        b"zh-CN",
        b"ap-guangzhou",
        b"UNSIGNED-PAYLOAD",
    ]
)
values = words | st.binary(max_size=60) | st.text(max_size=20).map(str.encode)
headers = st.lists(st.tuples(names, values), max_size=9)
trees: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda below: st.lists(below, max_size=4) | st.dictionaries(st.text(), below, max_size=4),
    max_leaves=12,
)
parameters = st.dictionaries(
    st.sampled_from(["Name", "CountryCode", "PhoneNumber", "Email", "Remark", "Offset", "Limit"])
    | st.text(max_size=8),
    trees,
    max_size=7,
)


class Server:
    """An app in this thread, called without a socket so that any bytes can be sent."""

    def __init__(self, **environ: str) -> None:
        unlimited = {
            "YIZHAN_LIMITS_REQUESTS_PER_SECOND": "0",
            "YIZHAN_LIMITS_CREATES_PER_DAY": "1000000",
            "YIZHAN_RECEIVERS_PER_ACCOUNT": "1000000",
        }
        self._runner = asyncio.Runner()
        loaded = load(unlimited | environ, profile="dev")
        self._app: App = self._runner.run(build("dev", loaded))

    def __enter__(self) -> "Server":
        return self

    def __exit__(self, *_: object) -> None:
        self._runner.run(self._app.close())
        self._runner.close()

    def ask(
        self, method: str, path: bytes, query: bytes, headers: Headers, body: bytes
    ) -> dict[str, Any]:
        sent: list[Any] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        scope = {
            "type": "http",
            "method": method,
            "path": path.decode("latin-1"),
            "raw_path": path,
            "query_string": query,
            "headers": headers,
            "server": ("127.0.0.1", 9960),
        }
        self._runner.run(self._app(scope, receive, send))
        start, answer = sent
        assert start["status"] == 200
        assert (b"content-type", b"application/json") in start["headers"]
        response: dict[str, Any] = json.loads(answer["body"])["Response"]
        assert response["RequestId"]
        assert response.get("Error", {}).get("Code") != "InternalError"
        return response

    def ask_signed(self, action: str, body: bytes, **signing: Any) -> dict[str, Any]:
        signed = tc3_headers(action, body, **signing)
        encoded = [(name.lower().encode(), value.encode()) for name, value in signed.items()]
        return self.ask("POST", b"/", b"", encoded, body)


def test_any_bytes_get_an_envelope() -> None:
    with Server() as server:

        @many
        @given(
            st.sampled_from(["GET", "POST", "PUT", "HEAD", "OPTIONS", "X"]),
            st.binary(max_size=20).map(lambda tail: b"/" + tail),
            st.binary(max_size=80),
            headers,
            st.binary(max_size=200),
        )
        @example("POST", b"/", b"", [(b"authorization", b"SKIP")], b"[" * 100_000)
        @example("POST", b"/", b"", [(b"authorization", b"SKIP")], b'{"a":' * 100_000)
        def check(method: str, path: bytes, query: bytes, given: Headers, body: bytes) -> None:
            server.ask(method, path, query, given, body)

        check()


def test_any_headers_of_a_whole_v3_request_get_an_envelope() -> None:
    with Server() as server:

        @many
        @given(st.lists(st.tuples(names, values), min_size=1, max_size=3), st.binary(max_size=60))
        def check(changed: Headers, body: bytes) -> None:
            whole = {
                name.lower().encode(): value.encode()
                for name, value in tc3_headers("ListReceiver", body).items()
            }
            server.ask("POST", b"/", b"", list((whole | dict(changed)).items()), body)

        check()


def test_any_tree_of_parameters_gets_an_envelope() -> None:
    with Server() as server:

        @many
        @given(
            st.sampled_from(["CreateMessageReceiver", "ListReceiver", "DeleteMessageReceiver"]),
            parameters | trees,
        )
        def check(action: str, tree: Any) -> None:
            server.ask_signed(action, json.dumps(tree).encode())

        check()


def test_any_text_in_a_receiver_is_kept_or_refused() -> None:
    text = st.text(st.characters(codec="utf-8"), max_size=70)
    with Server(YIZHAN_RECEIVERS_MASKING="none") as server:

        @many
        @given(text, text)
        def check(name: str, remark: str) -> None:
            values = {
                "Name": name,
                "CountryCode": "86",
                "PhoneNumber": "18123456789",
                "Email": "a@example.com",
                "Remark": remark,
            }
            created = server.ask_signed("CreateMessageReceiver", json.dumps(values).encode())
            listed = server.ask_signed("ListReceiver", b"{}")["Receivers"]
            if "Error" in created:
                assert created["Error"]["Code"] == "InvalidParameter"
                assert listed == []
                return
            (entry,) = listed
            assert (entry["Name"], entry["Remark"]) == (name, remark)
            deletion = json.dumps({"Name": name}).encode()
            assert "Error" not in server.ask_signed("DeleteMessageReceiver", deletion)

        check()


def test_one_changed_byte_of_a_v3_request_is_noticed() -> None:
    body = json.dumps({"Offset": 0, "Limit": 10, "Remark": ""}).encode()
    signed = tc3_headers("ListReceiver", body)
    covered = ["Host", "Content-Type", "X-TC-Timestamp", "Authorization"]
    with Server() as server:

        @many
        @given(st.sampled_from([*covered, "body"]), st.data())
        def check(where: str, data: st.DataObject) -> None:
            original = body if where == "body" else signed[where].encode()
            index = data.draw(st.integers(0, len(original) - 1))
            byte = data.draw(st.integers(0x21, 0x7E))
            changed = original[:index] + bytes([byte]) + original[index + 1 :]
            # Blanks around values, and the case of what the documents lower-case, are not signed.
            if changed.lower().split() == original.lower().split():
                return
            whole = {name.lower().encode(): value.encode() for name, value in signed.items()}
            if where != "body":
                whole[where.lower().encode()] = changed
            found = server.ask(
                "POST", b"/", b"", list(whole.items()), changed if where == "body" else body
            )
            assert found["Error"]["Code"].startswith(
                ("AuthFailure.", "InvalidParameterValue", "InvalidParameter", "NoSuch")
            )
            assert found["Error"]["Code"] != "UnknownParameter"

        assert server.ask_signed("ListReceiver", body)["Error"]["Code"] == "UnknownParameter"
        check()


def test_one_changed_byte_of_a_v1_request_is_noticed() -> None:
    pairs = v1_pairs("ListReceiver", {"Limit": "10", "Offset": "0"})
    form = (b"content-type", b"application/x-www-form-urlencoded")
    with Server() as server:

        def ask(changed: dict[str, str]) -> dict[str, Any]:
            body = "&".join(f"{k}={quoted(v)}" for k, v in changed.items()).encode()
            return server.ask("POST", b"/", b"", [(b"host", HOST.encode()), form], body)

        @many
        @given(st.sampled_from(sorted(pairs)), st.data())
        def check(name: str, data: st.DataObject) -> None:
            value = pairs[name]
            index = data.draw(st.integers(0, len(value) - 1))
            letter = data.draw(st.characters(min_codepoint=0x21, max_codepoint=0x7E))
            changed = value[:index] + letter + value[index + 1 :]
            if changed == value:
                return
            assert "Error" in ask(pairs | {name: changed})

        assert "Error" not in ask(pairs)
        check()


def quoted(value: str) -> str:
    return "".join(f"%{byte:02X}" for byte in value.encode())


def test_a_key_of_another_account_does_not_open_this_one() -> None:
    with Server() as server:

        @few
        @given(st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), max_size=40))
        def check(secret_key: str) -> None:
            if secret_key == DEV_SECRET_KEY:
                return
            found = server.ask_signed("ListReceiver", b"{}", secret_key=secret_key)
            assert found["Error"]["Code"] == "AuthFailure.SignatureFailure"

        check()
