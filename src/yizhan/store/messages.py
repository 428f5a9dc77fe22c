# SPDX-License-Identifier: Apache-2.0
"""What a store promises of messages to receivers and of the links that they carry.

Part of `store.base.Store`; every verb is atomic, and durable when it returns.
"""

from collections.abc import Sequence
from typing import Literal, Protocol

import msgspec

from yizhan.domain.model import AuditEntry, Receiver
from yizhan.domain.verification import Channel, Language, LinkState, ResendRules
from yizhan.store.refusals import Refused

MessageState = Literal[
    "queued", "sent", "captured", "failed", "held", "suppressed", "replaced", "dropped"
]
"""`held`: its address has had as many messages as it may have that day. `dropped`: its receiver was
deleted, or has confirmed by another way."""
Audit = AuditEntry | None


class AlreadyVerified(Refused):
    """The contact is confirmed, and so there is nothing to ask."""


class Suppressed(Refused):
    """The address's owner said "not me"."""


class TooSoon(Refused):
    """A message was asked for a moment ago; `until` (Unix seconds) says when to come back."""

    def __init__(self, until: int) -> None:
        super().__init__(until)
        self.until = until


class TooMany(Refused):
    """As many messages as the day allows were asked for this contact, or its address."""


class MessageMissing(Refused):
    """No such message, or it is not in a state for that."""


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the outbox."""

    id: int
    uin: int
    receiver_uid: int
    channel: Channel
    language: Language
    reason: Literal["create", "resend"]
    state: MessageState
    attempts: int
    due_at: int
    released: bool
    created_at: int
    settled_at: int | None
    said: str


class Addressed(msgspec.Struct, frozen=True):
    """A message and where it goes."""

    message: Message
    account: str
    """The account's name."""
    receiver: Receiver | None
    """None if it has been deleted."""


class Issue(msgspec.Struct, frozen=True):
    """The link that a message is about to carry."""

    message: Message
    token_sha256: str
    address_key: str
    expires_at: int
    code_expires_at: int


class Settlement(msgspec.Struct, frozen=True):
    """What became of a try."""

    message: Message
    state: Literal["sent", "captured", "failed", "queued"]
    said: str = ""
    due_at: int = 0
    """Of one that is queued again."""


class Link(msgspec.Struct, frozen=True):
    """What is known of a link."""

    state: LinkState
    uin: int = 0
    channel: Channel = "email"
    message_id: int | None = None
    account: str = ""
    receiver: Receiver | None = None
    """Of a link that is open, or was confirmed, alone."""


class CodeDue(msgspec.Struct, frozen=True):
    """The message whose code would confirm a contact now."""

    message_id: int
    token_sha256: str


class ContactState(msgspec.Struct, frozen=True):
    """How it stands with a receiver's phone or mail."""

    channel: Channel
    verified_at: int | None
    suppressed: bool
    last: Message | None
    """The newest message to it."""


class MessageStore(Protocol):
    """Messages, links, codes, and the caps on them."""

    async def link_key(self) -> bytes:
        """The installation's key for links and codes; made at the first call, sealed at rest."""
        ...

    # ---- the worker's --------------------------------------------------------------------------

    async def claim_messages(
        self,
        channel: Channel,
        *,
        now: int,
        lease_seconds: int,
        latest: int,
        limit: int,
        busy: Sequence[int],
    ) -> Sequence[Addressed]:
        """Take due messages, oldest first; nobody else gets them until the lease ends.

        A time due after `latest` was written by a clock that went wrong, and counts as due.

        Args:
            busy: ids that this worker has at hand, whatever the clock says of their leases.
        """
        ...

    async def issue_links(
        self, issues: Sequence[Issue], *, per_address: int, day: str, now: int
    ) -> Sequence[bool]:
        """Make the links ready that claimed messages carry; for each, whether it may be sent.

        Older links of the same contact end. A first message of a create counts towards its
        address's cap. One that may not be sent is settled: held, suppressed, replaced or dropped,
        or is not this worker's any more.
        """
        ...

    async def settle_messages(self, settlements: Sequence[Settlement], *, now: int) -> None:
        """Write down what became of claimed messages; a claim that was lost changes nothing.

        The lives of link and code begin anew when the message is out.
        """
        ...

    async def forget_messages(self, *, before: int, day: str) -> int:
        """Delete what was settled, and links that ended or expired, before that time; a portion.

        Args:
            day: counters of earlier days go as well.
        """
        ...

    # ---- links and codes -----------------------------------------------------------------------

    async def find_link(self, token_sha256: str, *, now: int) -> Link:
        """Changes nothing."""
        ...

    async def confirm_link(self, token_sha256: str, *, now: int) -> Link:
        """Confirm the contact that the link is for; answers the link as it was before."""
        ...

    async def refuse_link(self, token_sha256: str, address_key: str, *, now: int) -> Link:
        """Somebody says "not me": nothing is sent to the address any more.

        Answers the link as it was before; only an open link of a message does anything.
        """
        ...

    async def find_code(self, uin: int, uid: int, channel: Channel, *, now: int) -> CodeDue | None:
        """Which code can be given now; None if there is none, or too many were wrong."""
        ...

    async def try_code(self, token_sha256: str, right: bool, *, now: int) -> bool:
        """Confirm by a right code, or count a wrong one; False if it did not confirm.

        However many tries come at once, at most `CODE_TRIES` count.
        """
        ...

    # ---- the account's and the operator's ------------------------------------------------------

    async def resend(
        self,
        uin: int,
        uid: int,
        channel: Channel,
        language: Language,
        address_key: str,
        *,
        rules: ResendRules,
        now: int,
        audit: Audit = None,
    ) -> int:
        """Queue another message; answers its id. What still waits for the contact is replaced.

        Raises:
            ReceiverMissing, AlreadyVerified, Suppressed, TooSoon, TooMany.
        """
        ...

    async def set_verified(
        self, uin: int, uid: int, channels: Sequence[Channel], *, now: int, audit: Audit = None
    ) -> None:
        """Somebody who may says that the contact is right. Raises: ReceiverMissing."""
        ...

    async def lift_suppression(self, address_key: str, *, audit: Audit = None) -> bool:
        """Send to the address again; False if it was not suppressed."""
        ...

    async def contact_states(
        self, uin: int, uid: int, address_keys: Sequence[str]
    ) -> Sequence[ContactState]:
        """Of phone and mail, in this order; the address keys likewise. Raises: ReceiverMissing."""
        ...

    async def messages(
        self,
        *,
        uin: int | None = None,
        uid: int | None = None,
        channel: Channel | None = None,
        state: MessageState | None = None,
        before: int | None = None,
        limit: int,
    ) -> Sequence[Addressed]:
        """Newest first; `before` an id. Of one account: those of receivers that are there."""
        ...

    async def message(self, id_: int) -> Addressed | None: ...

    async def retry_message(self, id_: int, *, now: int, audit: Audit = None) -> None:
        """Try again at once what waits, failed or was held. Raises: MessageMissing."""
        ...

    async def release_message(self, id_: int, *, now: int, audit: Audit = None) -> None:
        """Send out a captured message. Raises: MessageMissing."""
        ...

    async def messages_waiting(self) -> int:
        """How many are queued: to be sent for the first time, or again."""
        ...
