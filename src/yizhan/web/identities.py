# SPDX-License-Identifier: Apache-2.0
"""Who the Explorer may call as. In `dev` that is every key of the store; in `serve` none of them.

There the reader puts in a key of their own, which is used for the one request and not kept.
"""

from typing import Protocol

import msgspec

from yizhan.domain.model import Account
from yizhan.store.base import Store
from yizhan.wire.outgoing import Credentials

MOST = 40


class Offer(msgspec.Struct, frozen=True):
    """A key to choose."""

    secret_id: str
    account: Account
    uin: int
    name: str
    """Of the account or the sub-user."""
    is_sub_user: bool
    temporary: bool
    enabled: bool


class Identities(Protocol):
    async def offers(self) -> list[Offer]:
        """The keys to choose from, the usual one first."""
        ...

    async def credentials(self, secret_id: str) -> Credentials | None:
        """To sign with; None if it is not to be had."""
        ...


class NoIdentities:
    """`serve`: keys of the store are nobody's to use from a page."""

    async def offers(self) -> list[Offer]:
        return []

    async def credentials(self, secret_id: str) -> Credentials | None:
        return None


class DevIdentities:
    """`dev`: whoever reaches the page may be anybody."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def offers(self) -> list[Offer]:
        found: list[Offer] = []
        for account in await self._store.accounts():
            users = await self._store.sub_users(account.uin)
            for uin, name in [(account.uin, account.name), *((u.uin, u.name) for u in users)]:
                found += [
                    Offer(
                        key.secret_id,
                        account,
                        uin,
                        name,
                        is_sub_user=uin != account.uin,
                        temporary=key.temporary,
                        enabled=key.enabled,
                    )
                    for key in await self._store.keys(uin)
                ]
            if len(found) >= MOST:
                break
        return found[:MOST]

    async def credentials(self, secret_id: str) -> Credentials | None:
        identity = await self._store.find_identity(secret_id)
        # Of a token only the hash is kept, so a temporary key cannot be used by its name.
        if identity is None or identity.key.temporary:
            return None
        return Credentials(identity.key.secret_id, identity.key.secret_key)
