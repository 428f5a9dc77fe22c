# SPDX-License-Identifier: Apache-2.0
"""What was pasted: a RequestId, an error code, a client's error text, a curl line, an HTTP request.

Source of the error texts: what the official clients print, measured 2026-11 (docs/clients.md).
"""

import re
import shlex
from typing import Final
from urllib.parse import quote, urlsplit

import msgspec

from yizhan.errors import CATALOGUE
from yizhan.wire.request import HttpRequest

_UUID: Final = r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_CODES: Final = {error.code.lower(): error.code for error in CATALOGUE}
# code:X, Code=X, "Code":"X", [TencentCloudSDKException]code: X and their like.
_CODE: Final = re.compile(
    r"(?:\b|Error)[Cc]ode[\"']?\s*[:=]\s*[\"']?\[?([A-Z][A-Za-z]+(?:\.[A-Z][A-Za-z0-9]*)*)"
)
_BARE_CODE: Final = re.compile(r"\b([A-Z][A-Za-z]+(?:\.[A-Z][A-Za-z]+)*)\b")
_REQUEST_ID: Final = re.compile(rf"{_UUID}")
LONG_WORD: Final = 12
_EXCEPTION: Final = re.compile(r"TencentCloudSDKException: (?!code)(.+)")
_MESSAGE: Final = re.compile(
    r"(?:\b|Error)[Mm]essage[\"']?\s*[:=]\s*[\"']?(.*?)"
    r"(?:[\"']?\s*[,;]?\s*[\"']?\b[Rr]equest_?[Ii][Dd]\b|[\"']?\s*$)",
    re.DOTALL,
)
_HTTP: Final = re.compile(r"\A\s*([A-Z]+) (\S+) HTTP/\d(?:\.\d)?\s*$", re.MULTILINE)
_SECRET_HEADERS: Final = frozenset({"x-tc-token", "cookie"})
_WITH_VALUE: Final = frozenset(
    {"-A", "--user-agent", "-e", "--referer", "-o", "--output", "-m", "--max-time", "-b"}
    | {
        "--cookie",
        "-x",
        "--proxy",
        "-u",
        "--user",
        "--connect-timeout",
        "--resolve",
        "--cacert",
        "-w",
    }
)


class RequestIdAsked(msgspec.Struct, frozen=True):
    request_id: str


class CodeAsked(msgspec.Struct, frozen=True):
    code: str
    """As the catalogue writes it."""


class ErrorText(msgspec.Struct, frozen=True):
    """What a client printed."""

    code: str
    message: str
    request_id: str
    """Empty if the text has none."""


class RequestAsked(msgspec.Struct, frozen=True):
    request: HttpRequest
    secrets_seen: bool
    """Does it carry a token or a cookie?"""


class NotUnderstood(msgspec.Struct, frozen=True):
    pass


Question = RequestIdAsked | CodeAsked | ErrorText | RequestAsked | NotUnderstood


def recognise(text: str) -> Question:
    """Tell what a text is."""
    plain = text.strip().lstrip("\ufeff")
    if re.fullmatch(_UUID, plain):
        return RequestIdAsked(plain.lower())
    if plain.lower() in _CODES:
        return CodeAsked(_CODES[plain.lower()])
    if re.match(r"(?:\$ |> )?curl(?:\.exe)?\s", plain):
        return _from_curl(plain.removeprefix("$ ").removeprefix("> "))
    if _HTTP.match(plain):
        return _from_http(text.lstrip("\ufeff"))
    return _from_error_text(plain)


# ---- error texts -------------------------------------------------------------------------------


def _from_error_text(text: str) -> Question:
    # Terraform draws a bar before each line of an error.
    text = re.sub(r"(?m)^[\s│╷╵]+", "", text)
    request_id = _REQUEST_ID.search(text)
    found = request_id[0].lower() if request_id else ""
    code = _code_in(text)
    message = _message_in(text, code)
    if not code and not (found and message):
        return RequestIdAsked(found) if found else NotUnderstood()
    return ErrorText(code, message, found)


def _code_in(text: str) -> str:
    for each in _CODE.finditer(text):
        return _CODES.get(each[1].lower(), each[1])
    for each in _BARE_CODE.finditer(text):
        if each[1].lower() in _CODES and ("." in each[1] or len(each[1]) > LONG_WORD):
            return _CODES[each[1].lower()]
    return ""


def _message_in(text: str, code: str) -> str:
    found = _MESSAGE.search(text) or _EXCEPTION.search(text)
    if found is None:
        return ""
    message = found[1].strip(" ,;\"'\\}]\n")
    # Old versions of the Java client put the code before the text.
    return message.removeprefix(f"{code}-")


# ---- HTTP --------------------------------------------------------------------------------------


