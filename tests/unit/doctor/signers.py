# SPDX-License-Identifier: Apache-2.0
"""Signers written from the documents with hashlib alone, each step of which can go wrong.

They share nothing with the package: what they sign is what a client with that mistake sends.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from yizhan.wire.request import HttpRequest

SECRET_ID = "AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE"
SECRET_KEY = "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE"
TIMESTAMP = 1_795_453_229  # 2026-11-23 16:20 UTC, when it is the 24th in Beijing
DATE = "2026-11-23"
HOST = "registry.example:8443"
BODY = '{"Name": "用户", "CountryCode": "86", "Path": "a/b"}'.encode()
Step = Callable[[Any], Any]


def same(value: Any) -> Any:
    return value


def tc3(
    *,
    key: Step = same,
    host: Step = same,
    content_type: Step = same,
    body: Step = same,
    payload: Step | None = None,
    query: Step = same,
    path: str = "/",
    method: Step = same,
    lines: Step = same,
    names: Step = same,
    canonical: Step = same,
    hashed: Step | None = None,
    algorithm: str = "TC3-HMAC-SHA256",
    timestamp: Step = same,
    date: Step = same,
    scope: Step = same,
    service: Step = same,
    key_date: Step = same,
    key_service: Step = same,
    terminator: str | None = "tc3_request",
    prefix: str = "TC3",
    derive: Callable[[str], bytes] | None = None,
    string: Step = same,
    sent_query: str = "",
    sent_method: str = "POST",
    sent_body: bytes = BODY,
    sent_host: str = HOST,
    sent_content_type: str = "application/json",
    sent_date: str = DATE,
    extra: dict[str, str] | None = None,
) -> HttpRequest:
    """A request whose signature was computed with the given changes."""
    signed = {"content-type": content_type(sent_content_type), "host": host(sent_host)}
    signed |= extra or {}
    header_lines = "".join(f"{name}:{value}\n" for name, value in sorted(signed.items()))
    signed_names = ";".join(sorted(signed))
    shown = body(sent_body) if sent_method == "POST" else b""
    payload_hash = payload(sent_body) if payload else hashlib.sha256(shown).hexdigest()
    text = "\n".join(
        (
            method(sent_method),
            path,
            query(sent_query if sent_method == "GET" else ""),
            lines(header_lines),
            names(signed_names),
            payload_hash,
        )
    )
    text = canonical(text)
    digest = hashlib.sha256(text.encode()).hexdigest()
    to_sign = "\n".join(
        (
            algorithm,
            timestamp(str(TIMESTAMP)),
            scope(f"{date(sent_date)}/{service('cam')}/tc3_request"),
            hashed(text) if hashed else digest,
        )
    )
    if derive:
        signing = derive(key(SECRET_KEY))
    else:
        signing = (prefix + key(SECRET_KEY)).encode()
        for step in (key_date(sent_date), key_service("cam"), terminator):
            if step:
                signing = hmac.new(signing, step.encode(), hashlib.sha256).digest()
    signature = hmac.new(signing, string(to_sign).encode(), hashlib.sha256).hexdigest()
    headers = {
        "host": sent_host,
        "content-type": sent_content_type,
        "x-tc-action": "CreateMessageReceiver",
        "x-tc-version": "2019-01-16",
        "x-tc-timestamp": str(TIMESTAMP),
        "authorization": f"TC3-HMAC-SHA256 Credential={SECRET_ID}/{sent_date}/cam/tc3_request, "
        f"SignedHeaders={signed_names}, Signature={signature}",
    }
    return HttpRequest(
        sent_method,
        "/",
        sent_query,
        headers,
        sent_body if sent_method == "POST" else b"",
        8443,
    )


PAIRS = {
    "Action": "CreateMessageReceiver",
    "CountryCode": "86",
    "Email": "demo+x@qq.com",
    "Name": "用户 1",
    "Nonce": "11886",
    "SecretId": SECRET_ID,
    "Timestamp": str(TIMESTAMP),
    "Version": "2019-01-16",
    "remark": "",
}


def v1(
    *,
    key: Step = same,
    host: Step = same,
    path: str = "/?",
    method: Step = same,
    pairs: Step = lambda pairs: sorted(pairs.items()),
    value: Step = same,
    digest: str = "sha1",
    write: Callable[[bytes], str] = lambda signed: base64.b64encode(signed).decode(),
    send: Step = same,
    sent_method: str = "GET",
    declared: str = "",
) -> HttpRequest:
    given = PAIRS | ({"SignatureMethod": declared} if declared else {})
    joined = "&".join(f"{name}={value(text)}" for name, text in pairs(given))
    text = f"{method(sent_method)}{host(HOST)}{path}{joined}"
    signed = hmac.new(key(SECRET_KEY).encode(), text.encode(), digest).digest()
    encoded = send(urlencode(given | {"Signature": write(signed)}))
    headers = {"host": HOST, "content-type": "application/x-www-form-urlencoded"}
    if sent_method == "GET":
        return HttpRequest("GET", "/", encoded, headers, b"", 8443)
    return HttpRequest("POST", "/", "", headers, encoded.encode(), 8443)


def compact(body: bytes) -> bytes:
    return json.dumps(json.loads(body), separators=(",", ":"), ensure_ascii=False).encode()


def escaped(body: bytes) -> bytes:
    return json.dumps(json.loads(body)).encode()


def sorted_keys(body: bytes) -> bytes:
    return json.dumps(json.loads(body), sort_keys=True, ensure_ascii=False).encode()
