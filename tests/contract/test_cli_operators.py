# SPDX-License-Identifier: Apache-2.0
"""`yizhan operator`: who may sign in to the console."""

from pathlib import Path

import pytest

from tests.support.registry import Registry, assert_one_line, assert_wrong_usage
from yizhan.domain.operator_token import name_in


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return Registry(tmp_path)


def test_makes_the_store_and_a_token_that_names_its_operator(registry: Registry) -> None:
    made = registry.json("operator", "create", "alice")

    assert set(made) == {"operator", "token"}
    assert made["operator"] == name_in(made["token"]) == "alice"
    assert len(made["token"]) >= len("alice:") + 43
    assert registry.database.exists()


def test_shows_the_token_once_and_keeps_only_its_hash(registry: Registry) -> None:
    lines = registry.text("operator", "create", "alice").splitlines()
    made = dict(line.split() for line in lines)
    secret = made["token"].partition(":")[2]

    listed = registry.text("operator", "list") + registry.text("audit")

    assert secret not in listed
    files = b"".join(file.read_bytes() for file in registry.folder.iterdir())
    assert secret.encode() not in files
    assert b"$argon2id$" in files


def test_gives_every_operator_another_token(registry: Registry) -> None:
    first = registry.json("operator", "create", "alice")["token"]
    registry.text("operator", "delete", "alice")
    second = registry.json("operator", "create", "alice")["token"]

    assert first != second


def test_lists_by_name_who_is_there(registry: Registry) -> None:
    for name in ("bob", "alice", "carol-2"):
        registry.text("operator", "create", name)
    deleted = registry.json("operator", "delete", "bob")

    listed = registry.json("operator", "list")
    text = registry.text("operator", "list").splitlines()

    assert deleted == {"deleted": "bob"}
    assert [each["operator"] for each in listed] == ["alice", "carol-2"]
    assert all(set(each) == {"operator", "created_at"} for each in listed)
    assert [line.split()[0] for line in text] == ["operator", "alice", "carol-2"]


def test_says_that_there_is_no_operator(registry: Registry) -> None:
    registry.account(500)

    assert registry.text("operator", "list") == "none\n"
    assert registry.json("operator", "list") == []


def test_refuses_what_is_taken_and_what_is_not_there(registry: Registry) -> None:
    registry.text("operator", "create", "alice")

    again = registry.run("operator", "create", "alice")
    nobody = registry.run("operator", "delete", "nobody")

    assert_one_line(again, 1, "there is an operator alice already")
    assert_one_line(nobody, 1, "there is no operator nobody")
    assert len(registry.json("operator", "list")) == 1


@pytest.mark.parametrize("name", ["", "Alice", "2nd", "a b", "a:b", "用户", "a" * 32, "a\n"])
def test_refuses_a_name_that_no_token_could_carry(registry: Registry, name: str) -> None:
    assert_wrong_usage(registry.run("operator", "create", name), "cannot be used")
    assert not registry.database.exists()


@pytest.mark.parametrize("words", [("operator", "list"), ("operator", "delete", "x"), ("audit",)])
def test_makes_no_store_where_it_was_to_find_one(
    registry: Registry, words: tuple[str, ...]
) -> None:
    assert_one_line(registry.run(*words), 1, "there is no store yet")
    assert list(registry.folder.iterdir()) == []
