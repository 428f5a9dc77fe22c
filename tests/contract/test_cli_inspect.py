# SPDX-License-Identifier: Apache-2.0
"""`yizhan env`, `check`, `migrate` and `status`."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.support.connection import Client, Key
from tests.support.live import LiveServer, clean_environment, run_yizhan
from tests.support.registry import Registry


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return Registry(tmp_path)


def test_env_prints_the_key_that_dev_takes() -> None:
    with LiveServer() as server:
        shown = json.loads(run_yizhan("env", "--json", "--port", str(server.port)).stdout)

        with Client(server, Key(shown["secret_id"], shown["secret_key"])) as client:
            answer = client.create("用户")
            listed = client.all_receivers()

    assert set(shown) == {"endpoint", "uin", "secret_id", "secret_key"}
    assert shown["endpoint"] == server.endpoint
    assert answer == ""
    assert listed[0]["Uin"] == shown["uin"]


def test_env_can_be_evaluated_by_a_shell() -> None:
    shown = json.loads(run_yizhan("env", "--json").stdout)
    script = run_yizhan("env").stdout + "env"

    done = subprocess.run(
        ["sh", "-c", script], env=clean_environment(), capture_output=True, text=True, check=True
    )

    exported = dict(line.partition("=")[::2] for line in done.stdout.splitlines())
    assert exported["TENCENTCLOUD_SECRET_ID"] == shown["secret_id"]
    assert exported["TENCENTCLOUD_SECRET_KEY"] == shown["secret_key"]
    assert exported["YIZHAN_ENDPOINT"] == shown["endpoint"] == "http://127.0.0.1:9960"
    assert exported["YIZHAN_UIN"] == str(shown["uin"])


def test_env_writes_lines_for_a_dotenv_file() -> None:
    exported = run_yizhan("env").stdout

    dotenv = run_yizhan("env", "--dotenv").stdout

    assert exported == "".join(f"export {line}\n" for line in dotenv.splitlines())


def test_what_env_exports_does_not_disturb_yizhan_itself(registry: Registry) -> None:
    exports = run_yizhan("env", "--dotenv").stdout.splitlines()
    registry.environ |= dict(line.partition("=")[::2] for line in exports)

    assert registry.json("check")["store"]["path"] == str(registry.database)


def test_check_shows_what_is_in_force_without_the_secret(registry: Registry) -> None:
    config = registry.folder / "yizhan.toml"
    config.write_text('[limits]\ncreates_per_day = 7\n[log]\nformat = "text"\n')
    registry.environ["YIZHAN_LOG_FORMAT"] = "json"

    shown = registry.json("check", "--config", config)
    text = registry.text("check", "--config", config)

    assert shown["limits"]["creates_per_day"] == 7
    assert shown["log"]["format"] == "json"
    assert shown["security"]["master_key"] == "(set)"
    assert "creates_per_day = 7\n" in text
    assert '\n[security]\nmaster_key = "(set)"\n' in text
    assert registry.environ["YIZHAN_SECURITY_MASTER_KEY"] not in text + json.dumps(shown)


def test_check_knows_the_defaults_of_each_profile(registry: Registry) -> None:
    serve = registry.json("check")
    dev = registry.json("check", "--profile", "dev")

    assert serve["receivers"]["accept_masked_samples"] is False
    assert dev["receivers"]["accept_masked_samples"] is True
    assert dev["log"]["format"] == "text"


def test_check_takes_the_master_key_from_a_file(registry: Registry) -> None:
    file = registry.folder / "master"
    file.write_text(registry.environ.pop("YIZHAN_SECURITY_MASTER_KEY") + "\n")
    registry.environ["YIZHAN_SECURITY_MASTER_KEY_FILE"] = str(file)

    assert registry.json("check")["security"]["master_key"] == "(set)"


def test_migrate_makes_the_store_and_does_it_once(registry: Registry) -> None:
    made = registry.json("migrate")
    again = registry.json("migrate")
    text = registry.text("migrate")

    assert made["store"] == str(registry.database)
    assert made["applied"][0] == "0001_accounts_keys_receivers"
    assert again == {"store": str(registry.database), "applied": []}
    assert text == f"store    {registry.database}\napplied  -\n"


def test_makes_a_store_that_only_its_owner_can_read(registry: Registry) -> None:
    before = os.umask(0)
    try:
        registry.text("migrate")
    finally:
        os.umask(before)

    assert registry.database.stat().st_mode & 0o777 == 0o600


def test_status_of_a_running_server() -> None:
    with LiveServer() as server:
        ready = run_yizhan("status", "--url", server.endpoint, "--json")
        text = run_yizhan("status", environ={"YIZHAN_SERVER_PORT": str(server.port)})

    assert ready.returncode == text.returncode == 0
    assert json.loads(ready.stdout) == {"url": server.endpoint, "ready": True}
    assert text.stdout == f"url    {server.endpoint}\nready  yes\n"


def test_status_of_no_server_is_a_failure() -> None:
    with LiveServer() as server:
        url = server.endpoint

    done = run_yizhan("status", "--url", url, "--json")
    text = run_yizhan("status", "--url", url, "--wait", "0.2")

    assert done.returncode == text.returncode == 1
    shown = json.loads(done.stdout)
    assert (shown["url"], shown["ready"]) == (url, False)
    assert "refused" in shown["reason"]
    assert text.stdout.splitlines()[1] == "ready   no"
    assert done.stderr == text.stderr == ""


def test_status_does_not_ask_a_proxy() -> None:
    with LiveServer() as server:
        proxy = {"http_proxy": "http://127.0.0.1:9", "HTTP_PROXY": "http://127.0.0.1:9"}
        done = run_yizhan("status", "--url", server.endpoint, environ=proxy)

    assert done.returncode == 0
