# SPDX-License-Identifier: Apache-2.0
"""Signs requests as the documents say, with no line of the server's own code.

Source: API 3.0, "Signature v3" and "Signature" (read 2026-11).
"""

import base64
import hashlib
import hmac
import json
import time
from typing import Any
from urllib.parse import urlencode

import httpx

DEV_SECRET_ID = "AKIDyizhandev00000000000000000000001"
DEV_SECRET_KEY = "yizhandev00000000000000000000001"
VERSION = "2019-01-16"
HOST = "127.0.0.1:9960"


def tc3_headers(
    action: str,
    body: bytes = b"{}",
    *,
    method: str = "POST",
    query: str = "",
    secret_id: str = DEV_SECRET_ID,
    secret_key: str = DEV_SECRET_KEY,
    timestamp: int | None = None,
    date: str | None = None,
    host: str = HOST,
    content_type: str = "application/json",
    service: str = "cam",
    version: str = VERSION,
    token: str = "",
    language: str = "",
    region: str = "",
) -> dict[str, str]:
    """All headers of a v3 request."""
    moment = int(time.time()) if timestamp is None else timestamp
    day = date or time.strftime("%Y-%m-%d", time.gmtime(moment))
    payload = hashlib.sha256(b"" if method == "GET" else body).hexdigest()
    canonical = (
        f"{method}\n/\n{query}\ncontent-type:{content_type}\nhost:{host}\n\n"
        f"content-type;host\n{payload}"
    )
    scope = f"{day}/{service}/tc3_request"
    hashed = hashlib.sha256(canonical.encode()).hexdigest()
    text = f"TC3-HMAC-SHA256\n{moment}\n{scope}\n{hashed}"
    key = f"TC3{secret_key}".encode()
    for part in (day, service, "tc3_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    signature = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    headers = {
        "Host": host,
        "Content-Type": content_type,
        "X-TC-Action": action,
        "X-TC-Version": version,
        "X-TC-Timestamp": str(moment),
        "Authorization": f"TC3-HMAC-SHA256 Credential={secret_id}/{scope}, "
        f"SignedHeaders=content-type;host, Signature={signature}",
    }
    optional = {"X-TC-Token": token, "X-TC-Language": language, "X-TC-Region": region}
    return headers | {name: value for name, value in optional.items() if value}


def v1_pairs(
    action: str,
    parameters: dict[str, str] | None = None,
    *,
    method: str = "POST",
    secret_id: str = DEV_SECRET_ID,
    secret_key: str = DEV_SECRET_KEY,
    timestamp: int | None = None,
    host: str = HOST,
    algorithm: str = "HmacSHA256",
    **common: str,
) -> dict[str, str]:
    """All parameters of a v1 request, its signature included."""
    pairs = {
        "Action": action,
        "Version": VERSION,
        "Timestamp": str(int(time.time()) if timestamp is None else timestamp),
        "Nonce": "11886",
        "SecretId": secret_id,
        "SignatureMethod": algorithm,
        **common,
        **(parameters or {}),
    }
    joined = "&".join(f"{name}={pairs[name]}" for name in sorted(pairs))
    digest = "sha256" if algorithm == "HmacSHA256" else "sha1"
    signed = hmac.new(secret_key.encode(), f"{method}{host}/?{joined}".encode(), digest).digest()
    return pairs | {"Signature": base64.b64encode(signed).decode()}


class Caller:
    """Sends signed calls to a server and answers the inside of the envelope."""

    def __init__(self, http: httpx.AsyncClient, **signing: Any) -> None:
        self.http = http
        self.signing = signing

    async def call(self, action: str, /, parameters: Any = None, **signing: Any) -> dict[str, Any]:
        """POST JSON, signed with v3; `parameters` may be anything that JSON can say."""
        body = json.dumps({} if parameters is None else parameters).encode()
        headers = tc3_headers(action, body, **(self.signing | signing))
        return inside(await self.http.post("/", content=body, headers=headers))

    async def call_v1(
        self, action: str, parameters: dict[str, str] | None = None, **signing: Any
    ) -> dict[str, Any]:
        """POST a form, signed with v1."""
        pairs = v1_pairs(action, parameters, **(self.signing | signing))
        headers = {"Host": HOST, "Content-Type": "application/x-www-form-urlencoded"}
        return inside(await self.http.post("/", content=urlencode(pairs), headers=headers))


def inside(answer: httpx.Response) -> dict[str, Any]:
    """What stands in `Response`, after a look at what every client relies on."""
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    envelope = answer.json()
    assert list(envelope) == ["Response"]
    response: dict[str, Any] = envelope["Response"]
    assert isinstance(response["RequestId"], str)
    return response


def code(response: dict[str, Any]) -> str:
    """The error code, or OK."""
    return str(response.get("Error", {}).get("Code", "OK"))


def receiver(**changes: Any) -> dict[str, Any]:
    """Parameters of a create that is in order."""
    return {
        "Name": "tf-example",
        "CountryCode": "86",
        "PhoneNumber": "18123456789",
        "Email": "demo@qq.com",
    } | changes
