# SPDX-License-Identifier: Apache-2.0
"""`yizhan export` and `yizhan import`: the receivers of an account as a file."""

import csv
import json
import os
import signal
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.support.connection import Client
from tests.support.live import YIZHAN, clean_environment
from tests.support.registry import Registry, assert_one_line, assert_wrong_usage
from tests.support.waiting import wait_until
from tests.unit.transfer.samples import receiver as sample
from yizhan.cli import transfer
from yizhan.domain.model import ReceiverPage
from yizhan.transfer import plan

UIN = 500
OTHER = 600
HEADER = "Name,CountryCode,PhoneNumber,Email\n"


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    """With the accounts 500 and 600."""
    made = Registry(tmp_path)
    made.environ["YIZHAN_RECEIVERS_PER_ACCOUNT"] = "20000"
    made.account(UIN, "--real-name")
    made.account(OTHER, "--real-name")
    return made


def rows(count: int) -> str:
    lines = (f"r{n},86,{13800000000 + n},r{n}@example.com\n" for n in range(count))
    return HEADER + "".join(lines)


def put(registry: Registry, text: str, name: str = "in.csv") -> Path:
    file = registry.folder / name
    file.write_text(text, "utf-8")
    return file


def names(registry: Registry, uin: int = UIN) -> list[str]:
    return [each["Name"] for each in json.loads(registry.text("export", str(uin)))]


def report(registry: Registry, *words: str | Path) -> dict[str, Any]:
    """What an import says with --json, whether or not it took every line."""
    done = registry.run("import", *words, "--json")
    assert done.stderr == ""
    found: dict[str, Any] = json.loads(done.stdout)
    assert done.returncode == (1 if found["refused"] else 0)
    return found


class ShrinkingStore:
    """Has one receiver less after the first page."""

    def __init__(self, names: list[str]) -> None:
        self.names = names
        self._asked = 0

    async def owner_of(self, uin: int) -> int:
        return uin

    async def list_receivers(self, _: int, *, offset: int, limit: int) -> ReceiverPage:
        self._asked += 1
        if self._asked == 2:
            del self.names[1]
        page = self.names[offset : offset + limit]
        return ReceiverPage(len(self.names), [sample(name, int(name[1:])) for name in page])


# ---- import ------------------------------------------------------------------------------------


def test_imports_past_the_daily_quota_beside_the_running_server(registry: Registry) -> None:
    file = put(registry, rows(30))
    with registry.serve() as server, Client(server, registry.key(UIN)) as client:
        text = registry.text("import", str(UIN), file)

        assert text == "planned: 30 create\nimported: 30\n"
        assert [each["Name"] for each in client.all_receivers()] == [f"r{n}" for n in range(30)]
    assert registry.json("quota", "show", str(UIN))["spent"] == 0


def test_an_import_that_is_repeated_changes_nothing(registry: Registry) -> None:
    file = put(registry, rows(3))
    first = report(registry, str(UIN), file)

    again = report(registry, str(UIN), file)

    assert (first["planned"], first["imported"]) == ({"create": 3}, 3)
    assert (again["planned"], again["imported"]) == ({"same": 3}, 0)
    assert names(registry) == ["r0", "r1", "r2"]


def test_an_import_that_is_killed_goes_on_and_adds_nothing_twice(registry: Registry) -> None:
    file = put(registry, rows(10_000))
    command = [str(YIZHAN), "import", str(UIN), str(file)]
    environ = clean_environment(registry.environ)
    importing = subprocess.Popen(
        command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    )

    def there() -> int:
        with closing(sqlite3.connect(registry.database)) as db:
            count: int = db.execute("SELECT count(*) FROM receivers").fetchone()[0]
        return count

    wait_until(lambda: there() > 300, 30, "some receivers")
    os.killpg(importing.pid, signal.SIGKILL)
    importing.communicate(timeout=10)
    half = there()
    again = subprocess.run(
        command, env=environ, capture_output=True, text=True, timeout=120, check=False
    )

    assert 300 < half < 10_000
    assert (again.returncode, again.stderr) == (0, "")
    assert f"{half} same" in again.stdout
    assert there() == 10_000
    assert len(set(names(registry))) == 10_000
    told = registry.json("audit", "--uin", str(UIN))
    imports = [each["details"] for each in told if each["operation"] == "receiver.import"]
    assert [each["state"] for each in imports] == ["done", "begun", "begun"]


