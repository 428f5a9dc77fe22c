# SPDX-License-Identifier: Apache-2.0
"""Does the outbox send as fast as the SMTP server takes mail, and what do callers feel of it?

One `yizhan serve` with a full outbox, one SMTP server that takes a few milliseconds over each mail.
Creates are measured in rounds, by turns with the SMTP server stopped (SIGSTOP: nothing drains) and
running. Then the rest drains alone, and is held against a plain loop with the same library.
"""

import asyncio
import contextlib
import os
import signal
import smtplib
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import Final, NamedTuple

import aiosmtplib
from cryptography.fernet import Fernet

from bench import wrk
from bench.processes import HOST, BenchError, ServerProcess, free_port, running
from bench.subjects import ENVIRONMENT, ROOT
from bench.traffic import BenchAccount, CreateRequests
from yizhan.domain.model import AccessKey, Account, ReceiverDraft
from yizhan.domain.verification import MessagePlan
from yizhan.outbox.messages import mail
from yizhan.outbox.transports import Outgoing
from yizhan.store.base import CreateLimits, SeedAccount
from yizhan.store.sealing import MasterKeySealer
from yizhan.store.sqlite import SqliteStore

CONNECTIONS: Final = 4
PAUSE_MS: Final = 5
SENDER: Final = "bench@example.com"
DAY: Final = "2026-01-01"
MUCH: Final = 10**9
AT_ONCE: Final = 512
LOOK_SECONDS: Final = 0.5
DRAIN_WITHIN_SECONDS: Final = 1200


class OutboxFigures(NamedTuple):
    create_ratio: float
    """Creates a second while mail goes out, against the same with the SMTP server stopped."""
    drain_ratio: float
    """Mails a second, against a plain loop."""
    drained: int
    per_second: float
    plain_per_second: float
    rss_growth_mb: float
    """Of the server's process, from the first tenth of the drain to its end."""
    sender_rss_mb: float


def outbox_figures(
    executable: Path,
    folder: Path,
    accounts: Sequence[BenchAccount],
    *,
    queued: int,
    rounds: int,
    seconds: int,
) -> OutboxFigures:
    key = Fernet.generate_key().decode()
    database = folder / "outbox.db"
    asyncio.run(_fill(database, key, accounts, queued))
    with _sink() as sink:
        plain = asyncio.run(_plain_rate(sink.port, seconds))
        with _server(executable, folder, database, key, sink.port) as server:
            ratio = _create_ratio(server, sink, accounts, folder, rounds, seconds)
            return _drain(server, sink, ratio, plain, queued)


class Sink(NamedTuple):
    process: subprocess.Popen[bytes]
    port: int

    def taken(self) -> int:
        with smtplib.SMTP(HOST, self.port) as connection:
            return int(connection.docmd("VRFY count")[1])

    def stop(self) -> None:
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        self.process.send_signal(signal.SIGCONT)


@contextlib.contextmanager
def _sink() -> Iterator[Sink]:
    port = free_port()
    command = [sys.executable, "-m", "bench.peers.smtp_sink", str(port), str(PAUSE_MS)]
    process = subprocess.Popen(command, cwd=ROOT)
    sink = Sink(process, port)
    try:
        deadline = time.monotonic() + 10
        while True:
            try:
                sink.taken()
                break
            except OSError:
                if time.monotonic() > deadline:
                    raise BenchError("the SMTP server did not start") from None
                time.sleep(0.05)
        yield sink
    finally:
        process.kill()
        process.wait()


@contextlib.contextmanager
def _server(
    executable: Path, folder: Path, database: Path, key: str, smtp_port: int
) -> Iterator[ServerProcess]:
    port = free_port()
    environment = ENVIRONMENT | {
        "YIZHAN_STORE_PATH": str(database),
        "YIZHAN_SECURITY_MASTER_KEY": key,
        "YIZHAN_SERVER_PORT": str(port),
        "YIZHAN_SERVER_PUBLIC_URL": "https://receivers.example.com",
        "YIZHAN_OUTBOX_MAIL": "smtp",
        "YIZHAN_OUTBOX_CONNECTIONS": str(CONNECTIONS),
        "YIZHAN_SMTP_HOST": HOST,
        "YIZHAN_SMTP_PORT": str(smtp_port),
        "YIZHAN_SMTP_SECURITY": "none",
        "YIZHAN_SMTP_SENDER": SENDER,
    }
    with running(
        "serve",
        [executable, "serve"],
        port=port,
        folder=folder,
        environment=environment,
        ready_path="/readyz",
        ready_within=60,
    ) as server:
        yield server


