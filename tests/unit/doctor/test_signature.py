# SPDX-License-Identifier: Apache-2.0
"""The doctor names the mistake that was made, and none that was not."""

import base64
import hashlib
import random
import string
from collections.abc import Callable
from typing import Any
from urllib.parse import quote_plus

import pytest

from tests.unit.doctor import signers
from tests.unit.doctor.signers import (
    HOST,
    SECRET_KEY,
    TIMESTAMP,
    compact,
    escaped,
    sorted_keys,
    tc3,
    v1,
)
from yizhan.doctor.signature import diagnose
from yizhan.wire.outgoing import Credentials
from yizhan.wire.request import HttpRequest

OTHER = Credentials("AKIDother000000000000000000000000001", "other-key-of-the-same-account-00")
QUERY = "Offset=1&Limit=2&Name=a+b"
GET: dict[str, Any] = {"sent_method": "GET", "sent_query": QUERY}


def _always(value: str) -> Callable[[Any], Any]:
    return lambda _: value


def lost_plus(query: str) -> str:
    """The query of a client that does not encode its signature."""
    pairs, _, signature = query.rpartition("Signature=")
    return f"{pairs}Signature={signature.replace('%2B', '+')}"


def sha(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()


# The name that the doctor gives, and how a client makes the mistake.
TC3: list[tuple[str, dict[str, Any]]] = [
    ("key-with-blanks", {"key": lambda k: k + "\n"}),
    ("key-with-blanks", {"key": lambda k: " " + k}),
    ("key-with-blanks", {"key": lambda k: "\ufeff" + k}),
    ("key-in-quotes", {"key": lambda k: f'"{k}"'}),
    ("other-key", {"key": lambda _: OTHER.secret_key}),
    ("host-with-scheme", {"host": lambda h: f"https://{h}"}),
    ("host-with-port", {"host": lambda _: "registry.example:9960"}),
    ("host-with-path", {"host": lambda h: f"{h}/"}),
    ("other-host", {"host": lambda _: "localhost"}),
    ("content-type-charset", {"content_type": lambda t: f"{t}; charset=utf-8"}),
    (
        "content-type-charset",
        {
            "sent_content_type": "application/json; charset=utf-8",
            "content_type": lambda _: "application/json;charset=utf-8",
        },
    ),
    ("other-content-type", {"content_type": lambda _: "text/plain"}),
    ("body-reserialised", {"body": compact}),
    ("body-reserialised", {"body": escaped}),
    ("body-reserialised", {"body": sorted_keys}),
    ("body-line-end", {"body": lambda b: b + b"\n"}),
    ("payload-of-other", {"payload": lambda _: sha(b"")}),
    ("payload-of-other", {"payload": lambda _: sha(b"{}")}),
    ("payload-of-other", {**GET, "payload": lambda _: sha(QUERY.encode())}),
    ("payload-upper-case", {"payload": lambda b: sha(b).upper()}),
    (
        "payload-not-sha256",
        {"payload": lambda b: hashlib.md5(b, usedforsecurity=False).hexdigest()},
    ),
    (
        "payload-not-sha256",
        {"payload": lambda b: base64.b64encode(hashlib.sha256(b).digest()).decode()},
    ),
    ("other-timestamp", {"timestamp": lambda t: str(int(t) - 217)}),
    ("timestamp-milliseconds", {"timestamp": lambda t: t + "000"}),
    ("without-tc3", {"prefix": ""}),
    ("other-date", {"date": lambda _: "2026-11-24", "key_date": lambda _: "2026-11-24"}),
    ("key-of-other-date", {"key_date": lambda _: "2026-11-24"}),
    ("other-date-in-text", {"date": lambda _: "2026-11-24"}),
    ("other-service", {"service": lambda _: "cvm", "key_service": lambda _: "cvm"}),
    ("key-of-other-service", {"key_service": lambda _: "sts"}),
    ("other-service-in-text", {"service": lambda _: "CAM"}),
    ("key-terminator", {"terminator": "aws4_request"}),
    ("key-terminator", {"terminator": None}),
    ("text-terminator", {"scope": lambda s: s.replace("tc3_request", "aws4_request")}),
    (
        "headers-not-sorted",
        {"lines": lambda t: "".join(f"{line}\n" for line in reversed(t.splitlines()))},
    ),
    (
        "names-in-capitals",
        {"lines": lambda t: t.replace("content-type", "Content-Type").replace("host", "Host")},
    ),
    (
        "value-in-other-case",
        {
            "sent_host": "Registry.Example",
            "sent_content_type": "application/JSON",
            "content_type": str.lower,
        },
    ),
    ("values-not-trimmed", {"lines": lambda t: t.replace(":a", ": a").replace(":r", ": r")}),
    ("header-missing", {"lines": lambda t: t.replace(f"host:{HOST}\n", "")}),
    ("more-headers", {"lines": lambda t: t + "x-tc-action:createmessagereceiver\n"}),
    ("query", {**GET, "query": lambda _: ""}),
    ("query", {**GET, "query": lambda q: "&".join(sorted(q.split("&")))}),
    ("path", {"path": ""}),
    ("other-method", {"method": str.lower}),
    ("no-empty-line", {"lines": lambda t: t.removesuffix("\n")}),
    (
        "crlf",
        {
            "canonical": lambda t: t.replace("\n", "\r\n"),
            "string": lambda t: t.replace("\n", "\r\n"),
        },
    ),
    ("algorithm", {"algorithm": "HmacSHA256"}),
    ("canonical-upper-case", {"hashed": lambda t: sha(t.encode()).upper()}),
    ("canonical-not-hashed", {"hashed": lambda t: t}),
    ("key-not-derived", {"derive": lambda k: k.encode()}),
]
V1: list[tuple[str, dict[str, Any]]] = [
    ("key-with-blanks", {"key": lambda k: k + "\n"}),
    ("key-with-blanks", {"key": lambda k: k + " "}),
    ("key-in-quotes", {"key": lambda k: f"'{k}'"}),
    ("other-key", {"key": lambda _: OTHER.secret_key}),
    ("host-with-port", {"host": lambda _: "registry.example:443"}),
    ("host-with-scheme", {"host": lambda h: f"http://{h}"}),
    ("other-host", {"host": lambda _: "127.0.0.1"}),
    ("other-digest", {"digest": "sha256"}),
    ("other-digest", {"digest": "sha1", "declared": "HmacSHA256"}),
    ("not-sorted", {"pairs": lambda p: sorted(p.items(), reverse=True)}),
    ("not-sorted", {"pairs": lambda p: sorted(p.items(), key=lambda pair: pair[0].lower())}),
    ("values-encoded", {"value": quote_plus}),
    ("other-method", {"method": lambda _: "POST"}),
    ("other-method", {"sent_method": "POST", "method": lambda _: "GET"}),
    ("path", {"path": "?"}),
    ("no-question-mark", {"path": "/"}),
    ("written-in-hexadecimal", {"write": bytes.hex}),
    ("written-in-hexadecimal", {"write": lambda s: base64.b64encode(s.hex().encode()).decode()}),
    ("names-lower-cased", {"pairs": lambda p: sorted((n.lower(), v) for n, v in p.items())}),
    ("parameter-missing", {"pairs": lambda p: sorted((n, v) for n, v in p.items() if v)}),
    ("with-signature", {"pairs": lambda p: sorted([*p.items(), ("Signature", "")])}),
    (
        "other-timestamp",
        {"pairs": lambda p: sorted((p | {"Timestamp": str(TIMESTAMP - 99)}).items())},
    ),
]
PAIRS: list[tuple[set[str], Callable[..., HttpRequest], dict[str, Any]]] = [
    (
        {"key-with-blanks", "host-with-scheme"},
        tc3,
        {"key": lambda k: k + "\n", "host": lambda h: f"http://{h}"},
    ),
    ({"key-with-blanks", "body-reserialised"}, tc3, {"key": lambda k: k + " ", "body": compact}),
    ({"without-tc3", "body-reserialised"}, tc3, {"prefix": "", "body": escaped}),
    (
        {"other-key", "other-timestamp"},
        tc3,
        {"key": lambda _: OTHER.secret_key, "timestamp": lambda t: str(int(t) + 1)},
    ),
    (
        {"other-date", "content-type-charset"},
        tc3,
        {
            "date": lambda _: "2026-11-24",
            "key_date": lambda _: "2026-11-24",
            "content_type": lambda t: f"{t}; charset=utf-8",
        },
    ),
    (
        {"payload-of-other", "other-host"},
        tc3,
        {"payload": lambda _: sha(b""), "host": lambda _: "localhost"},
    ),
    (
        {"no-empty-line", "without-tc3"},
        tc3,
        {"lines": lambda t: t.removesuffix("\n"), "prefix": ""},
    ),
    ({"path", "key-with-blanks"}, tc3, {"path": "", "key": lambda k: k + "\n"}),
    (
        {"payload-upper-case", "other-timestamp"},
        tc3,
        {"payload": lambda b: sha(b).upper(), "timestamp": lambda t: str(int(t) - 2)},
    ),
    (
        {"body-reserialised", "payload-upper-case"},
        tc3,
        {"payload": lambda b: sha(compact(b)).upper()},
    ),
    (
        {"key-of-other-service", "host-with-port"},
        tc3,
        {"key_service": lambda _: "cvm", "host": lambda _: "registry.example:80"},
    ),
    (
        {"query", "key-with-blanks"},
        tc3,
        {**GET, "query": lambda _: "", "key": lambda k: k + "\r\n"},
    ),
    ({"key-with-blanks", "values-encoded"}, v1, {"key": lambda k: k + "\n", "value": quote_plus}),
    ({"other-digest", "values-encoded"}, v1, {"digest": "sha256", "value": quote_plus}),
    (
        {"host-with-scheme", "other-method"},
        v1,
        {"host": lambda h: f"https://{h}", "method": lambda _: "POST"},
    ),
    (
        {"other-key", "not-sorted"},
        v1,
        {"key": lambda _: OTHER.secret_key, "pairs": lambda p: list(p.items())[::-1]},
    ),
    (
        {"plus-lost", "key-with-blanks"},
        v1,
        {"key": lambda k: k + "\t", "send": lost_plus, "digest": "sha1"},
    ),
]


def ids(request: HttpRequest) -> set[str]:
    found = diagnose(request, SECRET_KEY, other_keys=[OTHER])
    assert found.verdict == "mistake", found.verdict
    return {each.id for each in found.mistakes}


@pytest.mark.parametrize(("name", "changes"), TC3, ids=[f"{n}-{i}" for i, (n, _) in enumerate(TC3)])
def test_names_the_mistake_in_tc3(name: str, changes: dict[str, Any]) -> None:
    assert ids(tc3(**changes)) == {name}


@pytest.mark.parametrize(("name", "changes"), V1, ids=[f"{n}-{i}" for i, (n, _) in enumerate(V1)])
def test_names_the_mistake_in_v1(name: str, changes: dict[str, Any]) -> None:
    assert ids(v1(**changes)) == {name}


@pytest.mark.parametrize(
    ("names", "sign", "changes"), PAIRS, ids=["+".join(sorted(names)) for names, _, _ in PAIRS]
)
def test_names_two_mistakes_together(
    names: set[str], sign: Callable[..., HttpRequest], changes: dict[str, Any]
) -> None:
    assert ids(sign(**changes)) == names


def test_names_the_scope_s_date_when_it_is_not_the_timestamp_s() -> None:
    assert ids(tc3(sent_date="2026-11-24")) == {"scope-date"}


def _with_nonce(nonce: str) -> HttpRequest:
    return v1(
        pairs=lambda p: sorted((p | {"Nonce": nonce}).items()),
        send=lambda q: lost_plus(q.replace("Nonce=11886", f"Nonce={nonce}")),
    )


def test_names_a_plus_sign_that_became_a_blank() -> None:
    for number in range(40):
        nonce = str(number)
        request = _with_nonce(nonce)
        if "+" in request.query.rpartition("Signature=")[2]:
            assert ids(request) == {"plus-lost"}
            return
    raise AssertionError("no signature had a plus sign")


@pytest.mark.parametrize(
    "request_",
    [
        tc3(),
        tc3(**GET),
        tc3(extra={"x-tc-action": "createmessagereceiver"}),
        tc3(host=lambda h: h.partition(":")[0]),  # as Node.js signs it
        v1(),
        v1(sent_method="POST"),
        v1(digest="sha256", declared="HmacSHA256"),
    ],
)
def test_says_that_a_right_request_is_right(request_: HttpRequest) -> None:
    found = diagnose(request_, SECRET_KEY, other_keys=[OTHER])

    assert found.verdict == "correct"
    assert found.mistakes == ()


def test_shows_both_texts_and_where_they_part_and_never_a_key() -> None:
    found = diagnose(tc3(host=lambda h: f"http://{h}"), SECRET_KEY)

    place = found.first_difference
    assert place is not None
    assert found.theirs.encode()[:place] == found.ours.encode()[:place]
    assert found.theirs[place : place + 7] == "http://"
    assert found.step == "CanonicalRequest"
    for _, changes in TC3:
        told = diagnose(tc3(**changes), SECRET_KEY, other_keys=[OTHER])
        assert SECRET_KEY not in repr(told)
        assert OTHER.secret_key not in repr(told)


def test_what_cannot_be_read_is_said() -> None:
    request = tc3()
    request.headers["authorization"] = "Basic xyz"

    assert diagnose(request, SECRET_KEY).verdict == "unreadable"


def test_no_false_diagnosis_in_a_thousand_cases(monkeypatch: pytest.MonkeyPatch) -> None:
    """Right requests, known mistakes with values made up, and signatures that nothing explains."""
    chance = random.Random(20261124)
    counts = {"right": 0, "known": 0, "foreign": 0}
    for number in range(1000):
        word = "".join(chance.choice("用户组甲乙丙丁戊己庚") for _ in range(chance.randint(2, 9)))
        monkeypatch.setitem(signers.PAIRS, "Name", f"{word} {number}")
        body = f'{{"Name": "{word}", "Code": {number}, "Path": "a/{number}"}}'.encode()
        sign, cases = (tc3, TC3) if number % 2 else (v1, V1)
        common: dict[str, Any] = {"sent_body": body} if sign is tc3 else {}
        kind = number % 10
        if kind == 0:
            counts["right"] += 1
            found = diagnose(sign(**common), SECRET_KEY, other_keys=[OTHER])
            assert found.verdict == "correct", number
        elif kind == 1:
            # A key that nobody has, so that no mistake and no two of them explain it.
            counts["foreign"] += 1
            foreign = "".join(chance.choice(string.ascii_letters) for _ in range(32))
            request = sign(**common, key=_always(foreign))
            assert diagnose(request, SECRET_KEY).verdict == "unknown", number
        else:
            counts["known"] += 1
            name, changes = chance.choice(cases)
            assert ids(sign(**(common | changes))) == {name}, (number, name)
    assert counts == {"right": 100, "known": 800, "foreign": 100}


def test_random_garbage_is_explained_by_nothing() -> None:
    request = tc3()
    scope = request.headers["authorization"].rpartition("=")[0]
    request.headers["authorization"] = f"{scope}={hashlib.sha256(b'noise').hexdigest()}"

    found = diagnose(request, SECRET_KEY, other_keys=[OTHER])

    assert found.verdict == "unknown"
    assert found.mistakes == ()


def test_a_key_that_is_sent_as_a_parameter_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(signers.PAIRS, "SecretKey", SECRET_KEY)

    found = diagnose(v1(host=lambda h: f"http://{h}"), SECRET_KEY)

    assert [each.id for each in found.mistakes] == ["host-with-scheme"]
    assert SECRET_KEY not in found.theirs + found.ours


@pytest.mark.parametrize(
    "changes", [{"host": "主机"}, {"x-tc-timestamp": "1795453229000"}, {"x-tc-timestamp": ""}]
)
def test_what_no_server_could_read_is_said(changes: dict[str, str]) -> None:
    request = tc3()
    request.headers.update(changes)

    assert diagnose(request, SECRET_KEY).verdict == "unreadable"
