# SPDX-License-Identifier: Apache-2.0
"""Calls as an HTTP Archive.

What must be there is from the format: W3C Web Performance Group, "HTTP Archive (HAR) format",
version 1.2 (read 2026-11).
"""

import json
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import pytest

from yizhan import __version__
from yizhan.calls.har import har
from yizhan.calls.model import CheckSeen, LoggedCall

AT = 1_795_453_229.25
POST = (
    "POST / HTTP/1.1\r\nhost: cam.example.com:9960\r\ncontent-type: application/json\r\n"
    'x-tc-action: CreateMessageReceiver\r\n\r\n{"Name":"用户"}'
)
GET = "GET /?Action=ListReceiver&Filter=a%3Db%26c&Empty= HTTP/1.1\r\nhost: 127.0.0.1:9960\r\n\r\n"


def call(request: str = POST, **changes: Any) -> LoggedCall:
    values: dict[str, Any] = {
        "at": AT,
        "request_id": "3b1e47c3-0f32-4e55-9ef2-37f1d1207a04",
        "trace_id": "",
        "action": "CreateMessageReceiver",
        "uin": 500,
        "owner_uin": 500,
        "secret_id": "AKIDone",
        "client": "",
        "region": "",
        "language": "",
        "sign_method": "TC3-HMAC-SHA256",
        "http_method": "POST",
        "code": "LimitExceeded.Uin",
        "message": "x",
        "seconds": 0.25,
        "refused_by": "quota",
        "parameters": {},
        "masked": True,
        "request": request,
        "response": '{"Response":{"RequestId":"用"}}',
        "trail": (CheckSeen("parse", 0.1, "method=POST"), CheckSeen("quota", 0.1, "", True)),
    }
    return LoggedCall(**(values | changes))


def entry(request: str = POST, **changes: Any) -> dict[str, Any]:
    """Of the archive as a reader gets it."""
    (found,) = json.loads(json.dumps(har([call(request, **changes)])))["log"]["entries"]
    assert isinstance(found, dict)
    return found


def test_says_its_version_and_who_made_it() -> None:
    made = har([])

    assert made == {
        "log": {
            "version": "1.2",
            "creator": {"name": "yizhan", "version": __version__},
            "entries": [],
        }
    }


def test_keeps_the_order_of_the_calls() -> None:
    made = har(call(request_id=name) for name in "bac")

    assert [each["_requestId"] for each in made["log"]["entries"]] == ["b", "a", "c"]


def test_has_every_member_that_the_format_requires() -> None:
    found = entry()

    assert set(found) >= {"startedDateTime", "time", "request", "response", "cache", "timings"}
    assert set(found["request"]) >= {
        *("method", "url", "httpVersion", "cookies", "headers", "queryString"),
        *("headersSize", "bodySize"),
    }
    assert set(found["response"]) >= {
        *("status", "statusText", "httpVersion", "cookies", "headers", "content"),
        *("redirectURL", "headersSize", "bodySize"),
    }
    assert set(found["response"]["content"]) >= {"size", "mimeType"}
    assert set(found["timings"]) >= {"send", "wait", "receive"}


def test_names_of_its_own_begin_with_an_underscore() -> None:
    found = entry()
    standard = {"startedDateTime", "time", "request", "response", "cache", "timings"}

    assert all(name.startswith("_") for name in set(found) - standard)
    assert found["_requestId"] == "3b1e47c3-0f32-4e55-9ef2-37f1d1207a04"
    assert found["_code"] == "LimitExceeded.Uin"
    assert [(step["check"], step["refused"]) for step in found["_trail"]] == [
        ("parse", False),
        ("quota", True),
    ]


@pytest.mark.parametrize("at", [AT, float(int(AT))])
def test_begins_when_the_request_came_and_adds_up(at: float) -> None:
    found = entry(at=at)

    begun = datetime.fromisoformat(found["startedDateTime"])
    assert begun.tzinfo is not None
    assert begun.timestamp() == pytest.approx(at - 0.25, abs=1e-3)
    assert found["time"] == sum(found["timings"].values()) == 250


def test_shows_the_request_as_it_was_sent() -> None:
    request = entry()["request"]

    assert (request["method"], request["url"]) == ("POST", "http://cam.example.com:9960/")
    assert request["headers"] == [
        {"name": "host", "value": "cam.example.com:9960"},
        {"name": "content-type", "value": "application/json"},
        {"name": "x-tc-action", "value": "CreateMessageReceiver"},
    ]
    assert request["postData"] == {"mimeType": "application/json", "text": '{"Name":"用户"}'}
    assert request["queryString"] == []


def test_sizes_are_of_bytes() -> None:
    found = entry()

    assert found["request"]["bodySize"] == len('{"Name":"用户"}'.encode())
    assert found["response"]["bodySize"] == found["response"]["content"]["size"]
    assert found["response"]["content"]["size"] == len(call().response.encode())


def test_shows_a_query_decoded_and_a_get_without_a_body() -> None:
    request = entry(GET)["request"]

    assert request["url"].startswith("http://127.0.0.1:9960/?Action=ListReceiver&Filter=a%3Db%26c")
    assert request["queryString"] == [
        {"name": "Action", "value": "ListReceiver"},
        {"name": "Filter", "value": "a=b&c"},
        {"name": "Empty", "value": ""},
    ]
    assert "postData" not in request
    assert request["bodySize"] == 0


@pytest.mark.parametrize(
    ("request_text", "url"),
    [
        ("OPTIONS * HTTP/1.1\r\nhost: a.b\r\n\r\n", "http://a.b/*"),
        ("GET /?q=1****", "http://localhost/?q=1****"),
        ("GET /a b<c> HTTP/1.1\r\nhost: a.b\r\n\r\n", "http://a.b/a%20b%3Cc%3E"),
        ("GET /%E7%94%A8 HTTP/1.1\r\nhost: a.b\r\n\r\n", "http://a.b/%E7%94%A8"),
        ("GET / HTTP/1.1\r\nhost: 1****@b\r\n\r\n", "http://1****@b/"),
        ("", "http://localhost/"),
    ],
)
def test_makes_an_address_of_whatever_was_asked_for(request_text: str, url: str) -> None:
    found = entry(request_text)["request"]["url"]

    assert found == url
    assert found.isascii()
    assert urlsplit(found).scheme == "http"


def test_a_body_may_have_blank_lines() -> None:
    request = entry(POST.replace('{"Name":"用户"}', "a\r\n\r\nb"))["request"]

    assert request["postData"]["text"] == "a\r\n\r\nb"
    assert len(request["headers"]) == 3
