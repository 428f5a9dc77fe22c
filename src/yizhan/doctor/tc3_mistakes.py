# SPDX-License-Identifier: Apache-2.0
"""TC3-HMAC-SHA256 as clients compute it wrongly.

`Computation` holds everything that enters a signature; a mistake changes a part of it.

Source: public reports about the official SDKs and hand-written signers (read 2026-11); the rules
that they break are those of API 3.0, "Signature v3".
"""

import base64
import hashlib
import hmac
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import unquote

import msgspec

from yizhan.doctor.findings import mistake
from yizhan.doctor.reserialised import reserialised
from yizhan.doctor.search import Known
from yizhan.wire import tc3
from yizhan.wire.outgoing import Credentials
from yizhan.wire.request import HttpRequest
from yizhan.wire.signed_host import signed_hosts

WINDOW: Final = 300
BEIJING_SECONDS: Final = 8 * 3600
DAY_SECONDS: Final = 86400
OTHER_HOSTS: Final = ("cam.tencentcloudapi.com", "localhost", "127.0.0.1", "tencentcloudapi.com")
OTHER_SERVICES: Final = ("cam", "CAM", "tencentcloudapi", "cvm", "sts", "sms", "api")


class Computation(msgspec.Struct, frozen=True):
    """How a signature comes about. Texts are Latin-1, as on the wire."""

    method: str
    path: str
    query: str
    headers: tuple[tuple[str, str], ...]
    payload_hash: str
    timestamp: str
    date: str
    service: str
    key: str
    key_date: str
    key_service: str
    names: str = ""
    """SignedHeaders as they stand in the text; empty for those of `headers`."""
    algorithm: str = tc3.ALGORITHM
    terminator: str = tc3.TERMINATOR
    key_terminator: str = tc3.TERMINATOR
    prefix: str = "TC3"
    header_end: str = "\n"
    """After the last header, before the line end that joins the parts."""
    line_end: str = "\n"
    hashed: str = "lower"
    """How the canonical request enters: `lower` or `upper` hexadecimal, or `plain`."""
    derived: str = "chain"
    """`chain`; `none`: signed with the SecretKey itself; `hex`: hexadecimal between the steps."""
    signed: str = "string"
    """`string`, or `canonical`: the canonical request was signed at once."""

    @property
    def canonical_request(self) -> str:
        names = self.names or ";".join(name for name, _ in self.headers)
        lines = "\n".join(f"{name}:{value}" for name, value in self.headers) + self.header_end
        parts = (self.method, self.path, self.query, lines, names, self.payload_hash)
        return "\n".join(parts).replace("\n", self.line_end)

    @property
    def string_to_sign(self) -> str:
        canonical = self.canonical_request
        hashed = hashlib.sha256(canonical.encode("latin-1", "replace")).hexdigest()
        if self.hashed != "lower":
            hashed = hashed.upper() if self.hashed == "upper" else canonical
        scope = f"{self.date}/{self.service}/{self.terminator}"
        return self.line_end.join((self.algorithm, self.timestamp, scope, hashed))

    def signature(self) -> str:
        """Lower-case hexadecimal."""
        text = self.string_to_sign if self.signed == "string" else self.canonical_request
        return hmac.digest(self._signing_key(), text.encode("latin-1", "replace"), "sha256").hex()

    def _signing_key(self) -> bytes:
        if self.derived == "none":
            return (self.prefix + self.key).encode()
        key = (self.prefix + self.key).encode()
        steps = (self.key_date, self.key_service, self.key_terminator)
        for step in (each for each in steps if each):
            key = hmac.digest(key, step.encode("latin-1", "replace"), "sha256")
            if self.derived == "hex":
                key = key.hex().encode()
        return key


