# SPDX-License-Identifier: Apache-2.0
"""All that a handler may touch."""

import msgspec

from yizhan.domain.model import Account, Caller
from yizhan.domain.quota import quota_day
from yizhan.domain.verification import Language
from yizhan.errors import USER_NOT_AUTH, ApiError
from yizhan.settings import LimitSettings, ReceiverSettings, Settings
from yizhan.store.base import Store
from yizhan.trail import Trail


class Context(msgspec.Struct, frozen=True):
    caller: Caller
    store: Store
    now: float
    """Unix seconds; one moment for the whole call."""
    settings: Settings
    public_url: str
    """What links begin with."""
    language: Language
    """Of the caller."""
    trail: Trail

    @property
    def limits(self) -> LimitSettings:
        return self.settings.limits

    @property
    def receivers(self) -> ReceiverSettings:
        return self.settings.receivers

    @property
    def account(self) -> Account:
        return self.caller.account

    def quota_day(self) -> str:
        return quota_day(self.now, self.limits.day_utc_offset_hours)


def require_real_name(ctx: Context) -> None:
    """Raises: ApiError USER_NOT_AUTH, if the root account is without real-name authentication."""
    ctx.trail.begin("real_name")
    if not ctx.account.real_name:
        raise ApiError(USER_NOT_AUTH)
