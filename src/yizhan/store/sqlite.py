# SPDX-License-Identifier: Apache-2.0
"""The store on one SQLite file (WAL, synchronous=FULL), or in memory.

One thread writes (`group_commit.py`); readers with connections of their own work beside it. In
memory there is one connection alone, so reads go through the writer.
"""

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final, Literal, TypeVar

import msgspec

from yizhan.domain.model import (
    AccessKey,
    Account,
    Caller,
    Identity,
    Receiver,
    ReceiverDraft,
    ReceiverPage,
    SubUser,
)
from yizhan.store.base import (
    MAX_LONG_TERM_KEYS,
    AccountExists,
    AccountFull,
    AccountMissing,
    CreateLimits,
    DailyQuotaSpent,
    KeyExists,
    KeyMissing,
    NameTaken,
    ReceiverIsPrimary,
    ReceiverMissing,
    SeedAccount,
    StoreUnusable,
    TooManyKeys,
    UserMissing,
)
from yizhan.store.group_commit import GroupCommit, OnCommit
from yizhan.store.migrate import Migration, check_schema, migrate
from yizhan.store.sealing import Sealer

T = TypeVar("T")
Row = tuple[Any, ...]
Profile = Literal["dev", "serve"]

MEMORY: Final = ":memory:"
READERS: Final = 4
BUSY_TIMEOUT_SECONDS: Final = 10
OLDEST_SQLITE: Final = (3, 37, 0)  # STRICT tables
FIRST_UID: Final = 1_000_000
"""Uids begin after this one, as migration 1 has it."""
TABLES: Final = ("receivers", "quota_days", "access_keys", "sub_users", "accounts")

ACCOUNT: Final = "a.uin, a.app_id, a.name, a.real_name, a.may_create, a.closed, a.created_at"
SUB_USER: Final = "s.user_uin, s.uin, s.name, s.permissions, s.created_at"
KEY: Final = (
    "k.secret_id, k.sealed_secret, k.uin, k.user_uin, k.enabled, k.token_sha256, k.expires_at,"
    " k.created_at"
)
RECEIVER: Final = (
    "uid, name, country_code, phone_number, email, remark, phone_verified, email_verified,"
    " is_primary, created_at"
)


