# SPDX-License-Identifier: Apache-2.0
"""A server that is killed while it works has lost nothing that it acknowledged."""

import json
import secrets
import threading
from collections.abc import Callable
from pathlib import Path

from tests.chaos.load import NO_LIMITS, CreateLoad, content
from tests.support.connection import Client, Key, dev_key
from tests.support.live import LiveServer, run_yizhan

DEV_UIN = 100000000001
CLIENTS = 8
LONGEST_LIFE_MILLISECONDS = 400


class Ledger:
    """What clients know: which creates were acknowledged and which may have happened."""

    def __init__(self) -> None:
        self.acknowledged: list[str] = []
        self.in_flight: list[str] = []

    def add(self, load: CreateLoad) -> None:
        assert not load.refused
        assert len(load.unanswered) <= CLIENTS
        self.acknowledged += load.acknowledged
        self.in_flight += load.unanswered

    def agrees_with(self, names: list[str]) -> bool:
        """Is all there that was acknowledged, once, and nothing that was never sent?"""
        found = set(names)
        return (
            len(found) == len(names)
            and found.issuperset(self.acknowledged)
            and found.issubset(self.acknowledged + self.in_flight)
        )


def kill_at_a_random_moment(server: LiveServer, load: CreateLoad) -> None:
    """Let the load begin, and end the server's life some time later."""
    assert load.begun.wait(10)
    lifetime = secrets.randbelow(LONGEST_LIFE_MILLISECONDS) / 1000
    threading.Event().wait(lifetime)
    server.kill()


def check_file(ledger: Ledger, database: Path, uin: int, workshop: Path) -> dict[str, int]:
    """Does the file that the dead server left agree with the ledger? Answers its quota days."""
    left = content(database, uin, workshop)

    assert left.integrity == "ok"
    assert ledger.agrees_with(left.names)
    assert left.counted == len(left.names)
    assert sum(left.spent.values()) == len(left.names)
    return left.spent


def check_list(ledger: Ledger, client: Client) -> None:
    """Does the server list all that was acknowledged, in the order of Uid?"""
    listed = client.all_receivers()

    uids = [each["Uid"] for each in listed]
    assert uids == sorted(set(uids))
    assert ledger.agrees_with([each["Name"] for each in listed])


def survive(
    start: Callable[[], LiveServer],
    key: Callable[[LiveServer], Key],
    database: Path,
    *,
    uin: int,
    kills: int,
) -> dict[str, int]:
    """Kill the server again and again; after each death, look at the file and the list."""
    ledger = Ledger()
    spent: dict[str, int] = {}
    for number in range(kills):
        with start() as server:
            with Client(server, key(server)) as client:
                check_list(ledger, client)
            with CreateLoad(server, CLIENTS, f"life-{number}", key(server)) as load:
                kill_at_a_random_moment(server, load)
        ledger.add(load)
        spent = check_file(ledger, database, uin, database.parent / "copy")
    with start() as server, Client(server, key(server)) as client:
        check_list(ledger, client)
        assert client.create("after-all") == ""
    return spent


def test_dev_keeps_what_it_acknowledged_when_killed_20_times(tmp_path: Path) -> None:
    arguments = ["--data", str(tmp_path)]

    spent = survive(
        lambda: LiveServer(*arguments, environ=NO_LIMITS),
        dev_key,
        tmp_path / "yizhan.db",
        uin=DEV_UIN,
        kills=20,
    )

    quota = json.loads(run_yizhan("quota", "show", str(DEV_UIN), *arguments, "--json").stdout)
    assert quota["spent"] - 1 == spent.get(quota["day"], 0)  # one is the create after all


def test_serve_keeps_what_it_acknowledged_when_killed(tmp_path: Path) -> None:
    database = tmp_path / "registry.db"
    environ = NO_LIMITS | {
        "YIZHAN_STORE_PATH": str(database),
        "YIZHAN_SECURITY_MASTER_KEY": run_yizhan("key", "master").stdout.strip(),
    }
    run_yizhan("account", "create", "--name", "a", "--uin", "7", "--real-name", environ=environ)
    made = json.loads(run_yizhan("key", "create", "7", "--json", environ=environ).stdout)

    spent = survive(
        lambda: LiveServer(command="serve", environ=environ),
        lambda _: Key(made["secret_id"], made["secret_key"]),
        database,
        uin=7,
        kills=2,
    )

    quota = json.loads(run_yizhan("quota", "show", "7", "--json", environ=environ).stdout)
    assert quota["spent"] - 1 == spent.get(quota["day"], 0)
