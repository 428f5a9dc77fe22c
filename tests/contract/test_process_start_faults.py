# SPDX-License-Identifier: Apache-2.0
"""What keeps `yizhan serve` from starting: one clear line, exit 2, and nothing was touched."""

import shutil
import socket
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.connection import Client
from tests.support.live import LiveServer, run_yizhan
from tests.support.registry import Registry, assert_one_line

Change = Callable[[Path], None]


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    folder = tmp_path / "registry"
    folder.mkdir()
    return Registry(folder)


def snapshot(folder: Path) -> dict[str, bytes]:
    """Every file below the folder with its content."""
    return {
        str(file.relative_to(folder)): file.read_bytes()
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }


def refused(registry: Registry, said: str) -> None:
    """`serve` does not start, says why, and leaves every file as it was.

    A file `-shm` counts for nothing: it is what SQLite reads an unfinished log with.
    """
    before = snapshot(registry.folder)

    done = registry.start()

    assert_one_line(done, 2, said)
    after = {
        name: content
        for name, content in snapshot(registry.folder).items()
        if not name.endswith("-shm")
    }
    assert list(after) == list(before)
    assert after == before


# ---- settings ----------------------------------------------------------------------------------


def test_without_a_master_key(registry: Registry) -> None:
    del registry.environ["YIZHAN_SECURITY_MASTER_KEY"]

    refused(registry, "there is no master key")


@pytest.mark.parametrize("key", ["short", "é" * 44, "=" * 44, "a" * 43, "a" * 200])
def test_with_a_master_key_that_is_none(registry: Registry, key: str) -> None:
    registry.environ["YIZHAN_SECURITY_MASTER_KEY"] = key

    refused(registry, "a master key must be")


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda file: None, "cannot be read: No such file"),
        (Path.mkdir, "cannot be read: Is a directory"),
        (lambda file: file.write_bytes(b"\xff\xfe"), "cannot be read"),
        (Path.touch, "there is no master key"),
    ],
    ids=["absent", "folder", "no text", "empty"],
)
def test_with_an_unusable_file_of_the_master_key(
    registry: Registry, make: Change, said: str
) -> None:
    make(registry.folder / "master")
    del registry.environ["YIZHAN_SECURITY_MASTER_KEY"]
    registry.environ["YIZHAN_SECURITY_MASTER_KEY_FILE"] = str(registry.folder / "master")

    refused(registry, said)


def test_with_an_unknown_setting_in_the_environment(registry: Registry) -> None:
    registry.environ["YIZHAN_SERVER_PROT"] = "1"

    refused(registry, "YIZHAN_SERVER_PROT: unknown setting")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[server]\nprot = 1\n", "unknown setting server.prot"),
        ("[sever]\nport = 1\n", "unknown setting sever"),
        ("port = 1\n", "unknown setting port"),
        ("[server\n", "is not TOML"),
    ],
)
def test_with_a_fault_in_the_file(registry: Registry, text: str, said: str) -> None:
    config = registry.folder / "yizhan.toml"
    config.write_text(text)

    done = registry.start("--config", config)

    assert_one_line(done, 2, said)
    assert not registry.database.exists()


def test_says_every_fault_of_the_settings_at_once(registry: Registry) -> None:
    config = registry.folder / "yizhan.toml"
    config.write_text('[server]\nport = 70000\nprot = 1\n[receivers]\nmasking = "all"\n')
    del registry.environ["YIZHAN_SERVER_PORT"]
    registry.environ |= {"YIZHAN_LIMITS_CREATES_PER_DAY": "-1", "YIZHAN_NONSENSE": "1"}

    done = registry.start("--config", config)

    lines = done.stderr.splitlines()
    assert done.returncode == 2
    assert all(line.startswith("yizhan: ") for line in lines)
    for fault in ("server.port", "prot", "receivers.masking", "creates_per_day", "NONSENSE"):
        assert [line for line in lines if fault in line] != []
    assert len(lines) == 5


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("YIZHAN_LIMITS_CREATES_PER_DAY", "9" * 30),
        ("YIZHAN_RECEIVERS_PER_ACCOUNT", "9" * 30),
        ("YIZHAN_SECURITY_KEY_CACHE_SECONDS", "nan"),
        ("YIZHAN_LIMITS_REQUESTS_PER_SECOND", "many"),
        ("YIZHAN_SERVER_DRAIN_SECONDS", "-1"),
        ("YIZHAN_RECEIVERS_ACCEPT_MASKED_SAMPLES", "perhaps"),
        ("YIZHAN_STORE_PATH", ""),
    ],
)
def test_with_a_value_that_no_call_could_use(registry: Registry, variable: str, value: str) -> None:
    registry.environ[variable] = value

    done = registry.run("check")

    section, _, key = variable.removeprefix("YIZHAN_").lower().partition("_")
    assert_one_line(done, 2, f"{section}.{key}")


# ---- address -----------------------------------------------------------------------------------


def test_on_a_port_that_is_taken(registry: Registry) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        registry.environ["YIZHAN_SERVER_PORT"] = str(other.getsockname()[1])

        refused(registry, "Address already in use")