class SqliteStore:
    """Implements `store.base.Store`."""

    def __init__(
        self,
        writer: sqlite3.Connection,
        sealer: Sealer,
        path: Path | None,
        on_commit: OnCommit | None,
        applied: list[Migration],
    ) -> None:
        self.applied = applied
        """The migrations that opening applied."""
        self._sealer = sealer
        self._writer = writer
        self._group = GroupCommit(writer, on_commit)
        self._readers = _Readers(path) if path is not None else None

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
        if sqlite3.sqlite_version_info < OLDEST_SQLITE:
            raise StoreUnusable(f"SQLite {sqlite3.sqlite_version} is too old: 3.37 is needed")
        if path is not None:
            _look_at(path, profile)
        try:
            writer = _connect(path)
            writer.execute("PRAGMA synchronous = FULL")
            applied = migrate(writer, now)
            writer.execute(
                "INSERT OR IGNORE INTO installation (key, value) VALUES ('profile', ?)", (profile,)
            )
        except sqlite3.Error as error:
            raise StoreUnusable(f"{path}: {error}") from None
        return cls(writer, sealer, path, on_commit, applied)

    def depth(self) -> int:
        """How many writes wait now."""
        return self._group.depth()

    async def _write(self, operation: Callable[[sqlite3.Connection], T]) -> T:
        return await self._group.run(operation)

    async def _read(self, operation: Callable[[sqlite3.Connection], T]) -> T:
        if self._readers is None:
            return await self._group.run(operation)
        return await self._readers.run(operation)

    # ---- one call's way ------------------------------------------------------------------------

    async def find_identity(self, secret_id: str) -> Identity | None:
        def read(db: sqlite3.Connection) -> Row | None:
            found: Row | None = db.execute(
                f"SELECT {KEY}, {ACCOUNT}, {SUB_USER} FROM access_keys k"
                " JOIN accounts a ON a.uin = k.uin"
                " LEFT JOIN sub_users s ON s.user_uin = k.user_uin"
                " WHERE k.secret_id = ?",
                (secret_id,),
            ).fetchone()
            return found

        row = await self._read(read)
        if row is None:
            return None
        sub_user = None if row[15] is None else _sub_user(row[15:])
        return Identity(self._key(row[:8]), Caller(account=_account(row[8:15]), sub_user=sub_user))

    async def create_receiver(
        self, uin: int, draft: ReceiverDraft, *, day: str, limits: CreateLimits, now: int
    ) -> Receiver:
        def write(db: sqlite3.Connection) -> Receiver:
            receiver_count = _open_account(db, uin)
            if not _spend(db, uin, day, limits.per_day):
                raise DailyQuotaSpent
            if receiver_count >= limits.per_account:
                raise AccountFull
            return _insert_receiver(db, uin, draft, primary=False, now=now)

        return await self._write(write)

    async def spend_create(self, uin: int, *, day: str, per_day: int) -> None:
        await self._write(lambda db: _spend(db, uin, day, per_day))

    async def list_receivers(self, uin: int, *, offset: int, limit: int) -> ReceiverPage:
        def read(db: sqlite3.Connection) -> tuple[Row | None, list[Row]]:
            # One transaction, so that the total and the page are of the same moment.
            if not db.in_transaction:
                db.execute("BEGIN")
                try:
                    return read(db)
                finally:
                    db.execute("COMMIT")
            count = db.execute("SELECT receiver_count FROM accounts WHERE uin = ?", (uin,))
            page = db.execute(
                f"SELECT {RECEIVER} FROM receivers WHERE uin = ? ORDER BY uid LIMIT ? OFFSET ?",
                (uin, limit, min(offset, 2**63 - 1)),
            )
            return count.fetchone(), page.fetchall()

        count, rows = await self._read(read)
        return ReceiverPage(count[0] if count else 0, [_receiver(row) for row in rows])

    async def delete_receiver(self, uin: int, name: str) -> None:
        def write(db: sqlite3.Connection) -> None:
            _open_account(db, uin)
            found = db.execute(
                "SELECT uid, is_primary FROM receivers WHERE uin = ? AND name = ?", (uin, name)
            ).fetchone()
            if found is None:
                raise ReceiverMissing
            if found[1]:
                raise ReceiverIsPrimary
            _delete_receiver(db, uin, found[0])

        await self._write(write)

    # ---- the operator's ------------------------------------------------------------------------

    async def add_account(self, account: Account) -> None:
        def write(db: sqlite3.Connection) -> None:
            if _uin_taken(db, account.uin):
                raise AccountExists
            _put_account(db, account)

        await self._write(write)

    async def change_account(
        self,
        uin: int,
        *,
        name: str | None = None,
        real_name: bool | None = None,
        may_create: bool | None = None,
        closed: bool | None = None,
    ) -> Account:
        def write(db: sqlite3.Connection) -> Account:
            db.execute(
                "UPDATE accounts SET name = coalesce(?, name), real_name = coalesce(?, real_name),"
                " may_create = coalesce(?, may_create), closed = coalesce(?, closed) WHERE uin = ?",
                (name, real_name, may_create, closed, uin),
            )
            found = db.execute(f"SELECT {ACCOUNT} FROM accounts a WHERE uin = ?", (uin,)).fetchone()
            if found is None:
                raise AccountMissing
            return _account(found)

        return await self._write(write)

    async def accounts(self) -> Sequence[Account]:
        query = f"SELECT {ACCOUNT} FROM accounts a ORDER BY uin"
        return [_account(row) for row in await self._read(lambda db: db.execute(query).fetchall())]

    async def set_primary_contact(self, uin: int, draft: ReceiverDraft, *, now: int) -> Receiver:
        return await self._write(lambda db: _put_primary_contact(db, uin, draft, now))

    async def add_sub_user(self, user: SubUser) -> None:
        def write(db: sqlite3.Connection) -> None:
            _open_account(db, user.owner_uin)
            if _uin_taken(db, user.uin):
                raise AccountExists
            _put_sub_user(db, user)

        await self._write(write)

    async def set_permissions(self, uin: int, permissions: Sequence[str]) -> None:
        def write(db: sqlite3.Connection) -> None:
            changed = db.execute(
                "UPDATE sub_users SET permissions = ? WHERE user_uin = ?",
                (_json_list(permissions), uin),
            )
            if not changed.rowcount:
                raise UserMissing

        await self._write(write)

    async def delete_sub_user(self, uin: int) -> None:
        def write(db: sqlite3.Connection) -> None:
            if not db.execute("DELETE FROM sub_users WHERE user_uin = ?", (uin,)).rowcount:
                raise UserMissing
            db.execute("DELETE FROM access_keys WHERE user_uin = ?", (uin,))

        await self._write(write)

    async def sub_users(self, owner_uin: int) -> Sequence[SubUser]:
        query = f"SELECT {SUB_USER} FROM sub_users s WHERE uin = ? ORDER BY user_uin"
        rows = await self._read(lambda db: db.execute(query, (owner_uin,)).fetchall())
        return [_sub_user(row) for row in rows]

    async def add_key(self, key: AccessKey) -> None:
        def write(db: sqlite3.Connection) -> None:
            if not _uin_taken(db, key.user_uin):
                raise UserMissing
            (long_term,) = db.execute(
                "SELECT count(*) FROM access_keys WHERE user_uin = ? AND token_sha256 = ''",
                (key.user_uin,),
            ).fetchone()
            if long_term >= MAX_LONG_TERM_KEYS and not key.temporary:
                raise TooManyKeys
            self._put_key(db, key)

        await self._write(write)

    async def set_key_enabled(self, secret_id: str, enabled: bool) -> None:
        def write(db: sqlite3.Connection) -> None:
            query = "UPDATE access_keys SET enabled = ? WHERE secret_id = ?"
            if not db.execute(query, (enabled, secret_id)).rowcount:
                raise KeyMissing

        await self._write(write)

    async def delete_key(self, secret_id: str) -> None:
        def write(db: sqlite3.Connection) -> None:
            query = "DELETE FROM access_keys WHERE secret_id = ?"
            if not db.execute(query, (secret_id,)).rowcount:
                raise KeyMissing

        await self._write(write)

    async def keys(self, user_uin: int) -> Sequence[AccessKey]:
        query = f"SELECT {KEY} FROM access_keys k WHERE user_uin = ? ORDER BY created_at, secret_id"
        rows = await self._read(lambda db: db.execute(query, (user_uin,)).fetchall())
        return [self._key(row) for row in rows]

    async def creates_spent(self, uin: int, day: str) -> int:
        query = "SELECT spent FROM quota_days WHERE uin = ? AND day = ?"
        found = await self._read(lambda db: db.execute(query, (uin, day)).fetchone())
        return found[0] if found else 0

    async def reset_creates(self, uin: int, day: str) -> None:
        query = "DELETE FROM quota_days WHERE uin = ? AND day = ?"
        await self._write(lambda db: db.execute(query, (uin, day)))

    async def reseal_keys(self) -> int:
        def write(db: sqlite3.Connection) -> int:
            rows = db.execute("SELECT secret_id, sealed_secret FROM access_keys").fetchall()
            for secret_id, sealed in rows:
                db.execute(
                    "UPDATE access_keys SET sealed_secret = ? WHERE secret_id = ?",
                    (self._sealer.seal(self._sealer.unseal(sealed)), secret_id),
                )
            return len(rows)

        return await self._write(write)

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
        _put_account(db, seed.account)
        db.execute("DELETE FROM access_keys WHERE user_uin = ?", (uin,))
        for key in seed.keys:
            self._put_key(db, key)
        for entry in seed.users:
            owner = db.execute(
                "SELECT uin FROM sub_users WHERE user_uin = ?", (entry.user.uin,)
            ).fetchone()
            if (owner is None and _uin_taken(db, entry.user.uin)) or owner not in (None, (uin,)):
                raise AccountExists
            db.execute("DELETE FROM access_keys WHERE user_uin = ?", (entry.user.uin,))
            db.execute("DELETE FROM sub_users WHERE user_uin = ?", (entry.user.uin,))
            _put_sub_user(db, entry.user)
            for key in entry.keys:
                self._put_key(db, key)
        if seed.contact is not None:
            _put_primary_contact(db, uin, seed.contact, now)

    async def clear(self) -> None:
        def write(db: sqlite3.Connection) -> None:
            for table in TABLES:
                db.execute(f"DELETE FROM {table}")
            db.execute("UPDATE sqlite_sequence SET seq = ? WHERE name = 'receivers'", (FIRST_UID,))

        await self._write(write)

    # ---- itself --------------------------------------------------------------------------------

    async def ping(self) -> None:
        await self._write(lambda db: db.execute("SELECT 1 FROM installation"))

    async def close(self) -> None:
        await self._group.close()
        if self._readers is not None:
            await asyncio.to_thread(self._readers.close)
        self._writer.close()

    # ---- rows of keys, which need the sealer ---------------------------------------------------

    def _key(self, row: Row) -> AccessKey:
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


