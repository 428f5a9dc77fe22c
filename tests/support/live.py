# SPDX-License-Identifier: Apache-2.0
"""A real `yizhan` process on a free loopback port, ended with the test."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

YIZHAN = Path(sys.executable).parent / "yizhan"
START_SECONDS = 20
STOP_SECONDS = 20


def clean_environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """This process's environment without what would reach into yizhan or a client."""
    foreign = ("YIZHAN_", "TENCENTCLOUD_", "HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    return kept | dict(extra or {})


class LiveServer:
    """`with LiveServer() as server:`; `server.endpoint` is `http://127.0.0.1:PORT`."""

    def __init__(
        self,
        *arguments: str,
        command: str = "dev",
        environ: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        port: int = 0,
        unread_log: bool = False,
    ) -> None:
        """Start it and wait until it is ready.

        Args:
            arguments, environ: go to the command; settings are YIZHAN_... variables.
            unread_log: give it a pipe for its log that nobody reads.
        """
        environ = {"YIZHAN_SERVER_PORT": str(port), **(environ or {})}
        # A file, as a pipe that nobody reads would fill up.
        self._folder = tempfile.TemporaryDirectory()
        self._log = Path(self._folder.name) / "stderr"
        log_stream = subprocess.PIPE if unread_log else self._log.open("wb")
        self.process = subprocess.Popen(
            [str(YIZHAN), command, "--json", *arguments],
            env=clean_environment(environ),
            stdout=subprocess.PIPE,
            stderr=log_stream,
            cwd=cwd,
            text=True,
            start_new_session=True,
        )
        if not isinstance(log_stream, int):
            log_stream.close()  # it is the server's now
        assert self.process.stdout is not None
        # Blocks until the server is ready or has ended.
        line = self.process.stdout.readline()
        if not line:
            self.process.communicate(timeout=STOP_SECONDS)
            errors = self.logged()
            self._folder.cleanup()
            raise AssertionError(f"yizhan {command} did not start: {errors}")
        self.ready: dict[str, Any] = json.loads(line)
        self.endpoint: str = self.ready["endpoint"]

    @property
    def host(self) -> str:
        """`127.0.0.1:PORT`: how clients name an endpoint."""
        return self.endpoint.partition("://")[2]

    @property
    def port(self) -> int:
        return int(self.endpoint.rpartition(":")[2])

    def lab(self, call: str, body: dict[str, Any]) -> dict[str, Any]:
        """POST to /_lab/CALL and answer what it says."""
        request = urllib.request.Request(
            f"{self.endpoint}/_lab/{call}", data=json.dumps(body).encode(), method="POST"
        )
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=10) as answer:
            found: dict[str, Any] = json.load(answer)
        return found

    def reset(self) -> None:
        self.lab("reset", {})

    def kill(self) -> None:
        """The death that leaves no time for anything."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.communicate(timeout=STOP_SECONDS)

    def stop(self) -> tuple[int, str]:
        """SIGTERM; the exit code and what was logged."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        self.process.communicate(timeout=STOP_SECONDS)
        return self.process.returncode, self.logged()

    def logged(self) -> str:
        """What stands on standard error so far."""
        return self._log.read_text("utf-8") if self._log.exists() else ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if self.process.returncode is None:
                self.stop()
        finally:
            for pipe in (self.process.stdout, self.process.stderr):
                if pipe is not None:
                    pipe.close()
            self._folder.cleanup()


def run_yizhan(
    *arguments: str | Path, environ: Mapping[str, str] | None = None, cwd: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Run the command to its end."""
    words: Sequence[str] = [str(YIZHAN), *map(str, arguments)]
    return subprocess.run(
        words,
        env=clean_environment(environ),
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
