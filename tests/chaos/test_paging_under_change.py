# SPDX-License-Identifier: Apache-2.0
"""Ten thousand receivers list correctly while younger ones come and go."""

import threading
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path

from tests.chaos.load import NO_LIMITS
from tests.support.connection import Client
from tests.support.live import LiveServer
from tests.support.waiting import all_at_once

RECEIVERS = 10_000
WRITERS = 8
CHURNERS = 3
PASSES = 3
PAGE = 200


class Churn:
    """Creates and deletes one receiver after the other, until it is told to stop."""

    def __init__(self, server: LiveServer) -> None:
        self.deleted = 0
        self.stop = threading.Event()
        self._server = server

    def run(self, name: str) -> None:
        with Client(self._server) as client:
            for number in count():
                if self.stop.is_set():
                    return
                young = f"{name}-{number}"
                assert client.create(young) == ""
                assert client.delete(young) == ""
                self.deleted += 1


def fill(server: LiveServer) -> None:
    each = RECEIVERS // WRITERS

    def write(client: Client, writer: int) -> None:
        for number in range(each):
            assert client.create(f"old-{writer}-{number}", number) == ""

    all_at_once(server, WRITERS, write)


def first_ten_thousand(client: Client) -> list[tuple[int, str]]:
    """Uid and name, through pages of 200, as a caller who knows nothing of the change."""
    found: list[tuple[int, str]] = []
    while len(found) < RECEIVERS:
        total, page = client.page(len(found), PAGE)
        assert RECEIVERS <= total <= RECEIVERS + CHURNERS
        assert len(page) == PAGE
        found += [(each["Uid"], each["Name"]) for each in page]
    return found


def test_lists_each_once_in_order_while_others_come_and_go(tmp_path: Path) -> None:
    expected = {f"old-{w}-{n}" for w in range(WRITERS) for n in range(RECEIVERS // WRITERS)}
    with LiveServer("--data", str(tmp_path), environ=NO_LIMITS) as server:
        fill(server)
        churn = Churn(server)
        with ThreadPoolExecutor(CHURNERS) as threads, Client(server) as client:
            tasks = [threads.submit(churn.run, f"young-{n}") for n in range(CHURNERS)]
            try:
                for _ in range(PASSES):
                    before = churn.deleted
                    listed = first_ten_thousand(client)

                    assert {name for _, name in listed} == expected
                    uids = [uid for uid, _ in listed]
                    assert uids == sorted(set(uids))
                    assert churn.deleted > before
            finally:
                churn.stop.set()
            for task in tasks:
                task.result()

        with Client(server) as client:
            assert client.page(RECEIVERS) == (RECEIVERS, [])
            assert len(client.all_receivers()) == RECEIVERS
