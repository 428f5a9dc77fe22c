# SPDX-License-Identifier: Apache-2.0
"""Takes calls from the hot path and writes them beside it.

What arrives waits in a bounded queue; one thread masks and writes it in small portions, and then
rests nineteen times as long as it worked: whatever the rate of calls, the log has a twentieth of
one core and no more. What does not fit into the queue meanwhile is dropped and counted. Whoever
asks for calls first has all written that wait, so a call is found as soon as it is answered.
"""

import asyncio
import contextlib
import logging
import sqlite3
import time
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, Literal, TypeVar

import msgspec

from yizhan.calls import database
from yizhan.calls.describe import describe
from yizhan.calls.model import ALL, LoggedCall, Recording, Seen, Wanted
from yizhan.calls.said import said
from yizhan.clock import Clock
from yizhan.wire.endpoint import CallRecord, FindIdentity
from yizhan.wire.request import HttpRequest

T = TypeVar("T")

MAX_WAITING: Final = 2048
MAX_WAITING_BYTES: Final = 24 * 1024 * 1024
"""Of the requests and answers that wait."""
PORTION: Final = 64
REST: Final = 19
"""How many times as long as it worked the writer rests."""
FLUSH_SECONDS: Final = 0.05
PRUNE_EVERY: Final = 1000
"""Calls written; and every hour in which something is written."""
PRUNE_PORTION: Final = 2000
MAX_ORIGINALS: Final = 1000
MAX_ORIGINAL_BYTES: Final = 64 * 1024
MAX_ORIGINALS_BYTES: Final = 8 * 1024 * 1024
HOUR_SECONDS: Final = 3600
DAY_SECONDS: Final = 24 * 3600

log = logging.getLogger(__name__)


