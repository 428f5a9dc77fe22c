# SPDX-License-Identifier: Apache-2.0
"""The SQLite file: whether it may be opened, its connections, and its readers."""

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Final, Literal, TypeVar

from yizhan.store.base import StoreUnusable
from yizhan.store.migrate import check_schema, schema_version

T = TypeVar("T")
Profile = Literal["dev", "serve"]

MEMORY: Final = ":memory:"
READERS: Final = 4
BUSY_TIMEOUT_SECONDS: Final = 10
OLDEST_SQLITE: Final = (3, 37, 0)  # STRICT tables


def require_usable(path: Path | None, profile: Profile) -> None:
    """Refuse what must not be opened; a file that is refused has not been touched.

    Raises:
        StoreUnusable.
    """
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        raise StoreUnusable(f"SQLite {sqlite3.sqlite_version} is too old: 3.37 is needed")
    if path is not None:
        _look_at(path, profile)


def connect(path: Path | None) -> sqlite3.Connection:
    if path is not None and not path.exists():
        path.touch(mode=0o600)  # keys and addresses of people are in it
    connection = sqlite3.connect(
        MEMORY if path is None else path,
        timeout=BUSY_TIMEOUT_SECONDS,
        isolation_level=None,  # transactions are begun and ended by name
        check_same_thread=False,  # opened here, then used by one thread at a time
    )
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    return connection


def _look_at(path: Path, profile: Profile) -> None:
    """Is the file sound, ours, and of this profile? A file that is not there, or empty, is fine."""
    try:
        if not path.parent.is_dir():
            raise StoreUnusable(f"there is no folder {path.parent}")
        if path.is_dir():
            raise StoreUnusable("is a folder")
        if not path.exists() or path.stat().st_size == 0:
            return
        # SQLite keeps its log beside the file that a link leads to.
        real = path.resolve()
        # Without a log, the file is complete in itself and can be read without making one.
        wal = real.with_name(real.name + "-wal")
        mode = "mode=ro" if wal.exists() else "immutable=1"
        with closing(sqlite3.connect(f"{real.as_uri()}?{mode}", uri=True)) as connection:
            check_schema(connection)
            (verdict,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
            found = profile_of(connection)
    except OSError as error:
        raise StoreUnusable(f"{path}: {error.strerror}") from None
    except sqlite3.Error as error:
        raise StoreUnusable(f"{path}: cannot be read as a database: {error}") from None
    except StoreUnusable as error:
        raise StoreUnusable(f"{path}: {error}") from None
    if verdict != "ok":
        told = " ".join(verdict.split())
        raise StoreUnusable(f"{path}: is damaged, and was not touched: {told}")
    if found not in (None, profile):
        raise StoreUnusable(f"{path}: belongs to `yizhan {found}`, not to `yizhan {profile}`")


def profile_of(connection: sqlite3.Connection) -> str | None:
    """Whether `dev` or `serve` made the file; None if it was not finished."""
    if schema_version(connection) == 0:
        return None
    found = connection.execute("SELECT value FROM installation WHERE key = 'profile'").fetchone()
    return found[0] if found else None


class Readers:
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
            connection = connect(self._path)
            connection.execute("PRAGMA query_only = ON")
            self._own.connection = connection
            self._connections.append(connection)
        return operation(connection)

    def close(self) -> None:
        self._pool.shutdown()
        for connection in self._connections:
            connection.close()