def bases(request: HttpRequest, key: str) -> list[Computation]:
    """The right computations, the plain one first; the server takes any of them."""
    authorization = tc3.parse_authorization(request.header("authorization"))
    names = sorted(set(authorization.signed_headers))
    sent = {name: request.header(name) for name in names}
    plain = Computation(
        method=request.method,
        path="/",
        query=request.query if request.method == "GET" else "",
        headers=tuple(sent.items()),
        payload_hash=tc3.payload_hash(request),
        timestamp=request.header("x-tc-timestamp"),
        date=authorization.date,
        service=authorization.service,
        key=key,
        key_date=authorization.date,
        key_service=authorization.service,
    )
    found = [plain]
    for host in signed_hosts(request, request.header("x-tc-region"), "cam"):
        values = sent | {"host": host}
        for lowered in ((), set(names) - {"content-type", "host"}, set(names)):
            headers = tuple((n, v.lower() if n in lowered else v) for n, v in values.items())
            each = msgspec.structs.replace(plain, headers=headers)
            if each not in found:
                found.append(each)
    return found


# ---- how a part is changed -----------------------------------------------------------------------

Change = Callable[[Computation], Iterator[Computation]]


def _replaced(**changes: Any) -> Change:
    """One fixed change."""

    def change(made: Computation) -> Iterator[Computation]:
        yield msgspec.structs.replace(made, **changes)

    return change


def _header(made: Computation, name: str, values: Sequence[str]) -> Iterator[Computation]:
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


def _key_with_blanks(made: Computation) -> Iterator[Computation]:
    for key in keys_with_blanks(made.key):
        yield msgspec.structs.replace(made, key=key)


def _key_in_quotes(made: Computation) -> Iterator[Computation]:
    for quote in ('"', "'"):
        yield msgspec.structs.replace(made, key=f"{quote}{made.key}{quote}")


def other_key(others: Sequence[Credentials]) -> list[Known[Computation]]:
    """A mistake for each key, so that it can say which it was."""
    return [_other(each) for each in others]


def _other(other: Credentials) -> Known[Computation]:
    return Known(
        mistake(
            "other-key",
            (
                f"签名用的是另一个密钥的 SecretKey：{other.secret_id}。",
                f"It was signed with the SecretKey of another key: {other.secret_id}.",
            ),
            (
                "SecretId 和 SecretKey 必须是同一对。",
                "SecretId and SecretKey have to be of one pair.",
            ),
        ),
        1,
        _replaced(key=other.secret_key),
    )


def _without_port(made: Computation) -> Iterator[Computation]:
    host = dict(made.headers).get("host", "")
    name, colon, port = host.rpartition(":")
    if colon and port.isdigit():
        yield from _header(made, "host", [name])


def _with_port(made: Computation) -> Iterator[Computation]:
    host = dict(made.headers).get("host", "")
    name = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host
    yield from _header(made, "host", [f"{name}:{p}" for p in ("80", "443", "9960", "8080")])


def _with_scheme(made: Computation) -> Iterator[Computation]:
    host = dict(made.headers).get("host", "")
    schemes = ("http://", "https://", "//")
    yield from _header(
        made, "host", [f"{scheme}{host}{end}" for scheme in schemes for end in ("", "/")]
    )


def _host_with_path(made: Computation) -> Iterator[Computation]:
    host = dict(made.headers).get("host", "")
    yield from _header(made, "host", [f"{host}/", f"{host}."])


def _other_host(made: Computation) -> Iterator[Computation]:
    yield from _header(made, "host", OTHER_HOSTS)


def _charset(made: Computation) -> Iterator[Computation]:
    sent = dict(made.headers).get("content-type", "")
    kind = sent.partition(";")[0].strip()
    forms = [f"{kind}{end}" for end in ("", "; charset=utf-8", ";charset=utf-8", "; charset=UTF-8")]
    yield from _header(made, "content-type", forms)


def _other_content_type(made: Computation) -> Iterator[Computation]:
    kinds = ("application/json", "application/json; charset=utf-8", "text/plain", "", "*/*")
    sent = dict(made.headers).get("content-type", "").lower()
    others = [kind for kind in (*kinds, "application/x-www-form-urlencoded") if kind != sent]
    yield from _header(made, "content-type", others)


