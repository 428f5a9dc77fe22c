# SPDX-License-Identifier: Apache-2.0
"""Access keys and their owners, kept for a moment so that a call need not ask the store.

The store can be changed by others than this process (another node, the command line), so nothing is
trusted for longer than `ttl_seconds`: that is how long a disabled key may still pass.
"""

import time
from typing import Final

from yizhan.domain.model import Identity
from yizhan.store.base import Store

MAX_ENTRIES: Final = 10_000


class IdentityCache:
    def __init__(self, store: Store, ttl_seconds: float) -> None:
        self._store = store
        self._ttl = ttl_seconds
        self._entries: dict[str, tuple[float, Identity]] = {}

    async def find(self, secret_id: str) -> Identity | None:
        """As `Store.find_identity`, at most `ttl_seconds` old. What is not found is asked again."""
        # Real time, not the lab's clock: this is about other processes, not about the protocol.
        now = time.monotonic()
        entry = self._entries.get(secret_id)
        if entry is not None and now < entry[0]:
            return entry[1]
        identity = await self._store.find_identity(secret_id)
        self._entries.pop(secret_id, None)
        if identity is not None and self._ttl:
            if len(self._entries) >= MAX_ENTRIES:
                del self._entries[next(iter(self._entries))]
            self._entries[secret_id] = (now + self._ttl, identity)
        return identity

    def clear(self) -> None:
        """Forget all, after a change made by this process."""
        self._entries.clear()
