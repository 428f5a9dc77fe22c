# SPDX-License-Identifier: Apache-2.0
"""What can be done about a contact: ask again, confirm by link or code, refuse, allow.

The same for the public page, the console, the command line and the lab.
"""

from collections.abc import Callable, Sequence

from yizhan.clock import Clock
from yizhan.domain.model import AuditEntry, Receiver
from yizhan.domain.quota import quota_day, quota_resets_at
from yizhan.domain.verification import (
    CHANNELS,
    CODE,
    TOKEN,
    Channel,
    Language,
    ResendRules,
    token_sha256,
)
from yizhan.outbox.addressing import Addressing
from yizhan.settings import Settings
from yizhan.store.base import Store
from yizhan.store.messages import ContactState, Link


class Contacts:
    def __init__(
        self,
        store: Store,
        addressing: Addressing,
        settings: Settings,
        clock: Clock,
        wake: Callable[[], None] = lambda: None,
    ) -> None:
        """Put it together; `wake` is called when there is something to send."""
        self._store = store
        self._clock = clock
        self._outbox = settings.outbox
        self._offset_hours = settings.limits.day_utc_offset_hours
        self.addressing = addressing
        self.wake = wake

    def _now(self) -> int:
        return int(self._clock.now())

    async def states(self, uin: int, receiver: Receiver) -> Sequence[ContactState]:
        """Of phone and mail, in this order. Raises: ReceiverMissing."""
        keys = [self.addressing.address_key(receiver, channel) for channel in CHANNELS]
        return await self._store.contact_states(uin, receiver.uid, keys)

    async def resend(
        self,
        uin: int,
        receiver: Receiver,
        channel: Channel,
        language: Language,
        audit: AuditEntry | None = None,
    ) -> int:
        """Queue another message; answers its id.

        Raises:
            ReceiverMissing, AlreadyVerified, Suppressed, TooSoon, TooMany.
        """
        now, offset = self._now(), self._offset_hours
        rules = ResendRules(
            pause_seconds=self._outbox.resend_pause_seconds,
            per_day=self._outbox.resends_per_day,
            per_address=self._outbox.messages_per_address,
            day=quota_day(now, offset),
            day_begins=quota_resets_at(now, offset) - 86400,
        )
        key = self.addressing.address_key(receiver, channel)
        chosen = self._outbox.language
        id_ = await self._store.resend(
            uin,
            receiver.uid,
            channel,
            language if chosen == "caller" else chosen,
            key,
            rules=rules,
            now=now,
            audit=audit,
        )
        self.wake()
        return id_

    async def give_code(self, uin: int, uid: int, channel: Channel, code: str) -> bool:
        """Confirm a contact by the code of its newest message; False if it is not that one."""
        due = await self._store.find_code(uin, uid, channel, now=self._now())
        if due is None or not CODE.fullmatch(code):
            return False
        right = self.addressing.key.is_code(due.message_id, code)
        # Tries that come together are told apart there: too many wrong ones end the right one too.
        return await self._store.try_code(due.token_sha256, right, now=self._now())

    async def set_verified(
        self, uin: int, receiver: Receiver, channel: Channel, audit: AuditEntry
    ) -> None:
        """On somebody's word. Raises: ReceiverMissing."""
        await self._store.set_verified(uin, receiver.uid, [channel], now=self._now(), audit=audit)

    async def tell(self, entry: AuditEntry) -> None:
        """Put into the audit what changed nothing, or did so for its own reasons."""
        await self._store.add_audit(entry)

    async def allow(self, receiver: Receiver, channel: Channel, audit: AuditEntry) -> bool:
        """Send to the address again, whose owner said "not me"; False if nobody did."""
        key = self.addressing.address_key(receiver, channel)
        return await self._store.lift_suppression(key, audit=audit)

    # ---- the link's reader -----------------------------------------------------------------------

    async def look(self, token: str) -> Link:
        """What the link is; changes nothing."""
        if not TOKEN.fullmatch(token):
            return Link("unknown")
        return await self._store.find_link(token_sha256(token), now=self._now())

    async def confirm(self, token: str) -> Link:
        """Confirm; answers what the link was before: `open` if this did it."""
        if not TOKEN.fullmatch(token):
            return Link("unknown")
        return await self._store.confirm_link(token_sha256(token), now=self._now())

    async def refuse(self, token: str) -> Link:
        """Not me; answers what the link was before: `open` if this did it."""
        link = await self.look(token)
        if link.state != "open" or link.receiver is None:
            return link
        key = self.addressing.address_key(link.receiver, link.channel)
        return await self._store.refuse_link(token_sha256(token), key, now=self._now())
