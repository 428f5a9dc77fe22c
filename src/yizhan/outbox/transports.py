# SPDX-License-Identifier: Apache-2.0
"""What a transport is given, and how it says that it could not."""

from typing import Protocol

import msgspec

from yizhan.domain.verification import Channel, Language


class Outgoing(msgspec.Struct, frozen=True, kw_only=True):
    """One message to one address, with everything that its text needs."""

    id: int
    message_id: str
    """`<12.1795453229.4f2a@example.com>`: the same at each try, so that a repeat is recognised."""
    channel: Channel
    language: Language
    country_code: str = ""
    """Digits; of a phone alone."""
    address: str
    """Mail address, or phone number without its country code."""
    account: str
    """The name of the account that asks, as the operator gave it."""
    link: str
    token: str
    """The last part of the link."""
    code: str
    """Six digits."""
    link_hours: int
    code_hours: int
    created_at: int
    """Unix seconds; the Date of a mail."""


class SendFailed(Exception):
    """A message was not taken.

    Args:
        reason: one line; it may hold the address or the link, and whoever keeps it masks them.
        permanent: it would not be taken another time either.
        unreachable: nobody was there to take any message: wait before trying the next.
    """

    def __init__(self, reason: str, *, permanent: bool = False, unreachable: bool = False) -> None:
        super().__init__(reason)
        self.reason = " ".join(reason.split())[:500]
        self.permanent = permanent
        self.unreachable = unreachable


class Transport(Protocol):
    """Takes messages out of the house. Many may be on their way at a time."""

    async def send(self, message: Outgoing) -> str:
        """Hand the message over and return when the other side has taken it.

        Returns:
            What the other side said, in one line: its queue id or serial number.

        Raises:
            SendFailed.
        """
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...
