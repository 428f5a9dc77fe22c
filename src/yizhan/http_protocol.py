# SPDX-License-Identifier: Apache-2.0
"""uvicorn's HTTP protocol, with an end to what it gathers and with answers in one piece."""

import asyncio
import re
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from yizhan.wire.request import MAX_GET_BYTES

MAX_TARGET_BYTES: Final = 2 * MAX_GET_BYTES - 1
"""Kept of a request's target: more than a query may have, so the endpoint refuses it by name, and
no more than httptools takes apart."""
MAX_HEADER_BYTES: Final = 64 * 1024
"""Of a request's headers together; official clients send less than two."""
ABSOLUTE_FORM: Final = re.compile(rb"^[a-zA-Z]+://[^/?#]*/?")


class AnswerInOnePiece:
    """A transport that keeps an answer's head back until its body is written.

    uvicorn writes the two one after the other, and each would be a segment of its own. The head
    leaves alone if the answer has no body, and at the latest when the transport is closed.
    """

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._head = b""

    def write(self, data: bytes) -> None:
        if self._head:
            data, self._head = self._head + data, b""
        elif data.startswith(b"HTTP/1.1 ") and not data.startswith(b"HTTP/1.1 1"):
            self._head = data
            return
        self._transport.write(data)

    def flush(self) -> None:
        if self._head:
            self._transport.write(self._head)
            self._head = b""

    def close(self) -> None:
        self.flush()
        self._transport.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


class BoundedHttpProtocol(HttpToolsProtocol):
    """uvicorn's protocol, which would gather a request's line and headers without an end."""

    transport: Any  # an AnswerInOnePiece

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(AnswerInOnePiece(transport))  # type: ignore[arg-type]

    def on_response_complete(self) -> None:
        self.transport.flush()
        super().on_response_complete()

    # Bytes since the last that were cut short (the target) or counted by the endpoint (the body).
    _gathered = 0

    def data_received(self, data: bytes) -> None:
        self._gathered += len(data)
        super().data_received(data)
        if self._gathered > MAX_HEADER_BYTES and not self.transport.is_closing():
            self.logger.warning("closed a connection whose request headers were too large")
            self.transport.close()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._gathered = 0

    def on_url(self, url: bytes) -> None:
        super().on_url(url[: MAX_TARGET_BYTES - len(self.url)])
        self._gathered = 0

    def on_headers_complete(self) -> None:
        # Clients behind a proxy setting send `http://host?query`, perhaps without a path.
        self.url = ABSOLUTE_FORM.sub(b"/", self.url, count=1)
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        super().on_body(body)
        self._gathered = 0

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._gathered = 0
