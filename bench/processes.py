# SPDX-License-Identifier: Apache-2.0
"""Servers as processes on loopback: started, waited for, looked at, and ended whatever happens."""

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

HOST: Final = "127.0.0.1"
STOP_SECONDS: Final = 20
POLL_SECONDS: Final = 0.002


class BenchError(Exception):
    """The measurement cannot be done or is not to be believed; the message says why."""


class ServerProcess:
    """One running server."""

    def __init__(
        self, name: str, process: subprocess.Popen[bytes], port: int, log: Path, begun: float
    ) -> None:
        self.name = name
        self.port = port
        self.process = process
        self._log = log
        self.ready_seconds = 0.0
        self._begun = begun

    @property
    def authority(self) -> str:
        """What stands in `Host`, and is signed."""
        return f"{HOST}:{self.port}"

    def wait_until_ready(self, path: str, seconds: float) -> None:
        """Ask until the path is answered with 200, and note the seconds since the start."""
        deadline = time.perf_counter() + seconds
        request = f"GET {path} HTTP/1.1\r\nHost: {self.authority}\r\nConnection: close\r\n\r\n"
        while time.perf_counter() < deadline:
            if self.process.poll() is not None:
                raise BenchError(f"{self.name} ended with {self.process.returncode}: {self.tail()}")
            with contextlib.suppress(OSError):
                connection = socket.create_connection((HOST, self.port), timeout=seconds)
                with connection:
                    connection.sendall(request.encode())
                    if connection.recv(16)[9:12] == b"200":
                        self.ready_seconds = time.perf_counter() - self._begun
                        return
            time.sleep(POLL_SECONDS)
        raise BenchError(f"{self.name} was not ready within {seconds:.0f} s: {self.tail()}")

    def resident_bytes(self) -> int:
        """Of the process, from /proc."""
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
        raise BenchError(f"{self.name}: /proc shows no memory")

    def tail(self) -> str:
        return self._log.read_text(errors="replace")[-2000:].strip()

    def stop(self) -> None:
        """End the whole process group, politely first."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, number)
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                continue
            return


@contextlib.contextmanager
def running(
    name: str,
    command: Sequence[str | Path],
    *,
    port: int,
    folder: Path,
    environment: Mapping[str, str] | None = None,
    ready_path: str,
    ready_within: float = 30.0,
) -> Iterator[ServerProcess]:
    """Run a server until the block ends; its output goes to a file, as an operator's would."""
    log = folder / f"{name}-{port}.log"
    with log.open("wb") as output:
        begun = time.perf_counter()
        process = subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env={**os.environ, **(environment or {})},
            start_new_session=True,  # a process group of its own, to be ended as one
        )
    server = ServerProcess(name, process, port, log, begun)
    try:
        server.wait_until_ready(ready_path, ready_within)
        yield server
    finally:
        server.stop()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port
