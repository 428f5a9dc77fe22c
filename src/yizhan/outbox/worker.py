# SPDX-License-Identifier: Apache-2.0
"""Claims messages, sends them, settles what became of them.

Any number of workers may run on one store: a claim is a row that one of them changed. A message is
sent at least once. It is sent twice only if its worker dies between the other side's taking it and
the settlement, or if its claim ended meanwhile; both copies carry the same Message-ID.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from yizhan.clock import Clock
from yizhan.domain.quota import quota_day
from yizhan.domain.verification import CHANNELS, Channel
from yizhan.outbox.addressing import Addressing
from yizhan.outbox.transports import Outgoing, SendFailed, Transport
from yizhan.settings import Settings
from yizhan.store.messages import Addressed, MessageState, MessageStore, Settlement

log = logging.getLogger(__name__)

POLL_SECONDS: Final = 1.0
"""How often a worker looks whom nobody has told, as of messages that another process queued."""
FORGET_SECONDS: Final = 3600.0
LONGEST_PAUSE_SECONDS: Final = 60.0
STOP_SECONDS: Final = 10.0
AT_LEAST: Final = 16
CAPTURED_AT_ONCE: Final = 64
REST_FACTOR: Final = 19
"""Capturing is nobody's hurry: for each second of it, so many go to the callers of the API."""
REST_SECONDS: Final = 0.5
"""From one portion that is captured to the next while callers keep the server busy."""
SLACK_SECONDS: Final = 3600
BUSY: Final = 0.6
"""The part of a processor that this process takes when callers keep it busy."""
GIVE_WAY_SECONDS: Final = 0.1
"""How long each message then waits: callers are in a hurry, and mail is not."""
LOOK_SECONDS: Final = 0.25
OnSettled = Callable[[Channel, MessageState], None]


class Worker:
    """All channels of one process."""

    def __init__(
        self,
        store: MessageStore,
        transports: Mapping[Channel, Transport | None],
        addressing: Addressing,
        settings: Settings,
        clock: Clock,
        on_settled: OnSettled,
    ) -> None:
        """Put it together.

        Args:
            transports: what takes messages out; None where nothing is set.
        """
        self._store = store
        self._clock = clock
        self._keep_seconds = settings.outbox.keep_days * 86400
        self._offset_hours = settings.limits.day_utc_offset_hours
        self._transports = transports
        outbox = settings.outbox
        captures = {"email": outbox.mail == "capture", "phone": outbox.sms == "capture"}
        self._lanes = [
            Lane(
                channel,
                store,
                transports[channel],
                captures[channel],
                addressing,
                settings,
                clock,
                on_settled,
            )
            for channel in CHANNELS
        ]
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        self._tasks = [asyncio.create_task(lane.run()) for lane in self._lanes]
        self._tasks.append(asyncio.create_task(self._forget()))

    def wake(self) -> None:
        """There may be something to send."""
        for lane in self._lanes:
            lane.wake()

    async def stop(self) -> None:
        """Begin nothing more, see off what is on its way, and let go of connections."""
        if self._tasks:
            self._tasks[-1].cancel()  # it forgets, and has nothing to finish
        await asyncio.gather(*(lane.stop() for lane in self._lanes))
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for transport in self._transports.values():
            if transport is not None:
                await transport.close()

    async def _forget(self) -> None:
        while True:
            await asyncio.sleep(FORGET_SECONDS)
            now = int(self._clock.now())
            day = quota_day(now - 2 * 86400, self._offset_hours)
            try:
                before = now - self._keep_seconds
                gone = 1
                while gone:  # a portion at a time, between which others have the writer
                    gone = await self._store.forget_messages(before=before, day=day)
            except Exception:
                log.exception("old messages could not be deleted")


