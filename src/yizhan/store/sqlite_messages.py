# SPDX-License-Identifier: Apache-2.0
"""Messages, links and codes in the SQLite store: `store.messages.MessageStore`."""

import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Final, TypeVar

from yizhan.domain.verification import (
    CHANNELS,
    CODE_TRIES,
    Channel,
    Language,
    ResendRules,
    new_key,
)
from yizhan.store import sqlite_message_rows as rows
from yizhan.store import sqlite_rows as receivers
from yizhan.store.messages import (
    Addressed,
    AlreadyVerified,
    Audit,
    CodeDue,
    ContactState,
    Issue,
    Link,
    MessageMissing,
    MessageState,
    Settlement,
    Suppressed,
    TooMany,
)
from yizhan.store.sealing import Sealer

T = TypeVar("T")

FORGOTTEN_AT_ONCE: Final = 1000


class SqliteMessages(ABC):
    """The verbs of `MessageStore`, for the store that has a writer, readers and a sealer."""

    _sealer: Sealer

    @abstractmethod
    async def _write(
        self, operation: Callable[[sqlite3.Connection], T], audit: Audit = None
    ) -> T: ...

    @abstractmethod
    async def _read(self, operation: Callable[[sqlite3.Connection], T]) -> T: ...

    async def link_key(self) -> bytes:
        made = self._sealer.seal(new_key().hex())

        def write(db: sqlite3.Connection) -> str:
            db.execute(
                "INSERT OR IGNORE INTO installation (key, value) VALUES (?, ?)",
                (rows.LINK_KEY, made),
            )
            return rows.sealed_link_key(db) or made

        return bytes.fromhex(self._sealer.unseal(await self._write(write)))

    # ---- the worker's --------------------------------------------------------------------------

    async def claim_messages(
        self,
        channel: Channel,
        *,
        now: int,
        lease_seconds: int,
        latest: int,
        limit: int,
        busy: Sequence[int],
    ) -> Sequence[Addressed]:
        def write(db: sqlite3.Connection) -> list[receivers.Row]:
            ids = rows.due_ids(db, channel, "due_at <= ?", now, limit, busy)
            if len(ids) < limit:
                ids += rows.due_ids(db, channel, "due_at > ?", latest, limit - len(ids), busy)
            db.executemany(
                "UPDATE outbox_messages SET attempts = attempts + 1, due_at = ? WHERE id = ?",
                [(now + lease_seconds, each) for each in ids],
            )
            if not ids:
                return []
            return db.execute(
                f"SELECT {rows.ADDRESSED} WHERE m.id IN (SELECT value FROM json_each(?))"
                " ORDER BY m.id",
                (receivers.json_list(ids),),
            ).fetchall()

        return [rows.addressed_of(row) for row in await self._write(write)]

    async def issue_links(
        self, issues: Sequence[Issue], *, per_address: int, day: str, now: int
    ) -> Sequence[bool]:
        def write(db: sqlite3.Connection) -> list[bool]:
            return [rows.issue_link(db, each, per_address, day, now) for each in issues]

        return await self._write(write)

    async def settle_messages(self, settlements: Sequence[Settlement], *, now: int) -> None:
        def write(db: sqlite3.Connection) -> None:
            for each in settlements:
                rows.settle_message(db, each, now)

        await self._write(write)

    async def forget_messages(self, *, before: int, day: str) -> int:
        def write(db: sqlite3.Connection) -> int:
            # Ids grow with time: what is old stands at the front, so no more need be looked at.
            gone = db.execute(
                "DELETE FROM outbox_messages WHERE id IN (SELECT id FROM"
                " (SELECT id, created_at, state FROM outbox_messages ORDER BY id LIMIT ?)"
                " WHERE created_at < ? AND state <> 'queued')",
                (FORGOTTEN_AT_ONCE, before),
            ).rowcount
            gone += db.execute(
                "DELETE FROM verifications WHERE token_sha256 IN"
                " (SELECT token_sha256 FROM verifications WHERE expires_at < ? LIMIT ?)",
                (before, FORGOTTEN_AT_ONCE),
            ).rowcount
            db.execute("DELETE FROM address_days WHERE day < ?", (day,))
            return gone

        return await self._write(write)

    # ---- links and codes -----------------------------------------------------------------------

    async def find_link(self, token_sha256: str, *, now: int) -> Link:
        return await self._read(lambda db: rows.link_of(db, token_sha256, now))

    async def confirm_link(self, token_sha256: str, *, now: int) -> Link:
        def write(db: sqlite3.Connection) -> Link:
            link = rows.link_of(db, token_sha256, now)
            if link.state == "open" and link.message_id is not None and link.receiver:
                rows.verify_contact(db, link.uin, link.receiver.uid, link.channel, now)
            return link

        return await self._write(write)

    async def refuse_link(self, token_sha256: str, address_key: str, *, now: int) -> Link:
        def write(db: sqlite3.Connection) -> Link:
            link = rows.link_of(db, token_sha256, now)
            if link.state == "open" and link.message_id is not None and link.receiver:
                db.execute(
                    "INSERT OR IGNORE INTO suppressions (address_key, at) VALUES (?, ?)",
                    (address_key, now),
                )
                contact = (link.uin, link.receiver.uid, link.channel)
                receivers.end_links(db, *contact, ended="refused")
                receivers.drop_messages(db, *contact, state="suppressed", now=now)
            return link

        return await self._write(write)

    async def find_code(self, uin: int, uid: int, channel: Channel, *, now: int) -> CodeDue | None:
        query = (
            "SELECT message_id, token_sha256 FROM verifications"
            " WHERE uin = ? AND receiver_uid = ? AND channel = ? AND ended = ''"
            " AND message_id IS NOT NULL AND code_expires_at > ? AND wrong_codes < ?"
            " ORDER BY message_id DESC LIMIT 1"
        )
        values = (uin, uid, channel, now, CODE_TRIES)
        row = await self._read(lambda db: db.execute(query, values).fetchone())
        return CodeDue(*row) if row else None

    async def try_code(self, token_sha256: str, right: bool, *, now: int) -> bool:
        def write(db: sqlite3.Connection) -> bool:
            row = db.execute(
                "SELECT uin, receiver_uid, channel FROM verifications WHERE token_sha256 = ?"
                " AND ended = '' AND code_expires_at > ? AND wrong_codes < ?",
                (token_sha256, now, CODE_TRIES),
            ).fetchone()
            if row is None:
                return False
            if right:
                rows.verify_contact(db, row[0], row[1], row[2], now)
                return True
            db.execute(
                "UPDATE verifications SET wrong_codes = wrong_codes + 1 WHERE token_sha256 = ?",
                (token_sha256,),
            )
            return False

        return await self._write(write)

    # ---- the account's and the operator's ------------------------------------------------------

    async def resend(
        self,
        uin: int,
        uid: int,
        channel: Channel,
        language: Language,
        address_key: str,
        *,
        rules: ResendRules,
        now: int,
        audit: Audit = None,
    ) -> int:
        def write(db: sqlite3.Connection) -> int:
            receiver = rows.receiver_at(db, uin, uid)
            if rows.verified_at(receiver, channel) is not None:
                raise AlreadyVerified
            if rows.is_suppressed(db, address_key):
                raise Suppressed
            rows.require_pause(db, (uin, uid, channel), address_key, rules.pause_seconds, now)
            (asked,) = db.execute(
                "SELECT count(*) FROM outbox_messages WHERE uin = ? AND receiver_uid = ?"
                " AND channel = ? AND reason = 'resend' AND created_at >= ?",
                (uin, uid, channel, rules.day_begins),
            ).fetchone()
            if asked >= rules.per_day:
                raise TooMany
            if not rows.count_address(db, address_key, rules.day, rules.per_address, now):
                raise TooMany
            receivers.drop_messages(db, uin, uid, channel, state="replaced", now=now)
            return rows.insert_message(db, uin, uid, channel, language, "resend", now)

        return await self._write(write, audit)

    async def set_verified(
        self, uin: int, uid: int, channels: Sequence[Channel], *, now: int, audit: Audit = None
    ) -> None:
        def write(db: sqlite3.Connection) -> None:
            rows.receiver_at(db, uin, uid)
            for channel in channels:
                rows.verify_contact(db, uin, uid, channel, now)

        await self._write(write, audit)

    async def lift_suppression(self, address_key: str, *, audit: Audit = None) -> bool:
        query = "DELETE FROM suppressions WHERE address_key = ?"
        return await self._write(lambda db: db.execute(query, (address_key,)).rowcount == 1, audit)

    async def contact_states(
        self, uin: int, uid: int, address_keys: Sequence[str]
    ) -> Sequence[ContactState]:
        def read(db: sqlite3.Connection) -> list[ContactState]:
            receiver = rows.receiver_at(db, uin, uid)
            found = []
            for channel, key in zip(CHANNELS, address_keys, strict=True):
                row = db.execute(
                    f"SELECT {rows.MESSAGE} FROM outbox_messages m WHERE m.uin = ?"
                    " AND m.receiver_uid = ? AND m.channel = ? ORDER BY m.id DESC LIMIT 1",
                    (uin, uid, channel),
                ).fetchone()
                verified_at = rows.verified_at(receiver, channel)
                last = rows.message_of(row) if row else None
                found.append(ContactState(channel, verified_at, rows.is_suppressed(db, key), last))
            return found

        return await self._read(read)

    async def messages(
        self,
        *,
        uin: int | None = None,
        uid: int | None = None,
        channel: Channel | None = None,
        state: MessageState | None = None,
        before: int | None = None,
        limit: int,
    ) -> Sequence[Addressed]:
        wanted = {
            "m.receiver_uid IN (SELECT uid FROM receivers WHERE uin = ?)": uin,
            "m.receiver_uid = ?": uid,
            "m.channel = ?": channel,
            "m.state = ?": state,
            "m.id < ?": before,
        }
        given = {clause: value for clause, value in wanted.items() if value is not None}
        where = " AND ".join(given) or "true"
        query = f"SELECT {rows.ADDRESSED} WHERE {where} ORDER BY m.id DESC LIMIT ?"
        found = await self._read(lambda db: db.execute(query, (*given.values(), limit)).fetchall())
        return [rows.addressed_of(row) for row in found]

    async def message(self, id_: int) -> Addressed | None:
        query = f"SELECT {rows.ADDRESSED} WHERE m.id = ?"
        row = await self._read(lambda db: db.execute(query, (id_,)).fetchone())
        return rows.addressed_of(row) if row else None

    async def retry_message(self, id_: int, *, now: int, audit: Audit = None) -> None:
        await self._queue_again(id_, "state IN ('queued', 'failed', 'held')", 0, now, audit)

    async def release_message(self, id_: int, *, now: int, audit: Audit = None) -> None:
        await self._queue_again(id_, "state = 'captured'", 1, now, audit)

    async def _queue_again(
        self, id_: int, condition: str, released: int, now: int, audit: Audit
    ) -> None:
        def write(db: sqlite3.Connection) -> None:
            queued = db.execute(
                "UPDATE outbox_messages SET state = 'queued', due_at = ?, settled_at = NULL,"
                f" released = max(released, ?) WHERE id = ? AND {condition}"
                " AND EXISTS (SELECT 1 FROM receivers WHERE uid = receiver_uid)",
                (now, released, id_),
            )
            if not queued.rowcount:
                raise MessageMissing

        await self._write(write, audit)

    async def messages_waiting(self) -> int:
        query = "SELECT count(*) FROM outbox_messages WHERE state = 'queued'"
        found: tuple[int] = await self._read(lambda db: db.execute(query).fetchone())
        return found[0]
