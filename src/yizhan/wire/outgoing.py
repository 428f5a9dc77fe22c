# SPDX-License-Identifier: Apache-2.0
"""A request as a client makes it: the inverse of `decode`.

Signs `content-type;host` like the official SDKs; the JSON body is UTF-8 without `\\u` escapes.
"""

import json
import secrets
from typing import Any, Final
from urllib.parse import urlencode

import msgspec

from yizhan.spec import CAM
from yizhan.wire import tc3, v1
from yizhan.wire.flat_params import flatten

TC3: Final = tc3.ALGORITHM
FORM: Final = "application/x-www-form-urlencoded"
REQUEST_CLIENT: Final = "yizhan-explorer"


class Credentials(msgspec.Struct, frozen=True):
    """A key pair as a client holds it."""

    secret_id: str
    secret_key: str
    token: str = ""

    def __repr__(self) -> str:
        return f"Credentials({self.secret_id})"


class Outgoing(msgspec.Struct, frozen=True):
    """A signed request as a client sends it; texts are Latin-1 as on the wire."""

    scheme: str
    method: str
    target: str
    """Path and query as on the request line."""
    headers: tuple[tuple[str, str], ...]
    """In order, Host first."""
    body: bytes

    def as_bytes(self) -> bytes:
        """The whole HTTP/1.1 message."""
        lines = [f"{self.method} {self.target} HTTP/1.1"]
        lines += [f"{name}: {value}" for name, value in self.headers]
        return "\r\n".join([*lines, "", ""]).encode("latin-1") + self.body


def sign_call(
    *,
    action: str,
    values: dict[str, Any],
    credentials: Credentials,
    host: str,
    timestamp: int,
    scheme: str = "http",
    region: str = "",
    language: str = "",
    sign_method: str = TC3,
    http_method: str = "POST",
    version: str = CAM.version,
    service: str = CAM.service,
    nonce: int | None = None,
    request_client: str = REQUEST_CLIENT,
    trace_id: str = "",
) -> Outgoing:
    """Sign an action's call.

    Args:
        values: the action's parameters; whatever JSON can say, so that refusals can be shown.
        host: the Host header, which is what is signed.
        timestamp: Unix seconds.
        nonce: of v1; a random one by default.
        trace_id: goes into X-TC-TraceId, which nothing signs.
    """
    common = {
        "Action": action,
        "Version": version,
        "Timestamp": str(timestamp),
        "Region": region,
        "Token": credentials.token,
        "Language": language,
        "RequestClient": request_client,
    }
    common = {name: value for name, value in common.items() if value}
    traced = {"X-TC-TraceId": trace_id} if trace_id else {}
    if sign_method != TC3:
        pairs = common | {
            "Nonce": str(secrets.randbelow(2**31) + 1 if nonce is None else nonce),
            "SecretId": credentials.secret_id,
            "SignatureMethod": sign_method,
        }
        pairs |= _text_pairs(values)
        text = v1.text_to_sign(http_method, host, "/", pairs)
        pairs["Signature"] = v1.signature(credentials.secret_key, text, sign_method)
        return _with_pairs(scheme, http_method, host, urlencode(pairs), traced)

    headers = {f"X-TC-{name}": value for name, value in common.items()}
    query = urlencode(_text_pairs(values)) if http_method == "GET" else ""
    body = b"" if http_method == "GET" else json.dumps(values, ensure_ascii=False).encode()
    content_type = FORM if http_method == "GET" else "application/json"
    authorization = tc3.sign(
        secret_id=credentials.secret_id,
        secret_key=credentials.secret_key,
        service=service,
        method=http_method,
        host=host,
        content_type=content_type,
        timestamp=timestamp,
        query=query,
        body=body,
    )
    headers |= traced | {"Authorization": authorization}
    if http_method == "GET":
        return _with_pairs(scheme, http_method, host, query, headers)
    return _message(scheme, http_method, "/", host, content_type, headers, body)


def _with_pairs(
    scheme: str, method: str, host: str, encoded: str, headers: dict[str, str]
) -> Outgoing:
    """Parameters as text: in the query of a GET, in the body of a POST."""
    if method == "GET":
        target = f"/?{encoded}" if encoded else "/"
        return _message(scheme, method, target, host, FORM, headers, b"")
    return _message(scheme, method, "/", host, FORM, headers, encoded.encode())


def _message(
    scheme: str,
    method: str,
    target: str,
    host: str,
    content_type: str,
    headers: dict[str, str],
    body: bytes,
) -> Outgoing:
    all_headers = {"Host": host, "Content-Type": content_type, **headers}
    if method == "POST":
        all_headers["Content-Length"] = str(len(body))
    # Header values go out as bytes: UTF-8 text is carried as Latin-1, like everywhere on the wire.
    carried = tuple((name, value.encode().decode("latin-1")) for name, value in all_headers.items())
    return Outgoing(scheme, method, target, carried, body)


def _text_pairs(values: dict[str, Any]) -> dict[str, str]:
    """Dotted names and text, as GET queries and forms carry them; null is left out."""
    return flatten({name: _tree(value) for name, value in values.items() if value is not None})


def _tree(value: Any) -> Any:
    """Text at the leaves."""
    if isinstance(value, dict):
        return {name: _tree(below) for name, below in value.items() if below is not None}
    if isinstance(value, list):
        return [_tree(below) for below in value]
    if isinstance(value, str):
        return value
    return json.dumps(value)
