# SPDX-License-Identifier: Apache-2.0
"""One writer thread that commits all waiting operations together.

Durability costs one fsync a transaction. While one group is being written, the next one gathers; so
the busier the server, the larger the groups, and nobody waits for a timer.
"""

import asyncio
import itertools
import queue
import sqlite3
import threading
import time
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


class _Waiting(NamedTuple):
    batch: Batch[Any, Any]
    item: Any
    future: asyncio.Future[Any]
    loop: asyncio.AbstractEventLoop


class _Outcome(NamedTuple):
    waiting: _Waiting
    result: Any
    """Or the exception to raise."""


class GroupCommit:
    """Runs operations on the one writing connection, in the order in which they came.

    An operation either returns, or raises `Refused` (what it wrote until then is kept: a spent
    quota stays spent), or raises something else, and then nothing of it is kept. For that, a group
    with a faulty operation is rolled back and its operations are run again one by one; so an
    operation must do its work through the connection alone.
    """

    def __init__(self, connection: sqlite3.Connection, on_commit: OnCommit | None = None) -> None:
        """Args: on_commit is told each group's size and seconds, on the writer's thread."""
        self._connection = connection
        self._on_commit = on_commit
        self._queue: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._closed = False
        self._thread = threading.Thread(target=self._work, name="store-writer", daemon=True)
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
        self._queue.put(_Waiting(batch, item, future, loop))
        return await future

    def depth(self) -> int:
        """How many operations wait now."""
        return self._queue.qsize()

    async def close(self) -> None:
        """Finish what waits, then end the thread."""
        self._closed = True
        self._queue.put(None)
        await asyncio.to_thread(self._thread.join)

    def _work(self) -> None:
        open_for_more = True
        while open_for_more:
            group: list[_Waiting] = []
            waiting = self._queue.get()
            while waiting is not None:
                group.append(waiting)
                if len(group) >= MAX_GROUP:
                    break
                try:
                    waiting = self._queue.get_nowait()
                except queue.Empty:
                    break
            open_for_more = waiting is not None
            if group:
                begun = time.perf_counter()
                try:
                    outcomes = self._commit(group)
                except (
                    BaseException
                ) as error:  # not even a rollback is possible; the thread lives on
                    outcomes = [_Outcome(each, error) for each in group]
                if self._on_commit is not None:
                    self._on_commit(len(group), time.perf_counter() - begun)
                _settle(outcomes)

    def _commit(self, group: list[_Waiting]) -> list[_Outcome]:
        outcomes: list[_Outcome] = []
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            for batch, same in itertools.groupby(group, key=lambda waiting: waiting.batch):
                neighbours = list(same)
                results = batch(self._connection, [waiting.item for waiting in neighbours])
                outcomes += map(_Outcome, neighbours, results)
            self._connection.execute("COMMIT")
        except Exception as error:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            if len(group) == 1:
                return [_Outcome(group[0], error)]
            return [outcome for waiting in group for outcome in self._commit([waiting])]
        return outcomes


def _each(db: sqlite3.Connection, operations: Sequence[Operation[Any]]) -> list[Any]:
    """The batch of operations that have nothing in common."""
    results: list[Any] = []
    for operation in operations:
        try:
            results.append(operation(db))
        except Refused as refused:
            results.append(refused)
    return results


def _settle(outcomes: list[_Outcome]) -> None:
    """Tell the waiting callers, with one wake-up for each event loop (as a rule there is one)."""
    loops = {outcome.waiting.loop for outcome in outcomes}
    for loop in loops:
        mine = outcomes if len(loops) == 1 else [o for o in outcomes if o.waiting.loop is loop]
        if not loop.is_closed():
            loop.call_soon_threadsafe(_resolve, mine)


def _resolve(outcomes: list[_Outcome]) -> None:
    for (_, _, future, _), result in outcomes:
        if future.done():  # its caller was cancelled meanwhile
            continue
        if isinstance(result, BaseException):
            future.set_exception(result)
        else:
            future.set_result(result)
