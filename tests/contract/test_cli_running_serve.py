# SPDX-License-Identifier: Apache-2.0
"""What the operator changes takes effect in a running `yizhan serve`; secrets lie encrypted."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.connection import Client, Key
from tests.support.live import LiveServer
from tests.support.registry import NO_RATE_LIMIT, Registry, assert_one_line, master_key
from tests.support.waiting import wait_until

UIN = 500
CACHE_SECONDS = 1.0
"""security.key_cache_seconds, as it is by default; commands have a while on top."""
FOLLOWS_WITHIN = CACHE_SECONDS + 3


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    """With the real-name account 500."""
    made = Registry(tmp_path)
    made.environ |= NO_RATE_LIMIT
    made.account(UIN, "--real-name")
    return made


def list_receivers(client: Client) -> str:
    return client.call("ListReceiver").code


def create(client: Client) -> str:
    return client.create("用户")


def follows(client: Client, code: str, call: Callable[[Client], str] = list_receivers) -> None:
    """Wait until the server answers the call with this code."""
    wait_until(lambda: call(client) == code, FOLLOWS_WITHIN, f"the server answers {code or 'OK'}")


def code_for(server: LiveServer, key: Key) -> str:
    with Client(server, key) as client:
        return list_receivers(client)


def test_follows_what_is_done_to_a_key(registry: Registry) -> None:
    key = registry.key(UIN)
    with registry.serve() as server, Client(server, key) as client:
        follows(client, "")

        registry.text("key", "disable", key.secret_id)
        follows(client, "AuthFailure.SecretIdNotFound")
        registry.text("key", "enable", key.secret_id)
        follows(client, "")
        registry.text("key", "delete", key.secret_id)
        follows(client, "AuthFailure.SecretIdNotFound")


def test_knows_new_accounts_and_keys_at_once(registry: Registry) -> None:
    with registry.serve() as server:
        registry.account(600, "--real-name")
        key = registry.key(600)

        with Client(server, key) as client:
            assert client.create("用户") == ""


def test_follows_what_is_done_to_an_account(registry: Registry) -> None:
    registry.environ["YIZHAN_LIMITS_CREATES_PER_DAY"] = "1000000"
    with registry.serve() as server, Client(server, registry.key(UIN)) as client:
        assert client.create("用户") == ""

        registry.text("account", "update", str(UIN), "--no-real-name")
        follows(client, "InvalidParameter.UserNotAuth", create)
        registry.text("account", "update", str(UIN), "--real-name", "--deny-create")
        follows(client, "InvalidParameter.InterfaceNotExist", create)
        registry.text("account", "update", str(UIN), "--allow-create", "--close")
        follows(client, "ResourceNotFound.UserNotExist", create)


def test_follows_the_permissions_of_a_sub_user(registry: Registry) -> None:
    registry.text("user", "create", str(UIN), "--name", "ci", "--uin", "501")
    with registry.serve() as server, Client(server, registry.key(501)) as client:
        follows(client, "AuthFailure.UnauthorizedOperation")

        registry.text("user", "permit", "501", "--permit", "cam:ListReceiver")
        follows(client, "")
        assert client.create("用户") == "AuthFailure.UnauthorizedOperation"
        registry.text("user", "delete", "501")
        follows(client, "AuthFailure.SecretIdNotFound")


def test_takes_a_temporary_key_with_its_own_token_alone(registry: Registry) -> None:
    key = registry.key(UIN, "--temporary")
    lasting = registry.key(UIN)
    with registry.serve() as server:
        assert code_for(server, key) == ""
        assert code_for(server, key._replace(token="")) == "AuthFailure.TokenFailure"
        assert code_for(server, key._replace(token="wrong")) == "AuthFailure.TokenFailure"
        assert code_for(server, lasting) == ""
        assert code_for(server, lasting._replace(token=key.token)) == "AuthFailure.TokenFailure"


def test_refuses_a_temporary_key_when_its_time_is_up(registry: Registry) -> None:
    with registry.serve() as server:
        key = registry.key(UIN, "--temporary", "--expires-in", "2")

        with Client(server, key) as client:
            assert client.call("ListReceiver").code == ""
            follows(client, "AuthFailure.TokenFailure")


def test_takes_a_pair_that_was_brought_in(registry: Registry) -> None:
    (registry.folder / "secret").write_text("an-old-SecretKey\n")
    registry.text(
        *("key", "create", str(UIN), "--secret-id", "AKIDold"),
        *("--secret-key-file", "secret"),
    )
    with registry.serve() as server:
        assert code_for(server, Key("AKIDold", "an-old-SecretKey")) == ""
        assert code_for(server, Key("AKIDold", "another")) == "AuthFailure.SignatureFailure"


def test_keys_outlive_the_rotation_of_the_master_key(registry: Registry) -> None:
    old, new = registry.environ["YIZHAN_SECURITY_MASTER_KEY"], master_key()
    key = registry.key(UIN)
    registry.environ["YIZHAN_SECURITY_MASTER_KEY"] = f"{new},{old}"
    with registry.serve() as server, Client(server, key) as client:
        assert client.call("ListReceiver").code == ""

        assert registry.json("rotate-secrets") == {"encrypted": 1}

        younger = registry.key(UIN, "--temporary")
        assert code_for(server, younger) == ""
        assert client.call("ListReceiver").code == ""
    registry.environ["YIZHAN_SECURITY_MASTER_KEY"] = new
    with registry.serve() as server:
        assert code_for(server, key) == ""
        assert code_for(server, younger) == ""


def test_does_not_start_with_another_master_key(registry: Registry) -> None:
    key = registry.key(UIN)
    registry.environ["YIZHAN_SECURITY_MASTER_KEY"] = master_key()

    done = registry.start()

    assert_one_line(done, 2, "another master key")
    assert key.secret_key not in done.stderr


def test_keeps_no_secret_in_clear_in_its_files(registry: Registry) -> None:
    (registry.folder / "secret").write_text("a-SecretKey-of-old")
    registry.text(
        *("key", "create", str(UIN), "--secret-id", "AKIDold"),
        *("--secret-key-file", "secret"),
    )
    (registry.folder / "secret").unlink()
    keys = [registry.key(UIN), registry.key(UIN, "--temporary")]
    with registry.serve() as server:
        for number, key in enumerate(keys):
            with Client(server, key) as client:
                assert client.create(f"r{number}", number) == ""
        keys.append(registry.key(UIN, "--temporary"))
        files = sorted(registry.folder.iterdir())
        contents = b"".join(file.read_bytes() for file in files)
        modes = {file.name: file.stat().st_mode & 0o777 for file in files}

    assert modes == {
        f"{name}.db{suffix}": 0o600
        for name in ("registry", "registry-calls")
        for suffix in ("", "-shm", "-wal")
    }
    assert b"AKIDold" in contents
    assert b"a-SecretKey-of-old" not in contents
    for key in keys:
        assert key.secret_key.encode() not in contents
        assert not key.token or key.token.encode() not in contents
