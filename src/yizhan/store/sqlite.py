# SPDX-License-Identifier: Apache-2.0
"""The store on one SQLite file (WAL, synchronous=FULL), or in memory.

One thread writes (`group_commit.py`); readers with connections of their own work beside it. In
memory there is one connection alone, so reads go through the writer.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, TypeVar

from yizhan.domain.model import (
    AccessKey,
    Account,
    AuditEntry,
    Caller,
    Identity,
    Operator,
    Receiver,
    ReceiverDraft,
    ReceiverPage,
    Session,
    SubUser,
)
from yizhan.domain.verification import MessagePlan
from yizhan.store import sqlite_console as console
from yizhan.store import sqlite_rows as rows
from yizhan.store.base import (
    MAX_LONG_TERM_KEYS,
    AccountExists,
    AccountMissing,
    Audit,
    CreateLimits,
    Imported,
    KeyExists,
    KeyMissing,
    ReceiverIsPrimary,
    ReceiverMissing,
    SeedAccount,
    StoreUnusable,
    TooManyKeys,
    UserMissing,
)
from yizhan.store.group_commit import GroupCommit, OnCommit
from yizhan.store.migrate import Migration, migrate
from yizhan.store.sealing import Sealer
from yizhan.store.sqlite_creates import Creation, create_receivers
from yizhan.store.sqlite_file import Profile, Readers, connect, require_usable
from yizhan.store.sqlite_message_rows import LINK_KEY, sealed_link_key
from yizhan.store.sqlite_messages import SqliteMessages

T = TypeVar("T")

FIRST_UID: Final = 1_000_000
"""Uids begin after this one, as migration 1 has it."""
TABLES: Final = (
    "sessions",
    "outbox_messages",
    "verifications",
    "suppressions",
    "address_days",
    "receivers",
    "quota_days",
    "access_keys",
    "sub_users",
    "accounts",
)


class SqliteStore(SqliteMessages):
    """Implements `store.base.Store`."""

    def __init__(
        self,
        writer: sqlite3.Connection,
        sealer: Sealer,
        path: Path | None,
        on_commit: OnCommit | None,
        applied: list[Migration],
    ) -> None:
        self.applied = [migration.full_name for migration in applied]
        self._sealer = sealer
        self._writer = writer
        self._group = GroupCommit(writer, on_commit)
        self._readers = Readers(path) if path is not None else None

    @classmethod
    def open(
        cls,
        path: Path | None,
        sealer: Sealer,
        *,
        profile: Profile,
        now: int,
        on_commit: OnCommit | None = None,
    ) -> "SqliteStore":
        """Open or make the file (None: in memory), after looking whether it is sound and ours.

        Blocking; takes the time of `PRAGMA integrity_check` on the file.

        Raises:
            StoreUnusable: and nothing of the file has been touched.
        """
        require_usable(path, profile)
        try:
            writer = connect(path)
        except OSError as error:
            raise StoreUnusable(f"{path}: {error.strerror}") from None
        except sqlite3.Error as error:
            raise StoreUnusable(f"{path}: {error}") from None
        try:
            applied = migrate(writer, now)
            writer.execute(
                "INSERT OR IGNORE INTO installation (key, value) VALUES ('profile', ?)", (profile,)
            )
        except sqlite3.Error as error:
            writer.close()
            raise StoreUnusable(f"{path}: {error}") from None
        return cls(writer, sealer, path, on_commit, applied)

    def depth(self) -> int:
        """How many writes wait now."""
        return self._group.depth()

    async def _write(self, operation: Callable[[sqlite3.Connection], T], audit: Audit = None) -> T:
        """Run it in a transaction, and tell of it there if it was done."""
        if audit is None:
            return await self._group.run(operation)

        def audited(db: sqlite3.Connection) -> T:
            result = operation(db)
            console.put_audit(db, audit)
            return result

        return await self._group.run(audited)

    async def _read(self, operation: Callable[[sqlite3.Connection], T]) -> T:
        if self._readers is None:
            return await self._group.run(operation)
        return await self._readers.run(operation)

    # ---- one call's way ------------------------------------------------------------------------

    async def find_identity(self, secret_id: str) -> Identity | None:
        def read(db: sqlite3.Connection) -> rows.Row | None:
            found: rows.Row | None = db.execute(
                f"SELECT {rows.KEY}, {rows.ACCOUNT}, {rows.SUB_USER} FROM access_keys k"
                " JOIN accounts a ON a.uin = k.uin"
                " LEFT JOIN sub_users s ON s.user_uin = k.user_uin"
                " WHERE k.secret_id = ?",
                (secret_id,),
            ).fetchone()
            return found

        row = await self._read(read)
        if row is None:
            return None
        sub_user = None if row[15] is None else rows.sub_user_of(row[15:])
        return Identity(
            self._key(row[:8]), Caller(account=rows.account_of(row[8:15]), sub_user=sub_user)
        )

    async def create_receiver(
        self,
        uin: int,
        draft: ReceiverDraft,
        *,
        day: str,
        limits: CreateLimits,
        now: int,
        plan: MessagePlan | None = None,
    ) -> None:
        creation = Creation(uin, draft, day, limits, now, plan)
        await self._group.run_in(create_receivers, creation)

    async def spend_create(self, uin: int, *, day: str, per_day: int) -> None:
        await self._write(lambda db: rows.spend(db, uin, day, per_day))

    async def list_receivers(self, uin: int, *, offset: int, limit: int) -> ReceiverPage:
        def read(db: sqlite3.Connection) -> tuple[rows.Row | None, list[rows.Row]]:
            # One transaction, so that the total and the page are of the same moment.
            if not db.in_transaction:
                db.execute("BEGIN")
                try:
                    return read(db)
                finally:
                    db.execute("COMMIT")
            count = db.execute("SELECT receiver_count FROM accounts WHERE uin = ?", (uin,))
            page = db.execute(
                f"SELECT {rows.RECEIVER} FROM receivers r WHERE uin = ?"
                " ORDER BY uid LIMIT ? OFFSET ?",
                (uin, limit, min(offset, 2**63 - 1)),
            )
            return count.fetchone(), page.fetchall()

        count, page = await self._read(read)
        return ReceiverPage(count[0] if count else 0, [rows.receiver_of(row) for row in page])

    async def delete_receiver(self, uin: int, name: str, *, now: int, audit: Audit = None) -> None:
        def write(db: sqlite3.Connection) -> None:
            rows.open_account(db, uin)
            found = db.execute(
                "SELECT uid, is_primary FROM receivers WHERE uin = ? AND name = ?", (uin, name)
            ).fetchone()
            if found is None:
                raise ReceiverMissing
            if found[1]:
                raise ReceiverIsPrimary
            rows.delete_receiver(db, uin, found[0], now)

        await self._write(write, audit)

    # ---- the operator's ------------------------------------------------------------------------

    async def add_account(self, account: Account, *, audit: Audit = None) -> None:
        def write(db: sqlite3.Connection) -> None:
            if rows.owner_of(db, account.uin) is not None:
                raise AccountExists
            rows.put_account(db, account)

        await self._write(write, audit)

    async def change_account(
        self,
        uin: int,
        *,
        name: str | None = None,
        real_name: bool | None = None,
        may_create: bool | None = None,
        closed: bool | None = None,
        audit: Audit = None,
    ) -> Account:
        def write(db: sqlite3.Connection) -> Account:
            db.execute(
                "UPDATE accounts SET name = coalesce(?, name), real_name = coalesce(?, real_name),"
                " may_create = coalesce(?, may_create), closed = coalesce(?, closed) WHERE uin = ?",
                (name, real_name, may_create, closed, uin),
            )
            found = db.execute(
                f"SELECT {rows.ACCOUNT} FROM accounts a WHERE uin = ?", (uin,)
            ).fetchone()
            if found is None:
                raise AccountMissing
            return rows.account_of(found)

        return await self._write(write, audit)

    async def accounts(self) -> Sequence[Account]:
        query = f"SELECT {rows.ACCOUNT} FROM accounts a ORDER BY uin"
        return [
            rows.account_of(row)
            for row in await self._read(lambda db: db.execute(query).fetchall())
        ]

    async def set_primary_contact(
        self, uin: int, draft: ReceiverDraft, *, now: int, audit: Audit = None
    ) -> Receiver:
        return await self._write(lambda db: rows.put_primary_contact(db, uin, draft, now), audit)

    async def add_sub_user(self, user: SubUser, *, audit: Audit = None) -> None:
        def write(db: sqlite3.Connection) -> None:
            rows.open_account(db, user.owner_uin)
            if rows.owner_of(db, user.uin) is not None:
                raise AccountExists
            rows.put_sub_user(db, user)

        await self._write(write, audit)

    async def set_permissions(
        self, uin: int, permissions: Sequence[str], *, audit: Audit = None
    ) -> None:
        def write(db: sqlite3.Connection) -> None:
            changed = db.execute(
                "UPDATE sub_users SET permissions = ? WHERE user_uin = ?",
                (rows.json_list(permissions), uin),
            )
            if not changed.rowcount:
                raise UserMissing

        await self._write(write, audit)

    async def delete_sub_user(self, uin: int, *, audit: Audit = None) -> None:
        def write(db: sqlite3.Connection) -> None:
            if not db.execute("DELETE FROM sub_users WHERE user_uin = ?", (uin,)).rowcount:
                raise UserMissing
            db.execute("DELETE FROM access_keys WHERE user_uin = ?", (uin,))

        await self._write(write, audit)

    async def sub_users(self, owner_uin: int) -> Sequence[SubUser]:
        query = f"SELECT {rows.SUB_USER} FROM sub_users s WHERE uin = ? ORDER BY user_uin"
        found = await self._read(lambda db: db.execute(query, (owner_uin,)).fetchall())
        return [rows.sub_user_of(row) for row in found]

    async def owner_of(self, uin: int) -> int | None:
        return await self._read(lambda db: rows.owner_of(db, uin))

    async def add_key(self, key: AccessKey, *, audit: Audit = None) -> None:
        def write(db: sqlite3.Connection) -> None:
            if rows.owner_of(db, key.user_uin) != key.owner_uin:
                raise UserMissing
            (long_term,) = db.execute(
                "SELECT count(*) FROM access_keys WHERE user_uin = ? AND token_sha256 = ''",
                (key.user_uin,),
            ).fetchone()
            if long_term >= MAX_LONG_TERM_KEYS and not key.temporary:
                raise TooManyKeys
            self._put_key(db, key)

        await self._write(write, audit)

    async def set_key_enabled(self, secret_id: str, enabled: bool, *, audit: Audit = None) -> None:
        def write(db: sqlite3.Connection) -> None:
            query = "UPDATE access_keys SET enabled = ? WHERE secret_id = ?"
            if not db.execute(query, (enabled, secret_id)).rowcount:
                raise KeyMissing

        await self._write(write, audit)

    async def delete_key(self, secret_id: str, *, audit: Audit = None) -> None:
        def write(db: sqlite3.Connection) -> None:
            query = "DELETE FROM access_keys WHERE secret_id = ?"
            if not db.execute(query, (secret_id,)).rowcount:
                raise KeyMissing

        await self._write(write, audit)

    async def keys(self, user_uin: int) -> Sequence[AccessKey]:
        query = f"SELECT {rows.KEY} FROM access_keys k WHERE user_uin = ?"
        ordered = f"{query} ORDER BY created_at, secret_id"
        found = await self._read(lambda db: db.execute(ordered, (user_uin,)).fetchall())
        return [self._key(row) for row in found]

    async def creates_spent(self, uin: int, day: str) -> int:
        query = "SELECT spent FROM quota_days WHERE uin = ? AND day = ?"
        found = await self._read(lambda db: db.execute(query, (uin, day)).fetchone())
        return found[0] if found else 0

    async def reset_creates(self, uin: int, day: str, *, audit: Audit = None) -> None:
        query = "DELETE FROM quota_days WHERE uin = ? AND day = ?"
        await self._write(lambda db: db.execute(query, (uin, day)), audit)

    async def reseal_keys(self, *, audit: Audit = None) -> int:
        def write(db: sqlite3.Connection) -> int:
            found = db.execute("SELECT secret_id, sealed_secret FROM access_keys").fetchall()
            for secret_id, sealed in found:
                db.execute(
                    "UPDATE access_keys SET sealed_secret = ? WHERE secret_id = ?",
                    (self._sealer.seal(self._sealer.unseal(sealed)), secret_id),
                )
            link_key = sealed_link_key(db)
            if link_key is not None:
                resealed = self._sealer.seal(self._sealer.unseal(link_key))
                db.execute("UPDATE installation SET value = ? WHERE key = ?", (resealed, LINK_KEY))
            return len(found)

        return await self._write(write, audit)

    async def import_receivers(
        self,
        uin: int,
        drafts: Sequence[ReceiverDraft],
        *,
        per_account: int,
        now: int,
        audit: Audit = None,
    ) -> Sequence[Imported]:
        def write(db: sqlite3.Connection) -> Sequence[Imported]:
            return rows.import_receivers(db, uin, drafts, per_account, now)

        return await self._write(write, audit)

    async def find_receivers(self, uin: int, text: str, *, offset: int, limit: int) -> ReceiverPage:
        where = "uin = ? AND (instr(lower(name), ?) OR instr(lower(remark), ?))"
        values = (uin, text.lower(), text.lower())

        def read(db: sqlite3.Connection) -> tuple[int, list[rows.Row]]:
            (total,) = db.execute(
                f"SELECT count(*) FROM receivers r WHERE {where}", values
            ).fetchone()
            page = db.execute(
                f"SELECT {rows.RECEIVER} FROM receivers r WHERE {where}"
                " ORDER BY uid LIMIT ? OFFSET ?",
                (*values, limit, offset),
            )
            return total, page.fetchall()

        total, page = await self._read(read)
        return ReceiverPage(total, [rows.receiver_of(row) for row in page])

    async def find_receiver(self, uin: int, uid: int) -> Receiver | None:
        query = f"SELECT {rows.RECEIVER} FROM receivers r WHERE uin = ? AND uid = ?"
        found = await self._read(lambda db: db.execute(query, (uin, uid)).fetchone())
        return rows.receiver_of(found) if found else None

    # ---- the console's -------------------------------------------------------------------------

    async def add_operator(self, operator: Operator, *, audit: Audit = None) -> None:
        await self._write(lambda db: console.put_operator(db, operator), audit)

    async def delete_operator(self, name: str, *, audit: Audit = None) -> None:
        await self._write(lambda db: console.delete_operator(db, name), audit)

    async def operators(self) -> Sequence[Operator]:
        return await self._read(console.operators)

    async def add_session(self, session: Session, *, audit: Audit = None) -> None:
        await self._write(lambda db: console.put_session(db, session), audit)

    async def find_session(self, cookie_sha256: str, *, now: int) -> Session | None:
        return await self._read(lambda db: console.find_session(db, cookie_sha256, now))

    async def delete_session(self, cookie_sha256: str, *, audit: Audit = None) -> None:
        await self._write(lambda db: console.delete_session(db, cookie_sha256), audit)

    async def add_audit(self, entry: AuditEntry) -> None:
        await self._write(lambda db: console.put_audit(db, entry))

    async def audit_entries(
        self, uin: int | None = None, *, before: int | None = None, limit: int
    ) -> Sequence[AuditEntry]:
        return await self._read(lambda db: console.audit_entries(db, uin, before, limit))

    # ---- the lab's -----------------------------------------------------------------------------

    async def seed(self, accounts: Sequence[SeedAccount], *, now: int) -> None:
        def write(db: sqlite3.Connection) -> None:
            db.execute("SAVEPOINT seed")  # all or none, though a refusal keeps what was written
            try:
                for account in accounts:
                    self._put_seed(db, account, now)
            except BaseException:
                db.execute("ROLLBACK TO seed")
                raise
            finally:
                db.execute("RELEASE seed")

        await self._write(write)

    def _put_seed(self, db: sqlite3.Connection, seed: SeedAccount, now: int) -> None:
        uin = seed.account.uin
        if rows.owner_of(db, uin) not in (None, uin):
            raise AccountExists
        rows.put_account(db, seed.account)
        db.execute("DELETE FROM access_keys WHERE user_uin = ?", (uin,))
        for key in seed.keys:
            self._put_key(db, key)
        for entry in seed.users:
            if entry.user.uin == uin or rows.owner_of(db, entry.user.uin) not in (None, uin):
                raise AccountExists
            db.execute("DELETE FROM access_keys WHERE user_uin = ?", (entry.user.uin,))
            db.execute("DELETE FROM sub_users WHERE user_uin = ?", (entry.user.uin,))
            rows.put_sub_user(db, entry.user)
            for key in entry.keys:
                self._put_key(db, key)
        if seed.contact is not None:
            rows.put_primary_contact(db, uin, seed.contact, now)

    async def clear(self) -> None:
        def write(db: sqlite3.Connection) -> None:
            for table in TABLES:
                db.execute(f"DELETE FROM {table}")
            db.execute("UPDATE sqlite_sequence SET seq = ? WHERE name = 'receivers'", (FIRST_UID,))

        await self._write(write)

    # ---- itself --------------------------------------------------------------------------------

    async def check_keys(self) -> None:
        query = "SELECT sealed_secret FROM access_keys"
        for (sealed,) in await self._read(lambda db: db.execute(query).fetchall()):
            self._sealer.unseal(sealed)
        link_key = await self._read(sealed_link_key)
        if link_key is not None:
            self._sealer.unseal(link_key)

    async def ping(self) -> None:
        await self._write(lambda db: db.execute("SELECT 1 FROM installation"))

    async def close(self) -> None:
        await self._group.close()
        if self._readers is not None:
            await asyncio.to_thread(self._readers.close)
        self._writer.close()

    # ---- rows of keys, which need the sealer ---------------------------------------------------

    def _key(self, row: rows.Row) -> AccessKey:
        return AccessKey(
            secret_id=row[0],
            secret_key=self._sealer.unseal(row[1]),
            owner_uin=row[2],
            user_uin=row[3],
            enabled=bool(row[4]),
            token_sha256=row[5],
            expires_at=row[6],
            created_at=row[7],
        )

    def _put_key(self, db: sqlite3.Connection, key: AccessKey) -> None:
        added = db.execute(
            "INSERT INTO access_keys (secret_id, uin, user_uin, sealed_secret, token_sha256,"
            " expires_at, enabled, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (secret_id) DO NOTHING",
            (
                key.secret_id,
                key.owner_uin,
                key.user_uin,
                self._sealer.seal(key.secret_key),
                key.token_sha256,
                key.expires_at,
                key.enabled,
                key.created_at,
            ),
        )
        if not added.rowcount:
            raise KeyExists
