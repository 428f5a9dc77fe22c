# SPDX-License-Identifier: Apache-2.0
"""A computation of a v3 signature with everything in it that a client can get wrong."""

import base64
import hashlib
import hmac
from typing import Literal

import msgspec

from yizhan.doctor.search import Effort
from yizhan.wire import tc3

Pairs = tuple[tuple[str, str], ...]


class Computation(msgspec.Struct, frozen=True):
    """Texts are Latin-1 as in `HttpRequest`. The defaults are the right ones."""

    method: str
    path: str
    query: str
    headers: Pairs
    """The lines, in order."""
    names: tuple[str, ...]
    """The signed names, in order."""
    payload: str
    timestamp: str
    date: str
    service: str
    key_text: str
    key_date: str
    key_service: str
    key_prefix: str = "TC3"
    key_terminator: str = tc3.TERMINATOR
    """Empty: the step is left out."""
    derivation: Literal["chain", "hexadecimal", "swapped", "none"] = "chain"
    colon: str = ":"
    after_header: str = "\n"
    after_headers: str = "\n"
    """Together with the last header's line feed it makes the empty line."""
    line_end: str = "\n"
    tail: str = ""
    hashing: Literal["lower", "upper", "base64", "none"] = "lower"
    algorithm: str = tc3.ALGORITHM
    scope_prefix: str = ""
    terminator: str = f"/{tc3.TERMINATOR}"
    string_line_end: str = "\n"
    string_tail: str = ""
    signs: Literal["StringToSign", "CanonicalRequest"] = "StringToSign"

    @property
    def canonical_request(self) -> str:
        lines = "".join(
            f"{name}{self.colon}{value}{self.after_header}" for name, value in self.headers
        )
        names = ";".join(self.names)
        text = (
            f"{self.method}\n{self.path}\n{self.query}\n{lines}{self.after_headers}"
            f"{names}\n{self.payload}{self.tail}"
        )
        return text if self.line_end == "\n" else text.replace("\n", self.line_end)

    @property
    def string_to_sign(self) -> str:
        return self.string_for(self.canonical_request)

    def string_for(self, canonical: str) -> str:
        """StringToSign, where the canonical request is at hand."""
        scope = f"{self.scope_prefix}{self.date}/{self.service}{self.terminator}"
        hashed = _hashed(canonical, self.hashing)
        text = f"{self.algorithm}\n{self.timestamp}\n{scope}\n{hashed}{self.string_tail}"
        if self.string_line_end == "\n":
            return text
        return text.replace("\n", self.string_line_end)

    @property
    def key(self) -> tuple[str, ...]:
        """All that the signing key depends on."""
        return (
            self.key_text,
            self.key_prefix,
            self.key_date,
            self.key_service,
            self.key_terminator,
            self.derivation,
        )


def computation_of(
    canonical: str, authorization: tc3.Authorization, timestamp: int, secret_key: str
) -> Computation:
    """The right computation whose canonical request this is.

    The text must be one of `tc3.canonical_requests`: it is taken apart again, so that there is no
    second opinion here about which forms are right.
    """
    lines = canonical.split("\n")
    headers = (line.partition(":") for line in lines[3:-3])
    return Computation(
        method=lines[0],
        path=lines[1],
        query=lines[2],
        headers=tuple((name, value) for name, _, value in headers),
        names=tuple(lines[-2].split(";")),
        payload=lines[-1],
        timestamp=str(timestamp),
        date=authorization.date,
        service=authorization.service,
        key_text=secret_key,
        key_date=authorization.date,
        key_service=authorization.service,
    )


class Comparer:
    """Does a computation give the wanted signature? Computes nothing twice."""

    def __init__(self, wanted: str, effort: Effort) -> None:
        self._wanted = wanted
        self._effort = effort
        self._keyed: dict[tuple[str, ...], hmac.HMAC] = {}
        self._seen: set[tuple[tuple[str, ...], str]] = set()

    def __call__(self, computation: Computation) -> bool:
        text = computation.canonical_request
        size = len(text)
        if computation.signs == "StringToSign":
            text = computation.string_for(text)
        key = computation.key
        if (key, text) in self._seen:
            return False
        self._seen.add((key, text))
        self._effort.spend(size)
        keyed = self._keyed.get(key)
        if keyed is None:
            keyed = self._keyed[key] = hmac.new(signing_key(computation), digestmod="sha256")
        signing = keyed.copy()
        signing.update(text.encode("latin-1"))
        return hmac.compare_digest(signing.hexdigest(), self._wanted)


def signing_key(computation: Computation) -> bytes:
    """The key of the last step, as this client derives it."""
    key = f"{computation.key_prefix}{computation.key_text}".encode()
    steps = (computation.key_date, computation.key_service, computation.key_terminator)
    if computation.derivation == "none":
        return key
    for step in steps:
        message = step.encode("latin-1")
        if not message:
            continue
        if computation.derivation == "swapped":
            key, message = message, key
        key = hmac.digest(key, message, "sha256")
        if computation.derivation == "hexadecimal":
            key = key.hex().encode()
    return key


def _hashed(canonical: str, hashing: str) -> str:
    if hashing == "none":
        return canonical
    digest = hashlib.sha256(canonical.encode("latin-1"))
    if hashing == "base64":
        return base64.b64encode(digest.digest()).decode()
    return digest.hexdigest().upper() if hashing == "upper" else digest.hexdigest()
