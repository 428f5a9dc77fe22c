# SPDX-License-Identifier: Apache-2.0
"""What the endpoint asks of a rate limiter."""

from typing import Protocol


class RateLimiter(Protocol):
    """Counts calls of an action by a caller in windows of one second, by arrival."""

    async def hit(self, action: str, uin: int, now: float) -> int:
        """Count this call and say the how-many-th of its second it is, from 1.

        Refused calls are counted like others: the real gateway prints counts above its limit.

        Args:
            uin: of the caller: a sub-user has a count of its own.
            now: Unix seconds.
        """
        ...

    async def reset(self) -> None:
        """Forget all counts."""
        ...
