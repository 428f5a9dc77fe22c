# SPDX-License-Identifier: Apache-2.0
"""Group commit: durable together, faulty alone."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from yizhan.store.base import Refused
from yizhan.store.group_commit import MAX_GROUP, GroupCommit


class Group:
    """A group commit on a file with one table, and what it said of its commits."""

    def __init__(self, path: Path, lock_seconds: float = 10) -> None:
        self.path = path
        self.sizes: list[int] = []
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        connection.execute("CREATE TABLE rows (n INTEGER PRIMARY KEY)")
        self.commit = GroupCommit(
            connection, lambda size, seconds: self.sizes.append(size), lock_seconds=lock_seconds
        )
        self.connection = connection

    async def add(self, number: int, then: Exception | None = None) -> int:
        def write(db: sqlite3.Connection) -> int:
            db.execute("INSERT INTO rows (n) VALUES (?)", (number,))
            if then is not None:
                raise then
            return number

        return await self.commit.run(write)

    def rows(self) -> list[int]:
        """As another process sees them."""
        with sqlite3.connect(self.path) as other:
            found = [n for (n,) in other.execute("SELECT n FROM rows ORDER BY n")]
        other.close()
        return found

    async def hold(self) -> Callable[[], None]:
        """Keep a first operation waiting for the write lock, so that others gather behind it."""
        other = sqlite3.connect(self.path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        self.held = asyncio.ensure_future(self.commit.run(lambda db: None))
        for _ in range(3):  # until the operation has asked for the lock
            await asyncio.sleep(0)

        def release() -> None:
            other.execute("COMMIT")
            other.close()

        return release


@pytest.fixture
async def group(tmp_path: Path) -> AsyncIterator[Group]:
    made = Group(tmp_path / "rows.db")
    yield made
    await made.commit.close()
    made.connection.close()


async def gathered(group: Group, *adds: tuple[int, Exception | None]) -> list[int | BaseException]:
    """Run these in one group."""
    release = await group.hold()
    waiting = [asyncio.ensure_future(group.add(number, then)) for number, then in adds]
    await asyncio.sleep(0)
    release()
    return await asyncio.gather(*waiting, return_exceptions=True)


async def test_what_returned_is_on_the_file(group: Group) -> None:
    assert await group.add(1) == 1

    assert group.rows() == [1]


async def test_operations_that_wait_are_committed_together(group: Group) -> None:
    found = await gathered(group, *((number, None) for number in range(40)))

    assert found == list(range(40))
    assert group.sizes == [1, 40]


async def test_a_group_has_a_largest_size(group: Group) -> None:
    await gathered(group, *((number, None) for number in range(MAX_GROUP + 10)))

    assert group.sizes == [1, MAX_GROUP, 10]


async def test_a_refusal_keeps_what_was_written_before_it(group: Group) -> None:
    refused = Refused()

    assert await gathered(group, (1, None), (2, refused), (3, None)) == [1, refused, 3]
    assert group.rows() == [1, 2, 3]


async def test_a_fault_keeps_nothing_of_its_own_and_all_of_its_neighbours(group: Group) -> None:
    fault = RuntimeError("fault")

    assert await gathered(group, (1, None), (2, fault), (3, None)) == [1, fault, 3]
    assert group.rows() == [1, 3]


async def test_a_statement_that_fails_is_a_fault_of_its_operation_alone(group: Group) -> None:
    first, second, third = await gathered(group, (1, None), (1, None), (3, None))

    assert (first, third) == (1, 3)
    assert isinstance(second, sqlite3.IntegrityError)
    assert group.rows() == [1, 3]


async def test_a_caller_that_went_away_harms_nobody(group: Group) -> None:
    release = await group.hold()
    gone = asyncio.ensure_future(group.add(1))
    stays = asyncio.ensure_future(group.add(2))
    await asyncio.sleep(0)

    gone.cancel()
    release()

    assert await stays == 2
    assert group.rows() == [1, 2]


async def test_closing_finishes_what_waits_and_takes_nothing_more(group: Group) -> None:
    release = await group.hold()
    waiting = asyncio.ensure_future(group.add(1))
    await asyncio.sleep(0)
    closing = asyncio.ensure_future(group.commit.close())
    release()
    await closing

    assert await waiting == 1
    with pytest.raises(RuntimeError, match="closed"):
        await group.add(2)
    assert group.rows() == [1]


async def test_waits_for_another_process_that_holds_the_lock_and_lets_the_loop_go_on(
    group: Group,
) -> None:
    release = await group.hold()

    # The loop goes on: this very test does.
    await asyncio.sleep(0.05)
    assert not group.held.done()
    release()

    await group.held
    assert await group.add(1) == 1


async def test_gives_up_when_the_lock_is_held_for_too_long_and_recovers(tmp_path: Path) -> None:
    group = Group(tmp_path / "rows.db", lock_seconds=0.05)
    release = await group.hold()

    with pytest.raises(sqlite3.OperationalError, match="locked"):
        await group.held
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        await group.add(1)
    release()

    assert await group.add(2) == 2
    assert group.rows() == [2]
    await group.commit.close()
    group.connection.close()
