# SPDX-License-Identifier: Apache-2.0
"""What mistakes make of a TC3 computation: each function gives what one of them leads to."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import unquote

import msgspec

from yizhan.doctor.reserialised import reserialised
from yizhan.doctor.tc3_computation import Computation
from yizhan.wire.request import HttpRequest

WINDOW: Final = 300
BEIJING_SECONDS: Final = 8 * 3600
DAY_SECONDS: Final = 86400
OTHER_HOSTS: Final = ("cam.tencentcloudapi.com", "localhost", "127.0.0.1", "tencentcloudapi.com")
OTHER_SERVICES: Final = ("cam", "CAM", "tencentcloudapi", "cvm", "sts", "sms", "api")

Change = Callable[[Computation], Iterator[Computation]]


def replaced(**changes: Any) -> Change:
    """One fixed change."""

    def change(made: Computation) -> Iterator[Computation]:
        yield msgspec.structs.replace(made, **changes)

    return change


def header(made: Computation, name: str, values: Sequence[str]) -> Iterator[Computation]:
    now = dict(made.headers).get(name)
    for value in dict.fromkeys(values):
        if now is not None and value != now:
            headers = tuple((n, value if n == name else v) for n, v in made.headers)
            yield msgspec.structs.replace(made, headers=headers)


def keys_with_blanks(key: str) -> Iterator[str]:
    for before, after in (("", "\n"), ("", " "), (" ", ""), ("", "\r\n"), ("\t", ""), ("", "\t")):
        yield f"{before}{key}{after}"
    yield f" {key} "
    yield f"\ufeff{key}"
    if key != key.strip():
        yield key.strip()


def key_with_blanks(made: Computation) -> Iterator[Computation]:
    for key in keys_with_blanks(made.key):
        yield msgspec.structs.replace(made, key=key)


def key_in_quotes(made: Computation) -> Iterator[Computation]:
    for quote in ('"', "'"):
        yield msgspec.structs.replace(made, key=f"{quote}{made.key}{quote}")


def without_port(made: Computation) -> Iterator[Computation]:
    host = dict(made.headers).get("host", "")
    name, colon, port = host.rpartition(":")
    if colon and port.isdigit():
        yield from header(made, "host", [name])


def with_port(made: Computation) -> Iterator[Computation]:
    host = dict(made.headers).get("host", "")
    name = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host
    yield from header(made, "host", [f"{name}:{p}" for p in ("80", "443", "9960", "8080")])


def with_scheme(made: Computation) -> Iterator[Computation]:
    host = dict(made.headers).get("host", "")
    schemes = ("http://", "https://", "//")
    yield from header(
        made, "host", [f"{scheme}{host}{end}" for scheme in schemes for end in ("", "/")]
    )


def host_with_path(made: Computation) -> Iterator[Computation]:
    host = dict(made.headers).get("host", "")
    yield from header(made, "host", [f"{host}/", f"{host}."])


def other_host(made: Computation) -> Iterator[Computation]:
    yield from header(made, "host", OTHER_HOSTS)


def charset(made: Computation) -> Iterator[Computation]:
    sent = dict(made.headers).get("content-type", "")
    kind = sent.partition(";")[0].strip()
    forms = [f"{kind}{end}" for end in ("", "; charset=utf-8", ";charset=utf-8", "; charset=UTF-8")]
    yield from header(made, "content-type", forms)


def other_content_type(made: Computation) -> Iterator[Computation]:
    kinds = ("application/json", "application/json; charset=utf-8", "text/plain", "", "*/*")
    sent = dict(made.headers).get("content-type", "").lower()
    others = [kind for kind in (*kinds, "application/x-www-form-urlencoded") if kind != sent]
    yield from header(made, "content-type", others)


def payload(body: bytes) -> Change:
    def change(made: Computation) -> Iterator[Computation]:
        for other in reserialised(body):
            hashed = hashlib.sha256(other).hexdigest()
            yield msgspec.structs.replace(made, payload_hash=hashed)

    return change


def body_ends(body: bytes) -> Change:
    def change(made: Computation) -> Iterator[Computation]:
        for other in (body + b"\n", body + b"\r\n", body.rstrip(), b"\xef\xbb\xbf" + body):
            if other != body:
                hashed = hashlib.sha256(other).hexdigest()
                yield msgspec.structs.replace(made, payload_hash=hashed)

    return change


def payload_of(*bodies: bytes) -> Change:
    def change(made: Computation) -> Iterator[Computation]:
        for body in bodies:
            hashed = hashlib.sha256(body).hexdigest()
            if hashed != made.payload_hash:
                yield msgspec.structs.replace(made, payload_hash=hashed)

    return change


def payload_as(form: Callable[[bytes], str], body: bytes) -> Change:
    return replaced(payload_hash=form(body))


def upper_payload(made: Computation) -> Iterator[Computation]:
    yield msgspec.structs.replace(made, payload_hash=made.payload_hash.upper())


def dates(made: Computation) -> list[str]:
    """Dates of the timestamp that are not the scope's: Beijing's, and those beside it."""
    if not made.timestamp.isdecimal():
        return []
    moment = int(made.timestamp[:11])
    moments = (moment + BEIJING_SECONDS, moment - DAY_SECONDS, moment + DAY_SECONDS, moment)
    dates = [f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d}" for at in moments]
    return [date for date in dict.fromkeys(dates) if date != made.date]


def key_of_other_date(made: Computation) -> Iterator[Computation]:
    compact = made.date.replace("-", "")
    for date in (*dates(made), compact, made.timestamp):
        yield msgspec.structs.replace(made, key_date=date)


def other_date_in_text(made: Computation) -> Iterator[Computation]:
    for date in (*dates(made), made.date.replace("-", "")):
        yield msgspec.structs.replace(made, date=date)


def other_date_in_both(made: Computation) -> Iterator[Computation]:
    for date in (*dates(made), made.date.replace("-", "")):
        yield msgspec.structs.replace(made, date=date, key_date=date)


def services(made: Computation) -> list[str]:
    host = dict(made.headers).get("host", "")
    found = [*OTHER_SERVICES, host, host.partition(".")[0], host.partition(":")[0]]
    return [each for each in dict.fromkeys(found) if each not in ("", made.service)]


def key_of_other_service(made: Computation) -> Iterator[Computation]:
    for service in services(made):
        yield msgspec.structs.replace(made, key_service=service)


def other_service_in_text(made: Computation) -> Iterator[Computation]:
    for service in services(made):
        yield msgspec.structs.replace(made, service=service)


def other_service_in_both(made: Computation) -> Iterator[Computation]:
    for service in services(made):
        yield msgspec.structs.replace(made, service=service, key_service=service)


def timestamps(offsets: Sequence[int]) -> Change:
    def change(made: Computation) -> Iterator[Computation]:
        if made.timestamp.isdecimal():
            moment = int(made.timestamp[:11])
            for offset in offsets:
                if offset:
                    yield msgspec.structs.replace(made, timestamp=str(moment + offset))

    return change


def milliseconds(made: Computation) -> Iterator[Computation]:
    if made.timestamp.isdecimal():
        yield msgspec.structs.replace(made, timestamp=f"{made.timestamp}000")
        yield msgspec.structs.replace(made, timestamp=f"{made.timestamp}.0")


def unsorted(sent_order: Sequence[str]) -> Change:
    """Headers in the order in which they were named or sent, and the other way round."""

    def change(made: Computation) -> Iterator[Computation]:
        values = dict(made.headers)
        orders = [[n for n in sent_order if n in values], list(reversed(list(values)))]
        for order in orders:
            headers = tuple((name, values[name]) for name in order)
            if len(headers) == len(values) and headers != made.headers:
                yield msgspec.structs.replace(made, headers=headers)
                names = ";".join(values)
                yield msgspec.structs.replace(made, headers=headers, names=names)

    return change


def title(name: str) -> str:
    return "-".join(part.upper() if part == "tc" else part.capitalize() for part in name.split("-"))


def names_in_capitals(made: Computation) -> Iterator[Computation]:
    for form in (title, str.upper):
        headers = tuple((form(name), value) for name, value in made.headers)
        lower = ";".join(name for name, _ in made.headers)
        yield msgspec.structs.replace(made, headers=headers)
        yield msgspec.structs.replace(made, headers=headers, names=lower)
        yield msgspec.structs.replace(made, names=";".join(name for name, _ in headers))


def value_in_other_case(made: Computation) -> Iterator[Computation]:
    for name, value in made.headers:
        yield from header(made, name, [value.lower(), value.upper()])


def values_not_trimmed(made: Computation) -> Iterator[Computation]:
    for before, after in ((" ", ""), ("", " ")):
        headers = tuple((name, f"{before}{value}{after}") for name, value in made.headers)
        yield msgspec.structs.replace(made, headers=headers)


def fewer_headers(made: Computation) -> Iterator[Computation]:
    for name, _ in made.headers:
        headers = tuple(each for each in made.headers if each[0] != name)
        yield msgspec.structs.replace(made, headers=headers)
        names = ";".join(each for each, _ in made.headers)
        yield msgspec.structs.replace(made, headers=headers, names=names)


def more_headers(request: HttpRequest) -> Change:
    def change(made: Computation) -> Iterator[Computation]:
        there = dict(made.headers)
        for name in ("x-tc-action", "x-tc-timestamp", "x-tc-version", "x-tc-region"):
            value = request.header(name)
            if value and name not in there:
                for text in dict.fromkeys((value, value.lower())):
                    headers = tuple(sorted([*there.items(), (name, text)]))
                    yield msgspec.structs.replace(made, headers=headers)
                    names = ";".join(there)
                    yield msgspec.structs.replace(made, headers=headers, names=names)

    return change


def queries(request: HttpRequest) -> Change:
    def change(made: Computation) -> Iterator[Computation]:
        query = request.query
        pairs = query.split("&")
        found = [
            "",
            "&".join(sorted(pairs)),
            unquote(query),
            query.replace("+", "%20"),
            f"?{query}",
        ]
        found += [query, query.replace("%20", "+"), query.replace("*", "%2A"), query.rstrip("=")]
        for text in dict.fromkeys(found):
            if text != made.query:
                yield msgspec.structs.replace(made, query=text)

    return change


def paths(request: HttpRequest) -> Change:
    def change(made: Computation) -> Iterator[Computation]:
        action = request.header("x-tc-action")
        for path in dict.fromkeys(("", request.path, f"/{action}", "//", "/index.php")):
            if path != made.path:
                yield msgspec.structs.replace(made, path=path)

    return change


def methods(made: Computation) -> Iterator[Computation]:
    for method in ("GET", "POST", made.method.lower()):
        if method != made.method:
            yield msgspec.structs.replace(made, method=method)


def layouts(made: Computation) -> Iterator[Computation]:
    yield msgspec.structs.replace(made, header_end="")


def algorithms(made: Computation) -> Iterator[Computation]:
    for word in ("TC3-HMAC-SHA1", "HMAC-SHA256", "HmacSHA256", "tc3-hmac-sha256", "TC3"):
        yield msgspec.structs.replace(made, algorithm=word)


def terminators_of_key(made: Computation) -> Iterator[Computation]:
    for word in ("", "aws4_request", "TC3_REQUEST", "tc3_Request"):
        yield msgspec.structs.replace(made, key_terminator=word)


def terminators_in_text(made: Computation) -> Iterator[Computation]:
    for word in ("aws4_request", "TC3_REQUEST"):
        yield msgspec.structs.replace(made, terminator=word)
