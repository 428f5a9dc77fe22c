# SPDX-License-Identifier: Apache-2.0
"""SIGTERM and SIGINT: what is in flight finishes, what is new is refused, the exit code is 0."""

import signal
import socket
import sqlite3
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import pytest

from tests.chaos.load import NO_LIMITS, CreateLoad, content
from tests.support.connection import Client, Connection, dev_key, head_bytes, receiver, signed_head
from tests.support.live import STOP_SECONDS, LiveServer
from tests.support.waiting import wait_until

DEV_UIN = 100000000001
REFUSED_WITHIN_SECONDS = 5

either_signal = pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])


def refuses_connections(server: LiveServer) -> bool:
    try:
        socket.create_connection(("127.0.0.1", server.port), timeout=1).close()
    except ConnectionRefusedError:
        return True
    except OSError:
        return False
    return False


def end(server: LiveServer) -> tuple[int, str]:
    """Wait for a server that was told to stop; its exit code and what it logged."""
    server.process.communicate(timeout=STOP_SECONDS)
    return server.process.returncode, server.logged()


def tell_to_stop(server: LiveServer, number: signal.Signals) -> None:
    """Send the signal and wait until the server has taken notice of it."""
    server.process.send_signal(number)
    wait_until(
        lambda: refuses_connections(server), REFUSED_WITHIN_SECONDS, "new connections are refused"
    )


@contextmanager
def no_writes(database: Path) -> Iterator[None]:
    """Hold the write lock of the file, so that whoever writes has to wait."""
    with closing(sqlite3.connect(database, isolation_level=None)) as db:
        db.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            db.execute("ROLLBACK")


def half_a_create(server: LiveServer) -> tuple[bytes, bytes]:
    """A create whose sender pauses in the middle of the body."""
    with Client(server) as client:
        whole = client.request("CreateMessageReceiver", receiver("slow"))
    return whole[:-20], whole[-20:]


def wait_until_taken(server: LiveServer) -> None:
    """A whole call on a younger connection: what was sent before it has been read by then."""
    with Client(server) as client:
        client.call("ListReceiver")


@either_signal
def test_answers_the_creates_that_wait_for_the_store(
    tmp_path: Path, number: signal.Signals
) -> None:
    waiting = 5
    with LiveServer("--data", str(tmp_path), environ=NO_LIMITS) as server:
        with ExitStack() as connections, ThreadPoolExecutor(waiting) as threads:
            clients = [connections.enter_context(Client(server)) for _ in range(waiting)]
            for client in clients:
                assert client.call("ListReceiver").code == ""
            with no_writes(tmp_path / "yizhan.db"):
                calls = [threads.submit(c.create, f"waits-{n}") for n, c in enumerate(clients)]
                tell_to_stop(server, number)
                assert not any(call.done() for call in calls)
            codes = [call.result() for call in calls]
        exit_code, log = end(server)

    assert codes == [""] * waiting
    assert exit_code == 0
    assert "Traceback" not in log


@either_signal
def test_keeps_under_load_exactly_what_it_acknowledged(
    tmp_path: Path, number: signal.Signals
) -> None:
    with LiveServer("--data", str(tmp_path), environ=NO_LIMITS) as server:
        with CreateLoad(server, 8, "load") as load:
            wait_until(lambda: len(load.acknowledged) > 200, 15, "the load has begun")
            server.process.send_signal(number)
        exit_code, log = end(server)
    left = content(tmp_path / "yizhan.db", DEV_UIN, tmp_path / "copy")

    assert load.refused == []
    assert sorted(left.names) == sorted(load.acknowledged)
    assert sum(left.spent.values()) == len(left.names)
    assert exit_code == 0
    assert "Traceback" not in log


@either_signal
def test_lets_a_slow_client_finish_its_body(number: signal.Signals) -> None:
    with LiveServer() as server:
        first, rest = half_a_create(server)
        with Connection(server) as slow:
            slow.send(first)
            wait_until_taken(server)
            tell_to_stop(server, number)
            slow.send(rest)
            answer = slow.read()
        exit_code, log = end(server)

    assert answer.code == ""
    assert answer.headers["connection"] == "close"
    assert exit_code == 0
    assert "Traceback" not in log


@either_signal
def test_waits_for_a_slow_client_no_longer_than_told(number: signal.Signals) -> None:
    with LiveServer(environ={"YIZHAN_SERVER_DRAIN_SECONDS": "1"}) as server:
        first, _ = half_a_create(server)
        with Connection(server) as slow:
            slow.send(first)
            wait_until_taken(server)
            begun = time.monotonic()
            server.process.send_signal(number)
            exit_code, log = end(server)
            lasted = time.monotonic() - begun

    assert 0.9 < lasted < 5
    assert exit_code == 0
    assert "Traceback" not in log


def test_sends_nothing_but_an_envelope_to_a_client_that_is_too_slow() -> None:
    with LiveServer(environ={"YIZHAN_SERVER_DRAIN_SECONDS": "0"}) as server:
        first, _ = half_a_create(server)
        with Connection(server) as slow:
            slow.send(first)
            wait_until_taken(server)
            server.process.send_signal(signal.SIGTERM)
            received = slow.rest()

    assert received == b"" or received.startswith(b"HTTP/1.1 200 ")


def test_does_not_wait_for_idle_connections() -> None:
    with LiveServer() as server, Client(server) as idle, Connection(server) as silent:
        idle.call("ListReceiver")
        begun = time.monotonic()
        exit_code, _ = server.stop()
        lasted = time.monotonic() - begun

        assert idle.is_closed()
        assert silent.is_closed()
    assert exit_code == 0
    assert lasted < 5


def test_does_not_wait_for_a_head_that_never_ends() -> None:
    with LiveServer() as server:
        headers = signed_head(server.host, dev_key(server), "ListReceiver", b"{}")
        with Connection(server) as slow:
            slow.send(head_bytes("POST / HTTP/1.1", headers)[:-2])
            wait_until_taken(server)
            begun = time.monotonic()
            exit_code, _ = server.stop()
            lasted = time.monotonic() - begun

    assert exit_code == 0
    assert lasted < 5
