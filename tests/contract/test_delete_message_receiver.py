# SPDX-License-Identifier: Apache-2.0
"""DeleteMessageReceiver."""

from tests.support.signed import Caller, code, receiver


async def test_deletes_by_exact_name(caller: Caller) -> None:
    for name in ("Jack", "jack"):
        await caller.call("CreateMessageReceiver", receiver(Name=name))

    deleted = await caller.call("DeleteMessageReceiver", {"Name": "Jack"})

    assert list(deleted) == ["RequestId"]
    listed = await caller.call("ListReceiver")
    assert [entry["Name"] for entry in listed["Receivers"]] == ["jack"]


async def test_an_unknown_name_is_not_there(caller: Caller) -> None:
    refused = await caller.call("DeleteMessageReceiver", {"Name": "zhangshan"}, language="zh-CN")

    # Code with its final s: the official Go SDK; text: the description of UserNotExist.
    assert refused["Error"] == {
        "Code": "ResourceNotFound.UserNotExists",
        "Message": "用户不存在。",
    }


async def test_a_closed_account_deletes_nothing(caller: Caller) -> None:
    key = {"secret_id": "AKIDx", "secret_key": "secret"}
    account = {"name": "x", "uin": 5, "keys": [key]}
    await caller.http.post("/_lab/seed", json={"accounts": [account]})
    await caller.call("CreateMessageReceiver", receiver(), **key)
    await caller.http.post("/_lab/seed", json={"accounts": [account | {"closed": True}]})

    refused = await caller.call("DeleteMessageReceiver", {"Name": "tf-example"}, **key)

    assert code(refused) == "ResourceNotFound.UserNotExists"
    assert (await caller.call("ListReceiver", **key))["TotalCount"] == 1


async def test_the_primary_contact_stays(caller: Caller) -> None:
    key = {"secret_id": "AKIDx", "secret_key": "secret"}
    contact = {
        "name": "owner",
        "country_code": "86",
        "phone_number": "13800138000",
        "email": "owner@example.com",
    }
    account = {"name": "x", "uin": 5, "keys": [key], "contact": contact}
    await caller.http.post("/_lab/seed", json={"accounts": [account]})

    refused = await caller.call("DeleteMessageReceiver", {"Name": "owner"}, **key)

    assert code(refused) == "FailedOperation"
    assert (await caller.call("ListReceiver", **key))["TotalCount"] == 1


async def test_a_deletion_gives_no_create_back(caller: Caller) -> None:
    for number in range(10):
        await caller.call("CreateMessageReceiver", receiver())
        deleted = await caller.call("DeleteMessageReceiver", {"Name": "tf-example"})
        assert code(deleted) == "OK", number

    refused = await caller.call("CreateMessageReceiver", receiver())

    assert code(refused) == "LimitExceeded.Uin"
