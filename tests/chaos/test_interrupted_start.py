# SPDX-License-Identifier: Apache-2.0
"""Whatever a killed process left of its files, the next start takes it up."""

import sqlite3
from contextlib import closing
from pathlib import Path

from tests.support.connection import Client
from tests.support.live import LiveServer


def names(server: LiveServer) -> list[str]:
    with Client(server) as client:
        return [each["Name"] for each in client.all_receivers()]


def create_and_kill(folder: Path, name: str) -> None:
    with LiveServer("--data", str(folder)) as server, Client(server) as client:
        assert client.create(name) == ""
        server.kill()


def test_starts_again_after_a_kill_before_the_first_migration(tmp_path: Path) -> None:
    """All that is there is what `PRAGMA journal_mode = WAL` writes: a database without tables."""
    with closing(sqlite3.connect(tmp_path / "yizhan.db")) as db:
        db.execute("PRAGMA journal_mode = WAL")

    with LiveServer("--data", str(tmp_path)) as server:
        assert names(server) == []


def test_starts_again_after_a_kill_when_the_file_is_a_link(tmp_path: Path) -> None:
    real = tmp_path / "volume"
    linked = tmp_path / "data"
    real.mkdir()
    linked.mkdir()
    (linked / "yizhan.db").symlink_to(real / "yizhan.db")
    (real / "yizhan.db").touch()
    create_and_kill(linked, "用户")

    with LiveServer("--data", str(linked)) as server:
        assert names(server) == ["用户"]


def test_starts_again_after_a_kill_without_the_shared_memory_file(tmp_path: Path) -> None:
    create_and_kill(tmp_path, "用户")
    (tmp_path / "yizhan.db-shm").unlink()

    with LiveServer("--data", str(tmp_path)) as server:
        assert names(server) == ["用户"]


def test_starts_again_with_a_log_that_was_cut_off(tmp_path: Path) -> None:
    """As after a power failure in the middle of a write: what was never whole is not taken."""
    create_and_kill(tmp_path, "用户")
    wal = tmp_path / "yizhan.db-wal"
    wal.write_bytes(wal.read_bytes() + b"\x5a" * 5000)

    with LiveServer("--data", str(tmp_path)) as server:
        assert names(server) == ["用户"]
