# SPDX-License-Identifier: Apache-2.0
"""What a store promises. tests/contract/test_store.py defines it: who passes is supported.

Every verb is atomic, and durable when it returns: a verb that returned survives the death of the
process and of the machine. `now` is always an argument, so one clock rules all.
"""

from collections.abc import Sequence
from typing import Literal, Protocol

import msgspec

from yizhan.domain.model import (
    AccessKey,
    Account,
    AuditEntry,
    Identity,
    Operator,
    Receiver,
    ReceiverDraft,
    ReceiverPage,
    Session,
    SubUser,
)
from yizhan.domain.verification import MessagePlan
from yizhan.store.messages import MessageStore
from yizhan.store.refusals import ReceiverMissing as ReceiverMissing
from yizhan.store.refusals import Refused as Refused


class StoreUnusable(Exception):
    """The store cannot be opened as it is; the message says why, in one line for the operator."""


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


class ReceiverIsPrimary(Refused):
    """The receiver is the account's primary contact."""


class KeyExists(Refused):
    """The SecretId is taken."""


class KeyMissing(Refused):
    """No such SecretId."""


class TooManyKeys(Refused):
    """The user has two long-term keys already."""


class OperatorExists(Refused):
    """The operator's name is taken."""


class OperatorMissing(Refused):
    """No such operator."""


Audit = AuditEntry | None
"""Written in the same transaction as what it tells of; None where somebody else tells of it."""
Imported = Literal["created", "same", "differs", "full"]


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


class Store(MessageStore, Protocol):
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
        self,
        uin: int,
        draft: ReceiverDraft,
        *,
        day: str,
        limits: CreateLimits,
        now: int,
        plan: MessagePlan | None = None,
    ) -> None:
        """Spend one create of the day, add the receiver and queue the messages of the plan.

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

    async def delete_receiver(self, uin: int, name: str, *, now: int, audit: Audit = None) -> None:
        """Delete by exact name.

        Raises:
            AccountMissing, ReceiverMissing, ReceiverIsPrimary.

        Its links end and what waits for it is not sent.
        """
        ...

    # ---- the operator's ------------------------------------------------------------------------

    async def add_account(self, account: Account, *, audit: Audit = None) -> None:
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
        audit: Audit = None,
    ) -> Account:
        """Change what is not None and answer the account as it is now. Raises: AccountMissing."""
        ...

    async def accounts(self) -> Sequence[Account]:
        """All of them, by uin."""
        ...

    async def set_primary_contact(
        self, uin: int, draft: ReceiverDraft, *, now: int, audit: Audit = None
    ) -> Receiver:
        """Make or replace the account's primary contact; it keeps its Uid.

        An address that changes is not confirmed any more, and its links end.

        Raises:
            AccountMissing, NameTaken.
        """
        ...

    async def add_sub_user(self, user: SubUser, *, audit: Audit = None) -> None:
        """Raises: AccountMissing, AccountExists (the uin is taken), NameTaken."""
        ...

    async def set_permissions(
        self, uin: int, permissions: Sequence[str], *, audit: Audit = None
    ) -> None:
        """Replace a sub-user's permissions. Raises: UserMissing."""
        ...

    async def delete_sub_user(self, uin: int, *, audit: Audit = None) -> None:
        """Delete a sub-user and its keys. Raises: UserMissing."""
        ...

    async def sub_users(self, owner_uin: int) -> Sequence[SubUser]:
        """Of one account, by uin."""
        ...

    async def owner_of(self, uin: int) -> int | None:
        """The root account that a uin belongs to, perhaps its own; None if there is no such uin."""
        ...

    async def add_key(self, key: AccessKey, *, audit: Audit = None) -> None:
        """Raises: UserMissing (`user_uin` is not of `owner_uin`), KeyExists, TooManyKeys."""
        ...

    async def set_key_enabled(self, secret_id: str, enabled: bool, *, audit: Audit = None) -> None:
        """Raises: KeyMissing."""
        ...

    async def delete_key(self, secret_id: str, *, audit: Audit = None) -> None:
        """Raises: KeyMissing."""
        ...

    async def keys(self, user_uin: int) -> Sequence[AccessKey]:
        """Of one user, oldest first."""
        ...

    async def creates_spent(self, uin: int, day: str) -> int:
        """How many creates of the day are spent."""
        ...

    async def reset_creates(self, uin: int, day: str, *, audit: Audit = None) -> None:
        """Give the account its whole day back."""
        ...

    async def reseal_keys(self, *, audit: Audit = None) -> int:
        """Encrypt every SecretKey with the first master key; answers how many there are."""
        ...

    async def import_receivers(
        self,
        uin: int,
        drafts: Sequence[ReceiverDraft],
        *,
        per_account: int,
        now: int,
        audit: Audit = None,
    ) -> Sequence[Imported]:
        """Add receivers past the daily quota, all in one transaction; for each, what became of it.

        `same` is one that is there already with these very values, so to repeat this is harmless;
        `differs` has the name of another receiver or sub-user; for `full` the account had no room.

        Raises:
            AccountMissing.
        """
        ...

    async def find_receivers(self, uin: int, text: str, *, offset: int, limit: int) -> ReceiverPage:
        """A page of those whose name or remark has the text in it, in either case (ASCII)."""
        ...

    async def find_receiver(self, uin: int, uid: int) -> Receiver | None:
        """One receiver of the account, by its Uid."""
        ...

    # ---- the console's -------------------------------------------------------------------------

    async def add_operator(self, operator: Operator, *, audit: Audit = None) -> None:
        """Raises: OperatorExists."""
        ...

    async def delete_operator(self, name: str, *, audit: Audit = None) -> None:
        """Delete an operator and end its sessions. Raises: OperatorMissing."""
        ...

    async def operators(self) -> Sequence[Operator]:
        """All of them, by name."""
        ...

    async def add_session(self, session: Session, *, audit: Audit = None) -> None:
        """Keep a session, and forget those that have expired by its beginning."""
        ...

    async def find_session(self, cookie_sha256: str, *, now: int) -> Session | None:
        """The session, if it has not expired and its operator, or its enabled key, is there."""
        ...

    async def delete_session(self, cookie_sha256: str, *, audit: Audit = None) -> None:
        """End a session; nothing happens if it is gone."""
        ...

    async def add_audit(self, entry: AuditEntry) -> None:
        """Tell of something that changed nothing in the store. Entries can only be added."""
        ...

    async def audit_entries(
        self, uin: int | None = None, *, before: int | None = None, limit: int
    ) -> Sequence[AuditEntry]:
        """Newest first, of one account or of all; `before` an id."""
        ...

    # ---- the lab's -----------------------------------------------------------------------------

    async def seed(self, accounts: Sequence[SeedAccount], *, now: int) -> None:
        """Put the accounts there, all or none: those that exist are changed, keys are replaced.

        Raises:
            AccountExists, NameTaken, KeyExists: it belongs to another account or user.
        """
        ...

    async def clear(self) -> None:
        """Delete everything but schema and audit, and begin again with the first Uid."""
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
