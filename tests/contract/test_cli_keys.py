# SPDX-License-Identifier: Apache-2.0
"""`yizhan key`."""

import base64
import time
from pathlib import Path

import pytest

from tests.support.registry import Registry, assert_one_line


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    """With the account 500."""
    made = Registry(tmp_path)
    made.account(500)
    return made


def test_makes_a_pair_in_the_form_of_real_ones(registry: Registry) -> None:
    made = registry.json("key", "create", "500")

    assert set(made) == {"uin", "secret_id", "secret_key"}
    assert made["secret_id"].startswith("AKID")
    assert len(made["secret_id"]) == 36
    assert len(made["secret_key"]) == 32
    assert (made["secret_id"] + made["secret_key"]).isalnum()


def test_shows_the_secret_once_alone(registry: Registry) -> None:
    made = dict(line.split() for line in registry.text("key", "create", "500").splitlines())

    listed = registry.text("key", "list", "500")

    assert made["secret_id"] in listed
    assert made["secret_key"] not in listed
    assert registry.json("key", "list", "500") == [
        {
            "secret_id": made["secret_id"],
            "enabled": True,
            "temporary": False,
            "expires_at": None,
        }
    ]


def test_allows_a_user_two_long_term_keys(registry: Registry) -> None:
    first = registry.key(500)
    registry.key(500)

    third = registry.run("key", "create", "500")
    registry.text("key", "delete", first.secret_id)
    again = registry.key(500)

    assert_one_line(third, 1, "500 has two keys already")
    assert len(registry.json("key", "list", "500")) == 2
    assert again.secret_id != first.secret_id


def test_counts_disabled_keys_and_brought_in_ones_among_the_two(
    registry: Registry, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text("brought-in\n")
    bring_in = ("--secret-key-file", tmp_path / "secret")
    registry.text("key", "disable", registry.key(500).secret_id)
    registry.text("key", "create", "500", "--secret-id", "AKIDone", *bring_in)

    third = registry.run("key", "create", "500", "--secret-id", "AKIDtwo", *bring_in)

    assert_one_line(third, 1, "two keys already")


def test_allows_temporary_keys_beside_two_long_term_ones(registry: Registry) -> None:
    registry.key(500)
    registry.key(500)
    before = int(time.time())

    made = registry.json("key", "create", "500", "--temporary", "--expires-in", "60")
    default = registry.json("key", "create", "500", "--temporary")

    assert set(made) == {"uin", "secret_id", "secret_key", "token", "expires_at"}
    assert before + 60 <= made["expires_at"] <= time.time() + 60
    assert before + 7200 <= default["expires_at"] <= time.time() + 7200
    listed = {each["secret_id"]: each for each in registry.json("key", "list", "500")}
    assert listed[made["secret_id"]]["temporary"] is True
    assert listed[made["secret_id"]]["expires_at"] == made["expires_at"]


def test_brings_in_an_existing_pair_without_printing_its_secret(
    registry: Registry, tmp_path: Path
) -> None:
    file = tmp_path / "secret"
    file.write_text("an-old-SecretKey\n")
    words = ("key", "create", "500", "--secret-key-file", file, "--secret-id")

    made = registry.json(*words, "AKIDold")
    text = registry.text(*words, "AKIDolder")

    assert made == {"uin": 500, "secret_id": "AKIDold"}
    assert "AKIDolder" in text
    assert "an-old-SecretKey" not in text


def test_disables_enables_and_deletes(registry: Registry) -> None:
    key = registry.key(500)

    disabled = registry.json("key", "disable", key.secret_id)
    listed = registry.text("key", "list", "500").splitlines()
    enabled = registry.json("key", "enable", key.secret_id)
    shown = registry.json("key", "list", "500")
    deleted = registry.json("key", "delete", key.secret_id)

    assert disabled == {"secret_id": key.secret_id, "enabled": False}
    assert listed[1].split() == [key.secret_id, "no", "no", "-"]
    assert enabled == {"secret_id": key.secret_id, "enabled": True}
    assert shown[0]["enabled"] is True
    assert deleted == {"deleted": key.secret_id}
    assert registry.json("key", "list", "500") == []


def test_says_as_text_what_became_of_a_key(registry: Registry) -> None:
    key = registry.key(500)

    disabled = registry.text("key", "disable", key.secret_id)
    enabled = registry.text("key", "enable", key.secret_id)
    deleted = registry.text("key", "delete", key.secret_id)

    assert disabled == f"secret_id  {key.secret_id}\nenabled    no\n"
    assert enabled == f"secret_id  {key.secret_id}\nenabled    yes\n"
    assert deleted == f"deleted  {key.secret_id}\n"


def test_prints_a_new_master_key_each_time(registry: Registry) -> None:
    first, second = registry.text("key", "master"), registry.text("key", "master")

    assert first != second
    assert first.count("\n") == 1
    assert len(base64.urlsafe_b64decode(first)) == 32


def test_prints_a_master_key_as_json(registry: Registry) -> None:
    made = registry.json("key", "master")

    (printed,) = made.values()
    assert len(base64.urlsafe_b64decode(printed)) == 32


def test_counts_the_keys_that_it_encrypts_anew(registry: Registry) -> None:
    registry.key(500)
    registry.key(500, "--temporary")

    assert registry.json("rotate-secrets") == {"encrypted": 2}
    assert registry.text("rotate-secrets") == "encrypted  2\n"


def test_knows_keys_of_older_master_keys_until_they_are_rotated(registry: Registry) -> None:
    old = registry.environ["YIZHAN_SECURITY_MASTER_KEY"]
    new = registry.text("key", "master").strip()
    registry.key(500)

    registry.environ["YIZHAN_SECURITY_MASTER_KEY"] = new
    too_early = registry.run("rotate-secrets")
    registry.environ["YIZHAN_SECURITY_MASTER_KEY"] = f"{new},{old}"
    rotated = registry.json("rotate-secrets")
    registry.environ["YIZHAN_SECURITY_MASTER_KEY"] = new
    listed = registry.json("key", "list", "500")
    registry.environ["YIZHAN_SECURITY_MASTER_KEY"] = old
    with_the_old = registry.run("key", "list", "500")

    assert_one_line(too_early, 2, "another master key")
    assert rotated == {"encrypted": 1}
    assert len(listed) == 1
    assert_one_line(with_the_old, 2, "another master key")
