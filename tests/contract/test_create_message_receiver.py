# SPDX-License-Identifier: Apache-2.0
"""CreateMessageReceiver: its results, its refusals, and what each of them costs."""

from typing import Any

import pytest

from tests.conftest import StartApp
from tests.support.signed import Caller, code, receiver

NO_REAL_NAME = {
    "secret_id": "AKIDyizhandev00000000000000000000002",
    "secret_key": "yizhandev00000000000000000000002",
}


async def creates_left(caller: Caller, **signing: Any) -> int:
    """Use up the day: how many requests until LimitExceeded.Uin?"""
    for used in range(20):
        # The value is refused after the account's state and before the quota, and costs one create.
        taken = await caller.call("CreateMessageReceiver", receiver(Name=f"x{used}"), **signing)
        if code(taken) == "LimitExceeded.Uin":
            return used
    raise AssertionError("the day has no end")


async def names(caller: Caller) -> list[str]:
    return [entry["Name"] for entry in (await caller.call("ListReceiver"))["Receivers"]]


async def test_the_example_of_the_page(caller: Caller) -> None:
    # Origin: CreateMessageReceiver, input example of its page (read 2026-11).
    page = {
        "Name": "用户",
        "Remark": "添加消息接收人",
        "CountryCode": "86",
        "PhoneNumber": "132****4539",
        "Email": "57****@qq.com",
    }

    created = await caller.call("CreateMessageReceiver", page)

    assert list(created) == ["RequestId"]
    (entry,) = (await caller.call("ListReceiver"))["Receivers"]
    assert {name: entry[name] for name in page} == page


async def test_a_day_has_ten(caller: Caller) -> None:
    assert await creates_left(caller) == 10
    assert len(await names(caller)) == 10

    refused = await caller.call("CreateMessageReceiver", receiver(Name="more"), language="zh-CN")
    assert refused["Error"] == {"Code": "LimitExceeded.Uin", "Message": "请求超出限制。"}


async def test_the_next_day_in_beijing_has_ten_more(caller: Caller) -> None:
    # 2026-11-23T15:59:59Z is the last second of a day in UTC+8.
    await caller.http.post("/_lab/clock", json={"now": 1795449599})
    assert await creates_left(caller, timestamp=1795449599) == 10

    await caller.http.post("/_lab/clock", json={"now": 1795449600})
    created = await caller.call(
        "CreateMessageReceiver", receiver(Name="tomorrow"), timestamp=1795449600
    )

    assert code(created) == "OK"


async def test_the_day_and_its_number_are_settings(start_app: StartApp) -> None:
    caller = await start_app(limits__creates_per_day=3, limits__day_utc_offset_hours=0)
    await caller.http.post("/_lab/clock", json={"now": 1795449599})
    assert await creates_left(caller, timestamp=1795449599) == 3

    await caller.http.post("/_lab/clock", json={"now": 1795449600})
    created = await caller.call("CreateMessageReceiver", receiver(), timestamp=1795449600)

    assert code(created) == "LimitExceeded.Uin"


async def test_sub_users_spend_the_account_s_day(caller: Caller) -> None:
    permitted = {"secret_id": "AKIDsub", "secret_key": "secret"}
    account = {
        "name": "dev",
        "uin": 100000000001,
        "keys": [{"secret_id": caller_id(), "secret_key": caller_key()}],
        "users": [{"name": "sub", "uin": 9, "permissions": ["cam:*"], "keys": [permitted]}],
    }
    await caller.http.post("/_lab/seed", json={"accounts": [account]})
    await caller.call("CreateMessageReceiver", receiver())

    assert await creates_left(caller, **permitted) == 9


def caller_id() -> str:
    return "AKIDyizhandev00000000000000000000001"


def caller_key() -> str:
    return "yizhandev00000000000000000000001"


