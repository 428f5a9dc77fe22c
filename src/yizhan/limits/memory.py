# SPDX-License-Identifier: Apache-2.0
"""Counts of one process."""


class MemoryRateLimiter:
    """Keeps the counts of the current second alone: as many as it has callers, and no more."""

    def __init__(self) -> None:
        self._second = 0
        self._counts: dict[tuple[str, int], int] = {}

    async def hit(self, action: str, uin: int, now: float) -> int:
        second = int(now)
        if second != self._second:
            self._second = second
            self._counts = {}
        key = (action, uin)
        count = self._counts.get(key, 0) + 1
        self._counts[key] = count
        return count

    async def reset(self) -> None:
        self._counts = {}
