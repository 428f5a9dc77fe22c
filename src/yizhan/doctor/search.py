# SPDX-License-Identifier: Apache-2.0
"""The search for one mistake, or two, that turn a right computation into the one that was made."""

from collections.abc import Callable, Iterator, Sequence
from typing import Final, Generic, TypeVar

import msgspec

from yizhan.doctor.findings import Mistake

Model = TypeVar("Model")

MAX_EFFORT: Final = 25_000
"""Signatures to compute at most, so that a search ends within half a second."""


class Known(msgspec.Struct, Generic[Model], frozen=True):
    """A mistake, and what it makes of a computation."""

    mistake: Mistake
    stage: int
    """Of two mistakes the one of the lower stage happens first; within a stage there is but one."""
    change: Callable[[Model], Iterator[Model]]
    change_in_pairs: Callable[[Model], Iterator[Model]] | None = None
    """Fewer variants, where all of them would be too many to combine."""

    def in_pairs(self, model: Model) -> Iterator[Model]:
        return (self.change_in_pairs or self.change)(model)


class Found(msgspec.Struct, Generic[Model], frozen=True):
    mistakes: tuple[Mistake, ...]
    base: Model
    """The right computation that comes nearest."""
    made: Model
    """The computation that was made."""


class Effort:
    """What has been spent. Long texts cost more than short ones."""

    def __init__(self, limit: int = MAX_EFFORT) -> None:
        self._left = limit

    def spend(self, text_length: int) -> None:
        self._left -= 1 + text_length // 2000

    @property
    def is_spent(self) -> bool:
        return self._left <= 0


def search(
    bases: Sequence[Model],
    known: Sequence[Known[Model]],
    signs: Callable[[Model], bool],
    effort: Effort,
) -> Found[Model] | None:
    """Single mistakes first, in the order given; then pairs, in the order of their first.

    Args:
        bases: the right computations, most usual first.
        signs: does this computation give the signature that arrived?
    """
    return _single(bases, known, signs, effort) or _pair(bases, known, signs, effort)


def _single(
    bases: Sequence[Model],
    known: Sequence[Known[Model]],
    signs: Callable[[Model], bool],
    effort: Effort,
) -> Found[Model] | None:
    # The plain base alone first: one mistake with it is likelier than any with a rare one.
    for some in (bases[:1], bases[1:]):
        for entry in known:
            for base in some:
                if effort.is_spent:
                    return None
                for made in entry.change(base):
                    if signs(made):
                        return Found((entry.mistake,), base, made)
    return None


def _pair(
    bases: Sequence[Model],
    known: Sequence[Known[Model]],
    signs: Callable[[Model], bool],
    effort: Effort,
) -> Found[Model] | None:
    for base in bases:
        changed = [list(entry.in_pairs(base)) for entry in known]
        for at, one in enumerate(known):
            for later in range(at + 1, len(known)):
                other = known[later]
                if one.stage == other.stage:
                    continue
                if effort.is_spent:
                    return None
                firsts, second = (
                    (changed[at], other) if one.stage < other.stage else (changed[later], one)
                )
                for first in firsts:
                    for made in second.in_pairs(first):
                        if signs(made):
                            return Found((one.mistake, other.mistake), base, made)
    return None
