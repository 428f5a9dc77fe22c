# SPDX-License-Identifier: Apache-2.0
"""Many calls at one moment never get more than the limits allow."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.connection import Answer, Client, receiver
from tests.support.live import LiveServer
from tests.support.waiting import all_at_once

CALLERS = 64
NO_RATE_LIMIT = {"YIZHAN_LIMITS_REQUESTS_PER_SECOND": "0"}
MOMENT = 1_790_000_000
"""Where the lab clock stands still."""


@pytest.fixture(params=["in memory", "in a file"])
def store_arguments(request: pytest.FixtureRequest, tmp_path: Path) -> list[str]:
    return [] if request.param == "in memory" else ["--data", str(tmp_path)]


@pytest.fixture
def frozen() -> Iterator[LiveServer]:
    """A server with the default limits, in a second that does not end."""
    with LiveServer() as server:
        server.lab("clock", {"now": MOMENT})
        yield server


def create_many(server: LiveServer) -> Counter[str]:
    """64 creates of names of their own at once; how often each code was answered."""
    return Counter(all_at_once(server, CALLERS, lambda client, n: client.create(f"at-once-{n}")))


def list_at_once(server: LiveServer, count: int, moment: int = MOMENT) -> list[Answer]:
    return all_at_once(
        server, count, lambda client, _: client.call("ListReceiver"), timestamp=moment
    )


def printed_counts(answers: list[Answer]) -> list[int]:
    """The counts that refused calls name."""
    texts = (answer.response["Error"]["Message"] for answer in answers if answer.code)
    found = (re.search(r"`(\d+)` in a second, which exceeds .* `20` ", text) for text in texts)
    return sorted(int(match[1]) if match else -1 for match in found)


def test_lets_one_of_64_creates_pass_when_9_of_10_are_spent(store_arguments: list[str]) -> None:
    with LiveServer(*store_arguments, environ=NO_RATE_LIMIT) as server, Client(server) as client:
        for number in range(9):
            assert client.create(f"before-{number}") == ""

        codes = create_many(server)

        assert codes == {"": 1, "LimitExceeded.Uin": CALLERS - 1}
        assert len(client.all_receivers()) == 10


def test_makes_one_receiver_of_64_creates_of_one_name(store_arguments: list[str]) -> None:
    environ = NO_RATE_LIMIT | {"YIZHAN_LIMITS_CREATES_PER_DAY": "1000"}
    with LiveServer(*store_arguments, environ=environ) as server, Client(server) as client:
        codes = Counter(all_at_once(server, CALLERS, lambda each, _: each.create("the-same")))

        assert codes == {"": 1, "InvalidParameter.SubUserNameInUse": CALLERS - 1}
        assert [each["Name"] for each in client.all_receivers()] == ["the-same"]


def test_lets_no_account_grow_beyond_its_size(store_arguments: list[str]) -> None:
    environ = NO_RATE_LIMIT | {
        "YIZHAN_LIMITS_CREATES_PER_DAY": "1000",
        "YIZHAN_RECEIVERS_PER_ACCOUNT": "7",
    }
    with LiveServer(*store_arguments, environ=environ) as server, Client(server) as client:
        codes = create_many(server)

        assert codes == {"": 7, "InvalidParameter.ReceiverOverLimit": CALLERS - 7}
        assert len(client.all_receivers()) == 7


def test_deletes_a_receiver_once_when_64_callers_ask(store_arguments: list[str]) -> None:
    with LiveServer(*store_arguments, environ=NO_RATE_LIMIT) as server, Client(server) as client:
        assert client.create("to-be-deleted") == ""

        codes = Counter(all_at_once(server, CALLERS, lambda each, _: each.delete("to-be-deleted")))

        assert codes == {"": 1, "ResourceNotFound.UserNotExists": CALLERS - 1}
        assert client.all_receivers() == []


def test_lets_20_of_30_calls_in_one_second_pass(frozen: LiveServer) -> None:
    answers = list_at_once(frozen, 30)

    assert Counter(answer.code for answer in answers) == {"": 20, "RequestLimitExceeded": 10}
    assert printed_counts(answers) == list(range(21, 31))


def test_begins_to_count_anew_in_the_next_second(frozen: LiveServer) -> None:
    list_at_once(frozen, 25)
    frozen.lab("clock", {"now": MOMENT + 1})

    answers = list_at_once(frozen, 22)

    assert printed_counts(answers) == [21, 22]


def test_counts_each_action_on_its_own(frozen: LiveServer) -> None:
    list_at_once(frozen, 25)

    with Client(frozen, timestamp=MOMENT) as client:
        answer = client.call("CreateMessageReceiver", receiver("another-action"))

    assert answer.code == ""
