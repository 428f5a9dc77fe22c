# SPDX-License-Identifier: Apache-2.0
"""The worker on a real store: whatever happens outside, nothing is lost or sent in vain."""

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.smtp import DROP, HANG, SmtpServer
from yizhan.clock import LabClock
from yizhan.domain.model import Account, ReceiverDraft
from yizhan.domain.verification import Channel, LinkKey, MessagePlan, token_sha256
from yizhan.outbox.addressing import Addressing
from yizhan.outbox.smtp import SmtpTransport
from yizhan.outbox.transports import Outgoing, SendFailed, Transport
from yizhan.outbox.worker import Worker
from yizhan.settings import load
from yizhan.store.base import CreateLimits
from yizhan.store.sealing import PlainSealer
from yizhan.store.sqlite import SqliteStore

NOW = 1_795_453_229
UIN = 100000000777
ROOMY = CreateLimits(per_day=1_000_000, per_account=1_000_000)
SECONDS = 10


class Scripted:
    """The outside world: takes messages, unless the script raises."""

    def __init__(self) -> None:
        self.sent: list[Outgoing] = []
        self.script: Callable[[Outgoing], Any] = lambda _: None
        self.closed = False

    async def send(self, message: Outgoing) -> str:
        result = self.script(message)
        if asyncio.iscoroutine(result):
            await result
        self.sent.append(message)
        return f"250 taken {message.address}"

    async def close(self) -> None:
        self.closed = True


class House:
    """A store with workers on it."""

    def __init__(self, store: SqliteStore) -> None:
        self.store = store
        self.clock = LabClock(NOW)
        self.mail = Scripted()
        self.workers: list[Worker] = []
        self.settled: Counter[str] = Counter()

    async def worker(self, mail: Transport | None = None, **outbox: object) -> Worker:
        given = {"MAIL": "smtp", "RETRY_SECONDS": "60,300", **outbox}
        environ = {f"YIZHAN_OUTBOX_{name.upper()}": str(value) for name, value in given.items()}
        environ |= {"YIZHAN_SMTP_HOST": "h", "YIZHAN_SMTP_SENDER": "a@example.com"}
        settings = load(environ, profile="dev")
        addressing = Addressing(LinkKey(await self.store.link_key()), settings, "https://x.example")
        transports: dict[Channel, Transport | None] = {"email": mail or self.mail, "phone": None}

        def on_settled(channel: Channel, state: str) -> None:
            if channel == "email":
                self.settled[state] += 1

        made = Worker(self.store, transports, addressing, settings, self.clock, on_settled)
        made.start()
        self.workers.append(made)
        return made

    async def create(self, count: int = 1, email: str = "") -> None:
        for number in range(count):
            draft = ReceiverDraft(
                name=f"name {number}",
                country_code="86",
                phone_number="18123456789",
                email=email or f"r{number}@example.com",
            )
            now, plan = int(self.clock.now()), MessagePlan("en-US")
            await self.store.create_receiver(
                UIN, draft, day="2026-11-24", limits=ROOMY, now=now, plan=plan
            )
        self.wake()

    def wake(self) -> None:
        for worker in self.workers:
            worker.wake()

    async def states(self) -> Counter[str]:
        found = await self.store.messages(channel="email", limit=10_000)
        return Counter(each.message.state for each in found)

    async def until(self, **states: int) -> None:
        """Wait until there are so many mails in each of the states."""
        async with asyncio.timeout(SECONDS):
            while await self.states() != Counter(states):  # noqa: ASYNC110 - the store calls nobody
                await asyncio.sleep(0.01)

    async def said(self, count: int = 1) -> None:
        """Wait until so many tries were settled."""
        async with asyncio.timeout(SECONDS):
            while self.settled.total() < count:  # noqa: ASYNC110 - as above
                await asyncio.sleep(0.01)

    def later(self, seconds: int) -> None:
        self.clock.freeze(self.clock.now() + seconds)
        self.wake()


@pytest.fixture
async def house() -> AsyncIterator[House]:
    store = SqliteStore.open(None, PlainSealer(), profile="dev", now=NOW)
    await store.add_account(Account(uin=UIN, app_id=1, name="team", real_name=True))
    made = House(store)
    yield made
    for worker in made.workers:
        await worker.stop()
    await store.close()


@pytest.fixture
def smtp(tmp_path: Path) -> Iterator[SmtpServer]:
    with SmtpServer(tmp_path) as running:
        yield running


