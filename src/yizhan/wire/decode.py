# SPDX-License-Identifier: Apache-2.0
"""From an HTTP request to a call: its parameters and its common parameters.

This knows where each kind of request carries what. Whether the parameters fit the action is asked
later, in `wire/parameters.py`.
"""

import re
from typing import Any, Final

import msgspec
from python_multipart import MultipartParser
from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import parse_options_header

from yizhan.errors import (
    DEFAULT_LANGUAGE,
    EMPTY_KEY,
    INVALID_FORMAT,
    INVALID_JSON,
    INVALID_MULTIPART,
    INVALID_NESTED_JSON,
    LANGUAGES,
    MISSING_PARAMETER,
    REPEATED_PARAMETER,
    ApiError,
)
from yizhan.trail import Trail
from yizhan.wire.common_params import V1_NAMES, CommonParams, from_headers, from_pairs
from yizhan.wire.flat_params import parse_pairs, unflatten
from yizhan.wire.request import HttpRequest

_json = msgspec.json.Decoder()
_NOT_JSON: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
MAX_PARTS: Final = 1000
_LANGUAGE = re.compile(r"(?:^|&)Language=([a-zA-Z-]+)(?:&|$)")


class Call(msgspec.Struct, frozen=True):
    """One API call, not yet believed."""

    common: CommonParams
    parameters: dict[str, Any]
    """The action's own parameters, by name."""
    is_text: bool
    """True if every value is text (GET, form, multipart), so that integers come as digits."""
    v1_pairs: dict[str, str] | None
    """All decoded pairs of a v1 call, which its signature covers; None for v3."""


def decode(request: HttpRequest, trail: Trail | None = None) -> Call:
    """Parse the request and take the common parameters out of it.

    Args:
        trail: is told when the common parameters begin.

    Raises:
        ApiError: a parse error of the body or query first, then missing or ill-formed common
            parameters.
    """
    if request.header("authorization"):
        if request.method == "GET":
            parameters: dict[str, Any] = unflatten(parse_pairs(request.query))
            is_text = True
        elif request.header("content-type").lower().startswith("multipart/form-data"):
            parameters, is_text = _parse_multipart(request), True
        else:
            parameters, is_text = _parse_json(request.body), False
        if trail is not None:
            trail.begin("common")
        return Call(from_headers(request), parameters, is_text, None)

    # Without Authorization the call counts as v1, whose parameters are all in one place.
    if request.method == "GET":
        pairs = parse_pairs(request.query)
    elif request.header("content-type").lower().startswith("application/json"):
        # JSON goes with v3 only; what is missing is what the gateway names for an unsigned request.
        _parse_json(request.body)
        raise ApiError(MISSING_PARAMETER, name="Timestamp")
    elif request.header("content-type").lower().startswith("multipart/form-data"):
        _parse_multipart(request)
        raise ApiError(MISSING_PARAMETER, name="Timestamp")
    else:
        pairs = parse_pairs(request.body.decode("latin-1"))
    if trail is not None:
        trail.begin("common")
    own = {name: value for name, value in pairs.items() if name not in V1_NAMES}
    parameters = unflatten(own)
    return Call(from_pairs(pairs), parameters, True, pairs)


def requested_language(request: HttpRequest) -> str:
    """The language to answer in, also for a request that could not be decoded.

    What was asked for if we have it, else English, as observed of the real gateway.
    """
    asked = request.header("x-tc-language")
    if not asked and not request.header("authorization"):
        text = request.query if request.method == "GET" else request.body.decode("latin-1")
        found = _LANGUAGE.search(text)
        asked = found[1] if found else ""
    return asked if asked in LANGUAGES else DEFAULT_LANGUAGE


def _parse_json(body: bytes) -> dict[str, Any]:
    """The body as one JSON object. Empty stands for `{}`, and so does Ruby's `null`."""
    if not body:
        return {}
    try:
        value = _json.decode(body)
    except _NOT_JSON:
        raise ApiError(INVALID_JSON) from None
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ApiError(INVALID_JSON)
    if "" in value:
        raise ApiError(EMPTY_KEY)
    return value


def _parse_multipart(request: HttpRequest) -> dict[str, Any]:
    """One part for each parameter; a part that says it is JSON holds a list or an object.

    Source: `_get_multipart_body` of the official Python SDK (read 2026-11).
    """
    _, options = parse_options_header(request.header("content-type"))
    boundary = options.get(b"boundary")
    if not boundary:
        raise ApiError(INVALID_MULTIPART)
    parts = _Parts()
    try:
        parser = MultipartParser(boundary, parts.callbacks())
        parser.write(request.body)
        parser.finalize()
    except MultipartParseError:
        raise ApiError(INVALID_MULTIPART) from None
    if not parts.ended:
        raise ApiError(INVALID_MULTIPART)

    parameters: dict[str, Any] = {}
    for headers, content in parts.found:
        _, disposition = parse_options_header(headers.get(b"content-disposition", b""))
        raw_name = disposition.get(b"name")
        if raw_name is None:
            raise ApiError(INVALID_MULTIPART)
        name = raw_name.decode("utf-8", "replace")
        if not name:
            raise ApiError(EMPTY_KEY)
        if name in parameters:
            raise ApiError(REPEATED_PARAMETER, name=name)
        parameters[name] = _part_value(name, headers, content)
    return parameters


def _part_value(name: str, headers: dict[bytes, bytes], content: bytes) -> Any:
    if headers.get(b"content-type", b"").strip().lower().startswith(b"application/json"):
        try:
            return _json.decode(content)
        except _NOT_JSON:
            raise ApiError(INVALID_NESTED_JSON, name=name) from None
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        raise ApiError(INVALID_FORMAT, name=name) from None


class _Parts:
    """Collects what the multipart parser calls back with."""

    def __init__(self) -> None:
        self.found: list[tuple[dict[bytes, bytes], bytes]] = []
        self.ended = False
        self._headers: dict[bytes, bytes] = {}
        self._field = b""
        self._value = b""
        self._content: list[bytes] = []

    def callbacks(self) -> Any:
        return {
            "on_part_begin": self._begin,
            "on_header_field": self._on_field,
            "on_header_value": self._on_value,
            "on_header_end": self._on_header_end,
            "on_part_data": self._on_data,
            "on_part_end": self._on_part_end,
            "on_end": self._on_end,
        }

    def _begin(self) -> None:
        if len(self.found) >= MAX_PARTS:
            raise ApiError(INVALID_MULTIPART)
        self._headers, self._content = {}, []

    def _on_field(self, data: bytes, start: int, end: int) -> None:
        self._field += data[start:end]

    def _on_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _on_header_end(self) -> None:
        self._headers[self._field.lower()] = self._value
        self._field = self._value = b""

    def _on_data(self, data: bytes, start: int, end: int) -> None:
        self._content.append(data[start:end])

    def _on_part_end(self) -> None:
        self.found.append((self._headers, b"".join(self._content)))

    def _on_end(self) -> None:
        self.ended = True
