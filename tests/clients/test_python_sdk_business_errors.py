# SPDX-License-Identifier: Apache-2.0
"""Every refusal of the three actions themselves, as the Python SDK reports it.

Chinese texts are the descriptions of the error codes on the actions' pages (read 2026-11); the real
service's English ones are not public, so of those only the language is looked at.
"""

import re
import time
from typing import Any

import pytest

from tests.clients.keys import NO_REAL_NAME_KEY, seed_account
from tests.clients.python_sdk import (
    OUTDATED_UTC,
    cam_client,
    create_request,
    delete_request,
    list_request,
    receiver_names,
    refusal,
    refusals,
)
from tests.support.live import LiveServer

pytestmark = pytest.mark.filterwarnings(OUTDATED_UTC)

CONTACT = {
    "name": "联系人",
    "country_code": "86",
    "phone_number": "13800138000",
    "email": "owner@example.com",
}


def create(client: Any) -> Any:
    return client.CreateMessageReceiver(create_request())


def is_english(text: str) -> bool:
    return text.isascii() and re.search("[a-z]{3}", text) is not None


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("Name", " "),
        ("Name", ""),
        ("CountryCode", "+86"),
        ("CountryCode", "0086"),
        ("PhoneNumber", "12"),
        ("PhoneNumber", "+8613800138000"),
        ("Email", "nobody"),
        ("Email", "a@b@example.com"),
    ],
)
def test_invalid_parameter(server: LiveServer, member: str, value: str) -> None:
    request = create_request(**{member: value})

    chinese, english = refusals(server, lambda client: client.CreateMessageReceiver(request))

    assert chinese.get_code() == "InvalidParameter"
    assert chinese.get_message().startswith("参数错误")
    assert f"`{member}`" in chinese.get_message()
    assert is_english(english.get_message())
    assert f"`{member}`" in english.get_message()
    assert receiver_names(server) == []


def test_interface_not_exist_where_creating_is_not_opened(server: LiveServer) -> None:
    key = seed_account(server, may_create=False)

    chinese, english = refusals(server, create, key)

    assert chinese.get_code() == "InvalidParameter.InterfaceNotExist"
    assert chinese.get_message().startswith("接口不存在")
    assert is_english(english.get_message())
    assert receiver_names(server, key) == []


def test_receiver_over_limit() -> None:
    with LiveServer(environ={"YIZHAN_RECEIVERS_PER_ACCOUNT": "2"}) as server:
        client = cam_client(server)
        client.CreateMessageReceiver(create_request(Name="一"))
        client.CreateMessageReceiver(create_request(Name="二"))

        chinese, english = refusals(server, create)

        assert chinese.get_code() == "InvalidParameter.ReceiverOverLimit"
        assert chinese.get_message() == "消息接收人超出限制。"
        assert is_english(english.get_message())
        assert receiver_names(server) == ["一", "二"]
        client.DeleteMessageReceiver(delete_request("一"))
        create(client)
        assert receiver_names(server) == ["二", "用户"]


def test_sub_user_name_in_use_by_a_receiver(server: LiveServer) -> None:
    create(cam_client(server))

    chinese, english = refusals(server, create)

    assert chinese.get_code() == "InvalidParameter.SubUserNameInUse"
    assert chinese.get_message() == "子用户名称重复。"
    assert is_english(english.get_message())
    assert receiver_names(server) == ["用户"]


def test_sub_user_name_in_use_by_a_sub_user(server: LiveServer) -> None:
    key = seed_account(server, users=[{"name": "用户", "uin": 200000000101}])

    chinese, _ = refusals(server, create, key)

    assert chinese.get_code() == "InvalidParameter.SubUserNameInUse"
    assert chinese.get_message() == "子用户名称重复。"
    assert receiver_names(server, key) == []


def test_user_not_auth_without_real_name(server: LiveServer) -> None:
    chinese, english = refusals(server, create, NO_REAL_NAME_KEY)

    assert chinese.get_code() == "InvalidParameter.UserNotAuth"
    assert chinese.get_message() == "用户未实名。"
    assert is_english(english.get_message())
    assert receiver_names(server, NO_REAL_NAME_KEY) == []


def test_limit_exceeded_uin_at_the_eleventh_create_of_a_day(server: LiveServer) -> None:
    # Stand still, lest a day of UTC+8 ends between the tenth and the eleventh.
    now = int(time.time())
    server.lab("clock", {"now": now})
    client = cam_client(server)
    names = [f"用户{number}" for number in range(10)]
    for name in names:
        client.CreateMessageReceiver(create_request(Name=name))

    chinese, english = refusals(server, create)

    assert chinese.get_code() == "LimitExceeded.Uin"
    assert chinese.get_message() == "请求超出限制。"
    assert is_english(english.get_message())
    assert receiver_names(server) == names


def test_limit_exceeded_uin_counts_refused_creates(server: LiveServer) -> None:
    server.lab("clock", {"now": int(time.time())})
    client = cam_client(server)
    create(client)
    refused = [refusal(lambda: create(client)).get_code() for _ in range(9)]

    eleventh = refusal(lambda: client.CreateMessageReceiver(create_request(Name="Jack")))

    assert refused == ["InvalidParameter.SubUserNameInUse"] * 9
    assert eleventh.get_code() == "LimitExceeded.Uin"
    assert receiver_names(server) == ["用户"]


def test_user_not_exist_of_a_closed_account(server: LiveServer) -> None:
    key = seed_account(server, closed=True)

    chinese, english = refusals(server, create, key)

    assert chinese.get_code() == "ResourceNotFound.UserNotExist"
    assert chinese.get_message() == "用户不存在。"
    assert is_english(english.get_message())
    seed_account(server, key, closed=False)
    assert receiver_names(server, key) == []


def test_user_not_exists_when_deleting_a_name_that_is_not_there(server: LiveServer) -> None:
    cam_client(server).CreateMessageReceiver(create_request(Name="Jack"))

    chinese, english = refusals(
        server, lambda client: client.DeleteMessageReceiver(delete_request("jack"))
    )

    # The code of Delete ends in an s, that of Create does not.
    assert chinese.get_code() == "ResourceNotFound.UserNotExists"
    assert chinese.get_message() == "用户不存在。"
    assert is_english(english.get_message())
    assert receiver_names(server) == ["Jack"]


def test_failed_operation_when_deleting_the_primary_contact(server: LiveServer) -> None:
    key = seed_account(server, contact=CONTACT)

    chinese, english = refusals(
        server, lambda client: client.DeleteMessageReceiver(delete_request("联系人")), key
    )

    assert chinese.get_code() == "FailedOperation"
    assert chinese.get_message().startswith("操作失败")
    assert is_english(english.get_message())
    [contact] = cam_client(server, key).ListReceiver(list_request()).Receivers
    assert (contact.Name, contact.IsReceiverOwner) == ("联系人", 1)