def test_says_what_it_cannot_take_and_takes_the_rest(registry: Registry) -> None:
    registry.text("import", str(UIN), put(registry, rows(1)))
    file = put(
        registry,
        HEADER
        + "r0,86,13800000009,x@example.com\nr1,86,13800000001,r1@example.com\n"
        + "r1,86,13800000001,r1@example.com\nbad,86,1,x\n",
    )

    dry = registry.run("import", str(UIN), file, "--dry-run")
    after_dry = names(registry)
    told = report(registry, str(UIN), file)

    assert dry.returncode == 1
    lines = dry.stdout.splitlines()
    assert [line.split(": ")[:2] for line in lines[:3]] == [
        ["line 2", "differs"],
        ["line 4", "repeated"],
        ["line 5", "invalid"],
    ]
    assert lines[3:] == ["planned: 1 create, 1 differs, 1 repeated, 1 invalid"]
    assert after_dry == ["r0"]
    assert [(each["line"], each["verdict"]) for each in told["refused"]] == [
        *((2, "differs"), (4, "repeated"), (5, "invalid"))
    ]
    assert all(each["why"] for each in told["refused"])
    assert told["imported"] == 1
    assert names(registry) == ["r0", "r1"]


def test_shows_no_phone_and_no_mail_of_what_it_refuses(registry: Registry) -> None:
    file = put(registry, HEADER + "a,86,1380013800013800,who@example\nb,86,13800138000,nomail\n")

    done = registry.run("import", str(UIN), file)

    assert done.returncode == 1
    for value in ("1380013800013800", "13800138000", "who@example", "nomail"):
        assert value not in done.stdout + done.stderr


def test_a_dry_run_changes_nothing_and_is_not_audited(registry: Registry) -> None:
    file = put(registry, rows(2))
    before = registry.json("audit")

    told = report(registry, str(UIN), file, "--dry-run")

    assert told == {
        "uin": UIN,
        "planned": {"create": 2},
        "refused": [],
        "imported": 0,
        "dry_run": True,
    }
    assert names(registry) == []
    assert [e for e in registry.json("audit") if e["operation"] == "receiver.import"] == []
    assert before[0] in registry.json("audit")


def test_stops_where_the_account_is_full(registry: Registry) -> None:
    registry.environ["YIZHAN_RECEIVERS_PER_ACCOUNT"] = "3"

    told = report(registry, str(UIN), put(registry, rows(5)))

    assert told["planned"] == {"create": 3, "full": 2}
    assert [each["line"] for each in told["refused"]] == [5, 6]
    assert names(registry) == ["r0", "r1", "r2"]


def test_says_which_line_has_the_name_of_a_sub_user(registry: Registry) -> None:
    registry.text("user", "create", str(UIN), "--name", "r1")
    file = put(registry, rows(3))

    told = report(registry, str(UIN), file)
    text = registry.run("import", str(UIN), file)

    assert told["imported"] == 2
    (line,) = told["refused"]
    assert (line["line"], line["verdict"]) == (3, "differs")
    assert text.returncode == 1
    assert text.stdout.startswith("line 3: differs: A sub-user has the name")
    assert names(registry) == ["r0", "r2"]


