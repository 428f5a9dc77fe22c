# SPDX-License-Identifier: Apache-2.0
"""`yizhan receiver` and `yizhan quota`, beside the server that works on the same file."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.support.connection import Client, receiver
from tests.support.live import LiveServer
from tests.support.registry import NO_RATE_LIMIT, Registry, assert_one_line

UIN = 500


class Running(NamedTuple):
    registry: Registry
    server: LiveServer
    client: Client
    """With a key of the account 500, which has passed real-name authentication."""


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    registry = Registry(tmp_path)
    registry.environ |= NO_RATE_LIMIT | {"YIZHAN_LIMITS_CREATES_PER_DAY": "3"}
    registry.account(UIN, "--real-name")
    key = registry.key(UIN)
    with registry.serve() as server, Client(server, key) as client:
        yield Running(registry, server, client)


def test_lists_receivers_in_the_order_of_creation(running: Running) -> None:
    registry, _, client = running
    for number, name in enumerate(("用户", "second", "third")):
        assert client.create(name, number) == ""

    listed = registry.json("receiver", "list", str(UIN))
    page = registry.json("receiver", "list", str(UIN), "--offset", "1", "--limit", "1")
    revealed = registry.json("receiver", "list", str(UIN), "--reveal", "--limit", "1")
    text = registry.text("receiver", "list", str(UIN)).splitlines()

    assert listed["total"] == 3
    assert [each["name"] for each in listed["receivers"]] == ["用户", "second", "third"]
    assert listed["receivers"][0]["phone_number"] == "138****0000"
    assert listed["receivers"][0]["email"] == "mail****@example.com"
    assert (page["total"], [each["name"] for each in page["receivers"]]) == (3, ["second"])
    assert revealed["receivers"][0]["phone_number"] == "13800000000"
    assert revealed["receivers"][0]["email"] == "mail0@example.com"
    assert len(text) == 5
    assert text[0].split()[:2] == ["uid", "name"]
    assert text[-1] == "3 of 3"


def test_deletes_a_receiver_that_the_server_then_no_longer_lists(running: Running) -> None:
    registry, _, client = running
    client.create("用户")
    client.create("stays")

    deleted = registry.json("receiver", "delete", str(UIN), "用户")
    again = registry.run("receiver", "delete", str(UIN), "用户")

    assert deleted == {"deleted": "用户"}
    assert [each["Name"] for each in client.all_receivers()] == ["stays"]
    assert_one_line(again, 1, "no receiver named 用户")


def test_deletes_as_text(running: Running) -> None:
    running.client.create("用户")

    assert running.registry.text("receiver", "delete", str(UIN), "用户") == "deleted  用户\n"


def test_does_not_delete_the_primary_contact(running: Running) -> None:
    registry, _, client = running
    registry.text(
        *("account", "contact", str(UIN), "--name", "owner", "--country-code", "86"),
        *("--phone-number", "13800138000", "--email", "owner@example.com"),
    )

    refused = registry.run("receiver", "delete", str(UIN), "owner")

    assert_one_line(refused, 1, "primary contact")
    assert [each["IsReceiverOwner"] for each in client.all_receivers()] == [1]


def test_shows_what_is_spent_and_gives_it_back(running: Running) -> None:
    registry, _, client = running
    for number in range(3):
        assert client.create(f"r{number}") == ""
    assert client.call("CreateMessageReceiver", receiver("r3")).code == "LimitExceeded.Uin"

    spent = registry.json("quota", "show", str(UIN))
    text = registry.text("quota", "show", str(UIN)).splitlines()
    reset = registry.json("quota", "reset", str(UIN))
    after = client.create("r3")
    shown = registry.json("quota", "show", str(UIN))

    assert (spent["uin"], spent["spent"], spent["limit"]) == (UIN, 3, 3)
    assert text[0] == f"uin    {UIN}"
    assert text[2:] == ["spent  3", "limit  3"]
    assert reset == {"uin": UIN, "day": spent["day"], "spent": 0}
    assert after == ""
    assert shown["spent"] == 1


def test_resets_a_quota_as_text(running: Running) -> None:
    text = running.registry.text("quota", "reset", str(UIN)).splitlines()

    assert text[0] == f"uin    {UIN}"
    assert text[2] == "spent  0"


def test_works_on_the_store_of_dev(tmp_path: Path) -> None:
    registry = Registry(tmp_path)
    dev = ("--data", str(tmp_path / "dev"))
    with LiveServer(*dev) as server, Client(server) as client:
        client.create("用户")
        uin = str(client.all_receivers()[0]["Uin"])

        listed = registry.json("receiver", "list", uin, *dev)
        quota = registry.json("quota", "show", uin, *dev)
        deleted = registry.json("receiver", "delete", uin, "用户", *dev)

        assert listed["total"] == 1
        assert (quota["spent"], quota["limit"]) == (1, 10)
        assert deleted == {"deleted": "用户"}
        assert client.all_receivers() == []
