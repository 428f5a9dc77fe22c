# SPDX-License-Identifier: Apache-2.0
"""A session recorded in the Inspector is done again by its scripts, against a fresh server."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clients.keys import DEV_KEY
from tests.clients.python_sdk import OUTDATED_UTC
from tests.clients.toolchains import run
from tests.support.connection import Client, Key
from tests.support.console import Visitor, visitor
from tests.support.live import YIZHAN, LiveServer

pytestmark = pytest.mark.filterwarnings(OUTDATED_UTC)

UIN = 100000000001
NAMES = {"kept": "用户 Li 'Lei' $(id) `x` \"q\"", "deleted": "gone -- soon"}


@pytest.fixture
def recorded(tmp_path: Path) -> Iterator[tuple[Visitor, str]]:
    """A session of create, list, delete, made in the console and by a client; stopped."""
    with LiveServer() as server, visitor(server) as reader, Client(server) as client:
        started = reader.post("/inspector/recordings", name="session").text
        found = re.search(r"/inspector/recordings/(\w+)/stop", started)
        assert found is not None
        values = {"CountryCode": "86", "PhoneNumber": "132****4539", "Email": "57****@qq.com"}
        reader.post("/receivers/create", uin=UIN, Name=NAMES["kept"], **values)
        client.call("CreateMessageReceiver", values | {"Name": NAMES["deleted"], "Remark": "r"})
        client.call("CreateMessageReceiver", values | {"Name": NAMES["kept"]})  # refused
        client.page(0)
        assert client.delete(NAMES["deleted"]) == ""
        address = f"/inspector/recordings/{found[1]}"
        reader.post(f"{address}/stop")
        yield reader, address


def environ(key: Key) -> dict[str, str]:
    return {"TENCENTCLOUD_SECRET_ID": key.secret_id, "TENCENTCLOUD_SECRET_KEY": key.secret_key}


def dev_key() -> Key:
    return Key(DEV_KEY.secret_id, DEV_KEY.secret_key)


def again(script: str, old: str, new: str) -> str:
    """The script, pointed at another server."""
    assert old in script
    return script.replace(old, new)


@pytest.mark.parametrize("name", ["session.py", "session.sh"])
def test_the_script_has_the_same_effect_on_a_fresh_server(
    recorded: tuple[Visitor, str], tmp_path: Path, name: str
) -> None:
    reader, address = recorded
    script = reader.get(f"{address}/{name}").text
    with LiveServer() as fresh, Client(fresh) as client:
        file = tmp_path / name
        file.write_text(again(script, reader.server.host, fresh.host), "utf-8")
        interpreter = str(YIZHAN.parent / "python") if name.endswith("py") else "sh"
        path = {"PATH": f"{YIZHAN.parent}:/usr/bin:/bin", "HOME": str(tmp_path)}

        done = run([interpreter, str(file)], tmp_path, environ(dev_key()) | path)

        assert done.returncode == 0, done.stdout + done.stderr
        assert [each["Name"] for each in client.all_receivers()] == [NAMES["kept"]]
        with visitor(fresh) as other:
            made = [(call["action"], call["code"]) for call in other.calls()]
        expected = ["CreateMessageReceiver", "CreateMessageReceiver", "ListReceiver"]
        assert [action for action, _ in made if action != "ListReceiver"] == [
            "CreateMessageReceiver",
            "CreateMessageReceiver",
            "DeleteMessageReceiver",
        ]
        assert set(expected) <= {action for action, _ in made}
        assert {code for _, code in made} == {"OK"}


def test_a_value_that_the_log_masks_can_be_filled_in(tmp_path: Path) -> None:
    with LiveServer() as server, visitor(server) as reader, Client(server) as client:
        started = reader.post("/inspector/recordings", name="session").text
        client.create("n", 7)
        address = re.findall(r"/inspector/recordings/\w+", started)[0]
        script = reader.get(f"{address}/session.py").text
        client.delete("n")
        file = tmp_path / "session.py"
        file.write_text(script, "utf-8")
        given = {"PHONE_NUMBER_1": "13800000099", "EMAIL_1": "filled@example.com"}

        done = run([str(YIZHAN.parent / "python"), str(file)], tmp_path, environ(dev_key()) | given)

        assert done.returncode == 0, done.stderr
        exported = reader.post("/receivers/export", uin=UIN, format="json").json()
    assert (exported[0]["PhoneNumber"], exported[0]["Email"]) == ("13800000099", given["EMAIL_1"])


def test_the_least_policy_is_enough_and_less_is_refused(
    recorded: tuple[Visitor, str], tmp_path: Path
) -> None:
    reader, address = recorded
    actions = reader.get(f"{address}/policy.json").json()["statement"][0]["action"]
    assert len(actions) == 3
    script = reader.get(f"{address}/session.py").text
    for left_out in (None, *actions):
        permitted = [each for each in actions if each != left_out]
        with LiveServer() as fresh:
            key = {"secret_id": "AKIDpolicy", "secret_key": "policy"}
            user = {"name": "u", "uin": 100000000555, "permissions": permitted, "keys": [key]}
            fresh.lab("seed", {"accounts": [{"name": "dev", "uin": UIN, "users": [user]}]})
            file = tmp_path / "session.py"
            file.write_text(again(script, reader.server.host, fresh.host), "utf-8")

            done = run(
                [str(YIZHAN.parent / "python"), str(file)],
                tmp_path,
                environ(Key("AKIDpolicy", "policy")),
            )

        if left_out is None:
            assert done.returncode == 0, done.stderr
        else:
            assert "AuthFailure.UnauthorizedOperation" in done.stderr, left_out
            assert done.returncode == 1


def test_one_call_s_python_code_makes_the_same_call(tmp_path: Path) -> None:
    with LiveServer() as server, visitor(server) as reader:
        values = {"CountryCode": "86", "PhoneNumber": "132****4539", "Email": "57****@qq.com"}
        reader.post("/receivers/create", uin=UIN, Name="from the console", **values)
        (created,) = reader.calls(action="CreateMessageReceiver")
        page = reader.get(f"/requests/{created['request_id']}", form="python").text
        reader.post("/receivers/delete", uin=UIN, Name="from the console")
        code = _code_on(page)
        (tmp_path / "call.py").write_text(code, "utf-8")

        python = str(YIZHAN.parent / "python")
        done = run([python, "call.py"], tmp_path, environ(dev_key()))

        assert done.returncode == 0, done.stderr
        again_made = reader.calls(action="CreateMessageReceiver", client="python")
        assert again_made[0]["parameters"] == created["parameters"]
        assert json.loads(done.stdout)["RequestId"] == again_made[0]["request_id"]


def _code_on(page: str) -> str:
    """The text of the page's last block of code, as the button copies it."""
    from html import unescape

    block = page.rpartition("<pre")[2].partition("</pre>")[0].partition(">")[2]
    return unescape(re.sub(r"<[^>]+>", "", block))
