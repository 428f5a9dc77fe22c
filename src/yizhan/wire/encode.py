# SPDX-License-Identifier: Apache-2.0
"""The response envelope: compact UTF-8 JSON, `Error` before `RequestId`, always HTTP 200.

The content type has no charset: with one, the official Python SDK and CLI do not look for `Error`
and take a refusal for a success.
"""

from typing import Any, Final

import msgspec

from yizhan.errors import ApiError

_encoder = msgspec.json.Encoder()
CONTENT_TYPE: Final = (b"content-type", b"application/json")


class _Error(msgspec.Struct, frozen=True, rename="pascal"):
    code: str
    message: str


class _Failure(msgspec.Struct, frozen=True, rename="pascal"):
    error: _Error
    request_id: str


class _FailureEnvelope(msgspec.Struct, frozen=True, rename="pascal"):
    response: _Failure


def success(response: msgspec.Struct, request_id: str) -> bytes:
    """`{"Response":{...,"RequestId":"..."}}`"""
    members = _encoder.encode(response)
    comma = b"," if len(members) > 2 else b""
    return b'{"Response":%s%s"RequestId":"%s"}}' % (members[:-1], comma, request_id.encode())


def failure(error: ApiError, request_id: str, language: str) -> bytes:
    """`{"Response":{"Error":{"Code":...,"Message":...},"RequestId":"..."}}`"""
    refused = _Failure(_Error(error.code, error.message(language)), request_id)
    return _encoder.encode(_FailureEnvelope(refused))


def http_headers(body: bytes) -> list[tuple[bytes, bytes]]:
    return [CONTENT_TYPE, (b"content-length", b"%d" % len(body))]


async def send_envelope(send: Any, body: bytes, *, close: bool = False) -> None:
    """Answer over ASGI; `close` ends the connection afterwards."""
    headers = http_headers(body)
    if close:
        headers.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
