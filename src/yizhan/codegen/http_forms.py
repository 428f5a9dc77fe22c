# SPDX-License-Identifier: Apache-2.0
"""A signed request as a curl line and as the text on the wire."""

from urllib.parse import urlsplit

from yizhan.codegen.literals import shell
from yizhan.wire.outgoing import Outgoing

# curl makes these by itself.
_MADE_BY_CURL = frozenset({"content-length", "connection"})


def curl(signed: Outgoing) -> str:
    """The very request, byte for byte where the server looks."""
    headers = dict(signed.headers)
    host = headers["Host"]
    url = f"{signed.scheme}://{host}{signed.target}"
    words = ["curl", shell(_text(url))]
    if urlsplit(url).netloc != host:
        words += ["-H", shell(f"Host: {host}")]
    lines = [" ".join(words)]
    for name, value in signed.headers:
        if name.lower() not in _MADE_BY_CURL | {"host"}:
            lines.append(f"-H {shell(f'{name}: {_text(value)}')}")
    if signed.method == "POST":
        # --data-raw, as --data would read a file if the text began with an @.
        lines.append(f"--data-raw {shell(signed.body.decode())}")
    return " \\\n  ".join(lines) + "\n"


def http(signed: Outgoing) -> str:
    """As on the wire, with line ends for reading."""
    text = signed.as_bytes().decode("utf-8", "backslashreplace").replace("\r\n", "\n")
    return text if text.endswith("\n") else text + "\n"


def _text(carried: str) -> str:
    """Latin-1 carries the bytes; a terminal wants the characters."""
    return carried.encode("latin-1").decode("utf-8", "backslashreplace")
