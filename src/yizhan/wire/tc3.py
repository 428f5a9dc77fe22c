# SPDX-License-Identifier: Apache-2.0
"""TC3-HMAC-SHA256, also called signature v3.

Pure functions from texts to texts. `matches` is what the server asks; `sign` is what a client does.

Source: API 3.0, "Signature v3" (read 2026-11); deviations of clients: docs/clients.md.
"""

import hashlib
import hmac
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final, NamedTuple

from yizhan.errors import INVALID_AUTHORIZATION, ApiError
from yizhan.wire.request import HttpRequest
from yizhan.wire.signed_host import signed_hosts

ALGORITHM: Final = "TC3-HMAC-SHA256"
TERMINATOR: Final = "tc3_request"
UNSIGNED_PAYLOAD: Final = "UNSIGNED-PAYLOAD"
EMPTY_SHA256: Final = hashlib.sha256(b"").hexdigest()
UNSIGNED_PAYLOAD_SHA256: Final = hashlib.sha256(UNSIGNED_PAYLOAD.encode()).hexdigest()

Headers = Sequence[tuple[str, str]]


class Authorization(NamedTuple):
    """What the Authorization header says."""

    secret_id: str
    date: str
    """Of the credential scope: YYYY-MM-DD, UTC."""
    service: str
    """Of the credential scope, taken as it is: clients derive it from the endpoint's text."""
    signed_headers: tuple[str, ...]
    signature: str


_WHOLE = re.compile(
    rf"{ALGORITHM}\s+Credential=([^/\s]+)/(\d{{4}}-\d\d-\d\d)/([^,\s]+)/{TERMINATOR}\s*,"
    r"\s*SignedHeaders=([^,\s]+)\s*,\s*Signature=([0-9a-fA-F]{64})\s*"
)
_PARTS: Final = (
    ("Algorithm", re.compile(rf"{ALGORITHM}\s")),
    ("Credential", re.compile(rf"[\s,]Credential=[^/,\s]+/[^,]*/{TERMINATOR}\s*,")),
    ("Date", re.compile(r"[\s,]Credential=[^/,\s]+/\d{4}-\d\d-\d\d/")),
    ("Service", re.compile(rf"[\s,]Credential=[^/,\s]+/[^/]*/[^,\s]+/{TERMINATOR}")),
    ("SignedHeaders", re.compile(r"[\s,]SignedHeaders=[^,\s]+")),
    ("Signature", re.compile(r"[\s,]Signature=[0-9a-fA-F]{64}\s*$")),
)
_SCOPE: Final = ("Date", "Service")


def _invalid(part: str) -> ApiError:
    where = " in Credential" if part in _SCOPE else ""
    return ApiError(INVALID_AUTHORIZATION, reason=f"`{part}`{where} not valid.")


def parse_authorization(value: str) -> Authorization:
    """Take the header apart.

    Raises:
        ApiError: INVALID_AUTHORIZATION, naming the first part that is not well-formed. The text
            for `Service` is recorded, the others follow it. `SKIP` is a text without algorithm.
    """
    whole = _WHOLE.fullmatch(value)
    if whole is None:
        broken = (part for part, pattern in _PARTS if not pattern.search(value))
        raise _invalid(next(broken, "Credential"))
    secret_id, date, service, signed, signature = whole.groups()
    signed_headers = tuple(signed.lower().split(";"))
    if "content-type" not in signed_headers or "host" not in signed_headers:
        raise _invalid("SignedHeaders")
    return Authorization(secret_id, date, service, signed_headers, signature.lower())


