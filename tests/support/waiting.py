# SPDX-License-Identifier: Apache-2.0
"""Waiting for a condition with a deadline, and many callers at one moment."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import TypeVar

from tests.support.connection import Client
from tests.support.live import LiveServer

T = TypeVar("T")
PAUSE_SECONDS = 0.02


def wait_until(is_so: Callable[[], bool], seconds: float, what: str) -> None:
    """Ask again and again; fail with `what` if it is not so in time."""
    deadline = time.monotonic() + seconds
    pause = threading.Event()
    while not is_so():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        pause.wait(PAUSE_SECONDS)


def all_at_once(
    server: LiveServer,
    callers: int,
    call: Callable[[Client, int], T],
    *,
    timestamp: int | None = None,
) -> list[T]:
    """Let each caller, on a connection of its own, make its call at the same moment.

    Args:
        call: is given the caller's client and number.
        timestamp: as in `Client`.
    """
    gate = threading.Barrier(callers)
    with ExitStack() as connections, ThreadPoolExecutor(callers) as threads:
        clients = [
            connections.enter_context(Client(server, timestamp=timestamp)) for _ in range(callers)
        ]

        def behind_the_gate(number: int) -> T:
            gate.wait()
            return call(clients[number], number)

        return list(threads.map(behind_the_gate, range(callers)))
