# SPDX-License-Identifier: Apache-2.0
"""From a row of the outbox to the message itself: its link, its code, its Message-ID."""

from email.utils import parseaddr

from yizhan.domain.model import Receiver
from yizhan.domain.verification import Channel, LinkKey, token_sha256
from yizhan.outbox.transports import Outgoing
from yizhan.settings import Settings
from yizhan.store.messages import Addressed, Issue


class Addressing:
    """What all messages of an installation have in common."""

    def __init__(self, key: LinkKey, settings: Settings, public_url: str) -> None:
        self.key = key
        self._public_url = public_url.rstrip("/")
        self._hours = settings.outbox.link_hours, settings.outbox.code_hours
        sender = parseaddr(settings.smtp.sender)[1]
        self._domain = sender.rpartition("@")[2] or "yizhan.invalid"

    def link(self, token: str) -> str:
        return f"{self._public_url}/verify/{token}"

    def address_key(self, receiver: Receiver, channel: Channel) -> str:
        """By what the store counts messages to the address."""
        country_code, address = address_of(receiver, channel)
        return self.key.address(channel, country_code + address)

    def issue(self, addressed: Addressed, now: int) -> Issue:
        """The link that a claimed message gets; its receiver must be there."""
        message, receiver = addressed.message, addressed.receiver
        assert receiver is not None  # noqa: S101 - the caller has looked
        link_hours, code_hours = self._hours
        return Issue(
            message=message,
            token_sha256=token_sha256(self.key.token(message.id)),
            address_key=self.address_key(receiver, message.channel),
            expires_at=now + link_hours * 3600,
            code_expires_at=now + code_hours * 3600,
        )

    def outgoing(self, addressed: Addressed) -> Outgoing:
        """The message as a transport gets it; its receiver must be there."""
        message, receiver = addressed.message, addressed.receiver
        assert receiver is not None  # noqa: S101 - the caller has looked
        country_code, address = address_of(receiver, message.channel)
        token = self.key.token(message.id)
        link_hours, code_hours = self._hours
        return Outgoing(
            id=message.id,
            message_id=self.key.message_id(message.id, self._domain),
            channel=message.channel,
            language=message.language,
            country_code=country_code,
            address=address,
            account=addressed.account,
            link=self.link(token),
            token=token,
            code=self.key.code(message.id),
            link_hours=link_hours,
            code_hours=code_hours,
            created_at=message.created_at,
        )


def address_of(receiver: Receiver, channel: Channel) -> tuple[str, str]:
    """Country code (empty for mail) and address."""
    if channel == "phone":
        return receiver.country_code, receiver.phone_number
    return "", receiver.email
