# SPDX-License-Identifier: Apache-2.0
"""Does a full file slow single calls down? A million receivers against a thousand.

Two servers run side by side, one on each file, and one connection to each is asked in turn, so that
both see the same machine at the same moment.
"""

import contextlib
import itertools
import socket
import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Final

from bench.processes import HOST, BenchError, ServerProcess
from bench.subjects import yizhan
from bench.traffic import BenchAccount, CreateRequests, list_requests

SMALL: Final = 1_000
LARGE: Final = 1_000_000
WARM_UP: Final = 100
OPEN_WITHIN_SECONDS: Final = 120.0
"""Opening reads the whole file once (`PRAGMA integrity_check`)."""


def million_vs_thousand(
    executable: Path,
    folder: Path,
    accounts: Sequence[BenchAccount],
    *,
    calls: int,
    large: int = LARGE,
) -> dict[str, tuple[float, float]]:
    """Median milliseconds with few and with many receivers in the file, for each kind of call.

    Half of the receivers belong to all accounts in turn and half to the first account alone, which
    is asked apart from the others: an account's own size could matter as well as the file's.
    """
    with contextlib.ExitStack() as stack:
        small, big = (
            stack.enter_context(_server_with(count, executable, folder / f"file-{count}", accounts))
            for count in (SMALL, large)
        )
        found = {}
        for whose, asked in (("many accounts", accounts[1:]), ("one account", accounts[:1])):
            found[f"create, {whose}"] = _compare(
                _creates(small, asked), _creates(big, asked), small, big, calls
            )
            found[f"list, {whose}"] = _compare(
                list_requests(small.authority, asked),
                list_requests(big.authority, asked),
                small,
                big,
                calls,
            )
        return found


def _creates(server: ServerProcess, accounts: Sequence[BenchAccount]) -> Iterator[bytes]:
    # Numbers of their own for each kind of call, far from those that fill the file.
    requests = CreateRequests(server.authority, accounts, first=10_000_000 * len(accounts))
    return itertools.chain.from_iterable(requests.take(100) for _ in itertools.count())


@contextlib.contextmanager
def _server_with(
    count: int, executable: Path, data: Path, accounts: Sequence[BenchAccount]
) -> Iterator[ServerProcess]:
    """A server on a file that it made itself and that was filled while it was closed."""
    data.mkdir()
    with yizhan(executable, data, accounts=accounts):
        pass
    (file,) = data.glob("*.db")
    fill(file, [account.uin for account in accounts], count)
    with yizhan(executable, data, ready_within=OPEN_WITHIN_SECONDS) as server:
        yield server


def fill(file: Path, uins: Sequence[int], count: int) -> None:
    """Add so many receivers by SQL, as if all accounts had created them over time."""
    with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as db:
        db.execute("PRAGMA synchronous = OFF")  # nothing is lost if this is done again
        db.execute("PRAGMA cache_size = -400000")
        db.execute("BEGIN")
        db.execute("CREATE TEMP TABLE filled (place INTEGER PRIMARY KEY, uin INTEGER)")
        db.executemany("INSERT INTO filled VALUES (?, ?)", enumerate(uins))
        db.execute(
            "WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?1)"
            " INSERT INTO receivers"
            " (uin, name, country_code, phone_number, email, remark, created_at)"
            " SELECT filled.uin, printf('receiver-%09d', i), '86', printf('138%08d', i),"
            " printf('r%09d@qq.com', i), 'bench', ?2 FROM n JOIN filled"
            # Every second one is the first account's.
            " ON place = CASE WHEN i % 2 = 0 THEN 0 ELSE (i / 2) % ?3 END",
            (count, int(time.time()), len(uins)),
        )
        db.execute(
            "UPDATE accounts SET receiver_count ="
            " (SELECT count(*) FROM receivers WHERE receivers.uin = accounts.uin)"
        )
        db.execute("COMMIT")
        (rows,) = db.execute("SELECT count(*) FROM receivers").fetchone()
    if rows < count:
        raise BenchError(f"the file holds {rows} receivers instead of {count}")


def _compare(
    small_requests: Iterator[bytes],
    big_requests: Iterator[bytes],
    small: ServerProcess,
    big: ServerProcess,
    calls: int,
) -> tuple[float, float]:
    times: Mapping[str, list[float]] = {"small": [], "big": []}
    with _Connection(small) as to_small, _Connection(big) as to_big:
        for number in range(WARM_UP + calls):
            for name, connection, requests in (
                ("small", to_small, small_requests),
                ("big", to_big, big_requests),
            ):
                seconds = connection.call(next(requests))
                if number >= WARM_UP:
                    times[name].append(seconds)
    return median(times["small"]) * 1000, median(times["big"]) * 1000


class _Connection:
    """One kept-alive connection, with as little of a client around it as can be."""

    def __init__(self, server: ServerProcess) -> None:
        self._socket = socket.create_connection((HOST, server.port), timeout=30)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def __enter__(self) -> "_Connection":
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def call(self, request: bytes) -> float:
        """Send, wait for the whole answer, and say how many seconds it took.

        Raises:
            BenchError: the answer is a refusal.
        """
        begun = time.perf_counter()
        self._socket.sendall(request)
        received = self._socket.recv(65536)
        while not _is_whole(received):
            received += self._socket.recv(65536)
        seconds = time.perf_counter() - begun
        if b'"Error"' in received:
            raise BenchError(f"refused: {received.decode(errors='replace')}")
        return seconds


def _is_whole(received: bytes) -> bool:
    head, blank, body = received.partition(b"\r\n\r\n")
    _, _, rest = head.lower().partition(b"\r\ncontent-length:")
    return bool(blank) and len(body) >= int(rest.split(b"\r\n", 1)[0])
