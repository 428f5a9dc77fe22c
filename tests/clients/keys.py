# SPDX-License-Identifier: Apache-2.0
"""The keys that the clients sign with, and accounts in a state of their own."""

from typing import Any, Final, NamedTuple

from tests.support.live import LiveServer


class Key(NamedTuple):
    secret_id: str
    secret_key: str
    token: str | None = None
    """Of temporary credentials."""


DEV_KEY: Final = Key("AKIDyizhandev00000000000000000000001", "yizhandev00000000000000000000001")
"""Of the account with real-name authentication."""
NO_REAL_NAME_KEY: Final = Key(
    "AKIDyizhandev00000000000000000000002", "yizhandev00000000000000000000002"
)
NO_PERMISSION_KEY: Final = Key(
    "AKIDyizhandev00000000000000000000003", "yizhandev00000000000000000000003"
)
"""Of a sub-user without any permission."""

SEEDED_UIN: Final = 200000000001
SEEDED_KEY: Final = Key("AKIDseeded00000000000000000000000001", "seeded00000000000000000000000001")


def seed_account(server: LiveServer, key: Key = SEEDED_KEY, **state: Any) -> Key:
    """Put an account there with this key and state (`closed`, `contact`, ...); answers the key.

    `expires_at` (Unix seconds) goes to the key, the rest to the account.
    """
    access_key = {
        "secret_id": key.secret_id,
        "secret_key": key.secret_key,
        "token": key.token,
        "expires_at": state.pop("expires_at", None),
    }
    account = {"name": "seeded", "uin": SEEDED_UIN, "keys": [access_key], **state}
    server.lab("seed", {"accounts": [account]})
    return key
