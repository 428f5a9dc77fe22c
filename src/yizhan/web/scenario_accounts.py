# SPDX-License-Identifier: Apache-2.0
"""The state that an error scenario needs, on accounts that nobody else uses. `dev` only."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from yizhan.clock import Clock
from yizhan.dev_accounts import dev_key
from yizhan.domain.model import Account, ReceiverDraft, SubUser
from yizhan.domain.quota import quota_day
from yizhan.settings import Settings
from yizhan.store.base import CreateLimits, NameTaken, SeedAccount, SeedUser, Store
from yizhan.wire.outgoing import Credentials

FIRST_UIN: Final = 100000000901
FIRST_KEY: Final = 901
SUB_USER_UIN: Final = 100000000991
SAMPLE: Final = {
    "Name": "scenario",
    "CountryCode": "86",
    "PhoneNumber": "18123456789",
    "Email": "scenario@example.com",
}
_DRAFT: Final = ReceiverDraft(
    name=SAMPLE["Name"],
    country_code=SAMPLE["CountryCode"],
    phone_number=SAMPLE["PhoneNumber"],
    email=SAMPLE["Email"],
)
NO_LIMITS: Final = CreateLimits(per_day=10**9, per_account=10**9)

# Kinds of accounts; the place of a kind decides its uin and key.
KINDS: Final = (
    "plain",
    "no-real-name",
    "not-opened",
    "closed",
    "spent",
    "full",
    "taken",
    "contact",
    "sub-user",
)


class ScenarioAccounts:
    """Makes an account of a kind as it has to be, again at each call."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        clock: Clock,
        forget_identities: Callable[[], None],
    ) -> None:
        self._settings = settings
        self._store = store
        self._clock = clock
        self._forget_identities = forget_identities
        self._extra: dict[str, Callable[[int], Awaitable[None]]] = {
            "spent": self._spend_the_day,
            "full": self._fill,
            "taken": self._take_the_name,
        }

    async def prepare(self, kind: str) -> Credentials:
        """The key of an account of that kind, whose state is as wanted from now on."""
        number = KINDS.index(kind)
        uin = FIRST_UIN + number
        owner = uin
        user = SUB_USER_UIN if kind == "sub-user" else uin
        key = dev_key(FIRST_KEY + number, owner, user)
        now = int(self._clock.now())
        account = Account(
            uin=uin,
            app_id=1250000900 + number,
            name=f"scenario-{kind}",
            real_name=kind != "no-real-name",
            may_create=kind != "not-opened",
            closed=kind == "closed",
            created_at=now,
        )
        users: tuple[SeedUser, ...] = ()
        if kind == "sub-user":
            users = (SeedUser(SubUser(uin=user, owner_uin=uin, name="no-permission"), (key,)),)
        await self._store.seed(
            [
                SeedAccount(
                    account=account,
                    keys=() if users else (key,),
                    users=users,
                    contact=_DRAFT if kind == "contact" else None,
                )
            ],
            now=now,
        )
        self._forget_identities()
        day = quota_day(now, self._settings.limits.day_utc_offset_hours)
        await self._store.reset_creates(uin, day)
        if kind in self._extra:
            await self._extra[kind](uin)
        return Credentials(key.secret_id, key.secret_key)

    async def _spend_the_day(self, uin: int) -> None:
        per_day = self._settings.limits.creates_per_day
        day = quota_day(self._clock.now(), self._settings.limits.day_utc_offset_hours)
        await asyncio.gather(
            *(self._store.spend_create(uin, day=day, per_day=per_day) for _ in range(per_day))
        )

    async def _fill(self, uin: int) -> None:
        page = await self._store.list_receivers(uin, offset=0, limit=1)
        missing = self._settings.receivers.per_account - page.total
        await asyncio.gather(
            *(self._add(uin, f"receiver-{page.total + number}") for number in range(missing))
        )

    async def _take_the_name(self, uin: int) -> None:
        await self._add(uin, SAMPLE["Name"])

    async def _add(self, uin: int, name: str) -> None:
        draft = ReceiverDraft(
            name=name,
            country_code=_DRAFT.country_code,
            phone_number=_DRAFT.phone_number,
            email=_DRAFT.email,
        )
        try:
            # Spends of another day, so that the account's own is left for the scenario.
            await self._store.create_receiver(
                uin, draft, day="scenario", limits=NO_LIMITS, now=int(self._clock.now())
            )
        except NameTaken:
            return  # it is there from the last time, which is all that is wanted