class _Readers:
    """A few threads, each with a connection that cannot write."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._own = threading.local()
        self._connections: list[sqlite3.Connection] = []
        self._pool = ThreadPoolExecutor(READERS, thread_name_prefix="store-reader")

    async def run(self, operation: Callable[[sqlite3.Connection], T]) -> T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._pool, self._call, operation)

    def _call(self, operation: Callable[[sqlite3.Connection], T]) -> T:
        connection: sqlite3.Connection | None = getattr(self._own, "connection", None)
        if connection is None:
            connection = _connect(self._path)
            connection.execute("PRAGMA query_only = ON")
            self._own.connection = connection
            self._connections.append(connection)
        return operation(connection)

    def close(self) -> None:
        self._pool.shutdown()
        for connection in self._connections:
            connection.close()


def _connect(path: Path | None) -> sqlite3.Connection:
    if path is not None and not path.exists():
        path.touch(mode=0o600)  # keys and addresses of people are in it
    connection = sqlite3.connect(
        MEMORY if path is None else path,
        timeout=BUSY_TIMEOUT_SECONDS,
        isolation_level=None,  # transactions are begun and ended by name
        check_same_thread=False,  # opened here, then used by one thread at a time
    )
    connection.execute("PRAGMA journal_mode = WAL")
    return connection


def _look_at(path: Path, profile: Profile) -> None:
    """Is the file sound, ours, and of this profile? A file that is not there, or empty, is fine."""
    if not path.parent.is_dir():
        raise StoreUnusable(f"{path}: there is no folder {path.parent}")
    if not path.exists() or path.stat().st_size == 0:
        return
    # Without a log beside it, the file is complete in itself and can be read without making one.
    wal = path.with_name(path.name + "-wal")
    mode = "mode=ro" if wal.exists() else "immutable=1"
    try:
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?{mode}", uri=True)
        try:
            check_schema(connection)
            (verdict,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
            found = connection.execute(
                "SELECT value FROM installation WHERE key = 'profile'"
            ).fetchone()
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise StoreUnusable(f"{path}: cannot be read as a database: {error}") from None
    except StoreUnusable as error:
        raise StoreUnusable(f"{path}: {error}") from None
    if verdict != "ok":
        raise StoreUnusable(f"{path}: is damaged, and was not touched: {verdict}")
    if found is not None and found[0] != profile:
        raise StoreUnusable(f"{path}: belongs to `yizhan {found[0]}`, not to `yizhan {profile}`")


def _open_account(db: sqlite3.Connection, uin: int) -> int:
    """The account's number of receivers, if it is there and open."""
    found = db.execute(
        "SELECT closed, receiver_count FROM accounts WHERE uin = ?", (uin,)
    ).fetchone()
    if found is None or found[0]:
        raise AccountMissing
    count: int = found[1]
    return count


