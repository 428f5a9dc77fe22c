# SPDX-License-Identifier: Apache-2.0
"""The lab's calls."""

from typing import Any

import pytest

from tests.support.signed import Caller, code, receiver


async def lab(caller: Caller, call: str, body: Any) -> tuple[int, dict[str, Any]]:
    answer = await caller.http.post(f"/_lab/{call}", json=body)
    found: dict[str, Any] = answer.json()
    return answer.status_code, found


async def test_reset_brings_back_the_first_state(caller: Caller) -> None:
    await lab(caller, "clock", {"now": 1551113065})
    await lab(caller, "seed", {"accounts": [{"name": "x", "uin": 5}]})
    await caller.call("CreateMessageReceiver", receiver(), timestamp=1551113065)

    status, said = await lab(caller, "reset", {})

    assert (status, said["accounts"]) == (200, [100000000001, 100000000002])
    assert (await caller.call("ListReceiver"))["TotalCount"] == 0
    created = [
        code(await caller.call("CreateMessageReceiver", receiver(Name=f"r{number}")))
        for number in range(11)
    ]
    assert created == ["OK"] * 10 + ["LimitExceeded.Uin"]


async def test_reset_forgets_the_second_s_calls(caller: Caller) -> None:
    for _ in range(2):
        await lab(caller, "clock", {"now": 1551113065})
        found = [code(await caller.call("ListReceiver", timestamp=1551113065)) for _ in range(21)]
        assert found == ["OK"] * 20 + ["RequestLimitExceeded"]
        await lab(caller, "reset", {})


async def test_the_clock_stands_still_and_goes_on(caller: Caller) -> None:
    frozen = await lab(caller, "clock", {"now": 1551113065})
    old = await caller.call("ListReceiver", timestamp=1551113065)
    _, real = await lab(caller, "clock", {"now": None})
    new = await caller.call("ListReceiver")

    assert frozen == (200, {"now": 1551113065.0, "frozen": True})
    assert real["frozen"] is False
    assert (code(old), code(new)) == ("OK", "OK")


async def test_a_seeded_account_can_call(caller: Caller) -> None:
    key = {"secret_id": "AKIDx", "secret_key": "secret", "token": ""}
    account = {"name": "x", "uin": 5, "real_name": True, "keys": [key], "users": []}

    said = await lab(caller, "seed", {"accounts": [account]})

    assert said == (200, {"seeded": [5]})
    signing = {"secret_id": "AKIDx", "secret_key": "secret"}
    assert code(await caller.call("CreateMessageReceiver", receiver(), **signing)) == "OK"


async def test_a_uin_may_come_as_text(caller: Caller) -> None:
    assert await lab(caller, "seed", {"accounts": [{"name": "x", "uin": "5"}]}) == (
        200,
        {"seeded": [5]},
    )


@pytest.mark.parametrize(
    ("sent", "found"),
    [("t0ken", "OK"), ("", "AuthFailure.TokenFailure"), ("t0kenx", "AuthFailure.TokenFailure")],
)
async def test_a_temporary_key_goes_with_its_token(caller: Caller, sent: str, found: str) -> None:
    key = {"secret_id": "AKIDx", "secret_key": "secret", "token": "t0ken"}
    await lab(caller, "seed", {"accounts": [{"name": "x", "uin": 5, "keys": [key]}]})
    signing: dict[str, Any] = {"secret_id": "AKIDx", "secret_key": "secret"}

    v3 = await caller.call("ListReceiver", token=sent, **signing)
    v1 = await caller.call_v1("ListReceiver", Token=sent, **signing)

    assert (code(v3), code(v1)) == (found, found)


async def test_a_temporary_key_ends(caller: Caller) -> None:
    key = {"secret_id": "AKIDx", "secret_key": "s", "token": "t", "expires_at": 1551113065}
    await lab(caller, "seed", {"accounts": [{"name": "x", "uin": 5, "keys": [key]}]})
    signing: dict[str, Any] = {"secret_id": "AKIDx", "secret_key": "s", "token": "t"}

    found = []
    for now in (1551113064, 1551113065):
        await lab(caller, "clock", {"now": now})
        found.append(code(await caller.call("ListReceiver", timestamp=now, **signing)))

    assert found == ["OK", "AuthFailure.TokenFailure"]


async def test_a_long_term_key_goes_without_a_token(caller: Caller) -> None:
    assert code(await caller.call("ListReceiver", token="any")) == "AuthFailure.TokenFailure"


@pytest.mark.parametrize(
    ("call", "body"),
    [
        ("reset", {"all": True}),
        ("clock", {}),
        ("clock", {"now": "soon"}),
        ("clock", {"now": -1}),
        ("clock", {"now": 1e300}),
        ("seed", {}),
        ("seed", []),
        ("seed", {"accounts": [{"name": "x"}]}),
        ("seed", {"accounts": [{"name": "x", "uin": 0}]}),
        ("seed", {"accounts": [{"name": "x", "uin": 5, "realname": True}]}),
        ("seed", {"accounts": [{"name": "x", "uin": 5, "keys": [{"secret_id": "a"}]}]}),
        ("seed", {"accounts": [{"name": "x", "uin": 100000000101}]}),
        (
            "seed",
            {
                "accounts": [
                    {
                        "name": "x",
                        "uin": 5,
                        "contact": {
                            "name": "owner",
                            "country_code": "86",
                            "phone_number": "1",
                            "email": "a@b.com",
                        },
                    }
                ]
            },
        ),
        (
            "seed",
            {
                "accounts": [
                    {"name": "x", "uin": 5, "keys": [{"secret_id": "a", "secret_key": "b"}]},
                    {"name": "y", "uin": 6, "keys": [{"secret_id": "a", "secret_key": "b"}]},
                ]
            },
        ),
        (
            "seed",
            {
                "accounts": [
                    {
                        "name": "x",
                        "uin": 5,
                        "users": [{"name": "a", "uin": 6}, {"name": "a", "uin": 7}],
                    }
                ]
            },
        ),
    ],
)
async def test_a_bad_call_says_why_and_changes_nothing(
    caller: Caller, call: str, body: Any
) -> None:
    await caller.call("CreateMessageReceiver", receiver())

    status, said = await lab(caller, call, body)

    assert status == 400
    assert said["error"]
    assert (await caller.call("ListReceiver"))["TotalCount"] == 1


async def test_a_call_that_is_no_json_says_so(caller: Caller) -> None:
    answer = await caller.http.post("/_lab/clock", content=b"\xff{")

    assert answer.status_code == 400
    assert "error" in answer.json()
