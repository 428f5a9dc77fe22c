# SPDX-License-Identifier: Apache-2.0
"""`yizhan logs` and `yizhan doctor`, beside the running server and without it."""

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.support.connection import JSON, Client, head_bytes, signed_head
from tests.support.live import YIZHAN, LiveServer, clean_environment
from tests.support.registry import Registry, assert_one_line, assert_wrong_usage
from tests.support.waiting import wait_until
from tests.unit.doctor.signers import tc3

UIN = 100000000777


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    made = Registry(tmp_path)
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


def test_logs_follow_shows_each_call_once_though_none_matched_at_first(
    registry: Registry,
) -> None:
    with registry.serve() as server, Client(server, registry.key(UIN)) as client:
        client.page(0)
        wait_until(lambda: logged(registry) == 1, 10, "one call")
        following = subprocess.Popen(
            [str(YIZHAN), *("logs", "tail", "-f", "--json", "--action", "CreateMessageReceiver")],
            env=clean_environment(registry.environ),
            stdout=subprocess.PIPE,
            text=True,
        )
        assert following.stdout is not None
        seen = []
        for number in range(3):
            client.page(0)
            client.create(f"r{number}", number)
            seen.append(json.loads(following.stdout.readline())["seq"])
        following.send_signal(signal.SIGINT)
        rest, _ = following.communicate(timeout=10)

    assert seen == [3, 5, 7]
    assert rest == ""


@pytest.fixture
def filled(registry: Registry) -> Iterator[Registry]:
    """Beside a server that has answered a create, a faulty create of another client and a list."""
    key = registry.key(UIN)
    with registry.serve() as server, Client(server, key) as client:
        client.create("用户")
        body = b'{"Name":"x","CountryCode":"86","PhoneNumber":"13800138000","Email":"\xff"}'
        head = signed_head(client.host, key, "CreateMessageReceiver", body)
        head |= {"Content-Length": str(len(body)), "X-TC-RequestClient": "SDK_GO_1.3.166"}
        client.send(head_bytes("POST / HTTP/1.1", head) + body)
        client.read()
        client.page(0)
        wait_until(lambda: logged(registry) == 3, 10, "three calls")
        yield registry


def logged(registry: Registry) -> int:
    done = registry.run("logs", "export")
    return done.stdout.count("\n") if done.returncode == 0 else 0


def actions(registry: Registry, *words: str) -> list[str]:
    lines = registry.text("logs", "tail", "--json", *words).splitlines()
    return [json.loads(line)["action"] for line in lines]


def test_logs_tail_shows_the_newest_last(filled: Registry) -> None:
    one = actions(filled, "-n", "1")
    two = actions(filled, "-n", "2")

    assert one == ["ListReceiver"]
    assert two == ["CreateMessageReceiver", "ListReceiver"]