def _payload(body: bytes) -> Change:
    def change(made: Computation) -> Iterator[Computation]:
        for other in reserialised(body):
            hashed = hashlib.sha256(other).hexdigest()
            yield msgspec.structs.replace(made, payload_hash=hashed)

    return change


def _body_ends(body: bytes) -> Change:
    def change(made: Computation) -> Iterator[Computation]:
        for other in (body + b"\n", body + b"\r\n", body.rstrip(), b"\xef\xbb\xbf" + body):
            if other != body:
                hashed = hashlib.sha256(other).hexdigest()
                yield msgspec.structs.replace(made, payload_hash=hashed)

    return change


def _payload_of(*bodies: bytes) -> Change:
    def change(made: Computation) -> Iterator[Computation]:
        for body in bodies:
            hashed = hashlib.sha256(body).hexdigest()
            if hashed != made.payload_hash:
                yield msgspec.structs.replace(made, payload_hash=hashed)

    return change


def _payload_as(form: Callable[[bytes], str], body: bytes) -> Change:
    return _replaced(payload_hash=form(body))


def _upper_payload(made: Computation) -> Iterator[Computation]:
    yield msgspec.structs.replace(made, payload_hash=made.payload_hash.upper())


def _dates(made: Computation) -> list[str]:
    """Dates of the timestamp that are not the scope's: Beijing's, and those beside it."""
    if not made.timestamp.isdecimal():
        return []
    moment = int(made.timestamp[:11])
    moments = (moment + BEIJING_SECONDS, moment - DAY_SECONDS, moment + DAY_SECONDS, moment)
    dates = [f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d}" for at in moments]
    return [date for date in dict.fromkeys(dates) if date != made.date]


def _key_of_other_date(made: Computation) -> Iterator[Computation]:
    compact = made.date.replace("-", "")
    for date in (*_dates(made), compact, made.timestamp):
        yield msgspec.structs.replace(made, key_date=date)


def _other_date_in_text(made: Computation) -> Iterator[Computation]:
    for date in (*_dates(made), made.date.replace("-", "")):
        yield msgspec.structs.replace(made, date=date)


def _other_date_in_both(made: Computation) -> Iterator[Computation]:
    for date in (*_dates(made), made.date.replace("-", "")):
        yield msgspec.structs.replace(made, date=date, key_date=date)


def _services(made: Computation) -> list[str]:
    host = dict(made.headers).get("host", "")
    found = [*OTHER_SERVICES, host, host.partition(".")[0], host.partition(":")[0]]
    return [each for each in dict.fromkeys(found) if each not in ("", made.service)]


def _key_of_other_service(made: Computation) -> Iterator[Computation]:
    for service in _services(made):
        yield msgspec.structs.replace(made, key_service=service)


def _other_service_in_text(made: Computation) -> Iterator[Computation]:
    for service in _services(made):
        yield msgspec.structs.replace(made, service=service)


def _other_service_in_both(made: Computation) -> Iterator[Computation]:
    for service in _services(made):
        yield msgspec.structs.replace(made, service=service, key_service=service)


def _timestamps(offsets: Sequence[int]) -> Change:
    def change(made: Computation) -> Iterator[Computation]:
        if made.timestamp.isdecimal():
            moment = int(made.timestamp[:11])
            for offset in offsets:
                if offset:
                    yield msgspec.structs.replace(made, timestamp=str(moment + offset))

    return change


def _milliseconds(made: Computation) -> Iterator[Computation]:
    if made.timestamp.isdecimal():
        yield msgspec.structs.replace(made, timestamp=f"{made.timestamp}000")
        yield msgspec.structs.replace(made, timestamp=f"{made.timestamp}.0")


def _unsorted(sent_order: Sequence[str]) -> Change:
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


