# SPDX-License-Identifier: Apache-2.0
"""Creating receivers, many at once: the store's hottest verb.

A group of creates of which none is refused takes as many statements as a single one. If any of them
is refused, all are done one after the other instead, so that each gets its own answer.
"""

import sqlite3
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from yizhan.domain.model import ReceiverDraft
from yizhan.domain.verification import MessagePlan
from yizhan.store import sqlite_rows as rows
from yizhan.store.base import AccountFull, CreateLimits, DailyQuotaSpent, Refused


class Creation(NamedTuple):
    """The arguments of `Store.create_receiver`."""

    uin: int
    draft: ReceiverDraft
    day: str
    limits: CreateLimits
    now: int
    plan: MessagePlan | None


def create_receivers(
    db: sqlite3.Connection, creations: Sequence[Creation]
) -> Sequence[Refused | None]:
    """As `Store.create_receiver` for each of them, in order."""
    if len(creations) > 1 and _create_all(db, creations):
        return [None] * len(creations)
    return [_create(db, creation) for creation in creations]


def _create(db: sqlite3.Connection, creation: Creation) -> Refused | None:
    uin, draft, day, limits, now, _ = creation
    try:
        receiver_count = rows.open_account(db, uin)
        if not rows.spend(db, uin, day, limits.per_day):
            raise DailyQuotaSpent
        if receiver_count >= limits.per_account:
            raise AccountFull
        rows.insert_receiver(db, uin, draft, primary=False, now=now)
        _queue_messages(db, [creation])
    except Refused as refused:
        return refused
    return None


def _create_all(db: sqlite3.Connection, creations: Sequence[Creation]) -> bool:
    """Create all of them, or none and say False, if one would be refused."""
    day, limits = creations[0].day, creations[0].limits
    # All of a server's creates have the same limits, and but for midnight the same day.
    if any(creation.day != day or creation.limits != limits for creation in creations):
        return False
    wanted = Counter(creation.uin for creation in creations)
    if max(wanted.values()) > limits.per_day:
        return False
    db.execute("SAVEPOINT creates")
    done = (
        _room_in_accounts(db, wanted, limits.per_account)
        and _room_in_day(db, wanted, day, limits.per_day)
        and _insert(db, creations)
    )
    if done:
        _queue_messages(db, creations)
    else:
        db.execute("ROLLBACK TO creates")
    db.execute("RELEASE creates")
    return done


def _room_in_accounts(db: sqlite3.Connection, wanted: Counter[int], per_account: int) -> bool:
    counted = db.execute(
        "UPDATE accounts SET receiver_count = receiver_count + wanted.number"
        " FROM (SELECT json_extract(value, '$[0]') AS uin, json_extract(value, '$[1]') AS number"
        " FROM json_each(?)) AS wanted"
        " WHERE accounts.uin = wanted.uin AND NOT closed"
        " AND receiver_count + wanted.number <= ?",
        (_json(list(wanted.items())), per_account),
    )
    return counted.rowcount == len(wanted)


def _room_in_day(db: sqlite3.Connection, wanted: Counter[int], day: str, per_day: int) -> bool:
    spent = db.execute(
        "INSERT INTO quota_days (uin, day, spent)"
        " SELECT json_extract(value, '$[0]'), ?2, json_extract(value, '$[1]')"
        " FROM json_each(?1) WHERE true"  # or SQLite takes ON for the condition of a join
        " ON CONFLICT (uin, day) DO UPDATE SET spent = spent + excluded.spent"
        " WHERE spent + excluded.spent <= ?3",
        (_json(list(wanted.items())), day, per_day),
    )
    return spent.rowcount == len(wanted)


def _insert(db: sqlite3.Connection, creations: Sequence[Creation]) -> bool:
    values = [
        (uin, new.name, new.country_code, new.phone_number, new.email, new.remark, now)
        for uin, new, _, _, now, _ in creations
    ]
    added = db.execute(
        "INSERT INTO receivers (uin, name, country_code, phone_number, email, remark, is_primary,"
        " created_at)"
        " SELECT new.uin, new.name, country_code, phone_number, email, remark, 0, created_at"
        " FROM (SELECT json_extract(value, '$[0]') AS uin, json_extract(value, '$[1]') AS name,"
        " json_extract(value, '$[2]') AS country_code, json_extract(value, '$[3]') AS phone_number,"
        " json_extract(value, '$[4]') AS email, json_extract(value, '$[5]') AS remark,"
        " json_extract(value, '$[6]') AS created_at FROM json_each(?)) AS new"
        " WHERE NOT EXISTS"
        " (SELECT 1 FROM sub_users s WHERE s.uin = new.uin AND s.name = new.name)"
        " ON CONFLICT (uin, name) DO NOTHING",
        (_json(values),),
    )
    return added.rowcount == len(creations)


def _queue_messages(db: sqlite3.Connection, creations: Sequence[Creation]) -> None:
    """What the plans ask for; the receivers were inserted just now, one after the other."""
    (last,) = db.execute("SELECT last_insert_rowid()").fetchone()
    first = last - len(creations) + 1
    planned = [
        (first + place, creation.uin, creation.plan.language, creation.now)
        for place, creation in enumerate(creations)
        if creation.plan
    ]
    if not planned:
        return
    db.execute(
        "INSERT INTO outbox_messages (uin, receiver_uid, channel, language, reason, due_at,"
        " created_at)"
        " SELECT uin, uid, channels.column1, language, 'create', now, now"
        " FROM (SELECT json_extract(value, '$[0]') AS uid, json_extract(value, '$[1]') AS uin,"
        " json_extract(value, '$[2]') AS language, json_extract(value, '$[3]') AS now"
        " FROM json_each(?)) CROSS JOIN (VALUES ('phone'), ('email')) AS channels",
        (_json(planned),),
    )
    for place, creation in enumerate(creations):
        if creation.plan and creation.plan.phone_link_sha256:
            _put_phone_link(db, first + place, creation, creation.plan)


def _put_phone_link(
    db: sqlite3.Connection, uid: int, creation: Creation, plan: MessagePlan
) -> None:
    db.execute(
        "INSERT INTO verifications (token_sha256, uin, receiver_uid, channel, issued_at,"
        " expires_at, code_expires_at) VALUES (?, ?, ?, 'phone', ?, ?, 0)",
        (
            plan.phone_link_sha256,
            creation.uin,
            uid,
            creation.now,
            plan.phone_link_expires_at,
        ),
    )


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
