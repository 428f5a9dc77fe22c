# SPDX-License-Identifier: Apache-2.0
"""`yizhan logs`: the request log, read from its file beside the running server."""

import json
import re
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

import click
import msgspec

from yizhan.app import calls_path
from yizhan.calls import database
from yizhan.calls.har import har
from yizhan.calls.model import ALL, LoggedCall, Wanted
from yizhan.cli.accounts import UIN
from yizhan.cli.common import OpenStore, emit, fail, padded, plain, store_options

POLL_SECONDS = 0.5
AT_ONCE = 500
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


class Moment(click.ParamType[float]):
    """`2026-11-24T10:00:00Z`, Unix seconds, or `15m`, `2h`, `3d` ago."""

    name = "moment"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        if found := re.fullmatch(r"([0-9]{1,9})([smhd])", value):
            return time.time() - int(found[1]) * UNITS[found[2]]
        if re.fullmatch(r"[0-9]{1,11}", value):
            return float(value)
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            self.fail(
                f"{value!a} is no time: 2026-11-24T10:00:00Z, Unix seconds or 15m", param, ctx
            )
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def filters(command: Callable[..., Any]) -> Callable[..., Any]:
    """--action, --code, --uin, --client and --since, joined into `wanted`."""
    for option in reversed(
        (
            click.option("--action", default="", help="Of this action."),
            click.option("--code", default="", help="Of this code, or of those below it; OK."),
            click.option("--uin", type=UIN, help="Of this caller or root account."),
            click.option("--client", default="", help="Of clients whose name begins so."),
            click.option("--since", type=Moment(), help="A time, or 15m, 2h, 3d ago."),
        )
    ):
        command = option(command)
    return command


@click.group()
def logs() -> None:
    """The request log: every call, with how it was decided. Nothing in it is secret."""


@logs.command("tail")
@click.option("-n", "--number", type=click.IntRange(1, 100_000), default=20, show_default=True)
@click.option("-f", "--follow", is_flag=True, help="Go on until Ctrl-C.")
@filters
@store_options
def tail(
    number: int,
    follow: bool,
    action: str,
    code: str,
    uin: int | None,
    client: str,
    since: float | None,
    config: Path | None,
    data: Path | None,
    as_json: bool,
) -> None:
    """Print the newest calls, the newest last."""
    wanted = Wanted(action=action, code=code, uin=uin, client=client, since=since)
    with _opened(config, data) as db:
        place = database.last_place(db)
        calls = database.select(db, ALL, wanted, limit=number)[::-1]
        try:
            _print(calls, as_json)
            while follow:
                # What came between the two questions must not come again.
                place = max(place, calls[-1].seq if calls else 0)
                time.sleep(POLL_SECONDS)
                calls, place = _newer(db, wanted, place)
                _print(calls, as_json)
        except KeyboardInterrupt:
            return


def _newer(db: sqlite3.Connection, wanted: Wanted, place: int) -> tuple[list[LoggedCall], int]:
    """Calls after a place, oldest first, and the place up to which all have been seen."""
    last = database.last_place(db)
    newer = msgspec.structs.replace(wanted, first=place + 1)
    calls = database.select(db, ALL, newer, limit=AT_ONCE, order="ASC")
    return calls, place if len(calls) == AT_ONCE else max(place, last)


def _print(calls: list[LoggedCall], as_json: bool) -> None:
    for call in calls:
        click.echo(_json(call) if as_json else _line(call))
    sys.stdout.flush()


