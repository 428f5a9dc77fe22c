# SPDX-License-Identifier: Apache-2.0
"""All waiting operations are committed together.

Durability costs one fsync a transaction. While one group is being made durable, the next gathers;
so the busier the server, the larger the groups, and nobody waits for a timer.

Statements run on the event loop's thread: SQLite lets go of the interpreter's lock at each of them,
and a thread of its own would have to fight the event loop for it every time. What waits for the
disk, the COMMIT, runs on a thread, so that the event loop goes on meanwhile.
"""

import asyncio
import itertools
import queue
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple, TypeVar

from yizhan.store.base import Refused

T = TypeVar("T")
Item = TypeVar("Item")
Operation = Callable[[sqlite3.Connection], T]
Batch = Callable[[sqlite3.Connection, Sequence[Item]], Sequence[T | Refused]]
"""Does the same for many items, as if one after the other; for each its result or refusal."""
OnCommit = Callable[[int, float], None]

MAX_GROUP: Final = 512
"""Keeps the longest wait of one request bounded."""
LOCK_RETRY_SECONDS: Final = 0.005


class _Waiting(NamedTuple):
    batch: Batch[Any, Any]
    item: Any
    future: asyncio.Future[Any]


Group = list[_Waiting]


class GroupCommit:
    """Runs operations on the one writing connection, in the order in which they came.

    An operation either returns, or raises `Refused` (what it wrote until then is kept: a spent
    quota stays spent), or raises something else, and then nothing of it is kept. For that, a group
    with a faulty operation is rolled back and its operations are run again one by one; so an
    operation must do its work through the connection alone, and be quick about it.

    All calls come from one event loop.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        on_commit: OnCommit | None = None,
        *,
        lock_seconds: float = 10,
    ) -> None:
        """Take the connection over.

        Args:
            on_commit: is told the size of each group and the seconds that it took.
            lock_seconds: how long to wait for another process that holds the write lock.
        """
        # The event loop must not sleep in SQLite; it comes back for the lock instead.
        connection.execute("PRAGMA busy_timeout = 0")
        self._connection = connection
        self._on_commit = on_commit
        self._lock_seconds = lock_seconds
        self._waiting: deque[_Waiting] = deque()
        self._again: deque[_Waiting] = deque()
        """Of a group that failed as a whole: to be run one by one, before all others."""
        self._busy = False
        self._idle = asyncio.Event()
        self._closed = False
        self._commits: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="store-commit", daemon=True)
        self._thread.start()

    async def run(self, operation: Operation[T]) -> T:
        """Run the operation and return when it is durable. Raises what it raised."""
        result: T = await self.run_in(_each, operation)
        return result

    async def run_in(self, batch: Batch[Item, T], item: Item) -> T:
        """Run the batch on this item and its neighbours, and return when the item is durable.

        Raises what the batch answers for the item, if that is a refusal.
        """
        if self._closed:
            raise RuntimeError("the store is closed")
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        self._waiting.append(_Waiting(batch, item, future))
        if not self._busy:
            self._busy = True
            # Not at once: what else arrives in this turn of the loop comes along.
            loop.call_soon(self._next_group)
        return await future

    def depth(self) -> int:
        """How many operations wait now."""
        return len(self._waiting)

    async def close(self) -> None:
        """Finish what waits, then end the thread."""
        self._closed = True
        while self._busy:
            self._idle.clear()
            await self._idle.wait()
        self._commits.put(None)
        await asyncio.to_thread(self._thread.join)

    # ---- on the event loop ---------------------------------------------------------------------

    def _next_group(self) -> None:
        if self._again:
            group = [self._again.popleft()]
        else:
            group = [self._waiting.popleft() for _ in range(min(len(self._waiting), MAX_GROUP))]
        if group:
            self._begin(group, time.monotonic() + self._lock_seconds)
        else:
            self._busy = False
            self._idle.set()

    def _begin(self, group: Group, deadline: float) -> None:
        begun = time.perf_counter()
        try:
            self._connection.execute("BEGIN IMMEDIATE")
        except sqlite3.Error as error:
            if _is_busy(error) and time.monotonic() < deadline:
                loop = asyncio.get_running_loop()
                loop.call_later(LOCK_RETRY_SECONDS, self._begin, group, deadline)
            else:
                self._failed(group, error)
            return
        results: list[Any] = []
        try:
            for batch, same in itertools.groupby(group, key=lambda waiting: waiting.batch):
                results += batch(self._connection, [waiting.item for waiting in same])
        except Exception as error:
            self._failed(group, error)
            return
        loop = asyncio.get_running_loop()
        self._commits.put(lambda: self._commit(loop, group, results, begun))

    def _committed(self, group: Group, results: list[Any], begun: float) -> None:
        if self._on_commit is not None:
            self._on_commit(len(group), time.perf_counter() - begun)
        for waiting, result in zip(group, results, strict=True):
            _settle(waiting.future, result)
        self._next_group()

    def _failed(self, group: Group, error: Exception) -> None:
        try:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
        except sqlite3.Error as broken:
            error = broken
        if len(group) == 1:
            _settle(group[0].future, error)
        else:
            self._again.extend(group)
        asyncio.get_running_loop().call_soon(self._next_group)

    # ---- on the thread -------------------------------------------------------------------------

    def _work(self) -> None:
        while (commit := self._commits.get()) is not None:
            commit()

    def _commit(
        self, loop: asyncio.AbstractEventLoop, group: Group, results: list[Any], begun: float
    ) -> None:
        try:
            self._connection.execute("COMMIT")
        except Exception as error:
            loop.call_soon_threadsafe(self._failed, group, error)
        else:
            loop.call_soon_threadsafe(self._committed, group, results, begun)


def _each(db: sqlite3.Connection, operations: Sequence[Operation[Any]]) -> list[Any]:
    """The batch of operations that have nothing in common."""
    results: list[Any] = []
    for operation in operations:
        try:
            results.append(operation(db))
        except Refused as refused:
            results.append(refused)
    return results


def _is_busy(error: sqlite3.Error) -> bool:
    return getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_BUSY


def _settle(future: asyncio.Future[Any], result: Any) -> None:
    if future.done():  # its caller was cancelled meanwhile
        return
    if isinstance(result, BaseException):
        future.set_exception(result)
    else:
        future.set_result(result)
