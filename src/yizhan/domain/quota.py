# SPDX-License-Identifier: Apache-2.0
"""The day that a daily quota counts for."""

from datetime import UTC, datetime, timedelta


def quota_day(now: float, utc_offset_hours: int) -> str:
    """The calendar day, YYYY-MM-DD, at that many hours east of UTC."""
    return f"{datetime.fromtimestamp(now, UTC) + timedelta(hours=utc_offset_hours):%Y-%m-%d}"
