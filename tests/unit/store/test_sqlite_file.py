# SPDX-License-Identifier: Apache-2.0
"""The SQLite file as it is opened."""

import stat
from contextlib import closing
from pathlib import Path

from yizhan.store.sqlite_file import connect


def test_a_commit_waits_for_the_disk(tmp_path: Path) -> None:
    with closing(connect(tmp_path / "yizhan.db")) as connection:
        (mode,) = connection.execute("PRAGMA journal_mode").fetchone()
        (synchronous,) = connection.execute("PRAGMA synchronous").fetchone()

    # 2 is FULL: every commit is followed by an fsync of the log.
    assert (mode, synchronous) == ("wal", 2)


def test_nobody_else_may_read_the_file(tmp_path: Path) -> None:
    with closing(connect(tmp_path / "yizhan.db")):
        mode = stat.S_IMODE((tmp_path / "yizhan.db").stat().st_mode)

    assert mode == 0o600
