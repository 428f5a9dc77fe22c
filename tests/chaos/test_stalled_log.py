# SPDX-License-Identifier: Apache-2.0
"""Nobody reads the log: calls go on, lines are dropped and counted, and the server can end."""

import re
import signal
import subprocess
import urllib.request

from tests.support.connection import Connection
from tests.support.live import STOP_SECONDS, LiveServer

MORE_THAN_A_PIPE_HOLDS = 2_000
MORE_THAN_MAY_WAIT = 60_000
"""Three times as many lines as the log keeps for a slow reader."""
AT_ONCE = 500
UNSIGNED = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


def make_calls(server: LiveServer, calls: int) -> None:
    """Calls that are refused at once, in long rows on one connection."""
    with Connection(server) as connection:
        for _ in range(calls // AT_ONCE):
            connection.send(UNSIGNED * AT_ONCE)
            seen = b""
            while seen.count(b"HTTP/1.1 200") < AT_ONCE or not seen.endswith(b"}}"):
                piece = connection.socket.recv(1 << 20)
                assert piece
                seen += piece


def metric(server: LiveServer, name: str) -> float:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"{server.endpoint}/metrics", timeout=10) as answer:
        found = re.search(rf"^{name} (\S+)$", answer.read().decode(), re.MULTILINE)
    assert found
    return float(found[1])


def test_drops_and_counts_lines_that_nobody_reads() -> None:
    with LiveServer(unread_log=True) as server:
        make_calls(server, MORE_THAN_MAY_WAIT)

        assert metric(server, "yizhan_log_lines_dropped") > 0


def test_ends_though_nobody_reads_its_log() -> None:
    with LiveServer(unread_log=True, environ={"YIZHAN_SERVER_DRAIN_SECONDS": "1"}) as server:
        make_calls(server, MORE_THAN_A_PIPE_HOLDS)
        server.process.send_signal(signal.SIGTERM)

        try:
            exit_code = server.process.wait(STOP_SECONDS / 2)
        except subprocess.TimeoutExpired:
            server.kill()
            raise AssertionError("the server waits for the reader of its log") from None

    assert exit_code == 0
