# SPDX-License-Identifier: Apache-2.0
"""The request log's own SQLite file, apart from the store: it may be lost, and it may lose calls.

Every function takes the connection; one thread at a time uses it.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final, Literal

import msgspec

from yizhan.calls.model import READS, LoggedCall, Recording, Seen, Wanted

SCHEMA_VERSION: Final = 1
_SCHEMA: Final = """
CREATE TABLE calls (
    -- AUTOINCREMENT, as a place is never given twice: event streams and recordings name it.
    seq        INTEGER PRIMARY KEY AUTOINCREMENT,
    at         REAL    NOT NULL,
    request_id TEXT    NOT NULL,
    trace_id   TEXT    NOT NULL,
    action     TEXT    NOT NULL,
    code       TEXT    NOT NULL,
    uin        INTEGER,
    owner_uin  INTEGER,
    client     TEXT    NOT NULL,
    -- The whole call as JSON (calls/model.py).
    call       BLOB    NOT NULL
) STRICT;
CREATE INDEX calls_by_request_id ON calls (request_id);
CREATE INDEX calls_by_account ON calls (owner_uin, seq);
CREATE TABLE recordings (
    id        TEXT PRIMARY KEY,
    recording BLOB NOT NULL
) STRICT;
"""
_encode: Final = msgspec.json.Encoder().encode
_call: Final = msgspec.json.Decoder(LoggedCall)
_recording: Final = msgspec.json.Decoder(Recording)


class LogUnusable(Exception):
    """The file cannot be used; the message says why, in one line."""


def open_log(path: Path | None, *, read_only: bool = False) -> sqlite3.Connection:
    """Open or make the file; None is in memory.

    Raises:
        LogUnusable.
    """
    try:
        if path is not None and not read_only and not path.exists():
            path.touch(mode=0o600)
        if read_only and path is not None:
            target, as_uri = f"{path.resolve().as_uri()}?mode=ro", True
        else:
            target, as_uri = ":memory:" if path is None else str(path), False
        db = sqlite3.connect(
            target, uri=as_uri, isolation_level=None, check_same_thread=False, timeout=5
        )
        (version,) = db.execute("PRAGMA user_version").fetchone()
        if not read_only:
            db.execute("PRAGMA journal_mode = WAL")
            # What the machine's death takes with it is a moment of the log, and no state.
            db.execute("PRAGMA synchronous = OFF")
            if version == 0:
                db.executescript(f"BEGIN; {_SCHEMA} PRAGMA user_version = {SCHEMA_VERSION}; COMMIT")
                version = SCHEMA_VERSION
    except OSError as error:
        raise LogUnusable(f"{path}: {error.strerror}") from None
    except sqlite3.Error as error:
        raise LogUnusable(f"{path}: cannot be used as a request log: {error}") from None
    if version != SCHEMA_VERSION:
        raise LogUnusable(f"{path}: is a request log of another version ({version})")
    return db


def write(db: sqlite3.Connection, calls: Sequence[LoggedCall]) -> None:
    rows = [
        (c.at, c.request_id, c.trace_id, c.action, c.code, c.uin, c.owner_uin, c.client, _encode(c))
        for c in calls
    ]
    db.execute("BEGIN")
    try:
        db.executemany(
            "INSERT INTO calls (at, request_id, trace_id, action, code, uin, owner_uin, client,"
            " call) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            rows,
        )
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


def prune(db: sqlite3.Connection, *, keep: int, before: float, portion: int) -> int:
    """Delete the oldest calls beyond `keep`, or made before a moment; answers how many.

    Args:
        portion: at most so many at once.
    """
    (last,) = db.execute("SELECT coalesce(max(seq), 0) FROM calls").fetchone()
    return db.execute(
        "DELETE FROM calls WHERE seq IN (SELECT seq FROM calls WHERE seq <= ? OR at < ?"
        " ORDER BY seq LIMIT ?)",
        (last - keep, before, portion),
    ).rowcount


def find(db: sqlite3.Connection, request_id: str, seen: Seen) -> LoggedCall | None:
    condition, values = _visible(seen)
    row = db.execute(
        f"SELECT seq, call FROM calls WHERE request_id = ?{condition} ORDER BY seq DESC LIMIT 1",
        (request_id, *values),
    ).fetchone()
    return _call_of(row) if row else None


def select(
    db: sqlite3.Connection,
    seen: Seen,
    wanted: Wanted,
    *,
    limit: int,
    order: Literal["ASC", "DESC"] = "DESC",
) -> list[LoggedCall]:
    """Calls by their place in the log."""
    condition, values = _visible(seen)
    more, more_values = _wanted(wanted)
    rows = db.execute(
        f"SELECT seq, call FROM calls WHERE 1{condition}{more} ORDER BY seq {order} LIMIT ?",
        (*values, *more_values, limit),
    )
    return [_call_of(row) for row in rows]


def last_place(db: sqlite3.Connection) -> int:
    """Of the newest call that there ever was; 0 if there was none."""
    found = db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'calls'").fetchone()
    return int(found[0]) if found else 0


def put_recording(db: sqlite3.Connection, recording: Recording) -> None:
    db.execute(
        "INSERT OR REPLACE INTO recordings (id, recording) VALUES (?, ?)",
        (recording.id, _encode(recording)),
    )


def recordings(db: sqlite3.Connection) -> list[Recording]:
    """Newest first."""
    rows = db.execute("SELECT recording FROM recordings")
    found = [_recording.decode(row[0]) for row in rows]
    return sorted(found, key=lambda each: each.begun_at, reverse=True)


def delete_recording(db: sqlite3.Connection, recording_id: str) -> None:
    db.execute("DELETE FROM recordings WHERE id = ?", (recording_id,))


def clear(db: sqlite3.Connection) -> None:
    """Forget all calls and recordings; places go on."""
    db.execute("DELETE FROM calls")
    db.execute("DELETE FROM recordings")


def _call_of(row: tuple[int, bytes]) -> LoggedCall:
    return msgspec.structs.replace(_call.decode(row[1]), seq=row[0])


def _visible(seen: Seen) -> tuple[str, list[Any]]:
    condition, values = "", []
    if seen.owner_uin is not None:
        condition += " AND owner_uin = ?"
        values.append(seen.owner_uin)
    if seen.uin is not None:
        condition += " AND uin = ?"
        values.append(seen.uin)
    return condition, values


def _wanted(wanted: Wanted) -> tuple[str, list[Any]]:
    parts = list(_conditions(wanted))
    return "".join(f" AND {part}" for part, _ in parts), [v for _, values in parts for v in values]


def _conditions(wanted: Wanted) -> Iterator[tuple[str, list[Any]]]:
    if wanted.action:
        yield "action = ?", [wanted.action]
    if wanted.code:
        yield "(code = ? OR code GLOB ?)", [wanted.code, f"{_glob(wanted.code)}.*"]
    if wanted.uin is not None:
        yield "(uin = ? OR owner_uin = ?)", [wanted.uin, wanted.uin]
    if wanted.client:
        yield "lower(client) GLOB ?", [f"{_glob(wanted.client.lower())}*"]
    if wanted.trace_id:
        yield "trace_id = ?", [wanted.trace_id]
    if wanted.since is not None:
        yield "at >= ?", [wanted.since]
    if wanted.hide_reads:
        yield f"action NOT IN ({', '.join('?' * len(READS))})", sorted(READS)
    if wanted.first is not None:
        yield "seq >= ?", [wanted.first]
    if wanted.last is not None:
        yield "seq <= ?", [wanted.last]


def _glob(text: str) -> str:
    """Text that stands for itself in a GLOB pattern."""
    return "".join(f"[{each}]" if each in "*?[" else each for each in text)
