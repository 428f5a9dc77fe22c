# SPDX-License-Identifier: Apache-2.0
"""Statements that several verbs of the SQLite store share, and rows as domain objects.

Each function does its part of a verb within the transaction that its caller has begun.
"""

import sqlite3
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from yizhan.domain.model import Account, Receiver, ReceiverDraft, SubUser
from yizhan.domain.verification import CHANNELS, Channel, LinkState
from yizhan.store.base import AccountMissing, Imported, NameTaken
from yizhan.store.messages import MessageState

Row = tuple[Any, ...]

ACCOUNT: Final = "a.uin, a.app_id, a.name, a.real_name, a.may_create, a.closed, a.created_at"
SUB_USER: Final = "s.user_uin, s.uin, s.name, s.permissions, s.created_at"
KEY: Final = (
    "k.secret_id, k.sealed_secret, k.uin, k.user_uin, k.enabled, k.token_sha256, k.expires_at,"
    " k.created_at"
)
RECEIVER: Final = (
    "r.uid, r.name, r.country_code, r.phone_number, r.email, r.remark, r.phone_verified_at,"
    " r.email_verified_at, r.is_primary, r.created_at"
)


def open_account(db: sqlite3.Connection, uin: int) -> int:
    """The account's number of receivers, if it is there and open."""
    found = db.execute(
        "SELECT closed, receiver_count FROM accounts WHERE uin = ?", (uin,)
    ).fetchone()
    if found is None or found[0]:
        raise AccountMissing
    count: int = found[1]
    return count


def spend(db: sqlite3.Connection, uin: int, day: str, per_day: int) -> bool:
    """Spend one of the day; False if none was left."""
    if per_day < 1:
        return False
    spent = db.execute(
        "INSERT INTO quota_days (uin, day, spent) VALUES (?, ?, 1)"
        " ON CONFLICT (uin, day) DO UPDATE SET spent = spent + 1 WHERE spent < ?",
        (uin, day, per_day),
    )
    return spent.rowcount == 1


def insert_receiver(
    db: sqlite3.Connection, uin: int, draft: ReceiverDraft, *, primary: bool, now: int
) -> Receiver:
    # Receivers and sub-users share a name space; the one writer makes this look-and-insert a step.
    added = db.execute(
        "INSERT INTO receivers (uin, name, country_code, phone_number, email, remark, is_primary,"
        " created_at) SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8"
        " WHERE NOT EXISTS (SELECT 1 FROM sub_users WHERE uin = ?1 AND name = ?2)"
        " ON CONFLICT (uin, name) DO NOTHING",
        (
            uin,
            draft.name,
            draft.country_code,
            draft.phone_number,
            draft.email,
            draft.remark,
            primary,
            now,
        ),
    )
    if added.rowcount != 1:
        raise NameTaken
    db.execute("UPDATE accounts SET receiver_count = receiver_count + 1 WHERE uin = ?", (uin,))
    return Receiver(
        uid=added.lastrowid or 0,
        name=draft.name,
        country_code=draft.country_code,
        phone_number=draft.phone_number,
        email=draft.email,
        remark=draft.remark,
        primary=primary,
        created_at=now,
    )


def delete_receiver(db: sqlite3.Connection, uin: int, uid: int, now: int) -> None:
    db.execute("DELETE FROM receivers WHERE uid = ?", (uid,))
    db.execute("UPDATE accounts SET receiver_count = receiver_count - 1 WHERE uin = ?", (uin,))
    for channel in CHANNELS:
        end_links(db, uin, uid, channel, ended="deleted")
        drop_messages(db, uin, uid, channel, state="dropped", now=now)


def end_links(
    db: sqlite3.Connection, uin: int, uid: int, channel: Channel, *, ended: LinkState
) -> None:
    db.execute(
        "UPDATE verifications SET ended = ?"
        " WHERE uin = ? AND receiver_uid = ? AND channel = ? AND ended = ''",
        (ended, uin, uid, channel),
    )


def drop_messages(
    db: sqlite3.Connection, uin: int, uid: int, channel: Channel, *, state: MessageState, now: int
) -> None:
    """Settle what waits for the contact without sending it."""
    db.execute(
        "UPDATE outbox_messages SET state = ?, settled_at = ?"
        " WHERE uin = ? AND receiver_uid = ? AND channel = ? AND state = 'queued'",
        (state, now, uin, uid, channel),
    )


