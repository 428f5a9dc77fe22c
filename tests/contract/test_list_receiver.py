# SPDX-License-Identifier: Apache-2.0
"""ListReceiver: pages, masks and what each member says."""

from typing import Any

import pytest

from tests.conftest import StartApp
from tests.support.signed import Caller, code, receiver

MANY = {
    "limits__requests_per_second": 0,
    "limits__creates_per_day": 1000,
    "receivers__per_account": 1000,
}


async def fill(caller: Caller, count: int) -> list[str]:
    names = [f"receiver {number}" for number in range(count)]
    for name in names:
        await caller.call("CreateMessageReceiver", receiver(Name=name))
    return names


async def page(caller: Caller, **paging: int) -> list[str]:
    listed = await caller.call("ListReceiver", paging)
    return [entry["Name"] for entry in listed["Receivers"]]


async def test_pages_follow_each_other(start_app: StartApp) -> None:
    caller = await start_app(**MANY)
    names = await fill(caller, 25)

    assert await page(caller) == names[:20]
    assert await page(caller, Limit=10) == names[:10]
    assert await page(caller, Offset=20, Limit=10) == names[20:]
    assert await page(caller, Offset=25) == []
    assert await page(caller, Offset=2**64 - 1, Limit=2**64 - 1) == []


async def test_a_limit_of_zero_is_an_empty_page_with_the_true_total(caller: Caller) -> None:
    await fill(caller, 3)

    listed = await caller.call("ListReceiver", {"Limit": 0})

    assert (listed["TotalCount"], listed["Receivers"]) == (3, [])


async def test_a_page_has_200_at_most_as_terraform_needs(start_app: StartApp) -> None:
    # The provider asks with Limit 200 and takes a shorter page for the last one.
    caller = await start_app(**MANY)
    names = await fill(caller, 205)

    assert await page(caller, Limit=200) == names[:200]
    assert await page(caller, Limit=1000) == names[:200]
    assert await page(caller, Offset=200, Limit=200) == names[200:]


async def test_phone_and_mail_are_masked(caller: Caller) -> None:
    await caller.call(
        "CreateMessageReceiver", receiver(PhoneNumber="18612343509", Email="205412345@qq.com")
    )

    (entry,) = (await caller.call("ListReceiver"))["Receivers"]

    # Masks: sample answer of ListReceiver (read 2026-11).
    assert (entry["PhoneNumber"], entry["CountryCode"]) == ("186****3509", "86")
    assert entry["Email"] == "2054****@qq.com"


async def test_masks_and_uin_are_settings(start_app: StartApp) -> None:
    caller = await start_app(receivers__masking="none", receivers__uin="zero")
    await caller.call("CreateMessageReceiver", receiver())

    (entry,) = (await caller.call("ListReceiver"))["Receivers"]

    assert (entry["PhoneNumber"], entry["Email"]) == ("18123456789", "demo@qq.com")
    assert entry["Uin"] == 0


async def test_the_primary_contact_is_marked(caller: Caller) -> None:
    key = {"secret_id": "AKIDx", "secret_key": "secret"}
    contact: dict[str, Any] = {
        "name": "owner",
        "country_code": "86",
        "phone_number": "13800138000",
        "email": "owner@example.com",
    }
    account = {"name": "x", "uin": 5, "keys": [key], "contact": contact}
    await caller.http.post("/_lab/seed", json={"accounts": [account]})
    await caller.call("CreateMessageReceiver", receiver(), **key)

    listed = await caller.call("ListReceiver", **key)

    marks = [(entry["Name"], entry["IsReceiverOwner"]) for entry in listed["Receivers"]]
    assert marks == [("owner", 1), ("tf-example", 0)]
    assert {entry["Uin"] for entry in listed["Receivers"]} == {5}


async def test_an_account_without_real_name_may_list_unless_the_setting_says_no(
    start_app: StartApp,
) -> None:
    key = {
        "secret_id": "AKIDyizhandev00000000000000000000002",
        "secret_key": "yizhandev00000000000000000000002",
    }
    usual = await start_app()
    strict = await start_app(receivers__real_name_for_all_actions="true")

    assert code(await usual.call("ListReceiver", **key)) == "OK"
    assert code(await strict.call("ListReceiver", **key)) == "InvalidParameter.UserNotAuth"
    deletion = await strict.call("DeleteMessageReceiver", {"Name": "a"}, **key)
    assert code(deletion) == "InvalidParameter.UserNotAuth"


@pytest.mark.parametrize("paging", [{"Limit": "10"}, {"Limit": -1}, {"Offset": 1.5}])
async def test_json_numbers_must_be_natural_numbers(caller: Caller, paging: Any) -> None:
    assert code(await caller.call("ListReceiver", paging)) == "InvalidParameter"
