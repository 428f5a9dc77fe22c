# SPDX-License-Identifier: Apache-2.0
"""Requests that we sign, against what the official clients signed for the same calls.

Origin: recorded requests of official clients (tests/recorded/README.md).
"""

import base64
import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from yizhan.wire.outgoing import Credentials, sign_call
from yizhan.wire.signing_steps import v1_pairs

RECORDED = Path(__file__).parents[2] / "recorded" / "client_requests.jsonl"
COMMON = {
    "Action", "Version", "Timestamp", "Nonce", "Region", "Token", "Language", "RequestClient",
    "SecretId", "Signature", "SignatureMethod",
}  # fmt: skip


def recorded(*cases: str) -> list[Any]:
    found = []
    for line in RECORDED.read_text("utf-8").splitlines():
        request = json.loads(line)
        if request["name"] in cases and request["strict"]:
            found.append(pytest.param(request, id=request["name"]))
    return found


def names(prefix: str, *needles: str) -> list[str]:
    lines = RECORDED.read_text("utf-8").splitlines()
    found = [json.loads(line)["name"] for line in lines]
    return [n for n in found if n.startswith(prefix) and all(needle in n for needle in needles)]


# The Go SDK signs the path of its endpoint setting, and an empty region, which we do not send.
GO_ALONE = {"go-hmacsha256-endpoint-with-path", "go-hmacsha256-no-region"}
V1 = [*names("go-hmacsha1"), *names("go-hmacsha256"), *names("python-hmac")]


@pytest.mark.parametrize("request_", recorded(*sorted(set(V1) - GO_ALONE)))
def test_signs_v1_as_the_official_client_did(request_: dict[str, Any]) -> None:
    body = base64.b64decode(request_["body_base64"]).decode()
    query = urlsplit(request_["target"]).query
    pairs = dict(parse_qsl(query or body, keep_blank_values=True))
    host = dict(request_["headers"])["Host"]
    ours = sign_call(
        action=pairs["Action"],
        values={name: value for name, value in pairs.items() if name not in COMMON},
        credentials=Credentials(
            request_["secret_id"], request_["secret_key"], pairs.get("Token", "")
        ),
        host=host,
        timestamp=int(pairs["Timestamp"]),
        region=pairs.get("Region", ""),
        language=pairs.get("Language", ""),
        sign_method=pairs.get("SignatureMethod", "HmacSHA1"),
        http_method=request_["method"],
        nonce=int(pairs["Nonce"]),
        request_client=pairs.get("RequestClient", ""),
    )

    ours_without_defaults = {name: value for name, value in v1_pairs(ours).items() if name in pairs}
    assert ours_without_defaults == {name: value for name, value in pairs.items() if value}


def test_signs_v3_as_the_official_document_does() -> None:
    """protocol.md 3.9, GET: computed with the documented algorithm."""
    signed = sign_call(
        action="ListReceiver",
        values={"Limit": 10, "Offset": 0},
        credentials=Credentials(
            "AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE", "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE"
        ),
        host="cam.tencentcloudapi.com",
        timestamp=1551113065,
        http_method="GET",
    )

    assert signed.target == "/?Limit=10&Offset=0"
    assert dict(signed.headers)["Authorization"].endswith(
        "Signature=5492699458fe0eb5a606076e185f810e701647c4b2aaa3cc01206e5b6a489c11"
    )


def test_signs_an_empty_body_as_an_empty_object() -> None:
    """protocol.md 3.9, the last row."""
    signed = sign_call(
        action="ListReceiver",
        values={},
        credentials=Credentials(
            "AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE", "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE"
        ),
        host="cam.tencentcloudapi.com",
        timestamp=1551113065,
    )

    assert signed.body == b"{}"
    assert dict(signed.headers)["Authorization"].endswith(
        "Signature=17fdde5dfada070018f1656230e5e18825437dc7cb4d75cf3ad0da9d3f0d1236"
    )


def test_a_key_does_not_show_its_secrets() -> None:
    shown = repr(Credentials("AKIDx", "the-secret", "the-token"))

    assert "AKIDx" in shown
    assert "the-" not in shown


def test_the_message_has_its_length_and_an_empty_line() -> None:
    signed = sign_call(
        action="DeleteMessageReceiver",
        values={"Name": "用户"},
        credentials=Credentials("id", "key"),
        host="h:1",
        timestamp=1,
        language="zh-CN",
        region="ap-guangzhou",
    )

    head, _, body = signed.as_bytes().partition(b"\r\n\r\n")
    assert head.startswith(b"POST / HTTP/1.1\r\nHost: h:1\r\n")
    assert f"\r\nContent-Length: {len(body)}".encode() in head
    assert json.loads(body) == {"Name": "用户"}
    assert b"X-TC-Language: zh-CN" in head
    assert b"X-TC-Token" not in head
