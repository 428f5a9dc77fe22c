# SPDX-License-Identifier: Apache-2.0
"""Every error scenario of the Explorer really happens, and leaves other accounts alone."""

from collections.abc import Iterator

import httpx
import pytest

from tests.support.live import LiveServer
from yizhan.errors import CATALOGUE
from yizhan.spec import CAM
from yizhan.web.scenarios import RECIPES

NEVER = {"InternalError", "ServiceUnavailable"}


@pytest.fixture(scope="module")
def server() -> Iterator[LiveServer]:
    """With settings under which every scenario can be had."""
    environ = {
        "YIZHAN_WIRE_REGIONS": "ap-guangzhou",
        "YIZHAN_RECEIVERS_REAL_NAME_FOR_ALL_ACTIONS": "true",
    }
    with LiveServer(environ=environ) as live:
        yield live


def offered(server: LiveServer, action: str) -> tuple[set[str], set[str]]:
    """Codes that the page names, and those of them that it offers to bring about."""
    with httpx.Client(base_url=server.endpoint, trust_env=False) as client:
        page = client.get(f"/explorer/cam/{action}?tab=scenarios").text
    named = {part.partition('"')[0] for part in page.split('id="scenario-')[1:]}
    tried = {part.partition('"')[0] for part in page.split('name="scenario" value="')[1:]}
    return named, tried


def run(server: LiveServer, action: str, code: str) -> str:
    """The code that comes of a click."""
    with httpx.Client(base_url=server.endpoint, trust_env=False, timeout=60) as client:
        answer = client.post(
            f"/explorer/cam/{action}",
            data={"tab": "scenarios", "scenario": code},
            headers={"Accept": "application/json"},
        )
    pane = answer.json()["pane"]
    if "exchange" not in pane:
        return "no exchange"
    return str(pane.partition("<b>Refused</b> ")[2].partition("<code>")[2].partition("<")[0])


@pytest.mark.parametrize("action", CAM.actions)
def test_each_code_that_the_action_can_answer_happens_twice_over(
    server: LiveServer, action: str
) -> None:
    named, tried = offered(server, action)

    business = {error.code for each in CAM.actions.values() for error in each.errors}
    own = {error.code for error in CAM.actions[action].errors}
    gateway = {error.code for error in CATALOGUE} - business
    assert named == own | gateway | {"InvalidParameter"}
    assert named - tried == NEVER
    for code in sorted(tried):
        assert run(server, action, code) == code
        assert run(server, action, code) == code, f"{code}, the second time"


def test_nobody_else_s_account_is_touched(server: LiveServer) -> None:
    server.reset()
    run(server, "CreateMessageReceiver", "LimitExceeded.Uin")
    run(server, "CreateMessageReceiver", "InvalidParameter.ReceiverOverLimit")

    with httpx.Client(base_url=server.endpoint, trust_env=False) as client:
        listed = client.post(
            "/explorer/cam/ListReceiver",
            data={"do": "send", "region": "ap-guangzhou"},
            headers={"Accept": "application/json"},
        ).json()["pane"]
        state = client.get("/docs/cam/CreateMessageReceiver").text
    assert "TotalCount" in listed
    assert "scenario" not in listed
    assert "0 / 10" in state.partition("100000000001")[2][:200]


def test_a_reset_or_a_frozen_clock_does_no_harm(server: LiveServer) -> None:
    server.lab("clock", {"now": 1700000000})
    first = run(server, "CreateMessageReceiver", "LimitExceeded.Uin")
    server.reset()

    assert first == "LimitExceeded.Uin"
    assert run(server, "DeleteMessageReceiver", "FailedOperation") == "FailedOperation"


def test_what_the_settings_rule_out_is_said_and_not_run() -> None:
    with LiveServer(environ={"YIZHAN_LIMITS_REQUESTS_PER_SECOND": "0"}) as plain:
        _, tried = offered(plain, "ListReceiver")

        for code in ("RequestLimitExceeded", "UnsupportedRegion", "InvalidParameter.UserNotAuth"):
            assert code not in tried
            assert run(plain, "ListReceiver", code) == "no exchange"


def test_a_scenario_of_another_action_is_none(server: LiveServer) -> None:
    assert run(server, "ListReceiver", "LimitExceeded.Uin") == "no exchange"
    assert run(server, "ListReceiver", "Nonsense") == "no exchange"


def test_every_recipe_is_for_a_code_of_the_catalogue() -> None:
    assert set(RECIPES) == {error.code for error in CATALOGUE}