def refuses(*, permanent: bool = False, unreachable: bool = False) -> Callable[[Outgoing], None]:
    def script(message: Outgoing) -> None:
        said = f"5xx {message.address} {message.link} {message.code}"
        raise SendFailed(said, permanent=permanent, unreachable=unreachable)

    return script


async def test_a_message_is_sent_once_with_a_link_that_confirms(house: House) -> None:
    await house.worker()
    await house.create()
    await house.until(sent=1)

    (message,) = house.mail.sent
    assert message.link == f"https://x.example/verify/{message.token}"
    assert (message.account, message.address) == ("team", "r0@example.com")
    link = await house.store.confirm_link(token_sha256(message.token), now=NOW)
    assert link.state == "open"


async def test_many_messages_all_go_out_and_each_once(house: House) -> None:
    await house.worker()
    await house.create(200)
    await house.until(sent=200)

    assert len({message.message_id for message in house.mail.sent}) == 200
    assert len(house.mail.sent) == 200


async def test_two_workers_share_the_work(house: House) -> None:
    await house.worker()
    await house.worker()
    house.mail.script = lambda _: asyncio.sleep(0.002)
    await house.create(100)
    await house.until(sent=100)

    assert len(house.mail.sent) == 100


async def test_only_so_many_are_on_their_way_at_a_time(house: House) -> None:
    now, most = 0, 0

    async def count() -> None:
        nonlocal now, most
        now += 1
        most = max(most, now)
        await asyncio.sleep(0.005)
        now -= 1

    house.mail.script = lambda _: count()
    await house.worker(connections=3)
    await house.create(40)
    await house.until(sent=40)

    assert most == 3


async def test_a_refusal_for_a_time_is_tried_again_with_the_same_words(house: House) -> None:
    tried: list[Outgoing] = []

    def greylist(message: Outgoing) -> None:
        tried.append(message)
        if len(tried) < 3:
            raise SendFailed("450 4.2.0 greylisted")

    house.mail.script = greylist
    await house.worker()
    await house.create()
    await house.said(1)
    house.later(59)
    await asyncio.sleep(0.1)
    assert len(tried) == 1
    house.later(1)
    await house.said(2)
    house.later(300)
    await house.until(sent=1)

    assert tried[0] == tried[1] == tried[2]


