# SPDX-License-Identifier: Apache-2.0
"""Statements of messages and links in the SQLite store, and rows as domain objects.

Each function does its part of a verb within the transaction that its caller has begun.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Final

from yizhan.domain.model import Receiver
from yizhan.domain.verification import Channel, Language
from yizhan.store import sqlite_rows as receivers
from yizhan.store.messages import Addressed, Issue, Link, Message, MessageState, Settlement, TooSoon
from yizhan.store.refusals import ReceiverMissing

MESSAGE: Final = (
    "m.id, m.uin, m.receiver_uid, m.channel, m.language, m.reason, m.state, m.attempts, m.due_at,"
    " m.released, m.created_at, m.settled_at, m.said"
)
MESSAGE_COLUMNS: Final = MESSAGE.count(",") + 1
ADDRESSED: Final = (
    f"{MESSAGE}, a.name, {receivers.RECEIVER} FROM outbox_messages m"
    " LEFT JOIN accounts a ON a.uin = m.uin LEFT JOIN receivers r ON r.uid = m.receiver_uid"
)
LINK_KEY: Final = "link_key"


def sealed_link_key(db: sqlite3.Connection) -> str | None:
    row = db.execute("SELECT value FROM installation WHERE key = ?", (LINK_KEY,)).fetchone()
    return row[0] if row else None


def insert_message(
    db: sqlite3.Connection,
    uin: int,
    uid: int,
    channel: Channel,
    language: Language,
    reason: str,
    now: int,
) -> int:
    added = db.execute(
        "INSERT INTO outbox_messages (uin, receiver_uid, channel, language, reason, due_at,"
        " created_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (uin, uid, channel, language, reason, now, now),
    )
    return added.lastrowid or 0


def due_ids(
    db: sqlite3.Connection,
    channel: Channel,
    when: str,
    moment: int,
    limit: int,
    busy: Sequence[int],
) -> list[int]:
    found: Iterable[tuple[int]] = db.execute(
        f"SELECT id FROM outbox_messages WHERE state = 'queued' AND channel = ? AND {when}"
        " AND id NOT IN (SELECT value FROM json_each(?)) ORDER BY due_at LIMIT ?",
        (channel, moment, receivers.json_list(busy), limit),
    )
    return [id_ for (id_,) in found]


def issue_link(db: sqlite3.Connection, issue: Issue, per_address: int, day: str, now: int) -> bool:
    message = issue.message
    contact = (message.uin, message.receiver_uid, message.channel)
    if not _is_claimed(db, message):
        return False
    state = _hindrance(db, issue, contact)
    first = not db.execute(
        "SELECT 1 FROM verifications WHERE token_sha256 = ?", (issue.token_sha256,)
    ).fetchone()
    # A message that was asked for again has been counted when it was.
    counts = first and message.reason == "create" and state is None
    if counts and not count_address(db, issue.address_key, day, per_address, now):
        state = "held"
    if state is not None:
        _end_message(db, message.id, state, "", now)
        return False
    db.execute(
        "UPDATE verifications SET ended = 'replaced' WHERE uin = ?"
        " AND receiver_uid = ? AND channel = ? AND ended = '' AND message_id <> ?",
        (*contact, message.id),
    )
    db.execute(
        "INSERT INTO verifications (token_sha256, uin, receiver_uid, channel, message_id,"
        " issued_at, expires_at, code_expires_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (token_sha256) DO UPDATE SET issued_at = excluded.issued_at,"
        " expires_at = excluded.expires_at, code_expires_at = excluded.code_expires_at",
        (
            issue.token_sha256,
            *contact,
            message.id,
            now,
            issue.expires_at,
            issue.code_expires_at,
        ),
    )
    return True


def _is_claimed(db: sqlite3.Connection, message: Message) -> bool:
    """Is it still the claim that answered this message?"""
    found = db.execute(
        "SELECT 1 FROM outbox_messages WHERE id = ? AND attempts = ? AND state = 'queued'",
        (message.id, message.attempts),
    ).fetchone()
    return found is not None


def _hindrance(
    db: sqlite3.Connection, issue: Issue, contact: tuple[int, int, Channel]
) -> MessageState | None:
    """Why the message is not to be sent at all."""
    uin, uid, channel = contact
    try:
        receiver = receiver_at(db, uin, uid)
    except ReceiverMissing:
        return "dropped"
    if verified_at(receiver, channel) is not None:
        return "dropped"
    if is_suppressed(db, issue.address_key):
        return "suppressed"
    newer = db.execute(
        "SELECT 1 FROM outbox_messages WHERE uin = ? AND receiver_uid = ? AND channel = ?"
        " AND id > ? AND state IN ('queued', 'sent', 'captured')",
        (*contact, issue.message.id),
    ).fetchone()
    return "replaced" if newer else None


def settle_message(db: sqlite3.Connection, settlement: Settlement, now: int) -> None:
    message = settlement.message
    if not _is_claimed(db, message):
        return
    if settlement.state == "queued":
        db.execute(
            "UPDATE outbox_messages SET due_at = ?, said = ? WHERE id = ?",
            (settlement.due_at, settlement.said, message.id),
        )
        return
    _end_message(db, message.id, settlement.state, settlement.said, now)
    if settlement.state == "sent":
        # However long it took until the message was out, its reader has the whole time.
        db.execute(
            "UPDATE verifications SET expires_at = expires_at - issued_at + ?1,"
            " code_expires_at = code_expires_at - issued_at + ?1, issued_at = ?1"
            " WHERE uin = ?2 AND receiver_uid = ?3 AND channel = ?4 AND message_id = ?5"
            " AND ended = ''",
            (now, message.uin, message.receiver_uid, message.channel, message.id),
        )


def _end_message(
    db: sqlite3.Connection, id_: int, state: MessageState, said: str, now: int
) -> None:
    db.execute(
        "UPDATE outbox_messages SET state = ?, said = ?, settled_at = ? WHERE id = ?",
        (state, said, now, id_),
    )


def verify_contact(db: sqlite3.Connection, uin: int, uid: int, channel: Channel, now: int) -> None:
    """The contact is confirmed: every link to it has had its effect."""
    db.execute(
        f"UPDATE receivers SET {channel}_verified_at = ? WHERE uin = ? AND uid = ?"
        f" AND {channel}_verified_at IS NULL",
        (now, uin, uid),
    )
    receivers.end_links(db, uin, uid, channel, ended="confirmed")
    receivers.drop_messages(db, uin, uid, channel, state="dropped", now=now)


def link_of(db: sqlite3.Connection, token_sha256: str, now: int) -> Link:
    row = db.execute(
        "SELECT v.ended, v.expires_at, v.uin, v.channel, v.message_id, a.name,"
        f" {receivers.RECEIVER} FROM verifications v JOIN accounts a ON a.uin = v.uin"
        " LEFT JOIN receivers r ON r.uid = v.receiver_uid WHERE v.token_sha256 = ?",
        (token_sha256,),
    ).fetchone()
    if row is None:
        return Link("unknown")
    ended, expires_at, uin, channel, message_id, account = row[:6]
    if ended or expires_at <= now:
        return Link(ended or "expired")
    return Link("open", uin, channel, message_id, account, receivers.receiver_of(row[6:]))


def receiver_at(db: sqlite3.Connection, uin: int, uid: int) -> Receiver:
    row = db.execute(
        f"SELECT {receivers.RECEIVER} FROM receivers r WHERE r.uin = ? AND r.uid = ?", (uin, uid)
    ).fetchone()
    if row is None:
        raise ReceiverMissing
    return receivers.receiver_of(row)


def verified_at(receiver: Receiver, channel: Channel) -> int | None:
    return receiver.phone_verified_at if channel == "phone" else receiver.email_verified_at


def is_suppressed(db: sqlite3.Connection, address_key: str) -> bool:
    found = db.execute("SELECT 1 FROM suppressions WHERE address_key = ?", (address_key,))
    return found.fetchone() is not None


def require_pause(
    db: sqlite3.Connection,
    contact: tuple[int, int, Channel],
    address_key: str,
    pause: int,
    now: int,
) -> None:
    """Raises: TooSoon."""
    (last,) = db.execute(
        "SELECT max(at) FROM (SELECT max(created_at) AS at FROM outbox_messages"
        " WHERE uin = ? AND receiver_uid = ? AND channel = ?"
        " UNION ALL SELECT max(last_at) FROM address_days WHERE address_key = ?)",
        (*contact, address_key),
    ).fetchone()
    # One that lies in the future was written by a clock that went wrong.
    if last is not None and last <= now < last + pause:
        raise TooSoon(last + pause)


def count_address(
    db: sqlite3.Connection, address_key: str, day: str, per_day: int, now: int
) -> bool:
    """One more message to the address; False if it has had as many as the day allows."""
    if per_day < 1:
        return False
    counted = db.execute(
        "INSERT INTO address_days (address_key, day, messages, last_at) VALUES (?1, ?2, 1, ?3)"
        " ON CONFLICT (address_key, day) DO UPDATE SET messages = messages + 1, last_at = ?3"
        " WHERE messages < ?4",
        (address_key, day, now, per_day),
    )
    return counted.rowcount == 1


def message_of(row: receivers.Row) -> Message:
    return Message(
        id=row[0],
        uin=row[1],
        receiver_uid=row[2],
        channel=row[3],
        language=row[4],
        reason=row[5],
        state=row[6],
        attempts=row[7],
        due_at=row[8],
        released=bool(row[9]),
        created_at=row[10],
        settled_at=row[11],
        said=row[12],
    )


def addressed_of(row: receivers.Row) -> Addressed:
    receiver = row[MESSAGE_COLUMNS + 1 :]
    return Addressed(
        message_of(row),
        row[MESSAGE_COLUMNS] or "",
        None if receiver[0] is None else receivers.receiver_of(receiver),
    )
