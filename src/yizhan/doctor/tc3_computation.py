# SPDX-License-Identifier: Apache-2.0
"""TC3-HMAC-SHA256 taken apart: everything that enters a signature, so that each part can go wrong.

Source: API 3.0, "Signature v3" (read 2026-11).
"""

import hashlib
import hmac

import msgspec

from yizhan.wire import tc3
from yizhan.wire.request import HttpRequest
from yizhan.wire.signed_host import signed_hosts


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