async def test_after_the_last_pause_it_has_failed_and_the_log_says_so(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    house.mail.script = refuses()
    await house.worker()
    await house.create()
    for number, pause in enumerate((0, 60, 300), start=1):
        house.later(pause)
        await house.said(number)

    assert await house.states() == Counter(failed=1)
    assert "failed for good" in caplog.text


async def test_a_refusal_for_good_marks_the_channel_and_leaks_nothing(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    house.mail.script = refuses(permanent=True)
    await house.worker()
    await house.create()
    await house.until(failed=1)

    (found,) = await house.store.messages(channel="email", limit=1)
    assert found.message.said.startswith("5xx **** https://x.example/verify/****")
    assert "failed for good" in caplog.text
    for secret in ("r0@example.com", "verify/0", "verify/1"):
        assert secret not in caplog.text + found.message.said
    assert house.mail.sent == []


async def test_a_server_that_is_gone_is_not_asked_by_every_message(house: House) -> None:
    tried: list[int] = []

    def gone(message: Outgoing) -> None:
        tried.append(message.id)
        raise SendFailed("connection refused", unreachable=True)

    house.mail.script = gone
    await house.worker(connections=2)
    await house.create(60)
    await asyncio.sleep(0.5)
    assert len(tried) <= 4

    house.mail.script = lambda _: None
    house.later(60)
    async with asyncio.timeout(SECONDS):
        while len(house.mail.sent) < 60:
            house.later(1)
            await asyncio.sleep(0.05)
    await house.until(sent=60)


async def test_an_unexpected_fault_stops_nobody_else(house: House) -> None:
    def faulty(message: Outgoing) -> None:
        if message.address == "r0@example.com":
            raise RuntimeError("a fault of ours")

    house.mail.script = faulty
    await house.worker()
    await house.create(3)
    await house.until(sent=2, queued=1)


async def test_a_send_that_never_ends_is_given_up_with_its_claim(house: House) -> None:
    house.mail.script = lambda _: asyncio.sleep(60)
    await house.worker(lease_seconds=1)
    await house.create()
    await house.said(1)

    house.mail.script = lambda _: None
    house.later(60)
    await house.until(sent=1)
    assert len(house.mail.sent) == 1


@pytest.mark.parametrize("jump", [86400, -86400])
async def test_a_clock_that_jumps_a_day_doubles_and_loses_nothing(house: House, jump: int) -> None:
    release = asyncio.Event()
    house.mail.script = lambda _: release.wait()
    await house.worker(connections=2)
    await house.create(10)
    await asyncio.sleep(0.1)

    house.later(jump)
    await asyncio.sleep(0.1)
    release.set()
    house.wake()
    await house.until(sent=10)

    assert len(house.mail.sent) == 10


async def test_a_worker_that_ends_gives_back_what_it_has_not_begun(house: House) -> None:
    release = asyncio.Event()
    house.mail.script = lambda _: release.wait()
    first = await house.worker(connections=1)
    await house.create(5)
    await asyncio.sleep(0.1)

    stopping = asyncio.create_task(first.stop())
    await asyncio.sleep(0.05)
    release.set()
    await stopping
    assert house.mail.closed
    house.workers.remove(first)
    assert len(house.mail.sent) == 1

    await house.worker()
    await house.until(sent=5)
    assert len(house.mail.sent) == 5


async def test_what_is_captured_stays_until_it_is_released(house: House) -> None:
    await house.worker(MAIL="capture")
    await house.create(3)
    await house.until(captured=3)
    assert house.mail.sent == []

    (newest, *_) = await house.store.messages(channel="email", limit=1)
    await house.store.release_message(newest.message.id, now=NOW)
    house.wake()
    await house.until(captured=2, sent=1)
    assert [message.id for message in house.mail.sent] == [newest.message.id]


async def test_a_masked_sample_is_not_sent(house: House) -> None:
    await house.worker()
    await house.create(email="2054****@qq.com")
    await house.until(failed=1)

    assert house.mail.sent == []


async def test_one_mailbox_gets_only_so_many_a_day_however_it_is_spelled(house: House) -> None:
    await house.worker(messages_per_address=2)
    for number, email in enumerate(
        ["d.emo@gmail.com", "demo+a@GMAIL.com", "Demo@googlemail.com", "demo+b@gmail.com"]
    ):
        draft = ReceiverDraft(
            name=f"n{number}", country_code="86", phone_number="18123456789", email=email
        )
        await house.store.create_receiver(
            UIN, draft, day="2026-11-24", limits=ROOMY, now=NOW, plan=MessagePlan("en-US")
        )
    house.wake()
    await house.until(sent=2, held=2)


# ---- with a real SMTP server ---------------------------------------------------------------------

# The server that hangs up leaves its own socket to the garbage collector.
leaves_sockets = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@leaves_sockets
@pytest.mark.parametrize(
    ("step", "told"),
    [
        ("RCPT", "450 4.2.0 greylisted"),
        ("DATA", "451 4.3.0 disk full"),
        ("MAIL", "421 4.3.2 closing"),
        ("RCPT", HANG),
        ("DATA", DROP),
    ],
)
async def test_a_server_with_a_bad_moment_gets_the_mail_later(
    house: House, smtp: SmtpServer, step: str, told: str
) -> None:
    smtp.handler.script = lambda at, number: told if (at, number) == (step, 1) else None
    await house.worker(SmtpTransport(smtp.settings(timeout_seconds=0.5)))
    await house.create()
    await house.said(1)
    house.later(60)
    await house.until(sent=1)

    assert len(smtp.mails()) == 1


@leaves_sockets
async def test_a_mail_whose_fate_nobody_knows_is_repeated_with_the_same_message_id(
    house: House, smtp: SmtpServer
) -> None:
    """The server takes it, and the line breaks before it can say so."""
    seen: list[bytes] = []

    def script(step: str, number: int) -> str | None:
        return DROP if (step, number) == ("DATA", 1) else None

    smtp.handler.script = script
    smtp.handler.on_data = seen.append
    await house.worker(SmtpTransport(smtp.settings()))
    await house.create()
    await house.said(1)
    house.later(60)
    await house.until(sent=1)

    assert len(seen) == 2
    assert seen[0] == seen[1]


async def test_a_refusal_of_the_recipient_is_for_good(house: House, smtp: SmtpServer) -> None:
    smtp.handler.script = lambda at, _: "550 5.1.1 unknown user" if at == "RCPT" else None
    await house.worker(SmtpTransport(smtp.settings()))
    await house.create()
    await house.until(failed=1)
