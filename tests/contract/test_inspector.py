# SPDX-License-Identifier: Apache-2.0
"""API Inspector of `yizhan dev`, by its pages and its event stream."""

import json
import re
from collections.abc import Iterator
from itertools import pairwise

import httpx
import pytest

from tests.support.connection import Client, receiver
from tests.support.console import Visitor, visitor
from tests.support.html import Page
from tests.support.live import LiveServer

UIN = 100000000001
SECONDS = 10.0


@pytest.fixture(scope="module")
def dev_server() -> Iterator[LiveServer]:
    with LiveServer(environ={"YIZHAN_LIMITS_REQUESTS_PER_SECOND": "0"}) as server:
        yield server


@pytest.fixture
def reader(dev_server: LiveServer) -> Iterator[Visitor]:
    dev_server.reset()
    with visitor(dev_server) as found:
        yield found


@pytest.fixture
def client(dev_server: LiveServer, reader: Visitor) -> Iterator[Client]:
    with Client(dev_server) as found:
        yield found


def events(
    reader: Visitor, path: str, count: int, headers: dict[str, str] | None = None
) -> list[tuple[int, str]]:
    """So many events of a stream: id and HTML."""
    found: list[tuple[int, str]] = []
    with reader.http.stream("GET", path, headers=headers, timeout=SECONDS) as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        place = 0
        for line in stream.iter_lines():
            if line.startswith("id: "):
                place = int(line[4:])
            elif line.startswith("data: "):
                found.append((place, json.loads(line[6:])))
                if len(found) == count:
                    break
    return found


def test_sends_calls_as_they_come_and_goes_on_from_the_last_one_seen(
    reader: Visitor, client: Client
) -> None:
    for name in ("one", "two", "three"):
        client.create(name)

    first = events(reader, "/inspector/events?after=0", 2)
    rest = events(reader, "/inspector/events?after=0", 1, {"Last-Event-ID": str(first[-1][0])})

    assert all(before[0] < after[0] for before, after in pairwise([*first, *rest]))
    assert "CreateMessageReceiver" in rest[0][1]


def test_a_stream_that_waits_hears_of_a_call_at_once(reader: Visitor, client: Client) -> None:
    with reader.http.stream("GET", "/inspector/events", timeout=SECONDS) as stream:
        lines = stream.iter_lines()
        assert next(lines) == "retry: 1000"
        client.create("new")
        for line in lines:
            if line.startswith("data: "):
                assert "CreateMessageReceiver" in line
                return
    raise AssertionError("nothing came")


def test_the_server_ends_though_somebody_watches() -> None:
    with (
        LiveServer() as server,
        visitor(server) as reader,
        reader.http.stream("GET", "/inspector/events", timeout=SECONDS) as stream,
    ):
        assert next(stream.iter_lines()) == "retry: 1000"
        code, log = server.stop()
    assert code == 0, log


def test_filters_by_action_code_caller_client_and_trace(reader: Visitor, client: Client) -> None:
    client.create("n")
    client.create("n")
    client.page(0)
    reader.post("/receivers/create", uin=UIN, Name="console")

    def actions(**filters: str) -> list[str]:
        return [call["action"] for call in reader.calls(**filters)]

    assert len(actions()) == 5
    assert actions(action="ListReceiver", client="") == ["ListReceiver"] * 2
    assert len(actions(code="OK")) == 3
    assert len(actions(code="InvalidParameter")) == 1
    assert actions(code="MissingParameter") == ["CreateMessageReceiver"]
    assert actions(uin="100000000002") == []
    assert len(actions(client="console")) == 2
    assert len(actions(hide_reads="1")) == 3
    trace = reader.calls(client="Console")[0]["trace_id"]
    assert len(actions(trace=trace)) == 2
    grouped = Page.of(reader.get("/inspector", group="trace").text).text
    assert trace in grouped
    assert "without a TraceId" in grouped


def test_a_call_s_page_tells_how_it_was_decided(reader: Visitor, client: Client) -> None:
    answer = client.call("CreateMessageReceiver", receiver("n") | {"PhoneNumber": "1"})

    page = Page.of(reader.get(f"/requests/{answer.response['RequestId']}").text)

    assert "Parameters' values" in page.text
    assert "refused" in page.text
    assert "caller=root account" in page.text
    assert "/docs/errors/InvalidParameter" in page.links
    assert answer.response["Error"]["Message"] in page.text


