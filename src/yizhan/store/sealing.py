# SPDX-License-Identifier: Apache-2.0
"""How SecretKeys lie in the store: encrypted under a master key, or plainly in `yizhan dev`."""

import re
from functools import lru_cache
from typing import Final, Protocol

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from yizhan.store.base import StoreUnusable

PLAIN: Final = "plain:"
ENCRYPTED: Final = "fernet:"


class Sealer(Protocol):
    def seal(self, secret: str) -> str: ...

    def unseal(self, sealed: str) -> str:
        """Raises: StoreUnusable, if this sealer has not the key for it."""
        ...


class PlainSealer:
    """For the fixed, printed keys of `yizhan dev`."""

    def seal(self, secret: str) -> str:
        return PLAIN + secret

    def unseal(self, sealed: str) -> str:
        if not sealed.startswith(PLAIN):
            raise StoreUnusable("a SecretKey in the store is encrypted and needs a master key")
        return sealed.removeprefix(PLAIN)


class MasterKeySealer:
    """Encrypts with the first of the master keys, decrypts with any of them."""

    def __init__(self, master_keys: str) -> None:
        """Args: one or more keys, separated by commas or line ends. Raises: StoreUnusable."""
        keys = [key for key in re.split(r"[,\s]+", master_keys) if key]
        if not keys:
            raise StoreUnusable("there is no master key: `yizhan key master` makes one")
        try:
            fernets = [Fernet(key) for key in keys]
        except ValueError:
            raise StoreUnusable(
                "a master key must be 32 bytes in URL-safe base64: `yizhan key master` makes one"
            ) from None
        self._fernet = MultiFernet(fernets)
        # Decrypting costs more than verifying a signature, and keys are looked up every second.
        self._unseal_cached = lru_cache(maxsize=4096)(self._unseal)

    def seal(self, secret: str) -> str:
        return ENCRYPTED + self._fernet.encrypt(secret.encode()).decode()

    def unseal(self, sealed: str) -> str:
        return self._unseal_cached(sealed)

    def _unseal(self, sealed: str) -> str:
        if not sealed.startswith(ENCRYPTED):
            raise StoreUnusable("a SecretKey in the store is not encrypted: `yizhan dev` wrote it")
        try:
            return self._fernet.decrypt(sealed.removeprefix(ENCRYPTED)).decode()
        except InvalidToken:
            raise StoreUnusable(
                "a SecretKey in the store was encrypted with another master key"
            ) from None


def new_master_key() -> str:
    return Fernet.generate_key().decode()
