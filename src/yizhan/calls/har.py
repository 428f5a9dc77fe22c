# SPDX-License-Identifier: Apache-2.0
"""Calls as an HTTP Archive, for the tools that read one.

Source: W3C Web Performance Group, "HTTP Archive (HAR) format", version 1.2 (read 2026-11). What the
format has no place for stands under names with an underscore, as it allows.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, quote

import msgspec

from yizhan import __version__
from yizhan.calls.model import LoggedCall


def har(calls: Iterable[LoggedCall]) -> dict[str, Any]:
    """The archive, its entries in the given order. Masked like the calls themselves."""
    return {
        "log": {
            "version": "1.2",
            "creator": {"name": "yizhan", "version": __version__},
            "entries": [_entry(call) for call in calls],
        }
    }


def _entry(call: LoggedCall) -> dict[str, Any]:
    head, _, body = call.request.partition("\r\n\r\n")
    first, *lines = head.split("\r\n")
    method, _, rest = first.partition(" ")
    target = rest.removesuffix(" HTTP/1.1")  # gone already, if the log has cut a long query
    headers = [_header(line) for line in lines]
    host = next((each["value"] for each in headers if each["name"] == "host"), "localhost")
    milliseconds = round(call.seconds * 1000, 3)
    request: dict[str, Any] = {
        "method": method,
        "url": _url(host, target),
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": headers,
        "queryString": [
            {"name": name, "value": value}
            for name, value in parse_qsl(target.partition("?")[2], keep_blank_values=True)
        ],
        "headersSize": -1,
        "bodySize": len(body.encode()),
    }
    if body:
        kind = next((each["value"] for each in headers if each["name"] == "content-type"), "")
        request["postData"] = {"mimeType": kind, "text": body}
    return {
        "startedDateTime": datetime.fromtimestamp(call.at - call.seconds, UTC).isoformat(),
        "time": milliseconds,
        "request": request,
        "response": {
            "status": 200,
            "statusText": "OK",
            "httpVersion": "HTTP/1.1",
            "cookies": [],
            "headers": [{"name": "content-type", "value": "application/json"}],
            "content": {
                "size": len(call.response.encode()),
                "mimeType": "application/json",
                "text": call.response,
            },
            "redirectURL": "",
            "headersSize": -1,
            "bodySize": len(call.response.encode()),
        },
        "cache": {},
        "timings": {"send": 0, "wait": milliseconds, "receive": 0},
        "_requestId": call.request_id,
        "_action": call.action,
        "_code": call.code,
        "_trail": msgspec.to_builtins(call.trail),
    }


def _url(host: str, target: str) -> str:
    """Whether TLS was ended before the server, it does not know: all are http."""
    path = target if target.startswith("/") else f"/{target}"  # that of OPTIONS may be `*`
    return quote(f"http://{host}{path}", safe="%/:?#[]@!$&'()*+,;=~")


def _header(line: str) -> dict[str, str]:
    name, _, value = line.partition(": ")
    return {"name": name, "value": value}