def test_shows_whether_an_unserved_action_is_one_of_cam(reader: Visitor, client: Client) -> None:
    known = client.call("ListUsers").response["RequestId"]
    unknown = client.call("ListUserz").response["RequestId"]

    assert "The real cam has this action" in reader.get(f"/requests/{known}").text
    assert "cam has no action of this name" in reader.get(f"/requests/{unknown}").text


@pytest.mark.parametrize("form", ["python", "java", "php", "go", "nodejs", "dotnet", "cpp", "ruby"])
def test_has_code_in_every_language(reader: Visitor, client: Client, form: str) -> None:
    answer = client.call("CreateMessageReceiver", receiver("用户"))

    page = Page.of(reader.get(f"/requests/{answer.response['RequestId']}", form=form).text)

    assert "用户" in page.text
    assert "138****0000" in page.text


def test_replays_the_call_with_the_values_that_the_log_does_not_keep(
    reader: Visitor, client: Client
) -> None:
    created = client.call("CreateMessageReceiver", receiver("n", 5)).response["RequestId"]
    client.delete("n")

    replayed = reader.post(f"/requests/{created}/replay")

    assert replayed.url.path != f"/requests/{created}"
    assert "Success" in Page.of(replayed.text).text
    revealed = reader.post("/receivers/export", uin=UIN, format="json").json()
    assert revealed[0]["PhoneNumber"] == receiver("n", 5)["PhoneNumber"]


def test_leads_to_the_explorer_with_the_values_filled_in(reader: Visitor, client: Client) -> None:
    answer = client.call("ListReceiver", {"Offset": 3, "Limit": 7})
    page = Page.of(reader.get(f"/requests/{answer.response['RequestId']}").text)

    (link,) = [link for link in page.links if link.startswith("/explorer/cam/ListReceiver?")]
    explorer = Page.of(reader.get(link).text)

    assert explorer.first("input", name="Offset")["value"] == "3"
    assert explorer.first("input", name="Limit")["value"] == "7"


def test_records_a_session_of_the_viewer_s_making(reader: Visitor, client: Client) -> None:
    client.create("before")
    started = reader.post("/inspector/recordings", name="my session").text
    client.create("during")
    client.create("during")
    client.page(0)
    recording = re.search(r"/inspector/recordings/(\w+)/stop", started)
    assert recording is not None
    address = f"/inspector/recordings/{recording[1]}"
    page = reader.post(f"{address}/stop")
    client.create("after")

    script = reader.get(f"{address}/session.py").text
    policy = reader.get(f"{address}/policy.json").json()
    har = reader.get(f"{address}/session.har").json()

    assert "my session" in Page.of(page.text).text
    assert 'Name="during"' in script
    assert "was refused: InvalidParameter.SubUserNameInUse" in script
    assert "before" not in script
    assert "after" not in script
    assert policy["statement"][0]["action"] == ["cam:CreateMessageReceiver", "cam:ListReceiver"]
    assert [entry["_action"] for entry in har["log"]["entries"]] == [
        "CreateMessageReceiver",
        "CreateMessageReceiver",
        "ListReceiver",
    ]
    reader.post(f"{address}/delete")
    assert reader.get(address).status_code == 404


def test_survives_a_restart(tmp_path: object) -> None:
    with LiveServer("--data", str(tmp_path)) as server, Client(server) as client:
        request_id = client.call("ListReceiver").response["RequestId"]

    with LiveServer("--data", str(tmp_path)) as server, visitor(server) as reader:
        assert "ListReceiver" in reader.get(f"/requests/{request_id}").text


def test_refused_requests_are_kept_as_well(reader: Visitor, dev_server: LiveServer) -> None:
    with httpx.Client(base_url=dev_server.endpoint, trust_env=False) as http:
        http.post("/", content=b"{")
        http.post("/", json={})
        http.put("/", json={})

    calls = reader.calls()

    assert [call["refused_by"] for call in calls] == ["parse", "parse", "parse"]
    assert all(call["code"] != "OK" for call in calls)
