# SPDX-License-Identifier: Apache-2.0
"""Other ways to write the body of a request: what a client signed may not be what it sent."""

import json
from collections.abc import Iterator
from typing import Any, Final

MAX_BYTES: Final = 64 * 1024
"""A larger body is not written again: the search has to end soon."""


def rewritten(body: bytes) -> Iterator[bytes]:
    """The same JSON in other bytes; nothing if it is none."""
    if len(body) > MAX_BYTES:
        return
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return
    for text in _written(value):
        if text != body:
            yield text


def _written(value: Any) -> Iterator[bytes]:
    for ordered in (False, True):
        for ascii_only in (False, True):
            for separators in ((",", ":"), (", ", ": "), (", ", ":"), (",", ": ")):
                text = json.dumps(
                    value, ensure_ascii=ascii_only, separators=separators, sort_keys=ordered
                )
                yield _bytes(text)
                if separators == (",", ":") and not ordered:
                    yield from _escaped(text)
        for indent in (2, 4, "\t"):
            for ascii_only in (False, True):
                text = json.dumps(value, ensure_ascii=ascii_only, indent=indent, sort_keys=ordered)
                yield _bytes(text)
    # Serialised twice: a text that holds JSON.
    yield _bytes(json.dumps(json.dumps(value, ensure_ascii=False), ensure_ascii=False))


def _escaped(text: str) -> Iterator[bytes]:
    # PHP escapes slashes, Go escapes what HTML minds.
    if "/" in text:
        yield _bytes(text.replace("/", "\\/"))
    html = text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    if html != text:
        yield _bytes(html)


def _bytes(text: str) -> bytes:
    return text.encode(errors="surrogatepass")


def with_other_ends(body: bytes) -> Iterator[bytes]:
    """Line ends and blanks at the end, more or fewer than were sent."""
    for end in (b"\n", b"\r\n", b" "):
        yield body + end
    if body.rstrip() != body:
        yield body.rstrip()
    yield b"\xef\xbb\xbf" + body
    if b"\n" in body:
        unix = body.replace(b"\r\n", b"\n")
        yield unix
        yield unix.replace(b"\n", b"\r\n")


def in_other_charsets(body: bytes) -> Iterator[bytes]:
    if body.isascii():
        return
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return
    yield text.encode("gb18030")
    # Bytes that were taken for Latin-1 and encoded once more.
    yield body.decode("latin-1").encode()
    yield text.encode("ascii", "replace")
