# SPDX-License-Identifier: Apache-2.0
"""`yizhan audit`, and that every command of the operator is told in it."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from tests.support.registry import Registry, assert_wrong_usage

UIN = 500
PHONE = "13800138000"
MAIL = "owner@example.com"
CONTACT = (
    *("account", "contact", str(UIN), "--name", "owner", "--country-code", "86"),
    *("--phone-number", PHONE, "--email", MAIL),
)


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    """With the account 500; the commands are run by the user `ops`."""
    made = Registry(tmp_path)
    made.environ["LOGNAME"] = "ops"
    made.account(UIN)
    return made


def newest(registry: Registry) -> dict[str, Any]:
    found: dict[str, Any] = registry.json("audit", "-n", "1")[0]
    return found


def told(registry: Registry, *words: str | Path) -> dict[str, Any]:
    """The one entry that a command adds; its time is now."""
    before = registry.json("audit", "-n", "1000")
    registry.text(*words)
    added, *rest = registry.json("audit", "-n", "1000")
    assert rest == before
    assert isinstance(added, dict)
    moment = time.strptime(added.pop("time"), "%Y-%m-%dT%H:%M:%SZ")
    assert abs(time.mktime(moment) - time.mktime(time.gmtime())) < 60
    assert added.pop("actor") == "cli:ops"
    return added


def entry(operation: str, target: str, uin: int | None = UIN, **details: str) -> dict[str, Any]:
    return {"operation": operation, "uin": uin, "target": target, "details": details}


def test_tells_what_is_done_to_accounts(registry: Registry) -> None:
    made = ("account", "create", "--name", "second", "--uin", "600", "--real-name")
    changed = ("account", "update", str(UIN), "--close", "--no-real-name")

    assert told(registry, *made) == entry("account.create", "second", 600, real_name="True")
    assert told(registry, *CONTACT) == entry("contact.set", "owner")
    assert told(registry, *changed) == entry(
        "account.change", str(UIN), real_name="False", closed="True"
    )


def test_tells_what_is_done_to_users(registry: Registry) -> None:
    made = ("user", "create", str(UIN), "--name", "ci", "--uin", "501")
    permitted = ("user", "permit", "501", "--permit", "cam:*")

    assert told(registry, *made) == entry("user.create", "ci", user="501", permissions="")
    assert told(registry, *permitted) == entry("user.permit", "501", permissions="cam:*")
    assert told(registry, "user", "delete", "501") == entry("user.delete", "501")


def test_tells_what_is_done_to_keys_by_the_account_that_they_are_of(registry: Registry) -> None:
    registry.text("user", "create", str(UIN), "--name", "ci", "--uin", "501")
    (registry.folder / "secret").write_text("a-secret\n")
    made = ("key", "create", "501", "--secret-id", "AKIDone", "--secret-key-file", "secret")

    assert told(registry, *made) == entry("key.create", "AKIDone", user="501")
    assert told(registry, "key", "disable", "AKIDone") == entry("key.disable", "AKIDone")
    assert told(registry, "key", "enable", "AKIDone") == entry("key.enable", "AKIDone")
    assert told(registry, "key", "delete", "AKIDone") == entry("key.delete", "AKIDone")


def test_tells_who_looked_at_receivers_in_clear_and_who_deleted_them(registry: Registry) -> None:
    (registry.folder / "in.csv").write_text(
        f"Name,CountryCode,PhoneNumber,Email\nr,86,{PHONE},{MAIL}\n"
    )
    registry.text("import", str(UIN), "in.csv")
    revealed = ("receiver", "list", str(UIN), "--reveal")

    assert told(registry, *revealed) == entry("receiver.reveal", str(UIN))
    assert told(registry, "export", str(UIN), "--format", "csv") == entry(
        "receiver.export", str(UIN), format="csv", receivers="1"
    )
    assert told(registry, "receiver", "delete", str(UIN), "r") == entry("receiver.delete", "r")


def test_tells_an_import_when_it_begins_and_when_it_is_done(registry: Registry) -> None:
    (registry.folder / "in.csv").write_text(
        "Name,CountryCode,PhoneNumber,Email\n"
        f"r,86,{PHONE},{MAIL}\ns,86,{PHONE},{MAIL}\nr,86,{PHONE},{MAIL}\nbad,86,1,x\n"
    )

    registry.run("import", str(UIN), "in.csv")

    done, begun = registry.json("audit", "-n", "2")
    assert {done["operation"], begun["operation"]} == {"receiver.import"}
    assert begun["details"] == {"state": "begun", "create": "2", "repeated": "1", "invalid": "1"}
    assert done["details"] == {"state": "done", "created": "2"}


def test_tells_of_quotas_master_keys_and_operators(registry: Registry) -> None:
    day = registry.json("quota", "show", str(UIN))["day"]

    assert told(registry, "quota", "reset", str(UIN)) == entry("quota.reset", day)
    assert told(registry, "rotate-secrets") == entry("secrets.rotate", "", None)
    made = told(registry, "operator", "create", "alice")
    assert made == entry("operator.create", "alice", None)
    gone = told(registry, "operator", "delete", "alice")
    assert gone == entry("operator.delete", "alice", None)


@pytest.mark.parametrize(
    "words",
    [
        ("account", "create", "--name", "x", "--uin", str(UIN)),
        ("account", "update", "999", "--close"),
        ("user", "delete", "999"),
        ("key", "delete", "AKIDnone"),
        ("receiver", "delete", str(UIN), "nobody"),
        ("receiver", "list", "999", "--reveal"),
        ("quota", "reset", "999"),
        ("export", "999"),
        ("operator", "delete", "nobody"),
    ],
    ids=lambda words: " ".join(words[:2]),
)
def test_does_not_tell_of_what_was_refused(registry: Registry, words: tuple[str, ...]) -> None:
    before = registry.json("audit")

    assert registry.run(*words).returncode == 1
    assert registry.json("audit") == before


@pytest.mark.parametrize(
    "words",
    [
        ("account", "list"),
        ("user", "list", str(UIN)),
        ("key", "list", str(UIN)),
        ("receiver", "list", str(UIN)),
        ("quota", "show", str(UIN)),
        ("operator", "list"),
        ("audit",),
    ],
    ids=" ".join,
)
def test_does_not_tell_of_looking(registry: Registry, words: tuple[str, ...]) -> None:
    before = registry.json("audit")

    registry.text(*words)

    assert registry.json("audit") == before


def test_never_holds_a_secret_a_phone_or_a_mail_address(registry: Registry) -> None:
    key = registry.key(UIN, "--temporary")
    token = registry.json("operator", "create", "alice")["token"]
    registry.text(*CONTACT)
    registry.text("receiver", "list", str(UIN), "--reveal")
    registry.text("export", str(UIN))

    audit = registry.text("audit") + json.dumps(registry.json("audit"))

    for secret in (key.secret_key, key.token, token, PHONE, MAIL):
        assert secret not in audit
    assert key.secret_id in audit


def test_prints_the_newest_first_of_one_account_or_of_all(registry: Registry) -> None:
    registry.account(600)
    registry.text("operator", "create", "alice")
    registry.text("quota", "reset", "600")

    everything = [each["operation"] for each in registry.json("audit")]
    of_one = [each["operation"] for each in registry.json("audit", "--uin", "600")]
    newest_two = registry.json("audit", "--limit", "2")
    text = registry.text("audit").splitlines()

    assert everything == ["quota.reset", "operator.create", "account.create", "account.create"]
    assert of_one == ["quota.reset", "account.create"]
    assert [each["operation"] for each in newest_two] == everything[:2]
    assert text[0].split() == ["time", "actor", "operation", "uin", "target", "details"]
    assert len(text) == 5
    assert text[1].split()[1:4] == ["cli:ops", "quota.reset", "600"]
    assert text[-1].endswith("real_name=False")


def test_prints_fifty_unless_told_otherwise(registry: Registry) -> None:
    for _ in range(55):
        registry.text("quota", "reset", str(UIN))

    assert len(registry.json("audit")) == 50
    assert len(registry.json("audit", "-n", "1000")) == 56
    assert_wrong_usage(registry.run("audit", "-n", "0"), "--limit")


def test_says_that_nothing_was_done_to_an_account(registry: Registry) -> None:
    assert registry.text("audit", "--uin", "9") == "none\n"
    assert registry.json("audit", "--uin", "9") == []


@pytest.mark.parametrize(
    ("name", "actor"),
    [("\udcff", "cli:\\udcff"), ("a\x1b[1m\nb", "cli:a\\u001b[1m\\u000ab"), ("用户", "cli:用户")],
)
def test_writes_down_whatever_the_environment_calls_the_user(
    registry: Registry, name: str, actor: str
) -> None:
    registry.environ["LOGNAME"] = name

    registry.text("quota", "reset", str(UIN))

    assert newest(registry)["actor"] == actor
    assert len(registry.text("audit").splitlines()) == 3
