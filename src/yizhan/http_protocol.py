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


class GatheringTransport:
    """A transport whose writes leave together when the event loop comes round again.

    uvicorn writes head and body of an answer one after the other, and a group commit answers many
    clients at once. To send costs most where it wakes a reader that sleeps; sent in one burst, the
    answers of a group find it awake.
    """

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._gathered = b""

    def write(self, data: bytes) -> None:
        if not self._gathered:
            self._loop.call_soon(self._send)
        self._gathered += data

    def close(self) -> None:
        self._send()
        self._transport.close()

    def _send(self) -> None:
        data, self._gathered = self._gathered, b""
        if data and not self._transport.is_closing():
            self._transport.write(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


class BoundedHttpProtocol(HttpToolsProtocol):
    """uvicorn's protocol, which would gather a request's line and headers without an end."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(GatheringTransport(transport, self.loop))  # type: ignore[arg-type]

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
