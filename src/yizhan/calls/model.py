# SPDX-License-Identifier: Apache-2.0
"""A call as the request log keeps it, and which calls somebody asks for.

Nothing in here is secret any more: keys and tokens are gone, phone and mail are masked.
"""

from typing import Any, Final

import msgspec

from yizhan.trail import Check

READS: Final = frozenset({"ListReceiver"})
"""Actions that change nothing."""


class CheckSeen(msgspec.Struct, frozen=True):
    """One check of the decision trail."""

    check: Check
    seconds: float
    value: str
    """What mattered, as `name=value`, separated by `; `. The same in every language."""
    refused: bool = False


class LoggedCall(msgspec.Struct, frozen=True, kw_only=True):
    """One call of the API. Times are Unix seconds."""

    seq: int = 0
    """Its place in the log; grows, and is never given twice."""
    at: float
    """By the machine's own clock, whatever the lab's clock says."""
    request_id: str
    trace_id: str
    action: str
    """As it was asked for, cut if it is long; empty if the request named none."""
    unserved: str = ""
    """`known`, if it is an action of the real `cam` that this server does not have; `unknown`, if
    `cam` has none of that name."""
    uin: int | None
    """Of the caller that the SecretId belongs to, whether or not the signature was right."""
    owner_uin: int | None
    """Of the caller's root account."""
    secret_id: str
    client: str
    """`Python SDK 3.1.181`, from X-TC-RequestClient and User-Agent."""
    region: str
    language: str
    """Asked for by the caller; empty for none."""
    sign_method: str
    """`TC3-HMAC-SHA256`, `HmacSHA1`, `HmacSHA256`, or empty for an unsigned request."""
    http_method: str
    code: str
    """`OK`, or the error code."""
    message: str
    """Of the refusal, in the caller's language."""
    seconds: float
    refused_by: Check | None
    parameters: dict[str, Any]
    """The action's own parameters, masked."""
    masked: bool
    """Do `parameters` differ from what was sent?"""
    request: str
    """The HTTP message, masked; header names in lower case."""
    response: str
    """The body of the answer, masked."""
    trail: tuple[CheckSeen, ...]

    @property
    def ok(self) -> bool:
        return self.code == "OK"

    @property
    def read_only(self) -> bool:
        return self.action in READS


class Wanted(msgspec.Struct, frozen=True):
    """Which calls; what is empty counts for all."""

    action: str = ""
    code: str = ""
    """An exact code, or the beginning of one before a dot: `InvalidParameter` takes in
    `InvalidParameter.UserNotAuth`."""
    uin: int | None = None
    """Of the caller or its root account."""
    client: str = ""
    """How the client's name begins, in either case: `python`, `tccli`."""
    trace_id: str = ""
    since: float | None = None
    """Unix seconds, inclusive."""
    hide_reads: bool = False
    first: int | None = None
    last: int | None = None
    """Places in the log, inclusive."""


class Seen(msgspec.Struct, frozen=True):
    """Whose calls somebody may see. Without any uin: all calls."""

    owner_uin: int | None = None
    uin: int | None = None
    """Only of this caller: a sub-user sees its own."""


ALL: Final = Seen()


class Recording(msgspec.Struct, frozen=True):
    """A stretch of the log with a name."""

    id: str
    name: str
    owner_uin: int | None
    """Who may see it, like `Seen`; None for the operator."""
    uin: int | None
    begun_at: float
    first: int
    """The first call's place in the log."""
    last: int | None = None
    """None while it goes on."""
