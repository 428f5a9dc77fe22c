# SPDX-License-Identifier: Apache-2.0
"""The quota's day begins at midnight of the given offset."""

import pytest

from yizhan.domain.quota import quota_day


@pytest.mark.parametrize(
    ("now", "offset", "day"),
    [
        # 2026-11-23T15:59:59Z and 16:00:00Z: midnight in Beijing lies between them.
        (1795449599, 8, "2026-11-23"),
        (1795449600, 8, "2026-11-24"),
        (1795449600, 0, "2026-11-23"),
        (1795449600, -12, "2026-11-23"),
        (1795449599.9, 8, "2026-11-23"),
    ],
)
def test_the_day_of_a_moment(now: float, offset: int, day: str) -> None:
    assert quota_day(now, offset) == day
