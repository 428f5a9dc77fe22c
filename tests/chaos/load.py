# SPDX-License-Identifier: Apache-2.0
"""Threads that create receivers without pause, and what an SQLite file holds afterwards."""

import http.client
import itertools
import shutil
import sqlite3
import threading
from contextlib import closing
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from tests.support.connection import Client, Key
from tests.support.live import LiveServer

NO_LIMITS = {
    "YIZHAN_LIMITS_REQUESTS_PER_SECOND": "0",
    "YIZHAN_LIMITS_CREATES_PER_DAY": "1000000",
    "YIZHAN_RECEIVERS_PER_ACCOUNT": "1000000",
}


class CreateLoad:
    """Clients that send unique creates, each waiting for its answer, until their connection ends.

    `with CreateLoad(server, 8, "a") as load:`; leaving it waits for all of them to end.
    """

    def __init__(
        self, server: LiveServer, clients: int, label: str, key: Key | None = None
    ) -> None:
        self.acknowledged: list[str] = []
        self.unanswered: list[str] = []
        """Sent, perhaps, and cut off before an answer: at most one of each client."""
        self.refused: list[str] = []
        self.begun = threading.Event()
        """Set by the first answer."""
        self._server = server
        self._key = key
        self._threads = [
            threading.Thread(target=self._create, args=(f"{label}-{number}",))
            for number in range(clients)
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for thread in self._threads:
            thread.join()

    def _create(self, label: str) -> None:
        with Client(self._server, self._key) as client:
            for number in itertools.count():
                name = f"{label}-{number}"
                try:
                    code = client.create(name, number)
                except (OSError, http.client.HTTPException):
                    self.unanswered.append(name)
                    return
                if code:
                    self.refused.append(f"{name}: {code}")
                else:
                    self.acknowledged.append(name)
                self.begun.set()


class Content(NamedTuple):
    """What matters of a database file."""

    integrity: str
    names: list[str]
    """In the order of Uid."""
    counted: int
    """receiver_count of the account."""
    spent: dict[str, int]
    """Creates of the account by day."""


def content(database: Path, uin: int, workshop: Path) -> Content:
    """Read a copy of the file and its log, so that the server's own recovery is left to it."""
    workshop.mkdir(exist_ok=True)
    for suffix in ("", "-wal"):
        part = database.with_name(database.name + suffix)
        copy = workshop / part.name
        copy.unlink(missing_ok=True)
        if part.exists():
            shutil.copyfile(part, copy)
    with closing(sqlite3.connect(workshop / database.name)) as db:
        names = db.execute("SELECT name FROM receivers WHERE uin = ? ORDER BY uid", (uin,))
        spent = db.execute("SELECT day, spent FROM quota_days WHERE uin = ?", (uin,))
        counted = db.execute("SELECT receiver_count FROM accounts WHERE uin = ?", (uin,))
        return Content(
            integrity=db.execute("PRAGMA integrity_check").fetchone()[0],
            names=[name for (name,) in names],
            counted=counted.fetchone()[0],
            spent=dict(spent.fetchall()),
        )
