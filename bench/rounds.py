# SPDX-License-Identifier: Apache-2.0
"""Throughput and latency in interleaved rounds: each server in turn, over and over.

What is compared was measured within seconds of each other, and the median of the rounds' ratios is
what counts; so a machine that is busy with something else disturbs both sides alike.
"""

import time
from collections.abc import Mapping
from pathlib import Path
from statistics import median
from typing import Final

import msgspec

from bench import wrk
from bench.processes import BenchError
from bench.subjects import Subject

FIRST_GUESS_PER_SECOND: Final = 20_000
HEADROOM: Final = 2.0
"""So many times the requests that the last round used are prepared for the next."""
SETTLE_SECONDS: Final = 0.2
QUIET: Final = 0.9
"""The part of all cores that is idle on a quiet machine."""
LOOK_SECONDS: Final = 0.4
LOOKS: Final = 6
"""How often we look before we begin all the same."""


class Round(msgspec.Struct, frozen=True):
    """One server under load for a few seconds."""

    per_second: float
    p50_ms: float
    p99_ms: float


class Rounds:
    """Runs the rounds and keeps what they found, by the subjects' names."""

    def __init__(self, subjects: Mapping[str, Subject], folder: Path) -> None:
        self._subjects = subjects
        self._folder = folder
        self._rate = dict.fromkeys(subjects, float(FIRST_GUESS_PER_SECOND))
        self.found: dict[str, list[Round]] = {name: [] for name in subjects}
        self.quiet = 0
        """How many rounds began while the machine had nothing else to do."""

    def run(self, rounds: int, seconds: int) -> None:
        """Warm every server up for a second, then measure."""
        for name in self._subjects:
            self._measure(name, 1)
        for _ in range(rounds):
            for name in self._subjects:
                self.quiet += _wait_for_quiet()
                self.found[name].append(self._measure(name, seconds))

    def ratio(self, name: str, other: str) -> float:
        """How many times as many a second `name` does; the median over the rounds."""
        pairs = zip(self.found[name], self.found[other], strict=True)
        return median(mine.per_second / theirs.per_second for mine, theirs in pairs)

    def median(self, name: str) -> Round:
        """Each figure's own median."""
        found = self.found[name]
        return Round(
            per_second=median(one.per_second for one in found),
            p50_ms=median(one.p50_ms for one in found),
            p99_ms=median(one.p99_ms for one in found),
        )

    def _measure(self, name: str, seconds: int) -> Round:
        subject = self._subjects[name]
        count = 5_000 if subject.cycle else int(self._rate[name] * seconds * HEADROOM) + 1_000
        subject.before_round()
        before = subject.done() if subject.done else 0
        load = wrk.drive(
            subject.server.authority,
            subject.take(count),
            seconds=seconds,
            folder=self._folder,
            cycle=subject.cycle,
            tolerated=subject.tolerated,
        )
        time.sleep(SETTLE_SECONDS)  # until what was under way when wrk hung up is done
        if subject.done:
            done = subject.done() - before
            # wrk does not count the answers that it did not wait for, so a few more may be done.
            if not load.requests <= done <= load.requests + wrk.CONNECTIONS:
                raise BenchError(f"{name}: {load.requests} answers, but {done} creates are kept")
        self._rate[name] = load.good_per_second
        return Round(load.good_per_second, load.p50 / 1000, load.p99 / 1000)


def _wait_for_quiet() -> bool:
    """Give whatever else is running a moment to end; say whether it has."""
    for _ in range(LOOKS):
        before = _idle_and_all()
        time.sleep(LOOK_SECONDS)
        after = _idle_and_all()
        if after[0] - before[0] > QUIET * (after[1] - before[1]):
            return True
    return False


def _idle_and_all() -> tuple[int, int]:
    """Clock ticks of all cores since the machine started, from /proc/stat."""
    ticks = [int(field) for field in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]]
    return ticks[3] + ticks[4], sum(ticks)  # idle, and idle while a disk is at work
