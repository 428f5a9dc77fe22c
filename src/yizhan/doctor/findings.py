# SPDX-License-Identifier: Apache-2.0
"""What a diagnosis says."""

from typing import Literal

import msgspec

from yizhan.spec.model import Text

Verdict = Literal["correct", "mistake", "unknown", "unreadable"]


class Mistake(msgspec.Struct, frozen=True):
    """Something that a client did wrong while it signed."""

    id: str
    """Stable, for tests and statistics: `key-with-blanks`."""
    title: Text
    """What was done."""
    mend: Text
    """What to do instead."""


class Diagnosis(msgspec.Struct, frozen=True):
    """Why a signature fails. No text in it holds a SecretKey."""

    verdict: Verdict
    """`unreadable`: there is no signature that could be compared."""
    mistakes: tuple[Mistake, ...]
    """One or two for `mistake`, else none."""
    theirs: str
    """What the client evidently signed; empty if that is not known."""
    ours: str
    """What it should have signed."""
    step: str
    """Which text these are: CanonicalRequest, StringToSign or SourceText."""
    first_difference: int | None
    """Byte offset into the UTF-8 of both; None if they agree or `theirs` is not known."""
    note: Text


def mistake(identity: str, title: tuple[str, str], mend: tuple[str, str]) -> Mistake:
    """Both texts as (Chinese, English)."""
    return Mistake(identity, Text(*title), Text(*mend))


def first_difference(theirs: str, ours: str) -> int | None:
    """The byte at which two texts part; None if they never do."""
    one, other = theirs.encode(errors="replace"), ours.encode(errors="replace")
    if one == other:
        return None
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(one), len(other)))


def readable(carried: str) -> str:
    """Latin-1 carries the bytes; readers want the characters."""
    return carried.encode("latin-1").decode("utf-8", "backslashreplace")
