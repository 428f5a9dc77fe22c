# SPDX-License-Identifier: Apache-2.0
"""Tokens of operators: `NAME:SECRET`, kept as an Argon2id hash.

Source: OWASP, "Password Storage Cheat Sheet", Argon2id with 19 MiB (read 2026-11).
"""

import re
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

NAME: Final = re.compile(r"[a-z][a-z0-9-]{0,30}")
_hasher: Final = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


def make_token(name: str, secret: str) -> str:
    return f"{name}:{secret}"


def name_in(token: str) -> str:
    """The operator that the token says it is of; empty if it is no token at all."""
    name, _, secret = token.strip().partition(":")
    return name if secret and NAME.fullmatch(name) else ""


def hash_token(token: str) -> str:
    """Takes some 20 ms and 19 MiB."""
    return _hasher.hash(token.strip())


def verify_token(token: str, token_hash: str) -> bool:
    """Takes some 20 ms and 19 MiB."""
    try:
        return _hasher.verify(token_hash, token.strip())
    except (VerificationError, InvalidHashError):
        return False
