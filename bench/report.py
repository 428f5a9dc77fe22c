# SPDX-License-Identifier: Apache-2.0
"""What was measured, as a table and as JSON, next to what is aimed at."""

from collections.abc import Callable
from typing import Final

import msgspec

from bench.outbox import OutboxFigures
from bench.rounds import Round


class Target(msgspec.Struct, frozen=True):
    """One of the promises of docs/performance.md."""

    key: str
    says: str
    bound: str
    holds: Callable[[float], bool]


TARGETS: Final = (
    Target("create_vs_handwritten", "creates/s, times handwritten", ">= 15", lambda x: x >= 15),
    Target("create_vs_moto", "creates/s, times moto's Subscribe", ">= 12", lambda x: x >= 12),
    Target("create_vs_static", "creates/s, part of static", ">= 0.15", lambda x: x >= 0.15),
    Target("log_vs_none", "creates/s, with request log / without", ">= 0.9", lambda x: x >= 0.9),
    Target("p50_ms", "create, p50 at 32 connections, ms", "< 5", lambda x: x < 5),
    Target("p99_ms", "create, p99 at 32 connections, ms", "<= 15", lambda x: x <= 15),
    Target("rss_mb", "resident memory after the load, MB", "< 90", lambda x: x < 90),
    Target("ready_s", "from exec to ready, s", "< 1", lambda x: x < 1),
    Target(
        "million_vs_thousand", "one call, large file against small", "<= 1.2", lambda x: x <= 1.2
    ),
    Target("create_while_sending", "creates/s, mail going out / not", ">= 0.9", lambda x: x >= 0.9),
    Target("drain_vs_plain", "mails/s, times a plain loop", ">= 0.8", lambda x: x >= 0.8),
    Target("drain_growth_mb", "memory over the drain, MB", "< 5", lambda x: x < 5),
    Target("page_ms", "slowest page of the portal, median, ms", "< 30", lambda x: x < 30),
)


class Report:
    """Figures by key; those that were not measured are null in JSON and left out of the table."""

    def __init__(self) -> None:
        self.figures: dict[str, float | None] = {target.key: None for target in TARGETS}
        self.rounds: dict[str, Round] = {}
        self.calls: dict[str, tuple[float, float]] = {}
        self.sizes = (0, 0)
        """Receivers in the small and in the large file of the single calls."""
        self.pages: dict[str, float] = {}
        """Milliseconds at the median, by path."""
        self.outbox: OutboxFigures | None = None
        self.machine = ""
        self.quiet: float | None = None
        """The part of the rounds that began on a machine with nothing else to do."""

    def json(self) -> str:
        figures = {
            key: None if value is None else float(f"{value:.4g}")
            for key, value in self.figures.items()
        }
        details = {
            "rounds": self.rounds,
            "quiet_rounds": self.quiet,
            "single_calls_ms": self.calls,
            "pages_ms": self.pages,
            "outbox": self.outbox._asdict() if self.outbox else None,
            "machine": self.machine,
        }
        return msgspec.json.encode(figures | details).decode()

    def table(self) -> str:
        lines = [self.machine]
        if self.quiet is not None:
            lines.append(f"{self.quiet:.0%} of the rounds began on a quiet machine")
        lines.append("")
        if self.rounds:
            lines.append(f"{'server':<36}{'per second':>12}{'p50 ms':>10}{'p99 ms':>10}")
            lines += [
                f"{name:<36}{one.per_second:>12,.0f}{one.p50_ms:>10.2f}{one.p99_ms:>10.2f}"
                for name, one in self.rounds.items()
            ]
            lines.append("")
        if self.pages:
            lines.append(f"{'page':<52}{'median ms':>12}")
            lines += [f"{path:<52}{spent:>12.2f}" for path, spent in self.pages.items()]
            lines.append("")
        if self.calls:
            small_file, large_file = (f"{size:,}" for size in self.sizes)
            lines.append(f"{'one call, ms':<36}{small_file:>12}{large_file:>10}{'ratio':>10}")
            lines += [
                f"{name:<36}{small:>12.3f}{big:>10.3f}{big / small:>10.2f}"
                for name, (small, big) in self.calls.items()
            ]
            lines.append("")
        lines.append(f"{'figure':<36}{'measured':>12}{'target':>10}")
        for target in TARGETS:
            value = self.figures[target.key]
            if value is not None:
                met = "" if target.holds(value) else "  missed"
                lines.append(f"{target.says:<36}{value:>12.4g}{target.bound:>10}{met}")
        return "\n".join(lines)
