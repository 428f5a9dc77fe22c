# SPDX-License-Identifier: Apache-2.0
"""Start the servers, measure, and print. `scripts/bench` makes what this needs first.

Exit codes: 0 measured, whatever the figures; 1 the measurement failed; 2 wrong argument, or no wrk.
"""

import argparse
import contextlib
import os
import platform
import signal
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Final, NoReturn

from bench.million import LARGE, SMALL, million_vs_thousand
from bench.outbox import outbox_figures
from bench.portal import page_times
from bench.processes import BenchError
from bench.report import Report
from bench.rounds import Rounds
from bench.subjects import (
    Subject,
    default_executable,
    handwritten_subject,
    moto_subject,
    static_subject,
    yizhan,
    yizhan_subject,
)
from bench.traffic import bench_accounts

PEERS: Final = ("handwritten", "moto", "static")
PARTS: Final = (*PEERS, "log", "ready", "million", "pages", "outbox")
FSYNC_PROBES: Final = 200


def main() -> int:
    arguments = _arguments()
    # So that servers are ended on SIGTERM as they are on Ctrl-C.
    signal.signal(signal.SIGTERM, _interrupted)
    report = Report()
    try:
        with tempfile.TemporaryDirectory(prefix="yizhan-bench-", dir=arguments.dir) as name:
            _measure(arguments, Path(name), report)
    except BenchError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    print(report.json() if arguments.json else report.table())
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--quick", action="store_true", help="a smoke run: figures mean little")
    parser.add_argument("--only", choices=PARTS, help="measure this alone, with what it needs")
    parser.add_argument("--dir", help="where the files lie; a real disk, or fsync costs nothing")
    parser.add_argument("--yizhan", type=Path, default=default_executable(), help="executable")
    return parser.parse_args()


def _interrupted(*_: object) -> NoReturn:
    raise KeyboardInterrupt


def _measure(arguments: argparse.Namespace, folder: Path, report: Report) -> None:
    parts = [arguments.only] if arguments.only else list(PARTS)
    quick: bool = arguments.quick
    report.machine = _machine(folder)
    subjects = [part for part in parts if part in (*PEERS, "log")]
    if subjects:
        _say("creates, against " + ", ".join(subjects))
        rounds, seconds = (1, 2) if quick else (7, 3)
        _throughput(arguments.yizhan, folder, parts, report, rounds, seconds)
    if "ready" in parts:
        _say("time to ready")
        report.figures["ready_s"] = _ready_seconds(arguments.yizhan, folder, 2 if quick else 7)
    if "million" in parts:
        large = 100_000 if quick else LARGE
        _say(f"single calls with {large:,} receivers against {SMALL:,}")
        report.sizes = SMALL, large
        calls = 200 if quick else 1500
        accounts = bench_accounts()
        report.calls = million_vs_thousand(
            arguments.yizhan, folder, accounts, calls=calls, large=large
        )
        report.figures["million_vs_thousand"] = max(b / s for s, b in report.calls.values())
    if "pages" in parts:
        _say("pages of the portal")
        report.pages = page_times(arguments.yizhan, folder, requests=10 if quick else 60)
        report.figures["page_ms"] = max(report.pages.values())
    if "outbox" in parts:
        queued = 2_000 if quick else 100_000
        _say(f"{queued:,} queued mails, and creates meanwhile")
        found = outbox_figures(
            arguments.yizhan,
            folder,
            bench_accounts(),
            queued=queued,
            rounds=1 if quick else 5,
            seconds=2 if quick else 4,
        )
        report.outbox = found
        report.figures["create_while_sending"] = found.create_ratio
        report.figures["drain_vs_plain"] = found.drain_ratio
        report.figures["drain_growth_mb"] = found.rss_growth_mb


def _throughput(
    executable: Path, folder: Path, parts: list[str], report: Report, rounds: int, seconds: int
) -> None:
    accounts = bench_accounts()
    with contextlib.ExitStack() as stack:
        subjects: dict[str, Subject] = {
            "yizhan": stack.enter_context(yizhan_subject(executable, folder, accounts))
        }
        if "handwritten" in parts:
            subjects["handwritten"] = stack.enter_context(handwritten_subject(folder, accounts))
        if "moto" in parts:
            subjects["moto"] = stack.enter_context(moto_subject(folder))
        if "static" in parts:
            subjects["static"] = stack.enter_context(static_subject(folder, accounts))
        if "log" in parts:
            subjects["without request log"] = stack.enter_context(
                yizhan_subject(executable, folder, accounts, name="without-log", calls_kept=0)
            )
        found = Rounds(subjects, folder)
        found.run(rounds, seconds)
        for peer in subjects.keys() & set(PEERS):
            report.figures[f"create_vs_{peer}"] = found.ratio("yizhan", peer)
        if "log" in parts:
            report.figures["log_vs_none"] = found.ratio("yizhan", "without request log")
        report.rounds = {name: found.median(name) for name in subjects}
        report.quiet = found.quiet / (rounds * len(subjects))
        report.figures["p50_ms"] = report.rounds["yizhan"].p50_ms
        report.figures["p99_ms"] = report.rounds["yizhan"].p99_ms
        report.figures["rss_mb"] = subjects["yizhan"].server.resident_bytes() / 1e6


def _ready_seconds(executable: Path, folder: Path, starts: int) -> float:
    """From exec until /readyz answers, on a new folder each time; the median."""
    found = []
    for number in range(starts):
        data = folder / f"start-{number}"
        data.mkdir()
        with yizhan(executable, data) as server:
            found.append(server.ready_seconds)
    return median(found)


def _machine(folder: Path) -> str:
    """What the figures depend on besides the code."""
    probe = folder / "fsync"
    times = []
    with probe.open("wb", buffering=0) as file:
        for _ in range(FSYNC_PROBES):
            file.write(b"\0" * 4096)
            begun = time.perf_counter()
            os.fdatasync(file.fileno())
            times.append(time.perf_counter() - begun)
    load = os.getloadavg()[0]
    return (
        f"{time.strftime('%Y-%m-%d %H:%M')}, {os.cpu_count()} cores, {platform.system()} "
        f"{platform.machine()}, Python {platform.python_version()}, load before {load:.1f}, "
        f"fdatasync of 4 KB {median(times) * 1000:.2f} ms"
    )


def _say(what: str) -> None:
    print(f"bench: {what} ...", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
