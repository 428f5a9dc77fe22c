# SPDX-License-Identifier: Apache-2.0
"""The request log under pressure, its filters and its forgetting."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from yizhan.calls import journal as module
from yizhan.calls.journal import MAX_WAITING, Journal
from yizhan.calls.model import LoggedCall, Recording, Seen, Wanted
from yizhan.clock import LabClock
from yizhan.domain.model import AccessKey, Account, Caller, Identity
from yizhan.trail import Trail
from yizhan.wire.endpoint import CallRecord
from yizhan.wire.request import HttpRequest

NOW = 1_795_453_229.0


async def nobody(_: str) -> Identity | None:
    return None


def identity(uin: int) -> Identity:
    account = Account(uin=uin, app_id=1, name="a", real_name=True)
    key = AccessKey(secret_id=f"AKID{uin}", secret_key="k" * 32, owner_uin=uin, user_uin=uin)
    return Identity(key, Caller(account=account))


def record(
    number: int,
    *,
    action: str = "ListReceiver",
    code: str = "OK",
    uin: int | None = None,
    client: str = "SDK_GO_1.3.166",
    trace: str = "",
    body: bytes = b"{}",
) -> CallRecord:
    trail = Trail()
    trail.begin("parse")
    headers = {
        "authorization": "x",
        "x-tc-action": action,
        "x-tc-requestclient": client,
        "x-tc-traceid": trace,
    }
    return CallRecord(
        f"request-{number}",
        trail,
        HttpRequest("POST", "/", "", headers, body, 80),
        code=code,
        identity=identity(uin) if uin else None,
        answer=b'{"Response":{"RequestId":"x"}}',
    )


@pytest.fixture
def clock() -> LabClock:
    return LabClock(NOW)


@pytest.fixture
async def journal(clock: LabClock) -> AsyncIterator[Journal]:
    opened = Journal(None, keep=10_000, keep_days=2, clock=clock, find_identity=nobody)
    yield opened
    await opened.close()


async def names(journal: Journal, seen: Seen | None = None, **wanted: object) -> list[str]:
    found = await journal.select(seen or Seen(), Wanted(**wanted), limit=100_000, order="ASC")  # type: ignore[arg-type]
    return [call.request_id.removeprefix("request-") for call in found]


async def test_what_is_answered_is_found_at_once(journal: Journal) -> None:
    journal.add(record(1))

    found = await journal.find("request-1")

    assert isinstance(found, LoggedCall)
    assert found.client == "Go SDK 1.3.166"
    assert journal.original("request-1") is not None


async def test_what_does_not_fit_is_dropped_and_counted(journal: Journal) -> None:
    for number in range(3 * MAX_WAITING):
        journal.add(record(number))

    kept = await names(journal)

    assert len(kept) == MAX_WAITING == journal.written
    assert journal.dropped == 2 * MAX_WAITING
    assert kept == [str(number) for number in range(MAX_WAITING)]


async def test_bodies_bound_the_queue_as_well(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_WAITING_BYTES", 1_000_000)
    for number in range(5):
        journal.add(record(number, body=b"x" * 300_000))

    assert len(await names(journal)) == 3
    assert journal.dropped == 2


async def test_keeps_no_more_than_so_many(clock: LabClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PRUNE_EVERY", 1)
    journal = Journal(None, keep=10, keep_days=2, clock=clock, find_identity=nobody)
    for number in range(25):
        journal.add(record(number))
        await journal.last_place()

    assert await names(journal) == [str(number) for number in range(15, 25)]
    await journal.close()


async def test_shows_nothing_that_is_too_old(journal: Journal, clock: LabClock) -> None:
    journal.add(record(1))
    await journal.last_place()
    clock.freeze(NOW + 2 * 86400 + 1)
    journal.add(record(2))

    assert await names(journal) == ["2"]
    assert await journal.find("request-1") is None


async def test_a_file_that_cannot_be_written_costs_calls_and_nothing_else(
    tmp_path: Path, clock: LabClock
) -> None:
    journal = Journal(
        tmp_path / "calls.db", keep=10, keep_days=2, clock=clock, find_identity=nobody
    )
    journal._db.execute("PRAGMA query_only = ON")
    for number in range(3):
        journal.add(record(number))

    assert await journal.last_place() == 0
    assert (journal.written, journal.dropped) == (0, 3)

    journal._db.execute("PRAGMA query_only = OFF")
    journal.add(record(3))
    assert await names(journal) == ["3"]
    await journal.close()


async def test_keeps_nothing_when_it_is_off(clock: LabClock) -> None:
    journal = Journal(None, keep=0, keep_days=2, clock=clock, find_identity=nobody)
    journal.add(record(1))

    assert await names(journal) == []
    assert not journal.enabled
    await journal.close()


async def test_filters_take_each_field_as_it_stands(journal: Journal) -> None:
    journal.add(record(1, action="CreateMessageReceiver", code="InvalidParameter.UserNotAuth"))
    journal.add(record(2, uin=7, code="InvalidParameters"))
    journal.add(record(3, client="SDK_PYTHON_3.1.181; _CLI_3.1.189.1", trace="t"))
    journal.add(record(4, code="OK*"))

    assert await names(journal, action="CreateMessageReceiver") == ["1"]
    assert await names(journal, code="InvalidParameter") == ["1"]
    assert await names(journal, code="OK") == ["3"]
    assert await names(journal, code="*") == []
    assert await names(journal, uin=7) == ["2"]
    assert await names(journal, client="TCCLI") == ["3"]
    assert await names(journal, client="*") == []
    assert await names(journal, trace_id="t") == ["3"]
    assert await names(journal, hide_reads=True) == ["1"]
    assert await names(journal, first=2, last=3) == ["2", "3"]
    assert await names(journal, since=NOW + 1) == []


async def test_an_account_sees_its_own_calls(journal: Journal) -> None:
    journal.add(record(1, uin=7))
    journal.add(record(2, uin=8))
    journal.add(record(3))

    assert await names(journal, Seen(7)) == ["1"]
    assert await journal.find("request-2", Seen(7)) is None
    assert await names(journal, Seen(7, 9)) == []


async def test_goes_through_all_without_holding_them_all(journal: Journal) -> None:
    for number in range(450):
        journal.add(record(number))

    found = [call.seq async for call in journal.each(Seen(), Wanted(), at_once=100)]

    assert len(found) == 450
    assert found == sorted(found)


async def test_recordings_are_kept_until_they_are_deleted(journal: Journal) -> None:
    recording = Recording("id", "name", None, None, NOW, 1)

    await journal.put_recording(recording)
    assert await journal.recordings() == [recording]
    await journal.delete_recording("id")

    assert await journal.recordings() == []


async def test_survives_a_restart(tmp_path: Path, clock: LabClock) -> None:
    path = tmp_path / "calls.db"
    for number in (1, 2):
        journal = Journal(path, keep=10, keep_days=2, clock=clock, find_identity=nobody)
        journal.add(record(number))
        await journal.close()

    journal = Journal(path, keep=10, keep_days=2, clock=clock, find_identity=nobody)
    assert await names(journal) == ["1", "2"]
    assert path.stat().st_mode & 0o777 == 0o600
    await journal.close()