def _title(name: str) -> str:
    return "-".join(part.upper() if part == "tc" else part.capitalize() for part in name.split("-"))


def _names_in_capitals(made: Computation) -> Iterator[Computation]:
    for form in (_title, str.upper):
        headers = tuple((form(name), value) for name, value in made.headers)
        lower = ";".join(name for name, _ in made.headers)
        yield msgspec.structs.replace(made, headers=headers)
        yield msgspec.structs.replace(made, headers=headers, names=lower)
        yield msgspec.structs.replace(made, names=";".join(name for name, _ in headers))


def _value_in_other_case(made: Computation) -> Iterator[Computation]:
    for name, value in made.headers:
        yield from _header(made, name, [value.lower(), value.upper()])


def _values_not_trimmed(made: Computation) -> Iterator[Computation]:
    for before, after in ((" ", ""), ("", " ")):
        headers = tuple((name, f"{before}{value}{after}") for name, value in made.headers)
        yield msgspec.structs.replace(made, headers=headers)


def _fewer_headers(made: Computation) -> Iterator[Computation]:
    for name, _ in made.headers:
        headers = tuple(each for each in made.headers if each[0] != name)
        yield msgspec.structs.replace(made, headers=headers)
        names = ";".join(each for each, _ in made.headers)
        yield msgspec.structs.replace(made, headers=headers, names=names)


def _more_headers(request: HttpRequest) -> Change:
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


def _queries(request: HttpRequest) -> Change:
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


def _paths(request: HttpRequest) -> Change:
    def change(made: Computation) -> Iterator[Computation]:
        action = request.header("x-tc-action")
        for path in dict.fromkeys(("", request.path, f"/{action}", "//", "/index.php")):
            if path != made.path:
                yield msgspec.structs.replace(made, path=path)

    return change


def _methods(made: Computation) -> Iterator[Computation]:
    for method in ("GET", "POST", made.method.lower()):
        if method != made.method:
            yield msgspec.structs.replace(made, method=method)


def _layouts(made: Computation) -> Iterator[Computation]:
    yield msgspec.structs.replace(made, header_end="")


def _algorithms(made: Computation) -> Iterator[Computation]:
    for word in ("TC3-HMAC-SHA1", "HMAC-SHA256", "HmacSHA256", "tc3-hmac-sha256", "TC3"):
        yield msgspec.structs.replace(made, algorithm=word)


def _terminators_of_key(made: Computation) -> Iterator[Computation]:
    for word in ("", "aws4_request", "TC3_REQUEST", "tc3_Request"):
        yield msgspec.structs.replace(made, key_terminator=word)


def _terminators_in_text(made: Computation) -> Iterator[Computation]:
    for word in ("aws4_request", "TC3_REQUEST"):
        yield msgspec.structs.replace(made, terminator=word)


def _known(
    identity: str,
    stage: int,
    change: Change,
    title: tuple[str, str],
    mend: tuple[str, str],
    in_pairs: Change | None = None,
) -> Known[Computation]:
    return Known(mistake(identity, title, mend), stage, change, in_pairs)


