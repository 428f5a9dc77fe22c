# SPDX-License-Identifier: Apache-2.0
"""What every store promises the console: operators, sessions, audit and import."""

import sqlite3
from pathlib import Path

import pytest

from tests.contract.conftest import NOW
from yizhan.domain.model import (
    AccessKey,
    Account,
    AuditEntry,
    Operator,
    ReceiverDraft,
    Session,
    SubUser,
)
from yizhan.store.base import AccountExists, AccountMissing, OperatorExists, OperatorMissing, Store
from yizhan.store.sealing import PlainSealer
from yizhan.store.sqlite import SqliteStore


def entry(operation: str, uin: int | None = None) -> AuditEntry:
    return AuditEntry(at=NOW, actor="cli:me", operation=operation, uin=uin, details={"a": "b"})


def session(cookie: str, **of: object) -> Session:
    return Session(cookie_sha256=cookie, created_at=NOW, expires_at=NOW + 60, **of)  # type: ignore[arg-type]


def draft(name: str, phone: str = "13800138000") -> ReceiverDraft:
    return ReceiverDraft(name=name, country_code="86", phone_number=phone, email="a@example.com")


async def test_tells_in_the_audit_what_was_done_and_not_what_was_refused(
    store: Store, account: Account
) -> None:
    await store.change_account(account.uin, closed=True, audit=entry("change", account.uin))
    with pytest.raises(AccountExists):
        await store.add_account(account, audit=entry("create", account.uin))

    found = await store.audit_entries(limit=10)

    assert [each.operation for each in found] == ["change"]
    assert found[0].details == {"a": "b"}


async def test_pages_through_the_audit_of_one_account_or_of_all(store: Store) -> None:
    for number in range(5):
        await store.add_audit(entry(f"o{number}", 7 if number % 2 else None))

    newest = await store.audit_entries(limit=2)
    older = await store.audit_entries(before=newest[-1].id, limit=10)
    of_account = await store.audit_entries(7, limit=10)

    assert [each.operation for each in newest] == ["o4", "o3"]
    assert [each.operation for each in older] == ["o2", "o1", "o0"]
    assert [each.operation for each in of_account] == ["o3", "o1"]


async def test_the_audit_outlives_a_reset(store: Store, account: Account) -> None:
    await store.add_audit(entry("once", account.uin))

    await store.clear()

    assert [each.operation for each in await store.audit_entries(limit=10)] == ["once"]


@pytest.mark.parametrize(
    "statement", ["UPDATE audit_entries SET actor = 'x'", "DELETE FROM audit_entries"]
)
async def test_nobody_changes_the_audit_in_the_file(tmp_path: Path, statement: str) -> None:
    store = SqliteStore.open(tmp_path / "y.db", PlainSealer(), profile="dev", now=NOW)
    await store.add_audit(entry("once"))
    await store.close()
    db = sqlite3.connect(tmp_path / "y.db")

    with pytest.raises(sqlite3.IntegrityError, match="audit entries are never"):
        db.execute(statement)
    db.close()


async def test_operators_come_and_go_with_their_sessions(store: Store) -> None:
    alice = Operator(name="alice", token_hash="hash", created_at=NOW)
    await store.add_operator(alice)
    await store.add_session(session("c", operator="alice"))
    with pytest.raises(OperatorExists):
        await store.add_operator(alice)

    assert await store.operators() == [alice]
    assert await store.find_session("c", now=NOW) is not None
    await store.delete_operator("alice")

    assert await store.find_session("c", now=NOW) is None
    with pytest.raises(OperatorMissing):
        await store.delete_operator("alice")


async def test_a_session_ends_in_time_and_with_its_key(store: Store, account: Account) -> None:
    key = AccessKey(secret_id="AKID1", secret_key="s", owner_uin=account.uin, user_uin=account.uin)
    await store.add_key(key)
    for cookie in ("one", "two", "three"):
        await store.add_session(session(cookie, secret_id="AKID1", uin=account.uin))

    assert await store.find_session("one", now=NOW + 59) is not None
    assert await store.find_session("one", now=NOW + 60) is None
    assert await store.find_session("none", now=NOW) is None
    await store.delete_session("two")
    assert await store.find_session("two", now=NOW) is None
    await store.set_key_enabled("AKID1", False)
    assert await store.find_session("three", now=NOW) is None


async def test_an_import_is_harmless_to_repeat(store: Store, account: Account) -> None:
    await store.add_sub_user(SubUser(uin=9, owner_uin=account.uin, name="taken"))
    drafts = [draft("a"), draft("b"), draft("taken"), draft("a", "13800138001"), draft("c")]

    first = await store.import_receivers(account.uin, drafts, per_account=2, now=NOW)
    again = await store.import_receivers(account.uin, drafts, per_account=2, now=NOW)
    page = await store.list_receivers(account.uin, offset=0, limit=10)

    assert first == ["created", "created", "full", "differs", "full"]
    assert again == ["same", "same", "full", "differs", "full"]
    assert [each.name for each in page.receivers] == ["a", "b"]
    assert await store.import_receivers(account.uin, [draft("taken")], per_account=9, now=NOW) == [
        "differs"
    ]
    assert await store.creates_spent(account.uin, "2026-11-23") == 0
    with pytest.raises(AccountMissing):
        await store.import_receivers(1, drafts, per_account=2, now=NOW)


async def test_finds_receivers_of_one_account(store: Store, account: Account) -> None:
    drafts = [draft("Alice"), draft("Bob"), draft("100%_x")]
    await store.import_receivers(account.uin, drafts, per_account=9, now=NOW)

    async def names(text: str) -> list[str]:
        page = await store.find_receivers(account.uin, text, offset=0, limit=10)
        assert page.total == len(page.receivers)
        return [each.name for each in page.receivers]

    assert await names("ALI") == ["Alice"]
    assert await names("%_") == ["100%_x"]
    assert await names("nobody") == []
    page = await store.list_receivers(account.uin, offset=0, limit=1)
    uid = page.receivers[0].uid
    assert (await store.find_receiver(account.uin, uid)) == page.receivers[0]
    assert await store.find_receiver(1, uid) is None