@pytest.mark.parametrize(
    ("parameters", "signing", "found"),
    [
        # What never comes to the account costs nothing.
        (receiver(X=1), {}, "UnknownParameter"),
        ({"Name": "a"}, {}, "MissingParameter"),
        (receiver(Name=1), {}, "InvalidParameter"),
        (receiver(), {"secret_key": "wrong"}, "AuthFailure.SignatureFailure"),
        (receiver(), {"timestamp": 1}, "AuthFailure.SignatureExpire"),
    ],
)
async def test_what_the_gateway_refuses_costs_nothing(
    caller: Caller, parameters: Any, signing: dict[str, Any], found: str
) -> None:
    assert code(await caller.call("CreateMessageReceiver", parameters, **signing)) == found

    assert await creates_left(caller) == 10


async def test_what_the_backend_refuses_costs_a_create(start_app: StartApp) -> None:
    caller = await start_app(receivers__per_account=2)
    outcomes = [
        await caller.call("CreateMessageReceiver", receiver()),
        await caller.call("CreateMessageReceiver", receiver()),
        await caller.call("CreateMessageReceiver", receiver(PhoneNumber="1")),
        await caller.call("CreateMessageReceiver", receiver(Name="b")),
        await caller.call("CreateMessageReceiver", receiver(Name="c")),
    ]

    assert [code(outcome) for outcome in outcomes] == [
        "OK",
        "InvalidParameter.SubUserNameInUse",
        "InvalidParameter",
        "OK",
        "InvalidParameter.ReceiverOverLimit",
    ]
    assert await creates_left(caller) == 5
    assert await names(caller) == ["tf-example", "b"]


async def test_without_real_name_the_answer_stays_the_same_beyond_the_quota(
    caller: Caller,
) -> None:
    found = [
        code(await caller.call("CreateMessageReceiver", receiver(), **NO_REAL_NAME))
        for _ in range(12)
    ]

    assert found == ["InvalidParameter.UserNotAuth"] * 12


async def test_an_account_that_passes_real_name_has_spent_what_it_tried(caller: Caller) -> None:
    for _ in range(3):
        await caller.call("CreateMessageReceiver", receiver(), **NO_REAL_NAME)
    passed = {
        "name": "now real",
        "uin": 100000000002,
        "real_name": True,
        "keys": [NO_REAL_NAME],
    }
    await caller.http.post("/_lab/seed", json={"accounts": [passed]})

    assert await creates_left(caller, **NO_REAL_NAME) == 7


@pytest.mark.parametrize(
    ("state", "found"),
    [
        ({"may_create": False}, "InvalidParameter.InterfaceNotExist"),
        ({"closed": True}, "ResourceNotFound.UserNotExist"),
    ],
)
async def test_an_account_that_cannot_create_spends_nothing(
    caller: Caller, state: dict[str, bool], found: str
) -> None:
    key = {"secret_id": "AKIDx", "secret_key": "secret"}
    account = {"name": "x", "uin": 5, "keys": [key]}
    await caller.http.post("/_lab/seed", json={"accounts": [account | state]})
    refused = await caller.call("CreateMessageReceiver", receiver(), **key)
    await caller.http.post("/_lab/seed", json={"accounts": [account]})

    assert code(refused) == found
    assert await creates_left(caller, **key) == 10


async def test_messages_of_the_backend_have_both_languages(caller: Caller) -> None:
    english = await caller.call("CreateMessageReceiver", receiver(), **NO_REAL_NAME)
    chinese = await caller.call(
        "CreateMessageReceiver", receiver(), language="zh-CN", **NO_REAL_NAME
    )

    # Chinese: the code's description on the page (read 2026-11).
    assert chinese["Error"]["Message"] == "用户未实名。"
    assert english["Error"]["Message"].isascii()


async def test_a_masked_sample_is_refused_where_the_setting_is_off(start_app: StartApp) -> None:
    caller = await start_app(receivers__accept_masked_samples="false")

    refused = await caller.call("CreateMessageReceiver", receiver(PhoneNumber="132****4539"))

    assert code(refused) == "InvalidParameter"
    assert "masked" in refused["Error"]["Message"]
