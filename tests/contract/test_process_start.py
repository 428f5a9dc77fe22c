# SPDX-License-Identifier: Apache-2.0
"""`yizhan dev` and `yizhan serve` start, say what they need to, and end."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.connection import Client
from tests.support.live import (
    STOP_SECONDS,
    YIZHAN,
    LiveServer,
    clean_environment,
    run_yizhan,
)
from tests.support.registry import Registry, assert_one_line

START_ATTEMPTS = 3
EVERYWHERE = "0.0.0.0"  # noqa: S104 - what is to be refused unless told twice


@contextmanager
def started(*words: str) -> Iterator[list[str]]:
    """A server as a person starts it; answers the lines that it prints."""
    process = subprocess.Popen(
        [str(YIZHAN), *words],
        env=clean_environment({"PYTHONUNBUFFERED": ""}),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    lines = []
    try:
        for line in process.stdout:
            lines.append(line.rstrip("\n"))
            if line.strip().startswith("curl http"):
                break
        yield lines
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=STOP_SECONDS)
    assert process.returncode == 0


def indented(lines: list[str], title: str) -> list[str]:
    """The block of the welcome that begins with `title`, without its margin."""
    begin = next(number for number, line in enumerate(lines) if line.startswith(title))
    end = lines.index("", begin) if "" in lines[begin:] else len(lines)
    margin = len(title) + len(lines[begin][len(title) :]) - len(lines[begin][len(title) :].lstrip())
    return [line[margin:] for line in lines[begin:end]]


def run_program(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        words, env=clean_environment(), capture_output=True, text=True, timeout=60, check=False
    )


def test_dev_prints_a_python_program_that_runs(tmp_path: Path) -> None:
    program = tmp_path / "first_call.py"
    with started("dev", "--port", "0") as printed:
        program.write_text("\n".join(indented(printed, "Python SDK:")), "utf-8")

        done = run_program(sys.executable, str(program))

    assert done.stderr == ""
    assert set(json.loads(done.stdout)) >= {"RequestId"}


def test_dev_prints_a_curl_line_that_runs() -> None:
    with started("dev", "--port", "0") as printed:
        done = run_program("sh", "-c", printed[-1])

    answer = json.loads(done.stdout)["Response"]
    assert (answer["TotalCount"], answer["Receivers"]) == (0, [])


def test_dev_prints_a_tccli_line_that_runs() -> None:
    with started("dev", "--port", "0") as printed:
        line = "\n".join(indented(printed, "tccli:"))
        done = run_program("sh", "-c", f"PATH={YIZHAN.parent}:$PATH; {line}")

    assert done.returncode == 0, done.stderr
    assert set(json.loads(done.stdout)) >= {"RequestId"}


def test_dev_prints_endpoint_and_keys() -> None:
    with started("dev", "--port", "0") as printed:
        text = "\n".join(printed)

    assert "yizhan dev is ready" in printed[0]
    assert "Endpoint   http://127.0.0.1:" in text
    assert "SecretId   AKIDyizhandev" in text
    assert "SecretKey  yizhandev" in text


def test_dev_is_ready_in_under_a_second() -> None:
    taken = []
    for _ in range(START_ATTEMPTS):
        begun = time.monotonic()
        with LiveServer():
            taken.append(time.monotonic() - begun)

    assert min(taken) < 1


@pytest.mark.parametrize("address", [EVERYWHERE, "::", "192.0.2.1", "example.com"])
def test_dev_listens_beyond_loopback_only_when_told_twice(address: str) -> None:
    by_option = run_yizhan("dev", "--host", address, "--port", "0")
    by_setting = run_yizhan("dev", "--port", "0", environ={"YIZHAN_SERVER_HOST": address})

    assert_one_line(by_option, 2, "--allow-remote")
    assert_one_line(by_setting, 2, "--allow-remote")


def test_dev_listens_beyond_loopback_when_told_twice() -> None:
    with LiveServer("--host", EVERYWHERE, "--allow-remote") as server, Client(server) as client:
        assert client.call("ListReceiver").code == ""


@pytest.mark.parametrize("address", ["127.0.0.1", "127.0.0.2", "localhost"])
def test_dev_takes_any_loopback_address(address: str) -> None:
    with LiveServer("--host", address) as server:
        assert server.endpoint.startswith(f"http://{address}:")


def test_dev_keeps_its_receivers_in_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "made" / "on the way"
    with LiveServer("--data", str(folder)) as server, Client(server) as client:
        client.create("用户")

    with LiveServer("--data", str(folder)) as server, Client(server) as client:
        assert [each["Name"] for each in client.all_receivers()] == ["用户"]
    assert sorted(file.name for file in folder.iterdir()) == ["yizhan-calls.db", "yizhan.db"]


def test_dev_keeps_what_the_operator_made_in_the_folder(tmp_path: Path) -> None:
    data = ("--data", str(tmp_path))
    with LiveServer(*data):
        pass
    uin = json.loads(run_yizhan("env", "--json").stdout)["uin"]
    made = json.loads(run_yizhan("key", "create", str(uin), *data, "--json").stdout)
    run_yizhan("account", "create", "--name", "mine", "--uin", "500", *data)

    with LiveServer(*data):
        keys = json.loads(run_yizhan("key", "list", str(uin), *data, "--json").stdout)
        accounts = json.loads(run_yizhan("account", "list", *data, "--json").stdout)

    assert 500 in [account["uin"] for account in accounts]
    assert made["secret_id"] in [key["secret_id"] for key in keys]


def test_dev_in_memory_leaves_nothing_behind(tmp_path: Path) -> None:
    with LiveServer(cwd=tmp_path) as server, Client(server) as client:
        client.create("用户")

        assert list(tmp_path.iterdir()) == []


def test_serve_says_where_it_is(tmp_path: Path) -> None:
    with Registry(tmp_path).serve() as server:
        assert server.ready == {"profile": "serve", "endpoint": server.endpoint}


def test_serve_accepts_masked_samples_as_little_as_it_should(tmp_path: Path) -> None:
    registry = Registry(tmp_path)
    registry.account(500, "--real-name")
    sample = {
        "Name": "用户",
        "CountryCode": "86",
        "PhoneNumber": "132****4539",
        "Email": "57****@qq.com",
    }
    with registry.serve() as server, Client(server, registry.key(500)) as client:
        answer = client.call("CreateMessageReceiver", sample)

    assert answer.code == "InvalidParameter"
    assert "masked" in answer.response["Error"]["Message"]
