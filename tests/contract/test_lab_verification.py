# SPDX-License-Identifier: Apache-2.0
"""Transitions of the lab: contacts that become verified by themselves."""

import time
from collections.abc import Iterator

import httpx
import pytest

from tests.support.connection import Client
from tests.support.live import LiveServer

UIN = 100000000001


@pytest.fixture(scope="module")
def server() -> Iterator[LiveServer]:
    with LiveServer() as running:
        yield running


@pytest.fixture
def client(server: LiveServer) -> Iterator[Client]:
    server.reset()
    with Client(server) as connected:
        yield connected


class Listing(Client):
    def all_receivers_once(self) -> list[dict[str, int]]:
        """One ListReceiver, as each counts."""
        return self.page(0)[1]


@pytest.fixture
def listing(client: Client, server: LiveServer) -> Iterator[Listing]:
    with Listing(server) as connected:
        yield connected


def test_by_default_nothing_becomes_verified(client: Client, listing: Listing) -> None:
    client.create("ops", 7)

    assert [flags(listing) for _ in range(3)] == [[(0, 0)]] * 3


def flags(listing: Listing) -> list[tuple[int, int]]:
    return [(each["PhoneFlag"], each["EmailFlag"]) for each in listing.all_receivers_once()]


def test_at_once(server: LiveServer, client: Client, listing: Listing) -> None:
    server.lab("verification", {"mode": "at_once", "channels": ["email"]})
    client.create("ops", 7)

    assert flags(listing) == [(0, 1)]


def test_after_some_seconds(server: LiveServer, client: Client, listing: Listing) -> None:
    now = time.time()
    server.lab("verification", {"mode": "after_seconds", "n": 30})
    client.create("ops", 7)

    server.lab("clock", {"now": now + 20})
    with Listing(server, timestamp=int(now + 20)) as later:
        assert flags(later) == [(0, 0)]
    server.lab("clock", {"now": now + 32})
    with Listing(server, timestamp=int(now + 32)) as later:
        assert flags(later) == [(1, 1)]


def test_after_some_lists(server: LiveServer, client: Client, listing: Listing) -> None:
    server.lab("verification", {"mode": "after_lists", "n": 2})
    client.create("ops", 7)

    assert [flags(listing) for _ in range(4)] == [[(0, 0)], [(0, 0)], [(1, 1)], [(1, 1)]]


def test_by_hand(server: LiveServer, client: Client, listing: Listing) -> None:
    client.create("ops", 7)
    client.create("other", 8)

    done = server.lab("verify", {"uin": UIN, "name": "ops", "channels": ["phone"]})

    assert done["verified"] == ["phone"]
    assert flags(listing) == [(1, 0), (0, 0)]


def test_reset_goes_back_to_nothing(server: LiveServer, client: Client, listing: Listing) -> None:
    server.lab("verification", {"mode": "at_once"})
    server.reset()
    client.create("ops", 7)

    assert flags(listing) == [(0, 0)]


@pytest.mark.parametrize(
    ("call", "body"),
    [
        ("verification", {"mode": "sometimes"}),
        ("verification", {"mode": "after_lists", "n": -1}),
        ("verification", {"mode": "at_once", "channels": []}),
        ("verification", {"mode": "at_once", "channels": ["pigeon"]}),
        ("verification", {}),
        ("verify", {"uin": UIN, "name": "nobody"}),
        ("verify", {"uin": 1, "name": "ops"}),
    ],
)
def test_what_cannot_be_done_is_refused(
    server: LiveServer, client: Client, call: str, body: dict[str, object]
) -> None:
    answer = httpx.post(f"{server.endpoint}/_lab/{call}", json=body, trust_env=False)

    assert answer.status_code == 400
    assert answer.json()["error"]
