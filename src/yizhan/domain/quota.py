# SPDX-License-Identifier: Apache-2.0
"""The day that a daily quota counts for."""

from datetime import date
from functools import lru_cache
from typing import Final

EPOCH: Final = date(1970, 1, 1).toordinal()


def quota_day(now: float, utc_offset_hours: int) -> str:
    """The calendar day, YYYY-MM-DD, at that many hours east of UTC.

    Args:
        now: Unix seconds.
    """
    return _day_text(int(now + utc_offset_hours * 3600) // 86400)


def quota_resets_at(now: float, utc_offset_hours: int) -> int:
    """When the next day begins, in Unix seconds."""
    day = int(now + utc_offset_hours * 3600) // 86400
    return (day + 1) * 86400 - utc_offset_hours * 3600


@lru_cache(maxsize=8)
def _day_text(days_since_1970: int) -> str:
    return date.fromordinal(EPOCH + days_since_1970).isoformat()