class Lane:
    """The messages of one channel."""

    def __init__(
        self,
        channel: Channel,
        store: MessageStore,
        transport: Transport | None,
        capturing: bool,
        addressing: Addressing,
        settings: Settings,
        clock: Clock,
        on_settled: OnSettled,
    ) -> None:
        self._channel = channel
        self._store = store
        self._transport = transport
        self._capturing = capturing
        self._addressing = addressing
        self._outbox = settings.outbox
        self._offset_hours = settings.limits.day_utc_offset_hours
        self._clock = clock
        self._on_settled = on_settled
        self._most = max(4 * self._outbox.connections, AT_LEAST)
        self._free = asyncio.Semaphore(self._outbox.connections)
        self._sending: dict[int, asyncio.Task[None]] = {}
        self._begun: set[int] = set()
        self._woken = asyncio.Event()
        self._stopping = False
        self._failures = 0
        self._paused_until = 0.0
        self._busy = Busy()

    def wake(self) -> None:
        self._woken.set()

    async def run(self) -> None:
        while not self._stopping:
            try:
                found = await self._turn()
            except Exception:
                # The store may be full or gone for a while; what was claimed comes back.
                log.exception("the outbox could not go on with messages to the %s", self._channel)
                found = False
            if not found:
                await self._rest()

    async def stop(self) -> None:
        """End within `STOP_SECONDS`; what has not begun by now is given back."""
        self._stopping = True
        self._woken.set()
        for id_, task in list(self._sending.items()):
            if id_ not in self._begun:
                task.cancel()
        if self._sending:
            _, late = await asyncio.wait(self._sending.values(), timeout=STOP_SECONDS)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _rest(self) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._woken.wait(), POLL_SECONDS)
        self._woken.clear()

    async def _turn(self) -> bool:
        """Take up what is due, as far as there is room; False if there was nothing."""
        room = self._most - len(self._sending)
        if room < self._most // 2:
            await asyncio.wait(self._sending.values(), return_when=asyncio.FIRST_COMPLETED)
            return True
        begun = time.monotonic()
        now = int(self._clock.now())
        longest = max(*self._outbox.retry_seconds, self._outbox.lease_seconds)
        claimed = await self._store.claim_messages(
            self._channel,
            now=now,
            lease_seconds=self._outbox.lease_seconds,
            latest=now + longest + SLACK_SECONDS,
            limit=CAPTURED_AT_ONCE if self._capturing else room,
            busy=list(self._sending),
        )
        if not claimed:
            return False
        allowed = await self._issued(claimed, now)
        captured = [each for each in allowed if self._stays(each)]
        if captured:
            await self._settle([Settlement(each.message, "captured") for each in captured])
        for each in allowed:
            if not self._stays(each):
                self._begin(each, begun + self._outbox.lease_seconds)
        if self._capturing:
            rest = (time.monotonic() - begun) * REST_FACTOR
            await asyncio.sleep(max(rest, REST_SECONDS) if self._busy() else rest)
        return True

    async def _issued(self, claimed: Sequence[Addressed], now: int) -> list[Addressed]:
        """Those of the claimed that may be sent; their links are ready."""
        there = [each for each in claimed if each.receiver is not None]
        verdicts = await self._store.issue_links(
            [self._addressing.issue(each, now) for each in there],
            per_address=self._outbox.messages_per_address,
            day=quota_day(now, self._offset_hours),
            now=now,
        )
        return [each for each, verdict in zip(there, verdicts, strict=True) if verdict]

    def _stays(self, addressed: Addressed) -> bool:
        return self._capturing and not addressed.message.released

    def _begin(self, addressed: Addressed, deadline: float) -> None:
        id_ = addressed.message.id
        task = asyncio.create_task(self._see_off(addressed, deadline))
        self._sending[id_] = task
        task.add_done_callback(lambda _: self._sending.pop(id_))

    async def _see_off(self, addressed: Addressed, deadline: float) -> None:
        message = addressed.message
        try:
            async with self._free:
                await asyncio.sleep(max(0.0, self._paused_until - time.monotonic()))
                if self._busy():
                    await asyncio.sleep(GIVE_WAY_SECONDS)
                if time.monotonic() >= deadline:
                    return  # the claim has ended while we waited: it is anybody's now
                self._begun.add(message.id)
                try:
                    settlement = await self._send(addressed, deadline)
                    await self._settle([settlement])
                finally:
                    self._begun.discard(message.id)
        except asyncio.CancelledError:
            if not self._stopping:
                raise
            # The server ends before it was out, as far as we know: another may have it at once.
            await self._settle([Settlement(message, "queued", due_at=int(self._clock.now()))])
        except Exception:
            log.exception("message %d could not be settled", message.id)

    async def _send(self, addressed: Addressed, deadline: float) -> Settlement:
        message = addressed.message
        outgoing = self._addressing.outgoing(addressed)
        try:
            if self._transport is None:
                raise SendFailed(f"nothing is set that takes messages to a {self._channel}")
            if "*" in outgoing.address:
                raise SendFailed("the address is a masked sample", permanent=True)
            async with asyncio.timeout(deadline - time.monotonic()):
                said = await self._transport.send(outgoing)
        except SendFailed as failed:
            return self._failed(addressed, outgoing, failed)
        except TimeoutError:
            slow = SendFailed("it took longer than the claim of the message lasts")
            return self._failed(addressed, outgoing, slow)
        except Exception:
            # A fault of ours must not stop the others; the log tells what it was.
            log.exception("message %d could not be sent", message.id)
            return self._failed(addressed, outgoing, SendFailed("an unexpected fault: see the log"))
        self._failures = 0
        return Settlement(message, "sent", said=without_secrets(said, outgoing))

    def _failed(self, addressed: Addressed, outgoing: Outgoing, failed: SendFailed) -> Settlement:
        message = addressed.message
        said = without_secrets(failed.reason, outgoing)
        if failed.unreachable:
            self._pause(said)
        pauses = self._outbox.retry_seconds
        if failed.permanent or message.attempts > len(pauses):
            log.warning(
                "message %d to the %s of receiver %d (account %d) failed for good: %s",
                message.id,
                message.channel,
                message.receiver_uid,
                message.uin,
                said,
            )
            return Settlement(message, "failed", said=said)
        due_at = int(self._clock.now()) + pauses[message.attempts - 1]
        return Settlement(message, "queued", said=said, due_at=due_at)

    def _pause(self, said: str) -> None:
        """Nobody takes anything: the next try comes later and later."""
        if self._paused_until > time.monotonic():
            return  # those who were on their way met the same
        self._failures += 1
        seconds = min(2.0 ** (self._failures - 1), LONGEST_PAUSE_SECONDS)
        self._paused_until = time.monotonic() + seconds
        log.warning("messages to the %s wait %d s: %s", self._channel, seconds, said)

    async def _settle(self, settlements: Sequence[Settlement]) -> None:
        await self._store.settle_messages(settlements, now=int(self._clock.now()))
        for each in settlements:
            self._on_settled(self._channel, each.state)


class Busy:
    """Does this process have its hands full? Looked at four times a second at most."""

    def __init__(self) -> None:
        self._wall, self._spent = time.monotonic(), time.process_time()
        self._is_busy = False

    def __call__(self) -> bool:
        wall = time.monotonic()
        if wall - self._wall >= LOOK_SECONDS:
            spent = time.process_time()
            self._is_busy = spent - self._spent > BUSY * (wall - self._wall)
            self._wall, self._spent = wall, spent
        return self._is_busy


def without_secrets(text: str, message: Outgoing) -> str:
    """What the other side said, without what it repeats of the message."""
    for secret in (message.token, message.code, message.address):
        text = text.replace(secret, "****")
    return "".join(each if each.isprintable() else " " for each in text)[:300]
