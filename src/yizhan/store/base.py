# SPDX-License-Identifier: Apache-2.0
"""What a store promises. tests/contract/test_store.py defines it: who passes is supported.

Every verb is atomic, and durable when it returns: a verb that returned survives the death of the
process and of the machine. `now` is always an argument, so one clock rules all.
"""

from collections.abc import Sequence
from typing import Protocol

import msgspec

from yizhan.domain.model import (
    AccessKey,
    Account,
    Identity,
    Receiver,
    ReceiverDraft,
    ReceiverPage,
    SubUser,
)


class StoreUnusable(Exception):
    """The store cannot be opened as it is; the message says why, in one line for the operator."""


class Refused(Exception):
    """A verb did not do what was asked, for a reason that its docstring names."""


class AccountMissing(Refused):
    """No such account, or it is closed and the verb would write."""


class AccountExists(Refused):
    """The uin is taken."""


class UserMissing(Refused):
    """The account has no such sub-user."""


class NameTaken(Refused):
    """A receiver or sub-user of the account already has the name."""


class DailyQuotaSpent(Refused):
    """The account has no create left for the day."""


class AccountFull(Refused):
    """The account has as many receivers as it may have."""


class ReceiverMissing(Refused):
    """The account has no receiver of that name."""


class ReceiverIsPrimary(Refused):
    """The receiver is the account's primary contact."""


class KeyExists(Refused):
    """The SecretId is taken."""


class KeyMissing(Refused):
    """No such SecretId."""


class TooManyKeys(Refused):
    """The user has two long-term keys already."""


class CreateLimits(msgspec.Struct, frozen=True):
    """How far `create_receiver` may go."""

    per_day: int
    per_account: int


class SeedUser(msgspec.Struct, frozen=True):
    user: SubUser
    keys: tuple[AccessKey, ...] = ()


class SeedAccount(msgspec.Struct, frozen=True):
    """An account with its users and keys, to be there whatever was before."""

    account: Account
    keys: tuple[AccessKey, ...] = ()
    users: tuple[SeedUser, ...] = ()
    contact: ReceiverDraft | None = None


MAX_LONG_TERM_KEYS = 2
"""For each user. Source: API 3.0, "Signature v3" (read 2026-11)."""


class Store(Protocol):
    """All of the durable state."""

    @property
    def applied(self) -> Sequence[str]:
        """Names of the migrations that opening applied, in order."""
        ...

    # ---- one call's way ------------------------------------------------------------------------

    async def find_identity(self, secret_id: str) -> Identity | None:
        """The key and its owner, though disabled or closed; None if there is no such key."""
        ...

    async def create_receiver(
        self, uin: int, draft: ReceiverDraft, *, day: str, limits: CreateLimits, now: int
    ) -> None:
        """Spend one create of the day and add the receiver.

        The create is spent also if the account is full or the name taken; of many calls at once
        exactly `limits.per_day` get past the quota. A receiver that was created is listed at once.

        Raises:
            AccountMissing, DailyQuotaSpent (nothing is spent), AccountFull, NameTaken; if several
            apply, the first of them.
        """
        ...

    async def spend_create(self, uin: int, *, day: str, per_day: int) -> None:
        """Spend one create of the day for a call that was refused before it came to the receiver.

        Nothing happens if none is left: the call has had its refusal.
        """
        ...

    async def list_receivers(self, uin: int, *, offset: int, limit: int) -> ReceiverPage:
        """A page in the order of creation. An account that is not there has an empty one."""
        ...

    async def delete_receiver(self, uin: int, name: str) -> None:
        """Delete by exact name.

        Raises:
            AccountMissing, ReceiverMissing, ReceiverIsPrimary.
        """
        ...

    # ---- the operator's ------------------------------------------------------------------------

    async def add_account(self, account: Account) -> None:
        """Raises: AccountExists."""
        ...

    async def change_account(
        self,
        uin: int,
        *,
        name: str | None = None,
        real_name: bool | None = None,
        may_create: bool | None = None,
        closed: bool | None = None,
    ) -> Account:
        """Change what is not None and answer the account as it is now. Raises: AccountMissing."""
        ...

    async def accounts(self) -> Sequence[Account]:
        """All of them, by uin."""
        ...

    async def set_primary_contact(self, uin: int, draft: ReceiverDraft, *, now: int) -> Receiver:
        """Make or replace the account's primary contact.

        Raises:
            AccountMissing, NameTaken.
        """
        ...

    async def add_sub_user(self, user: SubUser) -> None:
        """Raises: AccountMissing, AccountExists (the uin is taken), NameTaken."""
        ...

    async def set_permissions(self, uin: int, permissions: Sequence[str]) -> None:
        """Replace a sub-user's permissions. Raises: UserMissing."""
        ...

    async def delete_sub_user(self, uin: int) -> None:
        """Delete a sub-user and its keys. Raises: UserMissing."""
        ...

    async def sub_users(self, owner_uin: int) -> Sequence[SubUser]:
        """Of one account, by uin."""
        ...

    async def owner_of(self, uin: int) -> int | None:
        """The root account that a uin belongs to, perhaps its own; None if there is no such uin."""
        ...

    async def add_key(self, key: AccessKey) -> None:
        """Raises: UserMissing (`user_uin` is not of `owner_uin`), KeyExists, TooManyKeys."""
        ...

    async def set_key_enabled(self, secret_id: str, enabled: bool) -> None:
        """Raises: KeyMissing."""
        ...

    async def delete_key(self, secret_id: str) -> None:
        """Raises: KeyMissing."""
        ...

    async def keys(self, user_uin: int) -> Sequence[AccessKey]:
        """Of one user, oldest first."""
        ...

    async def creates_spent(self, uin: int, day: str) -> int:
        """How many creates of the day are spent."""
        ...

    async def reset_creates(self, uin: int, day: str) -> None:
        """Give the account its whole day back."""
        ...

    async def reseal_keys(self) -> int:
        """Encrypt every SecretKey with the first master key; answers how many there are."""
        ...

    # ---- the lab's -----------------------------------------------------------------------------

    async def seed(self, accounts: Sequence[SeedAccount], *, now: int) -> None:
        """Put the accounts there, all or none: those that exist are changed, keys are replaced.

        Raises:
            AccountExists, NameTaken, KeyExists: it belongs to another account or user.
        """
        ...

    async def clear(self) -> None:
        """Delete everything but the schema, and begin again with the first Uid."""
        ...

    # ---- itself --------------------------------------------------------------------------------

    async def check_keys(self) -> None:
        """Raises: StoreUnusable, if a SecretKey cannot be decrypted, as with a wrong master key."""
        ...

    async def ping(self) -> None:
        """Return when a write would be taken; raises what a write would raise."""
        ...

    async def close(self) -> None:
        """Finish what was begun, then let go. No verb may be called afterwards."""
        ...
