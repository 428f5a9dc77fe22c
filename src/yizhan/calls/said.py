# SPDX-License-Identifier: Apache-2.0
"""What a request says of itself, whether or not it could be understood."""

from typing import Any
from urllib.parse import parse_qsl, urlencode

import msgspec

from yizhan.calls.masking import HIDDEN, Mask
from yizhan.errors import ApiError
from yizhan.wire import tc3
from yizhan.wire.common_params import V1_NAMES
from yizhan.wire.endpoint import CallRecord
from yizhan.wire.request import HttpRequest

# Numbers of the protocol. A phone number that stands there by mistake is longer.
_NUMBERS = frozenset({"x-tc-timestamp", "content-length", "Timestamp"})
LONGEST_NUMBER = 10
LONGEST_BODY = 64 * 1024
"""Bytes; of a longer one only the length is kept."""
_HIDDEN_PAIRS = frozenset({"Signature", "Token"})


class Said(msgspec.Struct, frozen=True):
    """Texts as they were sent, not masked."""

    action: str = ""
    version: str = ""
    timestamp: str = ""
    region: str = ""
    language: str = ""
    token: str = ""
    request_client: str = ""
    secret_id: str = ""
    sign_method: str = ""
    scope: str = ""
    """`DATE/SERVICE` of a v3 credential."""
    signed_headers: str = ""
    trace_id: str = ""
    pairs: dict[str, str] | None = None
    """Of a call without Authorization: query or form."""
    parameters: dict[str, Any] = msgspec.field(default_factory=dict)


def said(record: CallRecord) -> Said:
    request = record.request
    if request.header("authorization"):
        return _of_headers(record)
    pairs = _pairs_of(request)
    parameters = record.call.parameters if record.call else {}
    if not parameters:
        parameters = {name: text for name, text in pairs.items() if name not in V1_NAMES}
    return Said(
        action=pairs.get("Action", "") or request.header("x-tc-action"),
        version=pairs.get("Version", "") or request.header("x-tc-version"),
        timestamp=pairs.get("Timestamp", "") or request.header("x-tc-timestamp"),
        region=pairs.get("Region", ""),
        language=pairs.get("Language", "") or request.header("x-tc-language"),
        token=pairs.get("Token", "") or request.header("x-tc-token"),
        request_client=pairs.get("RequestClient", "") or request.header("x-tc-requestclient"),
        secret_id=pairs.get("SecretId", ""),
        sign_method=pairs.get("SignatureMethod", "HmacSHA1") if "Signature" in pairs else "",
        trace_id=request.header("x-tc-traceid"),
        pairs=pairs,
        parameters=parameters,
    )


def _of_headers(record: CallRecord) -> Said:
    request = record.request
    try:
        authorization = tc3.parse_authorization(request.header("authorization"))
    except ApiError:
        authorization = None
    parameters = record.call.parameters if record.call else {}
    return Said(
        action=request.header("x-tc-action"),
        version=request.header("x-tc-version"),
        timestamp=request.header("x-tc-timestamp"),
        region=request.header("x-tc-region"),
        language=request.header("x-tc-language"),
        token=request.header("x-tc-token"),
        request_client=request.header("x-tc-requestclient"),
        secret_id=authorization.secret_id if authorization else "",
        sign_method=tc3.ALGORITHM,
        scope=f"{authorization.date}/{authorization.service}" if authorization else "",
        signed_headers=";".join(authorization.signed_headers) if authorization else "",
        trace_id=request.header("x-tc-traceid"),
        parameters=parameters,
    )


def _pairs_of(request: HttpRequest) -> dict[str, str]:
    text = request.query if request.method == "GET" else request.body.decode("latin-1")
    if request.method != "GET" and (
        "form-urlencoded" not in request.header("content-type") or len(request.body) > LONGEST_BODY
    ):
        return {}
    try:
        found = parse_qsl(text, keep_blank_values=True, max_num_fields=1000)
    except ValueError:
        return {}
    return dict(found)


def message(record: CallRecord, spoken: Said, masked: dict[str, Any], mask: Mask) -> str:
    """The request as an HTTP message, masked.

    Args:
        masked: the action's parameters, masked already.
    """
    request = record.request
    query = f"?{_query(request, spoken, mask)}" if request.query else ""
    lines = [f"{mask.text(request.method)} {mask.text(request.path)}{query} HTTP/1.1"]
    for name, value in request.headers.items():
        lines.append(f"{mask.text(name)}: {_header(name, value, mask)}")
    return "\r\n".join(lines) + "\r\n\r\n" + _body(record, spoken, masked, mask)


def _header(name: str, value: str, mask: Mask) -> str:
    if name in _NUMBERS and len(value) <= LONGEST_NUMBER and value.isdecimal():
        return value
    if name in ("x-tc-token", "cookie"):
        return HIDDEN
    return mask.text(value)


def _query(request: HttpRequest, spoken: Said, mask: Mask) -> str:
    if spoken.pairs and request.method == "GET":
        return _encoded(spoken.pairs, mask)
    try:
        pairs = dict(parse_qsl(request.query, keep_blank_values=True, max_num_fields=1000))
    except ValueError:
        return mask.text(request.query)
    return _encoded(pairs, mask)


def _encoded(pairs: dict[str, str], mask: Mask) -> str:
    """Query or form; asterisks of the mask stay readable."""
    return urlencode({mask.text(n): _pair(n, v, mask) for n, v in pairs.items()}, safe="*@")


def _pair(name: str, value: str, mask: Mask) -> str:
    if name in _HIDDEN_PAIRS:
        return HIDDEN
    if name in _NUMBERS and len(value) <= LONGEST_NUMBER and value.isdecimal():
        return value
    return str(mask.value(name, value))


def _body(record: CallRecord, spoken: Said, masked: dict[str, Any], mask: Mask) -> str:
    request = record.request
    if not request.body:
        return ""
    if len(request.body) > LONGEST_BODY:
        return f"({len(request.body)} bytes, not kept)"
    if spoken.pairs:
        return _encoded(spoken.pairs, mask) if request.method != "GET" else ""
    if record.call is not None:
        # What a body that was understood says, in the plainest form.
        return msgspec.json.encode(masked).decode()
    return masked_text(request.body, mask)


def masked_text(body: bytes, mask: Mask) -> str:
    """JSON by its names; anything else is searched for what is not to be seen."""
    try:
        found = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return mask.text(body.decode("utf-8", "backslashreplace"))
    return msgspec.json.encode(mask.value("", found)).decode()
