# SPDX-License-Identifier: Apache-2.0
"""`yizhan logs`, `audit`, `operator`, `export`, `import` and `doctor` at the command line."""

import json
import os
import signal
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.connection import Client
from tests.support.live import YIZHAN, LiveServer, clean_environment
from tests.support.registry import Registry, assert_one_line
from tests.support.waiting import wait_until
from tests.unit.doctor.signers import tc3

UIN = 100000000777


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    made = Registry(tmp_path)
    made.environ["YIZHAN_RECEIVERS_PER_ACCOUNT"] = "20000"
    made.account(UIN, "--real-name")
    return made


def test_logs_are_read_beside_the_running_server(registry: Registry) -> None:
    key = registry.key(UIN)
    with registry.serve() as server, Client(server, key) as client:
        client.create("one")
        refused = client.call("CreateMessageReceiver", {"Name": "x"}).response["RequestId"]
        client.page(0)
        wait_until(
            lambda: len(registry.text("logs", "export").splitlines()) == 3, 10, "three calls"
        )

        lines = registry.text("logs", "tail").splitlines()
        tail = [json.loads(line) for line in registry.text("logs", "tail", "--json").splitlines()]
        shown = registry.text("logs", "show", refused)
        har = json.loads(registry.text("logs", "export", "--format", "har"))
        codes = registry.text("logs", "tail", "--code", "MissingParameter").splitlines()
        none = registry.text("logs", "tail", "--since", "2099-01-01T00:00:00Z")
        others = registry.text("logs", "tail", "--uin", "1", "--client", "tccli", "--action", "x")

    assert [call["action"] for call in tail] == [
        "CreateMessageReceiver",
        "CreateMessageReceiver",
        "ListReceiver",
    ]
    assert refused in lines[1]
    assert "refused schema" in " ".join(shown.split())
    assert len(har["log"]["entries"]) == 3
    assert har["log"]["version"] == "1.2"
    assert len(codes) == 1
    assert none == others == ""


def test_logs_follow_until_they_are_told_to_stop(registry: Registry) -> None:
    key = registry.key(UIN)
    with registry.serve() as server, Client(server, key) as client:
        client.page(0)
        wait_until(lambda: registry.text("logs", "tail") != "", 10, "one call")
        following = subprocess.Popen(
            [str(YIZHAN), "logs", "tail", "-f", "--json"],
            env=clean_environment(registry.environ),
            stdout=subprocess.PIPE,
            text=True,
        )
        assert following.stdout is not None
        first = json.loads(following.stdout.readline())
        client.create("later")
        second = json.loads(following.stdout.readline())
        following.send_signal(signal.SIGINT)
        following.communicate(timeout=10)

    assert (first["action"], second["action"]) == ("ListReceiver", "CreateMessageReceiver")
    assert following.returncode == 0


def test_what_is_not_there_is_said_in_one_line(registry: Registry) -> None:
    assert_one_line(registry.run("logs", "tail"), 1, "there is no request log yet")
    with registry.serve():
        pass
    assert_one_line(registry.run("logs", "show", "x"), 1, "the request log has no x")
    assert_one_line(registry.run("operator", "delete", "nobody"), 1, "there is no operator nobody")
    assert_one_line(registry.run("doctor", "hello"), 1, "this is no RequestId")


def test_every_command_of_the_operator_is_audited(registry: Registry) -> None:
    key = registry.json("key", "create", str(UIN))["secret_id"]
    user = registry.json("user", "create", str(UIN), "--name", "u")["uin"]
    for words in (
        ("account", "update", str(UIN), "--no-real-name"),
        ("user", "permit", str(user), "--permit", "cam:*"),
        ("user", "delete", str(user)),
        ("key", "disable", key),
        ("key", "enable", key),
        ("key", "delete", key),
        ("quota", "reset", str(UIN)),
        ("operator", "create", "alice"),
        ("operator", "delete", "alice"),
        ("receiver", "list", str(UIN), "--reveal"),
        ("export", str(UIN)),
        ("rotate-secrets",),
    ):
        registry.text(*words)

    entries = registry.json("audit")
    told = [entry["operation"] for entry in entries]

    assert set(told) == {
        *("account.create", "account.change", "user.create", "user.permit", "user.delete"),
        *("key.create", "key.disable", "key.enable", "key.delete", "quota.reset"),
        *("operator.create", "operator.delete", "receiver.reveal", "receiver.export"),
        "secrets.rotate",
    }
    assert all(entry["actor"].startswith("cli:") for entry in entries)
    of_account = registry.json("audit", "--uin", str(UIN))
    assert {entry["uin"] for entry in of_account} == {UIN}
    assert "operator.create" not in {entry["operation"] for entry in of_account}


