# SPDX-License-Identifier: Apache-2.0
"""The decision trail of one call: which checks it came to, how long each took, which refused it.

Written on the hot path, so it holds moments and raw values alone; `calls/` makes words of them.
"""

import time
from typing import Any, Final, Literal

Check = Literal[
    "parse",
    "common",
    "action",
    "scope",
    "timestamp",
    "key",
    "token",
    "signature",
    "rate",
    "region",
    "schema",
    "permission",
    "account",
    "real_name",
    "values",
    "quota",
    "execute",
]
CHECKS: Final[tuple[Check, ...]] = Check.__args__  # type: ignore[attr-defined]
"""In the order in which a call comes to them (docs/order-of-checks.md)."""


class Trail:
    """The checks that were begun, in order. The last one is the one that refused, if any did."""

    __slots__ = ("ended", "marks", "refused_by")

    def __init__(self) -> None:
        self.marks: list[tuple[Check, float, Any]] = []
        """Check, when it began (`perf_counter`), and the value that mattered where it is not to be
        read out of the request."""
        self.refused_by: Check | None = None
        """If it was another than the one begun last."""
        self.ended = 0.0

    def begin(self, check: Check, value: Any = None) -> None:
        """Begin a check, which ends the one before."""
        self.marks.append((check, time.perf_counter(), value))