async def _fill(database: Path, key: str, accounts: Sequence[BenchAccount], queued: int) -> None:
    """So many mails that wait, and as many text messages, as creates would leave them."""
    now = int(time.time())
    store = SqliteStore.open(database, MasterKeySealer(key), profile="serve", now=now)
    seeds = [
        SeedAccount(
            account=Account(uin=each.uin, app_id=1, name=f"bench-{each.uin}", real_name=True),
            keys=(
                AccessKey(
                    secret_id=each.secret_id,
                    secret_key=each.secret_key,
                    owner_uin=each.uin,
                    user_uin=each.uin,
                ),
            ),
        )
        for each in accounts
    ]
    await store.seed(seeds, now=now)
    plan, limits = MessagePlan("en-US"), CreateLimits(MUCH, MUCH)

    async def create(number: int) -> None:
        draft = ReceiverDraft(
            name=f"queued-{number:09}",
            country_code="86",
            phone_number=f"139{number:08}",
            email=f"q{number:09}@example.com",
        )
        uin = accounts[number % len(accounts)].uin
        await store.create_receiver(uin, draft, day=DAY, limits=limits, now=now, plan=plan)

    for first in range(0, queued, AT_ONCE):
        await asyncio.gather(*map(create, range(first, min(first + AT_ONCE, queued))))
    await store.close()


async def _plain_rate(port: int, seconds: int) -> float:
    """Mails a second by a loop that writes and sends each, on as many connections."""
    until = time.perf_counter() + seconds
    sent = 0

    async def loop() -> None:
        nonlocal sent
        async with aiosmtplib.SMTP(hostname=HOST, port=port, start_tls=False) as client:
            while time.perf_counter() < until:
                sample = _sample(sent)
                content = mail(sample, SENDER).as_bytes()
                await client.sendmail(SENDER, [sample.address], content)
                sent += 1

    await asyncio.gather(*(loop() for _ in range(CONNECTIONS)))
    return sent / seconds


def _sample(number: int) -> Outgoing:
    return Outgoing(
        id=number,
        message_id=f"<{number}.bench@example.com>",
        channel="email",
        language="en-US",
        address=f"q{number:09}@example.com",
        account="bench",
        link="https://receivers.example.com/verify/" + "0" * 32,
        token="0" * 32,
        code="000000",
        link_hours=48,
        code_hours=12,
        created_at=1_795_453_229,
    )


def _create_ratio(
    server: ServerProcess,
    sink: Sink,
    accounts: Sequence[BenchAccount],
    folder: Path,
    rounds: int,
    seconds: int,
) -> float:
    requests = CreateRequests(server.authority, accounts)

    def creates() -> float:
        load = wrk.drive(
            server.authority, requests.take(9_000 * seconds), seconds=seconds, folder=folder
        )
        return load.good_per_second

    ratios = []
    creates()  # warm
    for _ in range(rounds):
        sink.stop()
        still = creates()
        sink.go_on()
        ratios.append(creates() / still)
    return median(ratios)


def _drain(
    server: ServerProcess, sink: Sink, create_ratio: float, plain: float, queued: int
) -> OutboxFigures:
    first = sink.taken()
    begun = time.perf_counter()
    target = max(queued, first + 500)
    rss: list[int] = []
    while (count := sink.taken()) < target:
        if time.perf_counter() > begun + DRAIN_WITHIN_SECONDS:
            raise BenchError(f"{count} of {target} mails were sent: {server.tail()}")
        rss.append(server.resident_bytes())
        time.sleep(LOOK_SECONDS)
    per_second = (count - first) / (time.perf_counter() - begun)
    early = rss[len(rss) // 10] if rss else server.resident_bytes()
    return OutboxFigures(
        create_ratio=create_ratio,
        drain_ratio=per_second / plain,
        drained=count,
        per_second=per_second,
        plain_per_second=plain,
        rss_growth_mb=(server.resident_bytes() - early) / 1e6,
        sender_rss_mb=_children_bytes(server.process.pid) / 1e6,
    )


def _children_bytes(pid: int) -> int:
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    pages = sum(int(Path(f"/proc/{child}/statm").read_text().split()[1]) for child in found)
    return pages * os.sysconf("SC_PAGE_SIZE")