class Journal:
    """The request log of this process. `add` is called on the event loop's thread."""

    def __init__(
        self,
        path: Path | None,
        *,
        keep: int,
        keep_days: float,
        clock: Clock,
        find_identity: FindIdentity,
    ) -> None:
        """Open it.

        Args:
            path: the file; None keeps the log in memory.
            keep: calls at most; 0 keeps none at all.
            clock: the machine's own.

        Raises:
            LogUnusable.
        """
        self._db = database.open_log(path)
        self._keep = keep
        self._keep_days = keep_days
        self._clock = clock
        self._find_identity = find_identity
        self._waiting: deque[tuple[float, CallRecord]] = deque()
        self._waiting_bytes = 0
        self._timer: asyncio.TimerHandle | None = None
        self._writing: asyncio.Task[None] | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="request-log")
        self._originals: OrderedDict[str, HttpRequest] = OrderedDict()
        self._original_bytes = 0
        self._since_prune = 0
        self._pruned_at = 0.0
        self._news = asyncio.Event()
        self._one_writer = asyncio.Lock()
        self._failing = False
        self.written = 0
        self.dropped = 0
        """Calls that the log has lost since the start."""

    @property
    def enabled(self) -> bool:
        return self._keep > 0

    # ---- the hot path ----------------------------------------------------------------------------

    def add(self, record: CallRecord) -> None:
        """Keep a call, if there is room for it."""
        if not self._keep:
            return
        size = _size(record)
        if len(self._waiting) >= MAX_WAITING or self._waiting_bytes + size > MAX_WAITING_BYTES:
            self.dropped += 1
            return
        self._waiting_bytes += size
        self._waiting.append((self._clock.now(), record))
        if self._timer is None and self._writing is None:
            self._timer = asyncio.get_running_loop().call_later(FLUSH_SECONDS, self._begin)

    # ---- writing ---------------------------------------------------------------------------------

    def _begin(self) -> None:
        self._timer = None
        self._writing = asyncio.get_running_loop().create_task(self._write_and_rest())

    async def _write_and_rest(self) -> None:
        worked = await self._write(PORTION)
        self._writing = None
        if self._waiting:
            pause = max(FLUSH_SECONDS, worked * REST)
            self._timer = asyncio.get_running_loop().call_later(pause, self._begin)

    async def _write(self, portion: int) -> float:
        """Mask and write what waits, up to a portion; answers for how long the thread worked."""
        # One at a time, so that whoever waits for this has waited for all that was taken before.
        async with self._one_writer:
            return await self._write_portion(portion)

    async def _write_portion(self, portion: int) -> float:
        taken = [self._waiting.popleft() for _ in range(min(portion, len(self._waiting)))]
        self._waiting_bytes -= sum(_size(record) for _, record in taken)
        for _, record in taken:
            await self._find_caller(record)
        loop = asyncio.get_running_loop()
        written, worked = await loop.run_in_executor(self._thread, self._describe_and_write, taken)
        self.written += written
        self.dropped += len(taken) - written
        self._news.set()
        self._news = asyncio.Event()
        return worked

    async def _find_caller(self, record: CallRecord) -> None:
        """Whose SecretId it names, if the call was refused before that was asked."""
        if record.identity is None and (secret_id := said(record).secret_id):
            # Without a store the log still keeps the call.
            with contextlib.suppress(Exception):
                record.identity = await self._find_identity(secret_id)

    def _describe_and_write(self, taken: list[tuple[float, CallRecord]]) -> tuple[int, float]:
        """On the thread. Answers how many calls were written, and the seconds that it took."""
        begun = time.perf_counter()
        calls = [each for at, record in taken if (each := self._described(record, at)) is not None]
        written = len(calls)
        try:
            database.write(self._db, calls)
            self._prune(written)
            self._failing = False
        except sqlite3.Error as error:
            if not self._failing:
                log.error("the request log cannot be written: %s", error)
            self._failing, written = True, 0
        return written, time.perf_counter() - begun

    def _described(self, record: CallRecord, at: float) -> LoggedCall | None:
        try:
            self._remember(record)
            return describe(record, at)
        except Exception:
            # Whatever a caller sends, the log goes on. The text of the fault could hold values.
            log.error("call %s could not be described for the request log", record.request_id)
            return None

    def _remember(self, record: CallRecord) -> None:
        if len(record.request.body) > MAX_ORIGINAL_BYTES:
            return
        self._originals[record.request_id] = record.request
        self._original_bytes += len(record.request.body)
        while len(self._originals) > MAX_ORIGINALS or self._original_bytes > MAX_ORIGINALS_BYTES:
            _, oldest = self._originals.popitem(last=False)
            self._original_bytes -= len(oldest.body)

    def _prune(self, added: int) -> None:
        self._since_prune += added
        now = self._clock.now()
        if self._since_prune >= PRUNE_EVERY or now - self._pruned_at >= HOUR_SECONDS:
            self._since_prune, self._pruned_at = 0, now
            database.prune(
                self._db, keep=self._keep, before=self._oldest_shown(), portion=PRUNE_PORTION
            )

    def _oldest_shown(self) -> float:
        """What is older may still be in the file for a while, but nobody sees it."""
        return self._clock.now() - self._keep_days * DAY_SECONDS

    # ---- reading ---------------------------------------------------------------------------------

    async def find(self, request_id: str, seen: Seen = ALL) -> LoggedCall | None:
        found = await self._run(lambda db: database.find(db, request_id, seen))
        return found if found is not None and found.at >= self._oldest_shown() else None

    async def select(
        self,
        seen: Seen = ALL,
        wanted: Wanted | None = None,
        *,
        limit: int,
        order: Literal["ASC", "DESC"] = "DESC",
    ) -> list[LoggedCall]:
        """Calls that somebody may see and wants, by their place in the log."""
        chosen = wanted or Wanted()
        since = max(chosen.since or 0, self._oldest_shown())
        chosen = msgspec.structs.replace(chosen, since=since)
        return await self._run(
            lambda db: database.select(db, seen, chosen, limit=limit, order=order)
        )

    async def each(
        self, seen: Seen, wanted: Wanted, *, at_once: int = 200
    ) -> AsyncIterator[LoggedCall]:
        """All of them, oldest first, without holding them all."""
        place = wanted.first or 0
        while True:
            turned = msgspec.structs.replace(wanted, first=place)
            found = await self.select(seen, turned, limit=at_once, order="ASC")
            for call in found:
                yield call
            if len(found) < at_once:
                return
            place = found[-1].seq + 1

    async def last_place(self) -> int:
        return await self._run(database.last_place)

    async def news(self) -> None:
        """Return when something was written."""
        await self._news.wait()

    def original(self, request_id: str) -> HttpRequest | None:
        """The request as it came, secrets and all, if it is still in memory: never to be shown."""
        return self._originals.get(request_id)

    # ---- recordings ------------------------------------------------------------------------------

    async def put_recording(self, recording: Recording) -> None:
        await self._run(lambda db: database.put_recording(db, recording))

    async def recordings(self) -> list[Recording]:
        return await self._run(database.recordings)

    async def delete_recording(self, recording_id: str) -> None:
        await self._run(lambda db: database.delete_recording(db, recording_id))

    # ---- itself ----------------------------------------------------------------------------------

    async def clear(self) -> None:
        await self._run(database.clear)
        self._originals.clear()

    async def close(self) -> None:
        """Write what waits, then let go."""
        if self._timer is not None:
            self._timer.cancel()
        await self._run(lambda _: None)
        self._thread.shutdown()
        self._db.close()

    async def _run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """On the thread: write what waits, then do the work."""

        if self._waiting or self._one_writer.locked():
            await self._write(MAX_WAITING)
        return await asyncio.get_running_loop().run_in_executor(self._thread, work, self._db)


def _size(record: CallRecord) -> int:
    return len(record.request.body) + len(record.answer)