def put_primary_contact(
    db: sqlite3.Connection, uin: int, draft: ReceiverDraft, now: int
) -> Receiver:
    open_account(db, uin)
    taken = db.execute(
        "SELECT 1 FROM receivers WHERE uin = ?1 AND name = ?2 AND NOT is_primary"
        " UNION SELECT 1 FROM sub_users WHERE uin = ?1 AND name = ?2",
        (uin, draft.name),
    ).fetchone()
    if taken:
        raise NameTaken
    row = db.execute(
        f"SELECT {RECEIVER} FROM receivers r WHERE uin = ? AND is_primary", (uin,)
    ).fetchone()
    if row is None:
        return insert_receiver(db, uin, draft, primary=True, now=now)
    old = receiver_of(row)
    same_phone = (old.country_code, old.phone_number) == (draft.country_code, draft.phone_number)
    same: dict[Channel, bool] = {"phone": same_phone, "email": old.email == draft.email}
    for channel in CHANNELS:
        if not same[channel]:
            _address_changed(db, uin, old.uid, channel, now)
    db.execute(
        "UPDATE receivers SET name = ?, country_code = ?, phone_number = ?, email = ?, remark = ?"
        " WHERE uid = ?",
        (
            draft.name,
            draft.country_code,
            draft.phone_number,
            draft.email,
            draft.remark,
            old.uid,
        ),
    )
    changed = db.execute(f"SELECT {RECEIVER} FROM receivers r WHERE uid = ?", (old.uid,))
    return receiver_of(changed.fetchone())


def _address_changed(
    db: sqlite3.Connection, uin: int, uid: int, channel: Channel, now: int
) -> None:
    """What was confirmed was another address; what waits would go to the wrong one."""
    db.execute(f"UPDATE receivers SET {channel}_verified_at = NULL WHERE uid = ?", (uid,))
    end_links(db, uin, uid, channel, ended="changed")
    drop_messages(db, uin, uid, channel, state="dropped", now=now)


def owner_of(db: sqlite3.Connection, uin: int) -> int | None:
    """The root account that a uin belongs to, which may be its own; None if there is no such."""
    found = db.execute(
        "SELECT uin FROM accounts WHERE uin = ?1"
        " UNION ALL SELECT uin FROM sub_users WHERE user_uin = ?1",
        (uin,),
    ).fetchone()
    return found[0] if found else None


def put_account(db: sqlite3.Connection, account: Account) -> None:
    db.execute(
        "INSERT INTO accounts (uin, app_id, name, real_name, may_create, closed, created_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (uin) DO UPDATE SET"
        " app_id = excluded.app_id, name = excluded.name, real_name = excluded.real_name,"
        " may_create = excluded.may_create, closed = excluded.closed",
        (
            account.uin,
            account.app_id,
            account.name,
            account.real_name,
            account.may_create,
            account.closed,
            account.created_at,
        ),
    )


def put_sub_user(db: sqlite3.Connection, user: SubUser) -> None:
    added = db.execute(
        "INSERT INTO sub_users (uin, user_uin, name, permissions, created_at)"
        " SELECT ?1, ?2, ?3, ?4, ?5"
        " WHERE NOT EXISTS (SELECT 1 FROM receivers WHERE uin = ?1 AND name = ?3)"
        " ON CONFLICT (uin, name) DO NOTHING",
        (user.owner_uin, user.uin, user.name, json_list(user.permissions), user.created_at),
    )
    if added.rowcount != 1:
        raise NameTaken


def json_list(values: Sequence[str] | Sequence[int]) -> str:
    return msgspec.json.encode(list(values)).decode()


def account_of(row: Row) -> Account:
    return Account(
        uin=row[0],
        app_id=row[1],
        name=row[2],
        real_name=bool(row[3]),
        may_create=bool(row[4]),
        closed=bool(row[5]),
        created_at=row[6],
    )


def sub_user_of(row: Row) -> SubUser:
    return SubUser(
        uin=row[0],
        owner_uin=row[1],
        name=row[2],
        permissions=msgspec.json.decode(row[3], type=tuple[str, ...]),
        created_at=row[4],
    )


def receiver_of(row: Row) -> Receiver:
    return Receiver(
        uid=row[0],
        name=row[1],
        country_code=row[2],
        phone_number=row[3],
        email=row[4],
        remark=row[5],
        phone_verified_at=row[6],
        email_verified_at=row[7],
        primary=bool(row[8]),
        created_at=row[9],
    )


def import_receivers(
    db: sqlite3.Connection, uin: int, drafts: Sequence[ReceiverDraft], per_account: int, now: int
) -> list[Imported]:
    room = per_account - open_account(db, uin)
    found: list[Imported] = []
    for draft in drafts:
        there = db.execute(
            f"SELECT {RECEIVER} FROM receivers r WHERE uin = ? AND name = ?", (uin, draft.name)
        ).fetchone()
        if there is not None:
            found.append("same" if _is_same(receiver_of(there), draft) else "differs")
        elif room < 1:
            found.append("full")
        else:
            try:
                insert_receiver(db, uin, draft, primary=False, now=now)
            except NameTaken:  # by a sub-user
                found.append("differs")
            else:
                room -= 1
                found.append("created")
    return found


def _is_same(receiver: Receiver, draft: ReceiverDraft) -> bool:
    return all(
        getattr(receiver, field) == getattr(draft, field) for field in draft.__struct_fields__
    )