def rows(count: int) -> str:
    lines = (f"r{n},86,{13800000000 + n},r{n}@example.com\n" for n in range(count))
    return "Name,CountryCode,PhoneNumber,Email\n" + "".join(lines)


def test_an_import_that_is_killed_goes_on_and_adds_nothing_twice(registry: Registry) -> None:
    file = registry.folder / "receivers.csv"
    file.write_text(rows(10_000), "utf-8")
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
    assert again.returncode == 0, again.stderr
    assert f"{half} same" in again.stdout
    assert there() == 10_000


def test_an_import_says_what_it_cannot_take(registry: Registry) -> None:
    file = registry.folder / "receivers.csv"
    file.write_text(rows(2) + "r0,86,13800000009,x@example.com\nbad,86,1,x\n", "utf-8")

    dry = registry.run("import", str(UIN), str(file), "--dry-run")
    done = registry.run("import", str(UIN), str(file), "--json")

    assert dry.returncode == done.returncode == 1
    assert "line 4: repeated" in dry.stdout
    assert "line 5: invalid" in dry.stdout
    assert "imported" not in dry.stdout
    assert json.loads(done.stdout)["imported"] == 2


@pytest.mark.parametrize("kind", ["json", "csv"])
def test_what_is_exported_can_be_imported_elsewhere(registry: Registry, kind: str) -> None:
    file = registry.folder / "receivers.csv"
    file.write_text(rows(30), "utf-8")
    registry.text("import", str(UIN), str(file))
    out = registry.folder / f"out.{kind}"
    registry.account(100000000888, "--real-name")

    registry.text("export", str(UIN), "--format", kind, "-o", out)
    registry.text("import", "100000000888", str(out))

    first = registry.text("export", str(UIN), "--format", "csv")
    second = registry.text("export", "100000000888", "--format", "csv")
    assert out.stat().st_mode & 0o077 == 0
    assert [line.split(",")[:4] for line in first.splitlines()] == [
        line.split(",")[:4] for line in second.splitlines()
    ]


def test_the_doctor_names_the_mistake_in_a_file(registry: Registry) -> None:
    request = tc3(key=lambda _: "yizhandev00000000000000000000001\n")
    dev = "AKIDyizhandev00000000000000000000001"
    lines = [f"{name}: {value}" for name, value in request.headers.items()]
    text = "\n".join(["POST / HTTP/1.1", *lines, "", request.body.decode()])
    file = registry.folder / "request.http"
    file.write_text(text.replace("AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE", dev), "utf-8")

    found = registry.run("doctor", file)
    as_json = json.loads(registry.run("doctor", file, "--json").stdout)

    assert found.returncode == 1
    assert "found: The SecretKey has a blank, a line end or a BOM around it." in found.stdout
    assert [each["id"] for each in as_json["diagnosis"]["mistakes"]] == ["key-with-blanks"]
    assert "yizhandev00000000000000000000001\n" not in json.dumps(as_json["diagnosis"])


def test_the_doctor_looks_at_the_installation(registry: Registry) -> None:
    def states() -> dict[str, str]:
        lines = registry.run("doctor", "--json").stdout.splitlines()
        return {found["check"]: found["state"] for found in map(json.loads, lines)}

    whole = states()
    registry.database.chmod(0o644)
    registry.environ["YIZHAN_SECURITY_MASTER_KEY"] = "A" * 43 + "="
    registry.environ["YIZHAN_SERVER_HOST"] = "0.0.0.0"  # noqa: S104 - looked at, not bound
    broken = states()

    assert whole["master key"] == whole["files"] == whole["port"] == "ok"
    assert set(whole) == {
        *("port", "files", "clock", "master key", "public address", "mail", "disk space")
    }
    assert broken["files"] == broken["public address"] == "warning"
    assert registry.run("doctor").returncode in (0, 1)


def test_the_doctor_sees_a_port_that_is_taken(registry: Registry) -> None:
    with LiveServer() as other:
        registry.environ["YIZHAN_SERVER_PORT"] = str(other.port)
        assert "answers: a server runs there" in registry.run("doctor").stdout
