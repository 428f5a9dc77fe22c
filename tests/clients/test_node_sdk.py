# SPDX-License-Identifier: Apache-2.0
"""The unmodified Node.js SDK against a live server.

It signs the host without its port, takes the scope's service from the endpoint's text, and asks for
no language unless it is told to, so that its users read English.
"""

import json
import re
import time
from pathlib import Path
from typing import Any

import pytest

from tests.clients.keys import DEV_KEY, NO_REAL_NAME_KEY, Key, seed_account
from tests.clients.node_sdk import PROJECT, NodeSdk, install
from tests.clients.python_sdk import HTTP_METHODS, REQUEST_ID, SAMPLE, SIGN_METHODS
from tests.support.live import LiveServer

CREATE = {"action": "CreateMessageReceiver", "params": SAMPLE}
LIST = {"action": "ListReceiver", "params": {"Limit": 20, "Offset": 0}}


@pytest.fixture(scope="session")
def node_modules() -> Path:
    return install()


@pytest.fixture
def node_sdk(server: LiveServer, node_modules: Path) -> NodeSdk:
    return NodeSdk(server, node_modules)


def names_of(outcome: dict[str, Any]) -> list[str]:
    receivers = outcome["response"]["Receivers"]
    assert outcome["response"]["TotalCount"] == len(receivers)
    return [receiver["Name"] for receiver in receivers]


def error_of(outcome: dict[str, Any]) -> dict[str, str]:
    error: dict[str, str] = outcome["error"]
    assert REQUEST_ID.fullmatch(error["requestId"])
    return error


@pytest.mark.parametrize("http_method", HTTP_METHODS)
@pytest.mark.parametrize("sign_method", SIGN_METHODS)
def test_creates_lists_and_deletes(node_sdk: NodeSdk, sign_method: str, http_method: str) -> None:
    # What its encoder leaves bare, and what the others escape, beside emoji.
    name = "值班 😀 a+b~c%20d'e&f=g!*()"

    created, second, listed, deleted, left = node_sdk.run(
        CREATE,
        {"action": "CreateMessageReceiver", "params": {**SAMPLE, "Name": name}},
        LIST,
        {"action": "DeleteMessageReceiver", "params": {"Name": "用户"}},
        LIST,
        sign_method=sign_method,
        http_method=http_method,
    )

    assert set(created["response"]) == {"RequestId"}
    assert REQUEST_ID.fullmatch(created["response"]["RequestId"])
    assert set(second["response"]) == {"RequestId"}
    assert names_of(listed) == ["用户", name]
    assert set(deleted["response"]) == {"RequestId"}
    assert names_of(left) == [name]


@pytest.mark.parametrize("sign_method", SIGN_METHODS)
def test_uses_temporary_credentials(
    server: LiveServer, node_sdk: NodeSdk, sign_method: str
) -> None:
    key = seed_account(server, Key("AKIDtemporary", "temporary", "a/b+c=&"))

    _, listed = node_sdk.run(CREATE, LIST, key=key, sign_method=sign_method)
    [own] = node_sdk.run(LIST)

    assert names_of(listed) == ["用户"]
    assert names_of(own) == []


def test_lists_without_any_parameter(node_sdk: NodeSdk) -> None:
    call = {"action": "ListReceiver", "params": {}}

    [posted] = node_sdk.run(call)
    [got] = node_sdk.run(call, http_method="GET")

    assert names_of(posted) == []
    assert names_of(got) == []


def test_generic_multipart_and_octet_stream_calls_create(node_sdk: NodeSdk) -> None:
    octets = json.dumps({**SAMPLE, "Name": "二"})

    *created, listed = node_sdk.run(
        {"action": "CreateMessageReceiver", "params": SAMPLE, "options": {"multipart": True}},
        {"action": "CreateMessageReceiver", "octets": octets},
        LIST,
        version="2019-01-16",
    )

    assert [set(outcome["response"]) for outcome in created] == [{"RequestId"}] * 2
    assert names_of(listed) == ["用户", "二"]


def test_reports_a_business_error_in_english_by_default(node_sdk: NodeSdk) -> None:
    _, again, listed = node_sdk.run(CREATE, CREATE, LIST)

    error = error_of(again)
    assert error["code"] == "InvalidParameter.SubUserNameInUse"
    assert re.search("[a-z]{3}", error["message"])
    assert error["message"].isascii()
    assert names_of(listed) == ["用户"]


@pytest.mark.parametrize("sign_method", SIGN_METHODS)
def test_reports_a_business_error_in_chinese(node_sdk: NodeSdk, sign_method: str) -> None:
    [refused] = node_sdk.run(
        CREATE, key=NO_REAL_NAME_KEY, language="zh-CN", sign_method=sign_method
    )

    error = error_of(refused)
    assert error["code"] == "InvalidParameter.UserNotAuth"
    assert error["message"] == "用户未实名。"


@pytest.mark.parametrize("sign_method", SIGN_METHODS)
def test_reports_a_wrong_key_in_english(node_sdk: NodeSdk, sign_method: str) -> None:
    wrong = Key(DEV_KEY.secret_id, "not-the-key")

    [refused] = node_sdk.run(CREATE, key=wrong, language="en-US", sign_method=sign_method)

    error = error_of(refused)
    assert error["code"] == "AuthFailure.SignatureFailure"
    assert error["message"] == (
        "The provided credentials could not be validated. Please check your signature is correct."
    )


def test_reports_an_unknown_action_and_a_missing_parameter(node_sdk: NodeSdk) -> None:
    nameless = {name: value for name, value in SAMPLE.items() if name != "Name"}

    unknown, missing = node_sdk.run(
        {"action": "CreateReceiver", "params": {}},
        {"action": "CreateMessageReceiver", "params": nameless},
        version="2019-01-16",
    )

    assert error_of(unknown)["code"] == "InvalidAction"
    assert error_of(unknown)["message"] == (
        "The request action=`CreateReceiver` is invalid or not found "
        "in service=`cam` and version=`2019-01-16`."
    )
    assert error_of(missing)["code"] == "MissingParameter"
    assert error_of(missing)["message"] == "The request is missing a required parameter `Name`."


def test_reports_the_rate_limit(server: LiveServer, node_sdk: NodeSdk) -> None:
    server.lab("clock", {"now": int(time.time())})

    outcomes = node_sdk.run(*[LIST] * 21, language="zh-CN")

    assert [names_of(outcome) for outcome in outcomes[:20]] == [[]] * 20
    error = error_of(outcomes[20])
    assert error["code"] == "RequestLimitExceeded"
    assert error["message"] == "您当前每秒请求 `21` 次，超过了每秒频率上限 `20`，请稍后重试。"


def test_the_lock_file_pins_the_content_and_names_no_place_to_get_it_from() -> None:
    lock = json.loads((PROJECT / "package-lock.json").read_text())

    packages = {path: entry for path, entry in lock["packages"].items() if path}
    assert packages["node_modules/tencentcloud-sdk-nodejs"]["version"] == "4.1.313"
    assert [path for path, entry in packages.items() if "integrity" not in entry] == []
    assert [path for path, entry in packages.items() if "resolved" in entry] == []