def known(request: HttpRequest, other_keys: Sequence[Credentials]) -> list[Known[Computation]]:
    """All mistakes, the most usual first."""
    body = request.body
    named = request.header("authorization").partition("SignedHeaders=")[2].partition(",")[0]
    return [
        *_KEYS,
        *other_key(other_keys),
        *_HOSTS,
        *_CONTENT_TYPES,
        _known(
            "body-reserialised",
            2,
            _payload(body),
            (
                "签名的请求体与发送的不是同样的字节：签名后又重新序列化了 JSON。",
                "The body that was signed has other bytes than the one sent: the JSON was written"
                " anew in between.",
            ),
            (
                "只序列化一次，对同一串字节签名并发送。",
                "Serialise once; sign and send the very same bytes.",
            ),
        ),
        _known(
            "body-line-end",
            2,
            _body_ends(body),
            (
                "签名的请求体首尾多了或少了空白、换行或 BOM。",
                "The body that was signed has a blank, a line end or a BOM more or less.",
            ),
            ("对发送的字节原样签名。", "Sign the bytes just as they are sent."),
        ),
        *_payloads(request),
        *_TIMES,
        *_SCOPES,
        _known(
            "headers-not-sorted",
            6,
            _unsorted(named.lower().split(";")),
            ("参与签名的请求头没有按名称排序。", "The signed headers are not sorted by name."),
            (
                "CanonicalHeaders 和 SignedHeaders 都要按小写名称的 ASCII 顺序排列。",
                "Sort CanonicalHeaders and SignedHeaders by their lower-case names, in ASCII.",
            ),
        ),
        *_HEADERS,
        _known(
            "more-headers",
            7,
            _more_headers(request),
            (
                "签名的文字里有 SignedHeaders 没有列出的请求头。",
                "The text that was signed has a header that SignedHeaders does not name.",
            ),
            (
                "CanonicalHeaders 与 SignedHeaders 必须一致。",
                "CanonicalHeaders and SignedHeaders have to agree.",
            ),
        ),
        _known(
            "query",
            8,
            _queries(request),
            (
                "CanonicalQueryString 与实际的查询字符串不同。",
                "CanonicalQueryString is not the query string as it was sent.",
            ),
            (
                "POST 为空；GET 为问号之后、按发送时编码的原文，不排序、不解码。",
                "It is empty for POST; for GET it is what stands after the question mark, encoded"
                " as sent, neither sorted nor decoded.",
            ),
        ),
        _known(
            "path",
            9,
            _paths(request),
            ("CanonicalURI 不是 /。", "CanonicalURI is not /."),
            ("CanonicalURI 固定为 /。", "CanonicalURI is always /."),
        ),
        *_LAYOUTS,
    ]


def _payloads(request: HttpRequest) -> list[Known[Computation]]:
    body = request.body
    query = request.query.encode("latin-1")
    return [
        _known(
            "payload-of-other",
            3,
            _payload_of(b"", b"{}", b"null", query, *([body] if body else [])),
            (
                "HashedRequestPayload 不是请求体的哈希，而是空内容、{} 或查询字符串的。",
                "HashedRequestPayload is that of nothing, of {} or of the query, not of the body.",
            ),
            (
                "POST 取请求体的 SHA-256，GET 取空字符串的。",
                "For POST it is the SHA-256 of the body, for GET that of the empty string.",
            ),
        ),
        _known(
            "payload-upper-case",
            4,
            _upper_payload,
            (
                "HashedRequestPayload 用了大写的十六进制。",
                "HashedRequestPayload is in upper-case hexadecimal.",
            ),
            ("用小写的十六进制。", "Write it in lower-case hexadecimal."),
        ),
        _known(
            "payload-not-sha256",
            3,
            lambda made: iter(
                [
                    msgspec.structs.replace(made, payload_hash=text)
                    for text in (
                        hashlib.md5(body, usedforsecurity=False).hexdigest(),
                        hashlib.sha1(body, usedforsecurity=False).hexdigest(),
                        base64.b64encode(hashlib.sha256(body).digest()).decode(),
                        tc3.UNSIGNED_PAYLOAD,
                        body.decode("latin-1"),
                    )
                ]
            ),
            (
                "HashedRequestPayload 不是十六进制的 SHA-256。",
                "HashedRequestPayload is no SHA-256 in hexadecimal.",
            ),
            (
                "用请求体的 SHA-256 的小写十六进制；不签名请求体时用"
                " UNSIGNED-PAYLOAD 这个词的 SHA-256。",
                "Use the SHA-256 of the body in lower-case hexadecimal; for an unsigned payload it"
                " is the SHA-256 of the word UNSIGNED-PAYLOAD.",
            ),
        ),
    ]


