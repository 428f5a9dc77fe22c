# SPDX-License-Identifier: Apache-2.0
"""An HTTP request as it arrived, and the size limits that hold while it is read."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

import msgspec

from yizhan.errors import (
    REQUEST_SIZE_LIMIT_EXCEEDED,
    SIGNATURE_SIZE_LIMIT_EXCEEDED,
    UNSUPPORTED_PROTOCOL,
    ApiError,
)

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

MAX_GET_BYTES: Final = 32 * 1024
"""Of the query string of a GET request."""
MAX_V1_BODY_BYTES: Final = 1024 * 1024
MAX_V3_BODY_BYTES: Final = 10 * 1024 * 1024


class ClientGone(Exception):
    """The client hung up before its request was complete; there is nobody to answer."""


class HttpRequest(msgspec.Struct, frozen=True):
    """One request. Its texts are Latin-1, so that no byte is lost."""

    method: str
    path: str
    """As sent, percent signs and all."""
    query: str
    """As sent, without the question mark."""
    headers: dict[str, str]
    """By lower-case name, without blanks around the values."""
    body: bytes
    server_port: int | None

    def header(self, name: str) -> str:
        """The value; an absent and an empty header are the same."""
        return self.headers.get(name, "")


def request_head(scope: Scope) -> HttpRequest:
    """What is known before the body: enough for the method, the language and the size limit."""
    server = scope.get("server")
    path = scope.get("raw_path") or b"/"
    return HttpRequest(
        method=scope["method"],
        path=path.decode("latin-1"),
        query=scope["query_string"].decode("latin-1"),
        headers={
            name.decode("latin-1"): value.decode("latin-1").strip()
            for name, value in scope["headers"]
        },
        body=b"",
        server_port=server[1] if server else None,
    )


async def read_request(head: HttpRequest, receive: Receive) -> HttpRequest:
    """Check method and size, and read the body while it stays within its limit.

    Raises:
        ApiError: UNSUPPORTED_PROTOCOL, REQUEST_SIZE_LIMIT_EXCEEDED, SIGNATURE_SIZE_LIMIT_EXCEEDED.
        ClientGone: the connection was lost while the body was read.

    Source: API 3.0, "Request structure" (read 2026-11): GET 32 KB, POST 1 MB (v1), 10 MB (v3).
    """
    if head.method not in ("GET", "POST"):
        raise ApiError(UNSUPPORTED_PROTOCOL, method=head.method)
    if head.header("authorization"):
        limit, too_large = MAX_V3_BODY_BYTES, REQUEST_SIZE_LIMIT_EXCEEDED
    else:
        limit, too_large = MAX_V1_BODY_BYTES, SIGNATURE_SIZE_LIMIT_EXCEEDED
    if head.method == "GET" and len(head.query) > MAX_GET_BYTES:
        raise ApiError(too_large, limit=MAX_GET_BYTES)

    announced = head.header("content-length")
    if announced.isdecimal() and int(announced) > limit:
        raise ApiError(too_large, limit=limit)
    message = await receive()
    body: bytes = message.get("body", b"")
    if message.get("more_body"):
        chunks, size = [body], len(body)
        while message.get("more_body"):
            if size > limit:
                raise ApiError(too_large, limit=limit)
            message = await receive()
            chunks.append(message.get("body", b""))
            size += len(chunks[-1])
        body = b"".join(chunks)
    if message["type"] == "http.disconnect":
        raise ClientGone
    if len(body) > limit:
        raise ApiError(too_large, limit=limit)
    return msgspec.structs.replace(head, body=body) if body else head
