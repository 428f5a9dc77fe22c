# SPDX-License-Identifier: Apache-2.0
"""The four servers that are measured: how each is started, what it is sent, and what it has done.

What counts is what the server itself kept, looked up before and after a round: an answer of 200
says nothing in an API whose refusals are 200, too, and to read each answer would slow wrk down.
"""

import contextlib
import itertools
import json
import os
import re
import sqlite3
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import quote_plus

from bench.processes import BenchError, ServerProcess, free_port, running
from bench.traffic import BenchAccount, CreateRequests, seed_body

ROOT: Final = Path(__file__).resolve().parent.parent
PEER_BIN: Final = ROOT / ".venv-bench" / "bin"

# The limits are off and the log is that of `serve`; all else is `yizhan dev --data` as it comes.
ENVIRONMENT: Final = {
    "YIZHAN_LIMITS_REQUESTS_PER_SECOND": "0",
    "YIZHAN_LIMITS_CREATES_PER_DAY": "1000000000",
    "YIZHAN_RECEIVERS_PER_ACCOUNT": "1000000000",
    "YIZHAN_LOG_FORMAT": "json",
}
TOPIC: Final = "arn:aws:sns:us-east-1:123456789012:bench"


class Subject(NamedTuple):
    """A server that runs, and what the rounds need to know of it."""

    server: ServerProcess
    take: Callable[[int], Sequence[bytes]]
    """So many requests that were not sent before."""
    done: Callable[[], int] | None = None
    """How many it has done in all; None where wrk's count of answers has to do."""
    before_round: Callable[[], object] = lambda: None
    cycle: bool = False
    """May the same requests be sent again and again?"""
    tolerated: float = 0.0
    """The part of its answers that may be failures; they do not count as done."""


@contextlib.contextmanager
def yizhan(
    executable: Path,
    data: Path,
    *,
    accounts: Sequence[BenchAccount] = (),
    ready_within: float = 30.0,
    calls_kept: int | None = None,
) -> Iterator[ServerProcess]:
    """The real server on a file, with the accounts in it.

    Args:
        calls_kept: how many calls its request log keeps; 0 switches it off, None is the default.
    """
    kept = {} if calls_kept is None else {"YIZHAN_CALLS_KEEP": str(calls_kept)}
    port = free_port()
    with running(
        "yizhan",
        [executable, "dev", "--port", str(port), "--data", data],
        port=port,
        folder=data.parent,
        environment=ENVIRONMENT | kept,
        ready_path="/readyz",
        ready_within=ready_within,
    ) as server:
        if accounts:
            fetch(server, "/_lab/seed", seed_body(accounts))
        yield server


@contextlib.contextmanager
def yizhan_subject(
    executable: Path,
    folder: Path,
    accounts: Sequence[BenchAccount],
    *,
    name: str = "yizhan",
    calls_kept: int | None = None,
) -> Iterator[Subject]:
    data = folder / name
    data.mkdir()
    with yizhan(executable, data, accounts=accounts, calls_kept=calls_kept) as server:
        requests = CreateRequests(server.authority, accounts)
        yield Subject(server, requests.take, lambda: creates_answered_ok(server))


@contextlib.contextmanager
def handwritten_subject(folder: Path, accounts: Sequence[BenchAccount]) -> Iterator[Subject]:
    database, seed = folder / "handwritten.db", folder / "accounts.json"
    seed.write_text(json.dumps([account._asdict() for account in accounts]))
    environment = {"PEER_DATABASE": str(database), "PEER_ACCOUNTS": str(seed)}
    with _uvicorn("handwritten", folder, "/healthz", environment) as server:
        requests = CreateRequests(server.authority, accounts)
        yield Subject(server, requests.take, lambda: _receivers_in(database))


@contextlib.contextmanager
def static_subject(folder: Path, accounts: Sequence[BenchAccount]) -> Iterator[Subject]:
    options = ("--lifespan", "off", "--ws", "none", "--no-server-header", "--no-proxy-headers")
    with _uvicorn("static_app", folder, "/", {}, *options) as server:
        requests = CreateRequests(server.authority, accounts)
        yield Subject(server, requests.take, cycle=True)


@contextlib.contextmanager
def moto_subject(folder: Path) -> Iterator[Subject]:
    """moto's own server. Each round begins with an empty topic, as a full one slows it down."""
    port = free_port()
    with running(
        "moto",
        [PEER_BIN / "moto_server", "-H", "127.0.0.1", "-p", str(port)],
        port=port,
        folder=folder,
        ready_path="/moto-api/",
    ) as server:

        def empty_topic() -> None:
            fetch(server, "/moto-api/reset", b"")
            fetch(server, "/", b"Action=CreateTopic&Name=bench", _AWS_HEADERS)

        serials = itertools.count()

        def take(count: int) -> list[bytes]:
            return [_subscribe(server.authority, next(serials)) for _ in range(count)]

        # Its threads get into each other's way now and then, and it answers 500.
        yield Subject(server, take, before_round=empty_topic, tolerated=0.01)


_AWS_HEADERS: Final = {
    "Content-Type": "application/x-www-form-urlencoded",
    "Authorization": "AWS4-HMAC-SHA256 Credential=AKID/20260101/us-east-1/sns/aws4_request,"
    f" SignedHeaders=host, Signature={'0' * 64}",
}


def _subscribe(authority: str, serial: int) -> bytes:
    body = (
        f"Action=Subscribe&Version=2010-03-31&Protocol=email&TopicArn={quote_plus(TOPIC)}"
        f"&Endpoint=r{serial:09}%40example.com"
    ).encode()
    headers = {"Host": authority, "Content-Length": str(len(body)), **_AWS_HEADERS}
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"POST / HTTP/1.1\r\n{head}\r\n".encode() + body


@contextlib.contextmanager
def _uvicorn(
    name: str, folder: Path, ready_path: str, environment: dict[str, str], *options: str
) -> Iterator[ServerProcess]:
    """A peer on the same HTTP server as ours; its access log is off, which is in its favour."""
    port = free_port()
    command = (str(PEER_BIN / "uvicorn"), f"bench.peers.{name}:app", "--port", str(port))
    same = ("--http", "httptools", "--loop", "uvloop", "--backlog", "2048", "--no-access-log")
    with running(
        name,
        [*command, *same, *options],
        port=port,
        folder=folder,
        environment={**environment, "PYTHONPATH": str(ROOT)},
        ready_path=ready_path,
    ) as server:
        yield server


def creates_answered_ok(server: ServerProcess) -> int:
    """From /metrics. Raises: BenchError, if any create was refused."""
    text = fetch(server, "/metrics").decode()
    found = dict(
        re.findall(r'yizhan_requests_total\{action="\w*",code="([\w.]+)"\} ([0-9.e+]+)', text)
    )
    refused = {code: number for code, number in found.items() if code != "OK"}
    if refused:
        raise BenchError(f"the server refused requests: {refused}")
    return int(float(found.get("OK", 0)))


def fetch(
    server: ServerProcess,
    path: str,
    body: bytes | None = None,
    headers: dict[str, str] | None = None,
) -> bytes:
    """The answer to one GET, or POST if there is a body."""
    request = urllib.request.Request(  # our own server on loopback
        f"http://{server.authority}{path}", data=body, headers=headers or {}
    )
    with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
        content: bytes = answer.read()
        return content


def _receivers_in(database: Path) -> int:
    with contextlib.closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as reader:
        (count,) = reader.execute("SELECT count(*) FROM receivers").fetchone()
        return int(count)


def default_executable() -> Path:
    return Path(os.path.relpath(ROOT / ".venv" / "bin" / "yizhan"))
