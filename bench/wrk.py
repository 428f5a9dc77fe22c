# SPDX-License-Identifier: Apache-2.0
"""Drives a server with wrk, the load generator, through `replay.lua`."""

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from bench.processes import BenchError

SCRIPT: Final = Path(__file__).with_name("replay.lua")
CONNECTIONS: Final = 32


class Load(msgspec.Struct, frozen=True):
    """What wrk saw of one round."""

    requests: int
    microseconds: int
    p50: float
    """In microseconds, as `p99`."""
    p99: float
    failures: int
    """Statuses other than 2xx and 3xx, and connections that broke."""

    @property
    def good_per_second(self) -> float:
        return (self.requests - self.failures) / self.microseconds * 1e6


def drive(
    authority: str,
    requests: Sequence[bytes],
    *,
    seconds: int,
    folder: Path,
    cycle: bool = False,
    tolerated: float = 0.0,
    connections: int = CONNECTIONS,
) -> Load:
    """Send the requests for so many seconds.

    Args:
        cycle: send them over and over, instead of each once.
        tolerated: the part of the requests that may fail.

    Raises:
        BenchError: wrk or too many requests failed, or they were used up before the time.
    """
    if shutil.which("wrk") is None:
        raise BenchError("wrk, the load generator, is not on PATH")
    file = folder / "requests.bin"
    with file.open("wb") as output:
        output.writelines(b"%08d%s" % (len(request), request) for request in requests)
    mode = ["cycle"] if cycle else []
    result = subprocess.run(
        ["wrk", "--latency", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s",
         "-s", SCRIPT, f"http://{authority}/", "--", file, *mode],
        capture_output=True, text=True, check=False, timeout=seconds + 60,
    )  # fmt: skip
    file.unlink()
    if result.returncode:
        raise BenchError(f"wrk: {result.stderr or result.stdout}")
    load = msgspec.json.decode(result.stdout.splitlines()[-1], type=Load)
    if load.failures > load.requests * tolerated:
        raise BenchError(f"{load.failures} of {load.requests} requests failed:\n{result.stdout}")
    if not cycle and load.requests >= len(requests) - connections:
        raise BenchError(f"{len(requests)} requests were used up before the {seconds} s were over")
    return load