def utc_date(timestamp: int) -> str:
    """The date of the credential scope for Unix seconds; UTC, whatever the caller's time zone."""
    return _date_of_day(timestamp // 86400)


@lru_cache(maxsize=16)
def _date_of_day(day: int) -> str:
    return datetime.fromtimestamp(day * 86400, UTC).strftime("%Y-%m-%d")


def check_scope(authorization: Authorization, timestamp: int, required_service: str | None) -> None:
    """Refuse a scope whose date is not the timestamp's, or whose service is not the public host's.

    Raises:
        ApiError: INVALID_AUTHORIZATION.
    """
    if authorization.date != utc_date(timestamp):
        raise _invalid("Date")
    if required_service is not None and authorization.service != required_service:
        raise _invalid("Service")


def canonical_request(
    method: str, path: str, query: str, signed_headers: Headers, payload_hash: str
) -> str:
    """The text whose hash is signed. `signed_headers` are lower-case names with their values."""
    lines = "".join(f"{name}:{value}\n" for name, value in signed_headers)
    names = ";".join(name for name, _ in signed_headers)
    return f"{method}\n{path}\n{query}\n{lines}\n{names}\n{payload_hash}"


def string_to_sign(timestamp: int, date: str, service: str, canonical: str) -> str:
    hashed = hashlib.sha256(canonical.encode("latin-1")).hexdigest()
    return f"{ALGORITHM}\n{timestamp}\n{date}/{service}/{TERMINATOR}\n{hashed}"


def signing_key(secret_key: str, date: str, service: str) -> bytes:
    """The key of one day and service, which a client uses for all its calls of that day."""
    key = hmac.digest(f"TC3{secret_key}".encode(), date.encode(), "sha256")
    key = hmac.digest(key, service.encode("latin-1"), "sha256")
    return hmac.digest(key, TERMINATOR.encode(), "sha256")


@lru_cache(maxsize=8192)
def _keyed(secret_key: str, date: str, service: str) -> hmac.HMAC:
    """An HMAC that has taken in the signing key and no text yet."""
    return hmac.new(signing_key(secret_key, date, service), digestmod="sha256")


def signature(secret_key: str, timestamp: int, date: str, service: str, canonical: str) -> str:
    # A copy of a keyed HMAC is quicker than hmac.digest, which also lets other threads in between.
    signing = _keyed(secret_key, date, service).copy()
    signing.update(string_to_sign(timestamp, date, service, canonical).encode("latin-1"))
    return signing.hexdigest()


def matches(
    request: HttpRequest,
    authorization: Authorization,
    secret_key: str,
    timestamp: int,
    *,
    region: str,
    service: str,
) -> bool:
    """Is the request signed with this key? Tries the plain rule first, then what clients really do.

    Args:
        service: the product whose public host names count as signed, whatever `Host` says.
    """
    date, scope_service = authorization.date, authorization.service
    candidates = canonical_requests(request, authorization.signed_headers, region, service)
    for canonical in candidates:
        expected = signature(secret_key, timestamp, date, scope_service, canonical)
        if hmac.compare_digest(expected, authorization.signature):
            return True
    return False


def canonical_requests(
    request: HttpRequest, signed_headers: Sequence[str], region: str, service: str
) -> Iterator[str]:
    """Every canonical request that a known client could have signed, most likely first."""
    payload = payload_hash(request)
    values = {name: request.header(name) for name in signed_headers}
    # Nearly every request is signed like this; the search below begins with the same once more.
    plain = sorted(values.items())
    query = request.query if request.method == "GET" else ""
    yield canonical_request(request.method, "/", query, plain, payload)
    for host in signed_hosts(request, region, service):
        for headers in _header_variants(values, host):
            for query in _query_variants(request):
                for path in dict.fromkeys(("/", request.path)):
                    yield canonical_request(request.method, path, query, headers, payload)


def payload_hash(request: HttpRequest) -> str:
    """Of the body; of nothing for GET; of a fixed word where the client leaves it unsigned."""
    if request.header("x-tc-content-sha256") == UNSIGNED_PAYLOAD:
        return UNSIGNED_PAYLOAD_SHA256
    if request.method == "GET":
        return EMPTY_SHA256
    return hashlib.sha256(request.body).hexdigest()


def _header_variants(values: dict[str, str], host: str) -> Iterator[Headers]:
    names = sorted(values)
    as_sent = {**values, "host": host}
    # The Ruby client signs a multipart content type without its boundary.
    content_type = as_sent["content-type"]
    seen = set()
    for kind in (content_type, content_type.partition(";")[0].strip()):
        plain = {**as_sent, "content-type": kind}
        # Documents lower-case every value; the SDKs sign content type and host as they are.
        for lowered in ((), set(names) - {"content-type", "host"}, names):
            variant = tuple((n, plain[n].lower() if n in lowered else plain[n]) for n in names)
            if variant not in seen:
                seen.add(variant)
                yield variant


def _query_variants(request: HttpRequest) -> Iterator[str]:
    if request.method == "POST":
        yield ""
        if request.query:
            yield request.query
        return
    yield request.query
    # The .NET client signs %7E and sends a bare tilde.
    if "~" in request.query:
        yield request.query.replace("~", "%7E")


def sign(
    *,
    secret_id: str,
    secret_key: str,
    service: str,
    method: str,
    host: str,
    content_type: str,
    timestamp: int,
    query: str = "",
    body: bytes = b"",
) -> str:
    """The Authorization header that a client sends; signs `content-type` and `host`."""
    date = utc_date(timestamp)
    payload = EMPTY_SHA256 if method == "GET" else hashlib.sha256(body).hexdigest()
    headers = (("content-type", content_type), ("host", host))
    canonical = canonical_request(method, "/", query, headers, payload)
    signed = signature(secret_key, timestamp, date, service, canonical)
    return (
        f"{ALGORITHM} Credential={secret_id}/{date}/{service}/{TERMINATOR}, "
        f"SignedHeaders=content-type;host, Signature={signed}"
    )
