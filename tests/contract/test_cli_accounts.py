# SPDX-License-Identifier: Apache-2.0
"""`yizhan account` and `yizhan user`."""

from pathlib import Path

import pytest

from tests.support.registry import Registry, assert_one_line


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return Registry(tmp_path)


def test_creates_the_account_that_was_described(registry: Registry) -> None:
    words = ("--name", "云账号", "--uin", "500", "--app-id", "1250000500", "--real-name")

    created = registry.json("account", "create", *words)

    assert created == {
        "uin": 500,
        "app_id": 1250000500,
        "name": "云账号",
        "real_name": True,
        "may_create": True,
        "closed": False,
    }
    assert registry.json("account", "list") == [created]


def test_makes_up_numbers_like_real_ones(registry: Registry) -> None:
    created = registry.json("account", "create", "--name", "a")

    assert len(str(created["uin"])) == 12
    assert len(str(created["app_id"])) == 10
    assert created["real_name"] is False


def test_prints_accounts_as_text_that_aligns(registry: Registry) -> None:
    made = registry.text("account", "create", "--name", "云账号", "--uin", "500", "--app-id", "7")
    registry.account(60000, "--real-name", "--app-id", "8")

    listed = registry.text("account", "list").splitlines()

    assert "uin         500\n" in made
    assert "real_name   no\n" in made
    assert listed == [
        "uin    app_id  name           real_name  may_create  closed",
        "500    7       云账号         no         yes         no",
        "60000  8       account-60000  yes        yes         no",
    ]


def test_lists_nothing_of_an_empty_store(registry: Registry) -> None:
    registry.text("migrate")

    assert registry.json("account", "list") == []
    assert registry.text("account", "list") == "none\n"


def test_changes_what_is_named_and_leaves_the_rest(registry: Registry) -> None:
    registry.account(500)
    before = registry.json("account", "list")[0]

    registry.text("account", "update", "500", "--real-name")
    registry.text("account", "update", "500", "--deny-create", "--name", "new")
    closed = registry.json("account", "update", "500", "--close")

    assert closed == before | {
        "real_name": True,
        "may_create": False,
        "name": "new",
        "closed": True,
    }
    assert registry.json("account", "list") == [closed]


def test_takes_every_change_back(registry: Registry) -> None:
    registry.account(500)
    before = registry.json("account", "list")[0]
    registry.text("account", "update", "500", "--real-name", "--deny-create", "--close")

    after = registry.json(
        "account", "update", "500", "--no-real-name", "--allow-create", "--reopen"
    )

    assert after == before


def test_sets_and_replaces_the_primary_contact(registry: Registry) -> None:
    registry.account(500)
    phone = ("--country-code", "86", "--phone-number", "13800138000")

    registry.json(
        "account", "contact", "500", "--name", "first", *phone, "--email", "first@example.com"
    )
    second = registry.json(
        "account", "contact", "500", "--name", "第二", *phone, "--email", "second@example.com"
    )
    listed = registry.json("receiver", "list", "500", "--reveal")

    assert listed["total"] == 1
    assert listed["receivers"] == [
        {
            "uid": second["uid"],
            "name": "第二",
            "country_code": "86",
            "phone_number": "13800138000",
            "email": "second@example.com",
            "phone_verified": False,
            "email_verified": False,
            "primary": True,
            "remark": "",
        }
    ]


def test_creates_permits_and_deletes_a_sub_user(registry: Registry) -> None:
    registry.account(500)

    made = registry.json(
        "user", "create", "500", "--name", "ci", "--uin", "501", "--permit", "cam:ListReceiver"
    )
    permitted = registry.json(
        "user",
        "permit",
        "501",
        "--permit",
        "cam:CreateMessageReceiver",
        "--permit",
        "cam:DeleteMessageReceiver",
    )
    listed = registry.json("user", "list", "500")
    text = registry.text("user", "list", "500").splitlines()
    deleted = registry.json("user", "delete", "501")

    assert made == {
        "uin": 501,
        "owner_uin": 500,
        "name": "ci",
        "permissions": ["cam:ListReceiver"],
    }
    assert permitted["permissions"] == ["cam:CreateMessageReceiver", "cam:DeleteMessageReceiver"]
    assert listed == [made | {"permissions": permitted["permissions"]}]
    assert text == [
        "uin  owner_uin  name  permissions",
        "501  500        ci    cam:CreateMessageReceiver, cam:DeleteMessageReceiver",
    ]
    assert deleted == {"deleted": 501}
    assert registry.json("user", "list", "500") == []


def test_prints_a_sub_user_without_permissions_as_text(registry: Registry) -> None:
    registry.account(500)

    made = registry.text("user", "create", "500", "--name", "ci", "--uin", "501")
    permitted = registry.text("user", "permit", "501", "--permit", "cam:*")
    taken = registry.text("user", "permit", "501")
    deleted = registry.text("user", "delete", "501")

    assert "permissions  -\n" in made
    assert "permissions  cam:*\n" in permitted
    assert "permissions  -\n" in taken
    assert deleted == "deleted  501\n"


def test_deletes_the_keys_of_a_sub_user_with_it(registry: Registry) -> None:
    registry.account(500)
    registry.text("user", "create", "500", "--name", "ci", "--uin", "501")
    key = registry.key(501)

    registry.text("user", "delete", "501")

    assert_one_line(registry.run("key", "enable", key.secret_id), 1, "there is no key")
