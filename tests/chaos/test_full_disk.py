# SPDX-License-Identifier: Apache-2.0
"""The disk fills up: an honest error at once, nothing acknowledged is lost, and recovery."""

import json
import resource
import subprocess
from pathlib import Path
from typing import Any

import httpx

from tests.support.live import YIZHAN, LiveServer
from tests.support.signed import inside, receiver, tc3_headers

LARGEST_FILE_BYTES = 400_000
LIMITS = {
    "YIZHAN_LIMITS_REQUESTS_PER_SECOND": "0",
    "YIZHAN_LIMITS_CREATES_PER_DAY": "1000000",
    "YIZHAN_RECEIVERS_PER_ACCOUNT": "1000000",
}


def call(server: LiveServer, action: str, parameters: dict[str, Any]) -> dict[str, Any]:
    body = json.dumps(parameters).encode()
    headers = tc3_headers(action, body, host=server.host)
    return inside(httpx.post(server.endpoint, content=body, headers=headers, trust_env=False))


def fill(server: LiveServer) -> tuple[set[str], dict[str, Any]]:
    """Create until it fails; the acknowledged names and the refusal."""
    acknowledged: set[str] = set()
    for number in range(2_000):
        name = f"receiver {number}"
        answer = call(server, "CreateMessageReceiver", receiver(Name=name, Remark="x" * 900))
        if "Error" in answer:
            return acknowledged, answer
        acknowledged.add(name)
    raise AssertionError("the disk did not fill up")


def listed(server: LiveServer) -> set[str]:
    names: set[str] = set()
    while page := call(server, "ListReceiver", {"Offset": len(names), "Limit": 200})["Receivers"]:
        names |= {entry["Name"] for entry in page}
    return names


def test_a_full_disk_loses_nothing_and_tells_nothing(tmp_path: Path) -> None:
    with LiveServer("--data", str(tmp_path), environ=LIMITS) as server:
        limits = (LARGEST_FILE_BYTES, resource.RLIM_INFINITY)
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, limits)
        acknowledged, refused = fill(server)

        assert refused["Error"] == {
            "Code": "InternalError",
            "Message": "Internal error, please try again later.",
        }
        assert acknowledged
        assert listed(server) == acknowledged

        unlimited = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, unlimited)
        again = call(server, "CreateMessageReceiver", receiver(Name="there is room again"))
        assert list(again) == ["RequestId"]
        _, log = server.stop()

    failed = next(line for line in log.splitlines() if refused["RequestId"] in line)
    assert "failed unexpectedly" in failed
    assert "sqlite3." in log
    with LiveServer("--data", str(tmp_path), environ=LIMITS) as server:
        assert listed(server) == acknowledged | {"there is room again"}


def test_the_command_says_in_one_line_that_it_cannot_write(tmp_path: Path) -> None:
    found = subprocess.run(
        ["sh", "-c", f"ulimit -f 1; exec {YIZHAN} dev --port 0 --data {tmp_path}"],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )

    assert found.returncode == 2
    assert len(found.stderr.splitlines()) == 1
    assert "yizhan: " in found.stderr