def _spend(db: sqlite3.Connection, uin: int, day: str, per_day: int) -> bool:
    """Spend one of the day; False if none was left."""
    if per_day < 1:
        return False
    spent = db.execute(
        "INSERT INTO quota_days (uin, day, spent) VALUES (?, ?, 1)"
        " ON CONFLICT (uin, day) DO UPDATE SET spent = spent + 1 WHERE spent < ?",
        (uin, day, per_day),
    )
    return spent.rowcount == 1


def _insert_receiver(
    db: sqlite3.Connection, uin: int, draft: ReceiverDraft, *, primary: bool, now: int
) -> Receiver:
    # Receivers and sub-users share one name space; the one writer makes this look-and-insert a step.
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


def _delete_receiver(db: sqlite3.Connection, uin: int, uid: int) -> None:
    db.execute("DELETE FROM receivers WHERE uid = ?", (uid,))
    db.execute("UPDATE accounts SET receiver_count = receiver_count - 1 WHERE uin = ?", (uin,))


def _put_primary_contact(
    db: sqlite3.Connection, uin: int, draft: ReceiverDraft, now: int
) -> Receiver:
    _open_account(db, uin)
    old = db.execute(
        "SELECT uid, name FROM receivers WHERE uin = ? AND is_primary", (uin,)
    ).fetchone()
    taken = db.execute(
        "SELECT 1 FROM receivers WHERE uin = ?1 AND name = ?2 AND NOT is_primary"
        " UNION SELECT 1 FROM sub_users WHERE uin = ?1 AND name = ?2",
        (uin, draft.name),
    ).fetchone()
    if taken:
        raise NameTaken
    if old:
        _delete_receiver(db, uin, old[0])
    return _insert_receiver(db, uin, draft, primary=True, now=now)