_KEYS: Final = (
    _known(
        "key-with-blanks",
        1,
        _key_with_blanks,
        (
            "SecretKey 前后带有空格、换行或 BOM。",
            "The SecretKey has a blank, a line end or a BOM around it.",
        ),
        (
            "去掉前后的空白；从文件读取时去掉末尾的换行。",
            "Strip it; when it is read from a file, strip its line end.",
        ),
    ),
    _known(
        "key-in-quotes",
        1,
        _key_in_quotes,
        ("SecretKey 带有引号。", "The SecretKey stands in quotes."),
        (
            "去掉引号：.env 或 YAML 里的引号被当成了密钥的一部分。",
            "Take the quotes away: those of a .env or YAML file became part of the key.",
        ),
    ),
)
_HOSTS: Final = (
    _known(
        "host-without-port",
        5,
        _without_port,
        ("参与签名的 host 缺少端口。", "The signed host lacks its port."),
        (
            "对实际发送的 Host 签名，包括端口。",
            "Sign the Host header as it is sent, its port included.",
        ),
    ),
    _known(
        "host-with-port",
        5,
        _with_port,
        (
            "参与签名的 host 带有另一个端口，或多了端口。",
            "The signed host has another port, or one too many.",
        ),
        ("对实际发送的 Host 签名。", "Sign the Host header as it is sent."),
    ),
    _known(
        "host-with-scheme",
        5,
        _with_scheme,
        (
            "参与签名的 host 带有 http:// 或 https://。",
            "The signed host begins with http:// or https://.",
        ),
        ("host 只是主机名和端口。", "A host is a name and a port, nothing else."),
    ),
    _known(
        "host-with-path",
        5,
        _host_with_path,
        (
            "参与签名的 host 末尾多了 / 或句点。",
            "The signed host has a slash or a full stop at its end.",
        ),
        ("host 只是主机名和端口。", "A host is a name and a port, nothing else."),
    ),
    _known(
        "other-host",
        5,
        _other_host,
        (
            "参与签名的 host 不是请求实际发往的主机。",
            "The signed host is not the one that the request went to.",
        ),
        (
            "把接入点设置为实际的地址，并对它签名；代理不应改写 Host。",
            "Set the endpoint to the real address and sign that; a proxy must not rewrite Host.",
        ),
    ),
)
_CONTENT_TYPES: Final = (
    _known(
        "content-type-charset",
        5,
        _charset,
        (
            "参与签名的 content-type 与发送的不同，差别在 charset。",
            "The signed content-type differs from the one sent, in its charset.",
        ),
        (
            "HTTP 库在签名之后加上或去掉了 charset：自己写全 Content-Type 再签名。",
            "The HTTP library added or dropped a charset after signing: set the whole Content-Type"
            " yourself, then sign.",
        ),
    ),
    _known(
        "other-content-type",
        5,
        _other_content_type,
        (
            "参与签名的 content-type 不是发送的那个。",
            "The signed content-type is not the one that was sent.",
        ),
        ("对实际发送的 Content-Type 签名。", "Sign the Content-Type that is really sent."),
    ),
)
_TIMES: Final = (
    _known(
        "other-timestamp",
        10,
        _timestamps(range(-WINDOW, WINDOW + 1)),
        (
            "StringToSign 里的时间戳与 X-TC-Timestamp 不是同一个值。",
            "The timestamp in StringToSign is not that of X-TC-Timestamp.",
        ),
        (
            "只取一次当前时间，两处用同一个值。",
            "Take the time once and use the one value in both places.",
        ),
        _timestamps(range(-5, 6)),
    ),
    _known(
        "timestamp-milliseconds",
        10,
        _milliseconds,
        (
            "StringToSign 里的时间戳不是整数秒。",
            "The timestamp in StringToSign is not in whole seconds.",
        ),
        ("时间戳以秒为单位，没有小数。", "Timestamps are whole seconds."),
    ),
)
_SCOPES: Final = (
    _known(
        "without-tc3",
        12,
        _replaced(prefix=""),
        (
            "计算 SecretDate 时 SecretKey 前没有加 TC3。",
            "SecretDate was computed without TC3 before the SecretKey.",
        ),
        (
            'SecretDate = HMAC_SHA256("TC3" + SecretKey, Date)。',
            'SecretDate = HMAC_SHA256("TC3" + SecretKey, Date).',
        ),
    ),
    _known(
        "other-date",
        11,
        _other_date_in_both,
        (
            "签名用的日期与 Authorization 里的不同：多半是本地日期，不是 UTC。",
            "Another date was signed than Authorization says: most likely the local one.",
        ),
        (
            "日期必须是时间戳对应的 UTC 日期，三处都用它。",
            "The date is the UTC date of the timestamp, in all three places.",
        ),
    ),
    _known(
        "key-of-other-date",
        11,
        _key_of_other_date,
        (
            "派生密钥用的日期与凭证范围里的不同。",
            "The key was derived for another date than the scope's.",
        ),
        (
            "派生 SecretDate 时用凭证范围里的日期。",
            "Derive SecretDate with the date of the scope.",
        ),
    ),
    _known(
        "other-date-in-text",
        11,
        _other_date_in_text,
        (
            "StringToSign 里的日期与 Authorization 里的不同。",
            "The date in StringToSign is not that of Authorization.",
        ),
        (
            "StringToSign 和 Authorization 用同一个凭证范围。",
            "Use one CredentialScope in StringToSign and Authorization.",
        ),
    ),
    _known(
        "other-service",
        13,
        _other_service_in_both,
        (
            "签名用的产品名与 Authorization 里的不同。",
            "Another service was signed than Authorization says.",
        ),
        ("产品名为 cam，三处一致。", "The service is cam, the same in all three places."),
    ),
    _known(
        "key-of-other-service",
        13,
        _key_of_other_service,
        (
            "派生密钥用的产品名与凭证范围里的不同。",
            "The key was derived for another service than the scope's.",
        ),
        (
            "派生 SecretService 时用凭证范围里的产品名。",
            "Derive SecretService with the service of the scope.",
        ),
    ),
    _known(
        "other-service-in-text",
        13,
        _other_service_in_text,
        (
            "StringToSign 里的产品名与 Authorization 里的不同。",
            "The service in StringToSign is not that of Authorization.",
        ),
        (
            "StringToSign 和 Authorization 用同一个凭证范围。",
            "Use one CredentialScope in StringToSign and Authorization.",
        ),
    ),
    _known(
        "key-terminator",
        14,
        _terminators_of_key,
        (
            "派生密钥的最后一步不是 tc3_request。",
            "The last step of the key's derivation is not tc3_request.",
        ),
        (
            'SecretSigning = HMAC_SHA256(SecretService, "tc3_request")。',
            'SecretSigning = HMAC_SHA256(SecretService, "tc3_request").',
        ),
    ),
    _known(
        "text-terminator",
        14,
        _terminators_in_text,
        (
            "StringToSign 的凭证范围不是以 tc3_request 结尾。",
            "The scope in StringToSign does not end with tc3_request.",
        ),
        ("凭证范围是 日期/产品/tc3_request。", "The scope is DATE/SERVICE/tc3_request."),
    ),
)
_HEADERS: Final = (
    _known(
        "names-in-capitals",
        7,
        _names_in_capitals,
        ("参与签名的请求头名称没有转为小写。", "The names of signed headers are not lower-cased."),
        ("请求头的名称一律小写。", "Lower-case the names of headers."),
    ),
    _known(
        "value-in-other-case",
        6,
        _value_in_other_case,
        (
            "参与签名的请求头的值与发送的大小写不同。",
            "A header's value was signed in another case than it was sent in.",
        ),
        ("content-type 和 host 按发送的原样签名。", "Sign content-type and host as they are sent."),
    ),
    _known(
        "values-not-trimmed",
        7,
        _values_not_trimmed,
        ("请求头的值前后带有空格。", "The values of signed headers have blanks around them."),
        ("冒号后没有空格，值去掉首尾空白。", "No blank after the colon, and values stripped."),
    ),
    _known(
        "header-missing",
        7,
        _fewer_headers,
        (
            "SignedHeaders 列出的请求头没有全部参与签名。",
            "Not all headers that SignedHeaders names were signed.",
        ),
        (
            "CanonicalHeaders 与 SignedHeaders 必须一致。",
            "CanonicalHeaders and SignedHeaders have to agree.",
        ),
    ),
)
_LAYOUTS: Final = (
    _known(
        "other-method",
        9,
        _methods,
        (
            "签名用的 HTTP 方法与发送的不同。",
            "Another HTTP method was signed than the one sent.",
        ),
        ("用实际发送的方法，大写。", "Sign the method that is sent, in capitals."),
    ),
    _known(
        "no-empty-line",
        9,
        _layouts,
        (
            "CanonicalHeaders 与 SignedHeaders 之间少了空行。",
            "The empty line between CanonicalHeaders and SignedHeaders is missing.",
        ),
        (
            "每个请求头后都有一个换行，之后再用换行连接 SignedHeaders。",
            "Each header ends with a line feed, and one more joins SignedHeaders to them.",
        ),
    ),
    _known(
        "crlf",
        15,
        _replaced(line_end="\r\n"),
        ("换行用了 CRLF。", "Lines end with CRLF."),
        ("换行只用 LF。", "Lines end with LF alone."),
    ),
    _known(
        "algorithm",
        15,
        _algorithms,
        (
            "StringToSign 的第一行不是 TC3-HMAC-SHA256。",
            "The first line of StringToSign is not TC3-HMAC-SHA256.",
        ),
        ("第一行固定为 TC3-HMAC-SHA256。", "The first line is always TC3-HMAC-SHA256."),
    ),
    _known(
        "canonical-upper-case",
        15,
        _replaced(hashed="upper"),
        (
            "HashedCanonicalRequest 用了大写的十六进制。",
            "HashedCanonicalRequest is in upper-case hexadecimal.",
        ),
        ("用小写的十六进制。", "Write it in lower-case hexadecimal."),
    ),
    _known(
        "canonical-not-hashed",
        15,
        _replaced(hashed="plain"),
        (
            "StringToSign 里是 CanonicalRequest 本身，不是它的哈希。",
            "StringToSign holds the CanonicalRequest itself, not its hash.",
        ),
        (
            "最后一行是 CanonicalRequest 的 SHA-256。",
            "The last line is the SHA-256 of CanonicalRequest.",
        ),
    ),
    _known(
        "canonical-signed",
        15,
        _replaced(signed="canonical"),
        (
            "直接对 CanonicalRequest 签名，没有 StringToSign。",
            "The CanonicalRequest was signed at once, without a StringToSign.",
        ),
        ("对 StringToSign 签名。", "Sign the StringToSign."),
    ),
    _known(
        "key-not-derived",
        12,
        lambda made: iter(
            [msgspec.structs.replace(made, derived="none", prefix=prefix) for prefix in ("", "TC3")]
        ),
        (
            "直接用 SecretKey 签名，没有派生密钥，像旧版签名那样。",
            "The SecretKey itself signed, as in signature v1, without derivation.",
        ),
        (
            "依次派生 SecretDate、SecretService、SecretSigning。",
            "Derive SecretDate, SecretService and SecretSigning, one from the other.",
        ),
    ),
    _known(
        "key-in-hexadecimal",
        12,
        _replaced(derived="hex"),
        (
            "派生的中间结果用了十六进制文本。",
            "The steps of the derivation pass on hexadecimal text.",
        ),
        (
            "中间结果用二进制的摘要，只有最后的签名是十六进制。",
            "Pass on the digest's bytes; only the signature itself is hexadecimal.",
        ),
    ),
)