def test_says_which_lines_found_no_place_any_more(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry.environ["YIZHAN_RECEIVERS_PER_ACCOUNT"] = "3"
    real = plan.plan

    def plan_of_before(lines: Any, existing: Any, **options: Any) -> Any:
        """As if the receivers that are there had come between the plan and the import."""
        return real(lines, [], **options)

    registry.text("import", str(UIN), put(registry, HEADER + "z,86,13800000009,z@example.com\n"))
    monkeypatch.setattr(transfer, "plan", plan_of_before)

    told = report(registry, str(UIN), put(registry, rows(3)))

    assert told["imported"] == 2
    assert [(each["line"], each["verdict"]) for each in told["refused"]] == [(4, "full")]


@pytest.mark.parametrize(
    ("text", "words", "said"),
    [
        ("", (), "The file is empty"),
        ("a,b\n1,2\n", (), "The first line must name the columns"),
        ("[{", (), "this is not JSON"),
        (rows(1), ("--format", "json"), "this is not JSON"),
        ("Name,Remark\nx,y\n", (), "there is no column"),
    ],
)
def test_says_why_a_file_cannot_be_read(
    registry: Registry, text: str, words: tuple[str, ...], said: str
) -> None:
    assert_one_line(registry.run("import", str(UIN), put(registry, text), *words), 1, said)


def test_says_that_there_is_no_such_account_or_file(registry: Registry) -> None:
    file = put(registry, rows(1))
    registry.text("account", "update", str(OTHER), "--close")

    assert_one_line(registry.run("import", "999", file), 1, "there is no account 999")
    assert_one_line(registry.run("export", "999"), 1, "there is no account 999")
    assert_one_line(registry.run("import", str(OTHER), file), 1, "or it is closed")
    assert_wrong_usage(registry.run("import", str(UIN), "nothing.csv"), "nothing.csv")
    assert_wrong_usage(registry.run("import", str(UIN), file, "--format", "xml"), "xml")


def test_shows_how_far_it_is_on_a_terminal_alone(registry: Registry) -> None:
    file = put(registry, rows(5))
    reader, terminal = os.openpty()
    done = subprocess.run(
        [str(YIZHAN), "import", str(UIN), str(file)],
        env=clean_environment(registry.environ),
        stdout=subprocess.PIPE,
        stderr=terminal,
        text=True,
        timeout=60,
        check=False,
    )
    shown = os.read(reader, 65536)
    os.close(terminal)
    os.close(reader)

    assert done.stdout == "planned: 5 create\nimported: 5\n"
    assert b"importing" in shown


# ---- export ------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["json", "csv"])
def test_what_is_exported_can_be_imported_elsewhere(registry: Registry, kind: str) -> None:
    registry.text("import", str(UIN), put(registry, rows(30)))
    out = registry.folder / f"out.{kind}"

    said = registry.json("export", str(UIN), "--format", kind, "-o", out)
    registry.text("import", str(OTHER), out)

    first = registry.text("export", str(UIN), "--format", "csv")
    second = registry.text("export", str(OTHER), "--format", "csv")
    assert said == {"file": str(out), "receivers": 30}
    assert [line.split(",")[:4] for line in first.splitlines()] == [
        line.split(",")[:4] for line in second.splitlines()
    ]


def test_exports_in_clear_as_each_format_has_it(registry: Registry) -> None:
    line = "值班,86,13800138000,duty@example.com\n"
    registry.text("import", str(UIN), put(registry, HEADER + line))

    as_json = json.loads(registry.text("export", str(UIN)))
    (as_csv,) = csv.DictReader(registry.text("export", str(UIN), "--format", "csv").splitlines())
    terraform = registry.text("export", str(UIN), "--format", "terraform")

    for found in (as_json[0], as_csv):
        assert (found["Name"], found["PhoneNumber"]) == ("值班", "13800138000")
        assert found["Email"] == "duty@example.com"
    assert 'resource "tencentcloud_cam_message_receiver"' in terraform
    assert '"13800138000"' in terraform


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 5, 6, 7])
def test_exports_all_over_many_pages(
    registry: Registry, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    registry.text("import", str(UIN), put(registry, rows(count)))
    monkeypatch.setattr(transfer, "READ_AT_ONCE", 3)

    assert names(registry) == [f"r{n}" for n in range(count)]


async def test_misses_no_receiver_while_others_are_deleted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(transfer, "READ_AT_ONCE", 3)
    store = ShrinkingStore([f"r{n}" for n in range(9)])

    found = await transfer._all(store, UIN)  # type: ignore[arg-type]

    assert [each.name for each in found] == store.names


@pytest.mark.parametrize("kind", ["json", "csv", "terraform"])
def test_a_file_of_receivers_is_for_its_owner_alone(registry: Registry, kind: str) -> None:
    registry.text("import", str(UIN), put(registry, rows(2)))
    fresh, old = registry.folder / "fresh", registry.folder / "old"
    old.write_text("x" * 100_000)
    old.chmod(0o644)

    for file in (fresh, old):
        registry.text("export", str(UIN), "--format", kind, "-o", file)

    assert fresh.stat().st_mode & 0o777 == old.stat().st_mode & 0o777 == 0o600
    assert fresh.read_bytes() == old.read_bytes()
    assert fresh.read_bytes().startswith(b"\xef\xbb\xbf") == (kind == "csv")


def test_leaves_the_rights_of_what_is_no_plain_file(registry: Registry) -> None:
    before = Path(os.devnull).stat().st_mode

    registry.text("export", str(UIN), "-o", os.devnull)

    assert Path(os.devnull).stat().st_mode == before


def test_says_that_a_file_cannot_be_written(registry: Registry) -> None:
    done = registry.run("export", str(UIN), "-o", "nowhere/out.json")

    assert_one_line(done, 1, "nowhere/out.json: cannot be written")
