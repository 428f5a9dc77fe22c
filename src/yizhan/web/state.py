# SPDX-License-Identifier: Apache-2.0
"""What this server allows at the moment, for the pages of the actions."""

import msgspec

from yizhan.clock import Clock
from yizhan.domain.quota import quota_day
from yizhan.settings import Settings
from yizhan.spec import CAM
from yizhan.store.base import Store

MOST_ACCOUNTS = 5


class AccountState(msgspec.Struct, frozen=True):
    uin: int
    name: str
    spent: int
    """Creates of today."""


class ServerState(msgspec.Struct, frozen=True):
    requests_per_second: int
    creates: bool
    """Does the action have a daily quota?"""
    creates_per_day: int
    receivers_per_account: int
    day_utc_offset_hours: int
    accounts: tuple[AccountState, ...]


class StateReader:
    """Reads the state; accounts only in `dev`, where they are nobody's secret."""

    def __init__(self, settings: Settings, store: Store, clock: Clock, *, show_accounts: bool):
        self._settings = settings
        self._store = store
        self._clock = clock
        self._show_accounts = show_accounts

    async def of(self, action: str) -> ServerState:
        limits = self._settings.limits
        creates = CAM.actions[action].limits.requests_per_day is not None
        return ServerState(
            requests_per_second=limits.requests_per_second,
            creates=creates,
            creates_per_day=limits.creates_per_day,
            receivers_per_account=self._settings.receivers.per_account,
            day_utc_offset_hours=limits.day_utc_offset_hours,
            accounts=await self._accounts() if creates and self._show_accounts else (),
        )

    async def _accounts(self) -> tuple[AccountState, ...]:
        day = quota_day(self._clock.now(), self._settings.limits.day_utc_offset_hours)
        accounts = await self._store.accounts()
        return tuple(
            [
                AccountState(
                    account.uin, account.name, await self._store.creates_spent(account.uin, day)
                )
                for account in accounts[:MOST_ACCOUNTS]
            ]
        )