@logs.command("show")
@click.argument("request_id")
@store_options
def show(request_id: str, config: Path | None, data: Path | None, as_json: bool) -> None:
    """Print one call: request, answer, and each check with the value that mattered."""
    with _opened(config, data) as db:
        call = database.find(db, request_id, ALL)
    if call is None:
        fail(f"the request log has no {request_id}")
    if as_json:
        click.echo(_json(call))
        return
    emit(
        {
            "RequestId": call.request_id,
            "Time": _time(call.at),
            "Action": call.action,
            "Code": call.code,
            "Message": call.message,
            "Uin": call.uin,
            "SecretId": call.secret_id,
            "Client": call.client,
            "TraceId": call.trace_id,
            "Milliseconds": round(call.seconds * 1000, 3),
        },
        as_json=False,
    )
    click.echo("\nTrail")
    for step in call.trail:
        mark = "refused" if step.refused else "passed"
        spent = f"{step.seconds * 1e6:>8.0f} us"
        click.echo(f"  {mark:<8}{step.check:<11}{spent}  {plain(step.value)}")
    click.echo("\nRequest\n" + _message(call.request))
    click.echo("\nResponse\n" + _message(call.response))


@logs.command("export")
@click.option("--format", "kind", type=click.Choice(["jsonl", "har"]), default="jsonl")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="File.")
@filters
@store_options
def export(
    kind: str,
    output: Path | None,
    action: str,
    code: str,
    uin: int | None,
    client: str,
    since: float | None,
    config: Path | None,
    data: Path | None,
    as_json: bool,
) -> None:
    """Write the calls, oldest first, as JSON lines or as an HTTP Archive."""
    wanted = Wanted(action=action, code=code, uin=uin, client=client, since=since)
    with _opened(config, data) as db:
        calls = _each(db, wanted)
        if output is None:
            _write(calls, kind, sys.stdout)
            return
        try:
            with output.open("w", encoding="utf-8") as stream:
                count = _write(calls, kind, stream)
        except OSError as error:
            fail(f"{output}: cannot be written: {error.strerror}")
    emit({"file": str(output), "calls": count}, as_json)


def _write(calls: Iterator[LoggedCall], kind: str, stream: TextIO) -> int:
    count = 0
    if kind == "jsonl":
        for call in calls:
            stream.write(_json(call) + "\n")
            count += 1
        return count
    # Written piece by piece, as the log may be larger than memory.
    head, _, tail = json.dumps(har([])).rpartition("]")
    stream.write(head)
    for call in calls:
        (entry,) = har([call])["log"]["entries"]
        stream.write(("," if count else "") + plain(json.dumps(entry, ensure_ascii=False)))
        count += 1
    stream.write(f"]{tail}\n")
    return count


def _each(db: sqlite3.Connection, wanted: Wanted) -> Iterator[LoggedCall]:
    place = 0
    while True:
        part = msgspec.structs.replace(wanted, first=place)
        calls = database.select(db, ALL, part, limit=AT_ONCE, order="ASC")
        yield from calls
        if len(calls) < AT_ONCE:
            return
        place = calls[-1].seq + 1


@contextmanager
def _opened(config: Path | None, data: Path | None) -> Iterator[sqlite3.Connection]:
    opened = OpenStore(config, data)
    path = calls_path(opened.settings, opened.path)
    if path is None or not path.exists():
        fail(f"{path}: there is no request log yet: `serve`, or `dev --data`, makes it")
    try:
        with closing(database.open_log(path, read_only=True)) as db:
            yield db
    except (database.LogUnusable, sqlite3.Error) as error:
        fail(str(error))


def _json(call: LoggedCall) -> str:
    return plain(msgspec.json.encode(call).decode())


def _line(call: LoggedCall) -> str:
    """Action and client are whatever the caller says they are."""
    action, client = plain(call.action) or "-", plain(call.client) or "-"
    return (
        f"{_time(call.at)}  {padded(action, 22)} {call.code:<34}"
        f" {call.seconds * 1000:>8.1f} ms  {call.uin or '-':<13} {padded(client, 18)}"
        f" {call.request_id}"
    )


def _message(text: str) -> str:
    """Line by line, with nothing in it that a terminal would obey."""
    return "\n".join(map(plain, text.replace("\r\n", "\n").split("\n")))


def _time(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H:%M:%S}.{int(at * 1000) % 1000:03d}Z"
