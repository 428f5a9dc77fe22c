# SPDX-License-Identifier: Apache-2.0
"""Links and codes by which a receiver confirms that a phone number or mail address is theirs.

A message's token and code are not random but derived from its id with the installation's link key:
each try of a message carries the same ones, and the store holds neither (decision 0013).
"""

import contextlib
import hashlib
import hmac
import re
import secrets
from typing import Final, Literal

import msgspec

Channel = Literal["phone", "email"]
Language = Literal["zh-CN", "en-US"]
"""Of messages."""
CHANNELS: Final[tuple[Channel, ...]] = ("phone", "email")
TOKEN: Final = re.compile(r"[0-9a-f]{32}")
CODE: Final = re.compile(r"[0-9]{6}")
CODE_TRIES: Final = 5
KEY_BYTES: Final = 32

LinkState = Literal[
    "open", "unknown", "expired", "replaced", "changed", "deleted", "confirmed", "refused"
]
"""What a link is when it is looked at: `open` ones alone can be confirmed.

`replaced` by a newer one, `changed` and `deleted` say what became of the address or its receiver,
and `refused` is one whose reader said "not me".
"""


class LinkKey:
    """Derives everything that only this installation can know."""

    def __init__(self, key: bytes) -> None:
        """Args: `key`: `KEY_BYTES` random bytes, the same for all nodes and for ever."""
        self._key = key

    def token(self, message_id: int) -> str:
        """32 lower-case hex digits, as the real service's links have."""
        return self._derived(f"token {message_id}").hex()[:32]

    def code(self, message_id: int) -> str:
        """Six digits."""
        # 256 bits taken modulo 10**6: no code is likelier than another by more than 2**-236.
        number = int.from_bytes(self._derived(f"code {message_id}")) % 10**6
        return f"{number:06d}"

    def is_code(self, message_id: int, given: str) -> bool:
        """Takes the same time whatever was given."""
        return hmac.compare_digest(self.code(message_id).encode(), given.encode())

    def message_id(self, message_id: int, domain: str) -> str:
        """What a mail carries as Message-ID: the same at each try, and of no other installation."""
        return f"<{message_id}.{self._derived(f'name {message_id}').hex()[:16]}@{domain}>"

    def address(self, channel: Channel, address: str) -> str:
        """By what an address is counted and remembered without being kept.

        Args:
            address: a mail address, or country code and number.
        """
        return self._derived(f"{channel} {folded(channel, address)}").hex()

    def _derived(self, what: str) -> bytes:
        return hmac.digest(self._key, what.encode(), "sha256")


def new_key() -> bytes:
    return secrets.token_bytes(KEY_BYTES)


def new_token() -> str:
    """For a link that no message carries."""
    return secrets.token_hex(16)


def token_sha256(token: str) -> str:
    """What is stored of a link's token."""
    return hashlib.sha256(token.encode()).hexdigest()


def folded(channel: Channel, address: str) -> str:
    """The same for all spellings that may lead to one mailbox.

    Dots and what follows a plus sign count for nothing at many providers. Where they do count, two
    mailboxes share their caps, which is the lesser evil; mail itself goes to the very address.
    """
    if channel == "phone":
        return address
    mailbox, _, domain = address.rpartition("@")
    mailbox = mailbox.partition("+")[0].replace(".", "")
    domain = domain.lower().rstrip(".")
    with contextlib.suppress(UnicodeError):  # what IDNA 2003 does not know is its own spelling
        domain = domain.encode("idna").decode()
    domain = "gmail.com" if domain == "googlemail.com" else domain
    return f"{mailbox.casefold()}@{domain}"


class MessagePlan(msgspec.Struct, frozen=True):
    """What a create asks for beside the receiver: a message to each of its addresses."""

    language: Language
    phone_link_sha256: str = ""
    """Hash of the token in PhoneNumVerifyLink; empty without one."""
    phone_link_expires_at: int = 0


class ResendRules(msgspec.Struct, frozen=True):
    """How often another message may be asked for."""

    pause_seconds: int
    per_day: int
    per_address: int
    """Messages a day to one address, over all accounts."""
    day: str
    """The day that counts, YYYY-MM-DD."""
    day_begins: int
    """Unix seconds."""