def _uin_taken(db: sqlite3.Connection, uin: int) -> bool:
    found = db.execute(
        "SELECT 1 FROM accounts WHERE uin = ?1 UNION SELECT 1 FROM sub_users WHERE user_uin = ?1",
        (uin,),
    ).fetchone()
    return found is not None


def _put_account(db: sqlite3.Connection, account: Account) -> None:
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


def _put_sub_user(db: sqlite3.Connection, user: SubUser) -> None:
    added = db.execute(
        "INSERT INTO sub_users (uin, user_uin, name, permissions, created_at)"
        " SELECT ?1, ?2, ?3, ?4, ?5"
        " WHERE NOT EXISTS (SELECT 1 FROM receivers WHERE uin = ?1 AND name = ?3)"
        " ON CONFLICT (uin, name) DO NOTHING",
        (user.owner_uin, user.uin, user.name, _json_list(user.permissions), user.created_at),
    )
    if added.rowcount != 1:
        raise NameTaken


def _json_list(values: Sequence[str]) -> str:
    return msgspec.json.encode(list(values)).decode()


def _account(row: Row) -> Account:
    return Account(
        uin=row[0],
        app_id=row[1],
        name=row[2],
        real_name=bool(row[3]),
        may_create=bool(row[4]),
        closed=bool(row[5]),
        created_at=row[6],
    )


def _sub_user(row: Row) -> SubUser:
    return SubUser(
        uin=row[0],
        owner_uin=row[1],
        name=row[2],
        permissions=msgspec.json.decode(row[3], type=tuple[str, ...]),
        created_at=row[4],
    )


def _receiver(row: Row) -> Receiver:
    return Receiver(
        uid=row[0],
        name=row[1],
        country_code=row[2],
        phone_number=row[3],
        email=row[4],
        remark=row[5],
        phone_verified=bool(row[6]),
        email_verified=bool(row[7]),
        primary=bool(row[8]),
        created_at=row[9],
    )
