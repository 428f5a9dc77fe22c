# SPDX-License-Identifier: Apache-2.0
"""Sends a signed request to this very server through its socket, and keeps what was on the wire."""

import asyncio
import contextlib
import ssl
import time
from typing import Final

import httptools
import msgspec

from yizhan.wire.outgoing import Outgoing

TIMEOUT_SECONDS: Final = 30.0
MAX_ANSWER_BYTES: Final = 12 * 1024 * 1024
CHUNK_BYTES: Final = 64 * 1024


class NotSent(Exception):
    """No answer came; the message says why."""


class Exchange(msgspec.Struct, frozen=True):
    """One request and its answer."""

    request: bytes
    response: bytes
    """Both exactly as they were on the wire."""
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    request_id: str
    code: str
    """`OK` or the error code; empty if the answer is no envelope."""
    seconds: float
    """From the first byte written to the last byte read."""


class _Answer:
    """Collects what the parser calls back with."""

    def __init__(self) -> None:
        self.headers: list[tuple[str, str]] = []
        self.body = b""
        self.complete = False

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name.decode("latin-1"), value.decode("latin-1")))

    def on_body(self, body: bytes) -> None:
        self.body += body

    def on_message_complete(self) -> None:
        self.complete = True


async def send(outgoing: Outgoing, address: tuple[str, int]) -> Exchange:
    """Send it and read the answer.

    Args:
        address: host and port that this server accepts on.

    Raises:
        NotSent.
    """
    request = outgoing.as_bytes()
    answer = _Answer()
    parser = httptools.HttpResponseParser(answer)
    received = bytearray()
    begun = time.perf_counter()
    try:
        async with asyncio.timeout(TIMEOUT_SECONDS):
            reader, writer = await asyncio.open_connection(*address, ssl=_tls(outgoing.scheme))
            begun = time.perf_counter()
            try:
                writer.write(request)
                await writer.drain()
                while not answer.complete:
                    data = await reader.read(CHUNK_BYTES)
                    if not data:
                        raise NotSent("the connection was closed without an answer")
                    received += data
                    if len(received) > MAX_ANSWER_BYTES:
                        raise NotSent("the answer is too large")
                    parser.feed_data(data)
            finally:
                writer.close()
                with contextlib.suppress(OSError):
                    await writer.wait_closed()
    except TimeoutError:
        raise NotSent(f"no answer within {TIMEOUT_SECONDS:.0f} seconds") from None
    except OSError as error:
        raise NotSent(error.strerror or str(error)) from None
    except httptools.HttpParserError:
        raise NotSent("the answer is not HTTP") from None
    seconds = time.perf_counter() - begun
    request_id, code = _outcome(answer.body)
    return Exchange(
        request=request,
        response=bytes(received),
        status=parser.get_status_code(),
        headers=tuple(answer.headers),
        body=answer.body,
        request_id=request_id,
        code=code,
        seconds=seconds,
    )


def _tls(scheme: str) -> ssl.SSLContext | None:
    if scheme != "https":
        return None
    # The peer is ourselves, at the address that this very process accepts on: there is nobody else
    # to be taken for us, and the certificate names a public host rather than that address.
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


class _Refusal(msgspec.Struct, rename="pascal"):
    code: str


class _Response(msgspec.Struct, rename="pascal"):
    request_id: str
    error: _Refusal | None = None


class _Envelope(msgspec.Struct, rename="pascal"):
    response: _Response


def _outcome(body: bytes) -> tuple[str, str]:
    """RequestId and code of an envelope; both empty if it is none."""
    try:
        response = msgspec.json.decode(body, type=_Envelope).response
    except msgspec.DecodeError:
        return "", ""
    return response.request_id, response.error.code if response.error else "OK"