def _from_http(text: str) -> Question:
    text = text.lstrip()
    head, body = [*re.split(r"\r?\n\r?\n", text, maxsplit=1), ""][:2]
    first, *lines = head.replace("\r\n", "\n").split("\n")
    method, target, _ = first.split(None, 2)
    headers: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if colon:
            headers[name.strip().lower()] = _carried(value.strip())
    content = body.encode("utf-8", "surrogateescape")
    return _request(method, _carried(target), headers, _cut(content, headers, method))


def _cut(body: bytes, headers: dict[str, str], method: str) -> bytes:
    """The body as it was sent: what was pasted may have a line end too many, or other ones."""
    if method == "GET":
        return b""
    announced = headers.get("content-length", "")
    if announced.isdecimal():
        length = int(announced)
        for form in (body, body.replace(b"\r\n", b"\n")):
            if len(form) == length:
                return form
        if len(body) > length and not body[length:].strip():
            return body[:length]
        return body
    return body.rstrip(b"\r\n")


def _request(method: str, target: str, headers: dict[str, str], body: bytes) -> Question:
    parts = urlsplit(target)
    if parts.netloc and "host" not in headers:
        headers["host"] = parts.netloc
    return RequestAsked(
        HttpRequest(
            method=method.upper(),
            path=parts.path or "/",
            query=parts.query,
            headers=headers,
            body=body,
            server_port=None,
        ),
        secrets_seen=not _SECRET_HEADERS.isdisjoint(headers) or "Token=" in parts.query,
    )


def _carried(text: str) -> str:
    """UTF-8 as Latin-1, like everywhere on the wire."""
    return text.encode("utf-8", "surrogateescape").decode("latin-1")


# ---- curl --------------------------------------------------------------------------------------


def _from_curl(text: str) -> Question:
    try:
        words = _words(text)
    except ValueError:
        return NotUnderstood()
    method, url, as_query = "", "", False
    headers: dict[str, str] = {}
    data: list[str] = []
    position = 1
    while position < len(words):
        word = words[position]
        position += 1
        name, equals, joined = word.partition("=")
        if word.startswith("--") and equals:
            word, value = name, joined
        elif len(word) > 2 and word[0] == "-" and word[1] in "HXd" and word[1] != "-":
            word, value = word[:2], word[2:]
        elif word in _TAKING:
            value = words[position] if position < len(words) else ""
            position += 1
        else:
            value = ""
        match word:
            case "-X" | "--request":
                method = value
            case "-H" | "--header":
                header, _, text_of = value.partition(":")
                headers[header.strip().lower()] = _carried(text_of.strip())
            case "-d" | "--data" | "--data-ascii" | "--data-binary" if value.startswith("@"):
                return NotUnderstood()  # what the file holds cannot be seen from here
            case "-d" | "--data" | "--data-ascii":
                data.append(value.replace("\r", "").replace("\n", ""))
            case "--data-raw" | "--data-binary" | "--json":
                data.append(value)
                if word == "--json":
                    headers.setdefault("content-type", "application/json")
            case "--data-urlencode":
                field, _, content = value.partition("=")
                data.append(f"{field}={quote(content, safe='')}")
            case "-G" | "--get":
                as_query = True
            case "--url":
                url = value
            case _ if not word.startswith("-"):
                url = url or word
    if not url:
        return NotUnderstood()
    url = url if "://" in url else f"http://{url}"
    content = "&".join(data)
    if as_query and content:
        url, content = f"{url}{'&' if '?' in url else '?'}{content}", ""
    method = method or ("POST" if data and not as_query else "GET")
    if content:
        headers.setdefault("content-type", "application/x-www-form-urlencoded")
    return _request(method, _carried(url), headers, content.encode("utf-8", "surrogateescape"))


_TAKING: Final = _WITH_VALUE | {
    *("-X", "--request", "-H", "--header", "-d", "--data", "--data-ascii", "--data-raw"),
    *("--data-binary", "--json", "--data-urlencode", "--url"),
}


def _words(text: str) -> list[str]:
    """As a POSIX shell splits it, `$'...'` among it; or as a Windows prompt, with carets."""
    if re.search(r"\^\s*$", text, re.MULTILINE) or '^"' in text:
        text = re.sub(r"\^\s*\n", " ", text)
        text = re.sub(r"\^(.)", r"\1", text)
    text = re.sub(r"\\\r?\n", " ", text)
    text = re.sub(r"\$'((?:\\.|[^'\\])*)'", lambda found: shlex.quote(_ansi(found[1])), text)
    return shlex.split(text)


_ESCAPES: Final = {"n": "\n", "r": "\r", "t": "\t", "'": "'", '"': '"', "\\": "\\", "0": "\0"}


def _ansi(text: str) -> str:
    """The inside of `$'...'`."""

    def character(found: re.Match[str]) -> str:
        if found[1]:
            return chr(int(found[1], 16))
        return _ESCAPES.get(found[2], found[0])

    return re.sub(r"\\(?:[xu]([0-9a-fA-F]{2,4})|(.))", character, text)
