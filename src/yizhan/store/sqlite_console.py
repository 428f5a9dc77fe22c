# SPDX-License-Identifier: Apache-2.0
"""Statements for the console: operators, sessions and audit.

Each function does its part of a verb within the transaction that its caller has begun.
"""

import sqlite3
from typing import Final

import msgspec

from yizhan.domain.model import AuditEntry, Operator, Session
from yizhan.store.base import OperatorExists, OperatorMissing

OPERATOR: Final = "name, token_hash, created_at"
SESSION: Final = "s.cookie_sha256, s.operator, s.uin, s.secret_id, s.created_at, s.expires_at"
ENTRY: Final = "id, at, actor, operation, uin, target, details"


def put_operator(db: sqlite3.Connection, operator: Operator) -> None:
    added = db.execute(
        f"INSERT INTO operators ({OPERATOR}) VALUES (?, ?, ?) ON CONFLICT (name) DO NOTHING",
        (operator.name, operator.token_hash, operator.created_at),
    )
    if not added.rowcount:
        raise OperatorExists


def delete_operator(db: sqlite3.Connection, name: str) -> None:
    # Not left to the foreign key, which counts only where a connection asks for it.
    db.execute("DELETE FROM sessions WHERE operator = ?", (name,))
    if not db.execute("DELETE FROM operators WHERE name = ?", (name,)).rowcount:
        raise OperatorMissing


def operators(db: sqlite3.Connection) -> list[Operator]:
    rows = db.execute(f"SELECT {OPERATOR} FROM operators ORDER BY name")
    return [Operator(name=row[0], token_hash=row[1], created_at=row[2]) for row in rows]


def put_session(db: sqlite3.Connection, session: Session) -> None:
    db.execute("DELETE FROM sessions WHERE expires_at <= ?", (session.created_at,))
    db.execute(
        "INSERT INTO sessions (cookie_sha256, operator, uin, secret_id, created_at, expires_at)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (
            session.cookie_sha256,
            session.operator,
            session.uin,
            session.secret_id,
            session.created_at,
            session.expires_at,
        ),
    )


def find_session(db: sqlite3.Connection, cookie_sha256: str, now: int) -> Session | None:
    row = db.execute(
        f"SELECT {SESSION} FROM sessions s"
        " LEFT JOIN operators o ON o.name = s.operator"
        " LEFT JOIN access_keys k ON k.secret_id = s.secret_id AND k.enabled"
        " WHERE s.cookie_sha256 = ? AND s.expires_at > ?"
        " AND (o.name IS NOT NULL OR k.secret_id IS NOT NULL)",
        (cookie_sha256, now),
    ).fetchone()
    if row is None:
        return None
    return Session(
        cookie_sha256=row[0],
        operator=row[1],
        uin=row[2],
        secret_id=row[3],
        created_at=row[4],
        expires_at=row[5],
    )


def delete_session(db: sqlite3.Connection, cookie_sha256: str) -> None:
    db.execute("DELETE FROM sessions WHERE cookie_sha256 = ?", (cookie_sha256,))


def put_audit(db: sqlite3.Connection, entry: AuditEntry) -> None:
    db.execute(
        "INSERT INTO audit_entries (at, actor, operation, uin, target, details)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (
            entry.at,
            entry.actor,
            entry.operation,
            entry.uin,
            entry.target,
            msgspec.json.encode(entry.details).decode(),
        ),
    )


def audit_entries(
    db: sqlite3.Connection, uin: int | None, before: int | None, limit: int
) -> list[AuditEntry]:
    rows = db.execute(
        f"SELECT {ENTRY} FROM audit_entries WHERE (?1 IS NULL OR uin = ?1)"
        " AND (?2 IS NULL OR id < ?2) ORDER BY id DESC LIMIT ?3",
        (uin, before, limit),
    )
    return [
        AuditEntry(
            id=row[0],
            at=row[1],
            actor=row[2],
            operation=row[3],
            uin=row[4],
            target=row[5],
            details=msgspec.json.decode(row[6], type=dict[str, str]),
        )
        for row in rows
    ]