@pytest.mark.parametrize(
    ("words", "count"),
    [
        (("--action", "ListReceiver"), 1),
        (("--code", "OK"), 2),
        (("--code", "InvalidParameter"), 1),
        (("--uin", str(UIN)), 3),
        (("--uin", "1"), 0),
        (("--client", "go"), 1),
        (("--since", "15m"), 3),
        (("--since", "2h"), 3),
        (("--since", "3d"), 3),
        (("--since", "1795453229"), 3),
        (("--since", "2026-01-01T00:00:00Z"), 3),
        (("--since", "2099-01-01"), 0),
        (("--action", "ListReceiver", "--client", "go"), 0),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else str(value),
)
def test_logs_filters_hold_for_tail_and_export(
    filled: Registry, words: tuple[str, ...], count: int
) -> None:
    assert len(actions(filled, *words)) == count
    assert filled.text("logs", "export", *words).count("\n") == count


def test_logs_show_tells_how_a_call_was_decided(filled: Registry) -> None:
    (call,) = map(json.loads, filled.text("logs", "export", "--client", "go").splitlines())

    text = filled.text("logs", "show", call["request_id"])
    as_json = filled.json("logs", "show", call["request_id"])

    assert as_json == call
    assert "passed  " not in text.partition("refused")[2]
    assert "refused parse" in text
    assert "POST / HTTP/1.1\nhost: " in text
    assert "Response\n{" in text
    assert "13800138000" not in text


def test_logs_export_goes_to_a_file(filled: Registry) -> None:
    said = filled.json("logs", "export", "-o", "calls.jsonl")
    har = filled.json("logs", "export", "--format", "har", "-o", "calls.har", "--code", "none")
    nowhere = filled.run("logs", "export", "-o", "nowhere/calls.jsonl")

    assert said == {"file": "calls.jsonl", "calls": 3}
    lines = (filled.folder / "calls.jsonl").read_text("utf-8").splitlines()
    assert [json.loads(line)["action"] for line in lines] == actions(filled)
    assert har["calls"] == 0
    assert json.loads((filled.folder / "calls.har").read_text("utf-8"))["log"]["entries"] == []
    assert_one_line(nowhere, 1, "nowhere/calls.jsonl: cannot be written")


def test_logs_export_goes_on_over_many_pages(
    filled: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = filled.text("logs", "export")

    for at_once in (1, 2, 3):
        monkeypatch.setattr("yizhan.cli.logs.AT_ONCE", at_once)
        assert filled.text("logs", "export") == whole


def test_logs_need_no_master_key(filled: Registry) -> None:
    del filled.environ["YIZHAN_SECURITY_MASTER_KEY"]

    assert len(actions(filled)) == 3


def test_logs_of_dev_are_read_from_its_folder(registry: Registry, tmp_path: Path) -> None:
    dev = ("--data", str(tmp_path / "dev"))
    with LiveServer(*dev) as server, Client(server) as client:
        client.page(0)
    assert actions(registry, *dev) == ["ListReceiver"]


@pytest.mark.parametrize("words", [(), ("--json",)])
def test_no_caller_can_write_lines_of_its_own_or_move_the_terminal(
    registry: Registry, words: tuple[str, ...]
) -> None:
    hostile = quote("\x1b[2J\x9b2J\u202ex\n2026-11-24  DeleteMessageReceiver  OK")
    with registry.serve() as server, Client(server, registry.key(UIN)) as client:
        target = f"/?Action={hostile}&RequestClient={hostile}&Version=x"
        client.send(head_bytes(f"GET {target} HTTP/1.1", {"Host": client.host}))
        request_id = client.read().response["RequestId"]
        body = "\x1b[2J\x9b\r".encode()
        head = {"Host": client.host, "Content-Type": JSON, "Content-Length": str(len(body))}
        client.send(head_bytes("POST / HTTP/1.1", head) + body)
        posted = client.read().response["RequestId"]
        wait_until(lambda: logged(registry) == 2, 10, "two calls")

        # On a terminal, as escapes are taken out for everything else.
        tail = on_a_terminal(registry, "logs", "tail", *words)
        shown = [on_a_terminal(registry, "logs", "show", i, *words) for i in (request_id, posted)]

    assert len(tail.splitlines()) == 2
    for text in (tail, *shown):
        assert "\\u001b[2J" in text
        assert not set(text) & {"\x1b", "\x9b", "\u202e"}


def on_a_terminal(registry: Registry, *words: str) -> str:
    """What a command writes to a terminal."""
    reader, terminal = os.openpty()
    with os.fdopen(reader, "rb", buffering=0) as screen:
        done = subprocess.run(
            [str(YIZHAN), *words],
            env=clean_environment(registry.environ),
            cwd=registry.folder,
            stdout=terminal,
            check=True,
            timeout=30,
        )
        os.close(terminal)
        assert done.returncode == 0
        pieces = []
        # Linux says EIO where the other end is closed.
        with suppress(OSError):
            while piece := screen.read(65536):
                pieces.append(piece)
    return b"".join(pieces).decode().replace("\r\n", "\n")


@pytest.mark.parametrize("since", ["15x", "yesterday", "", "m", "9" * 40, "٣d"])
def test_logs_say_what_is_no_time(registry: Registry, since: str) -> None:
    assert_wrong_usage(registry.run("logs", "tail", "--since", since), "is no time")


def test_logs_say_that_the_file_is_no_request_log(registry: Registry) -> None:
    (registry.folder / "registry-calls.db").write_bytes(b"something else" * 1000)

    assert_one_line(registry.run("logs", "tail"), 1, "cannot be used as a request log")


def test_what_is_not_there_is_said_in_one_line(registry: Registry) -> None:
    assert_one_line(registry.run("logs", "tail"), 1, "there is no request log yet")
    with registry.serve():
        pass
    assert_one_line(registry.run("logs", "show", "x"), 1, "the request log has no x")
    assert_one_line(registry.run("doctor", "hello"), 1, "this is no RequestId")


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
        *("port", "files", "clock", "master key", "address", "public address"),
        *("mail", "text messages", "disk space"),
    }
    assert broken["files"] == broken["address"] == "warning"
    assert registry.run("doctor").returncode in (0, 1)


def test_the_doctor_sees_a_port_that_is_taken(registry: Registry) -> None:
    with LiveServer() as other:
        registry.environ["YIZHAN_SERVER_PORT"] = str(other.port)
        assert "answers: a server runs there" in registry.run("doctor").stdout
