# SPDX-License-Identifier: Apache-2.0
"""Numbered SQL files, applied in turn, each in one transaction, forward only.

What was applied is recorded with a checksum: a file that changed afterwards stops the start, and so
does a schema that is newer than this version knows.
"""

import hashlib
import re
import sqlite3
from collections.abc import Iterator
from importlib import resources

import msgspec

from yizhan.store.base import StoreUnusable

APPLICATION_ID = 0x595A484E
"""`YZHN` in the file's header: says that the file is ours."""


class Migration(msgspec.Struct, frozen=True):
    version: int
    name: str
    sql: str

    @property
    def full_name(self) -> str:
        """As its file is named, without the ending."""
        return f"{self.version:04d}_{self.name}"

    @property
    def checksum(self) -> str:
        return hashlib.sha256(self.sql.encode()).hexdigest()


def migrations(dialect: str) -> list[Migration]:
    """All of a dialect, in order."""
    found = []
    folder = resources.files("yizhan.store").joinpath("migrations", dialect)
    for file in folder.iterdir():
        match = re.fullmatch(r"(\d{4})_(\w+)\.sql", file.name)
        if match:
            found.append(Migration(int(match[1]), match[2], file.read_text("utf-8")))
    return sorted(found, key=lambda migration: migration.version)


def schema_version(connection: sqlite3.Connection) -> int:
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return version


def check_schema(connection: sqlite3.Connection) -> None:
    """Refuse a file that is not ours, newer than we are, or made by migrations that have changed.

    Reads alone.

    Raises:
        StoreUnusable.
    """
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if not tables and schema_version(connection) == 0:
        return  # whoever began to make it came no further
    if connection.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
        raise StoreUnusable("the file is an SQLite database, but not one of yizhan")
    known = {migration.version: migration for migration in migrations("sqlite")}
    version = schema_version(connection)
    if version > max(known):
        raise StoreUnusable(
            f"the file has schema {version} and this version of yizhan knows {max(known)}: "
            "use the newer version that wrote it"
        )
    for number, checksum in connection.execute("SELECT version, checksum FROM schema_migrations"):
        if number not in known or known[number].checksum != checksum:
            raise StoreUnusable(f"migration {number} is not the one that made this file")


def migrate(connection: sqlite3.Connection, now: int) -> list[Migration]:
    """Apply what is missing and answer what was applied.

    Two processes may do this at once: the write lock lets one of them do each step.
    """
    applied = []
    for migration in migrations("sqlite"):
        connection.execute("BEGIN IMMEDIATE")
        try:
            if schema_version(connection) < migration.version:
                if migration.version == 1:
                    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
                    connection.execute(
                        "CREATE TABLE schema_migrations (version INTEGER PRIMARY KEY,"
                        " name TEXT NOT NULL, checksum TEXT NOT NULL, applied_at INTEGER NOT NULL)"
                        " STRICT"
                    )
                for statement in _statements(migration.sql):
                    connection.execute(statement)
                connection.execute(
                    "INSERT INTO schema_migrations (version, name, checksum, applied_at)"
                    " VALUES (?, ?, ?, ?)",
                    (migration.version, migration.name, migration.checksum, now),
                )
                connection.execute(f"PRAGMA user_version = {migration.version}")
                applied.append(migration)
            connection.execute("COMMIT")
        except BaseException:
            connection.execute("ROLLBACK")
            raise
    return applied


def _statements(sql: str) -> Iterator[str]:
    statement = ""
    for line in sql.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
