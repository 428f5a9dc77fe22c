# SPDX-License-Identifier: Apache-2.0
"""Stores under one conformance suite: a backend is added here, and nowhere in the suite."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from yizhan.domain.model import Account
from yizhan.store.base import Store
from yizhan.store.sealing import MasterKeySealer, PlainSealer, new_master_key
from yizhan.store.sqlite import SqliteStore

NOW = 1_795_453_229


@pytest.fixture(params=["sqlite-memory", "sqlite-file"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    """An empty store of each backend."""
    if request.param == "sqlite-memory":
        opened = SqliteStore.open(None, PlainSealer(), profile="dev", now=NOW)
    else:
        sealer = MasterKeySealer(new_master_key())
        opened = SqliteStore.open(tmp_path / "yizhan.db", sealer, profile="serve", now=NOW)
    yield opened
    await opened.close()


@pytest.fixture
async def account(store: Store) -> Account:
    """An account with real-name authentication in the store."""
    added = Account(
        uin=100000000777, app_id=1250000777, name="team", real_name=True, created_at=NOW
    )
    await store.add_account(added)
    return added