def test_of_dev_on_a_port_that_is_taken(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])

        done = run_yizhan("dev", "--port", port, "--data", tmp_path)

    assert_one_line(done, 2, "Address already in use")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("host", ["192.0.2.1", "no-such-host.invalid", "a..b", "127.0.0.1:80"])
def test_on_an_address_that_is_not_ours(registry: Registry, host: str) -> None:
    registry.environ["YIZHAN_SERVER_HOST"] = host

    refused(registry, host)


def test_with_half_a_tls_pair(registry: Registry) -> None:
    registry.environ["YIZHAN_SERVER_TLS_KEY"] = "key.pem"

    refused(registry, "set both or neither")


@pytest.mark.parametrize("content", [None, b"", b"no certificate"])
def test_with_a_bad_tls_pair(registry: Registry, content: bytes | None) -> None:
    for name in ("certificate", "key"):
        file = registry.folder / f"{name}.pem"
        registry.environ[f"YIZHAN_SERVER_TLS_{name.upper()}"] = str(file)
        if content is not None:
            file.write_bytes(content)

    refused(registry, "certificate.pem: not usable for TLS")


# ---- the store ---------------------------------------------------------------------------------


def overwrite(file: Path, offset: int, data: bytes) -> None:
    content = bytearray(file.read_bytes())
    content[offset : offset + len(data)] = data
    file.write_bytes(content)


def lose_the_end(file: Path) -> None:
    file.write_bytes(file.read_bytes()[: -3 * 4096])


def raise_the_schema(file: Path) -> None:
    with closing(sqlite3.connect(file)) as db:
        db.execute("PRAGMA user_version = 9999")


def change_a_migration(file: Path) -> None:
    with closing(sqlite3.connect(file)) as db, db:
        db.execute("UPDATE schema_migrations SET checksum = 'other'")


def foreign(file: Path) -> None:
    file.unlink()
    with closing(sqlite3.connect(file)) as db, db:
        db.execute("CREATE TABLE accounts (uin INTEGER)")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        pytest.param(lose_the_end, "", id="the end is lost"),
        pytest.param(lambda f: overwrite(f, 4096, b"\0" * 4096), "", id="a page is blank"),
        pytest.param(lambda f: overwrite(f, 8192, b"\xff" * 512), "", id="a page is spoilt"),
        pytest.param(lambda f: overwrite(f, 0, b"x" * 16), "", id="the header is spoilt"),
        pytest.param(raise_the_schema, "schema 9999", id="a newer schema"),
        pytest.param(change_a_migration, "migration 1", id="another migration"),
        pytest.param(foreign, "not one of yizhan", id="a foreign database"),
        pytest.param(lambda f: f.write_text("a" * 9000), "database", id="no database"),
        pytest.param(lambda f: f.write_text("hello\n"), "", id="a short text"),
    ],
)
def test_with_a_file_that_is_not_as_it_should_be(
    registry: Registry, change: Change, said: str
) -> None:
    registry.account(500)
    change(registry.database)

    refused(registry, said)


def test_with_a_damaged_file_the_operator_is_refused_as_well(registry: Registry) -> None:
    registry.account(500)
    lose_the_end(registry.database)
    before = snapshot(registry.folder)

    done = registry.run("account", "list")

    assert_one_line(done, 2, str(registry.database))
    assert snapshot(registry.folder) == before


def test_with_the_file_of_dev(registry: Registry) -> None:
    with LiveServer("--data", str(registry.folder)):
        pass
    registry.environ["YIZHAN_STORE_PATH"] = str(registry.folder / "yizhan.db")

    refused(registry, "belongs to `yizhan dev`")


def test_of_dev_with_the_file_of_serve(registry: Registry) -> None:
    registry.account(500)
    registry.database.rename(registry.folder / "yizhan.db")
    before = snapshot(registry.folder)

    done = run_yizhan("dev", "--port", "0", "--data", registry.folder)

    assert_one_line(done, 2, "belongs to `yizhan serve`")
    assert snapshot(registry.folder) == before


def test_with_the_file_and_log_of_a_dev_that_was_killed(registry: Registry, tmp_path: Path) -> None:
    killed = tmp_path / "killed"
    with LiveServer("--data", str(killed)) as server, Client(server) as client:
        client.create("用户")
        server.kill()
    for suffix in ("", "-wal"):
        shutil.copyfile(killed / f"yizhan.db{suffix}", registry.folder / f"registry.db{suffix}")

    refused(registry, "belongs to `yizhan dev`")


@pytest.mark.parametrize(
    "path",
    [".", "no/such/folder/registry.db", "n" * 300, "/proc/registry.db"],
    ids=["a folder", "no folder", "too long", "where nothing can be made"],
)
def test_with_a_path_where_no_store_can_be(registry: Registry, path: str) -> None:
    registry.environ["YIZHAN_STORE_PATH"] = path

    refused(registry, path)


def test_of_dev_with_a_folder_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    below_a_file = run_yizhan("dev", "--port", "0", "--data", tmp_path / "file" / "below")
    too_long = run_yizhan("dev", "--port", "0", "--data", tmp_path / ("n" * 300))

    assert_one_line(below_a_file, 2, "cannot be made")
    assert_one_line(too_long, 2, "cannot be made")
