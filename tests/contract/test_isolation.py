# SPDX-License-Identifier: Apache-2.0
"""Two accounts of one `yizhan serve` never see anything of each other, by any route."""

import json
import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

from tests.support.connection import Client, Key
from tests.support.console import Visitor, visitor
from tests.support.live import LiveServer
from tests.support.registry import Registry

OURS, THEIRS = 100000000111, 100000000222
SECOND = 1.0


class Scene(NamedTuple):
    server: LiveServer
    us: Visitor
    """Signed in with a root key of our account."""
    operator: Visitor
    their_key: Key
    their_user: str
    their_calls: list[str]
    """RequestIds."""
    their_recording: str
    marks: tuple[str, ...]
    """What only they have: none of it may come our way."""


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    registry = Registry(tmp_path_factory.mktemp("isolation"))
    registry.account(OURS, "--real-name")
    registry.account(THEIRS, "--real-name")
    ours, theirs = registry.key(OURS), registry.key(THEIRS)
    user = registry.json("user", "create", str(THEIRS), "--name", "their-user")
    token = registry.json("operator", "create", "alice")["token"]
    with ExitStack() as stack:
        server = stack.enter_context(registry.serve())
        us, them, operator = (stack.enter_context(visitor(server)) for _ in range(3))
        us.sign_in(ours)
        them.sign_in(theirs)
        operator.sign_in(token=token)
        started = them.post("/inspector/recordings", name="their-recording")
        recording = re.search(r"/inspector/recordings/(\w+)/stop", started.text)
        assert recording is not None
        with Client(server, theirs) as client:
            assert client.create("their-receiver", 77) == ""
            assert client.create("their-receiver", 77) != ""
        them.post("/receivers/create", uin=THEIRS, Name="x")
        calls = [call["request_id"] for call in them.calls()]
        assert len(calls) >= 3
        marks = (
            str(THEIRS),
            f"account-{THEIRS}",
            "their-",
            theirs.secret_id,
            theirs.secret_key,
            str(user["uin"]),
            *calls,
        )
        yield Scene(server, us, operator, theirs, str(user["uin"]), calls, recording[1], marks)


def answers(scene: Scene) -> Iterator[tuple[str, httpx.Response]]:
    """Every route of the portal, with their identifiers in every place."""
    us, call = scene.us, scene.their_calls[0]
    reads = [
        "/receivers",
        f"/receivers?uin={THEIRS}",
        f"/receivers?uin={THEIRS}&q=their",
        f"/receivers?did={call}",
        "/receivers/import",
        f"/receivers/import?uin={THEIRS}",
        "/accounts",
        f"/accounts/{THEIRS}",
        "/audit",
        f"/audit?uin={THEIRS}",
        "/settings",
        "/inspector",
        f"/inspector?uin={THEIRS}",
        "/inspector?group=trace",
        f"/inspector/export?format=jsonl&uin={THEIRS}",
        "/inspector/export?format=har",
        f"/inspector/recordings/{scene.their_recording}",
        *(
            f"/inspector/recordings/{scene.their_recording}/{file}"
            for file in ("session.py", "session.sh", "session.tf", "session.har", "policy.json")
        ),
        f"/doctor?q={call}",
        f"/explorer/cam/ListReceiver?identity={scene.their_key.secret_id}",
        *(f"/requests/{each}{end}" for each in scene.their_calls for end in ("", "?format=har")),
        f"/requests/{call}?format=json",
    ]
    for path in reads:
        yield f"GET {path}", us.get(path)
    changes: dict[str, dict[str, str | int]] = {
        "/receivers/create": {"uin": THEIRS, "Name": "n"},
        "/receivers/delete": {"uin": THEIRS, "Name": "their-receiver"},
        "/receivers/reveal": {"uin": THEIRS, "uid": 1000001},
        "/receivers/export": {"uin": THEIRS, "format": "json"},
        f"/accounts/{THEIRS}/key.create": {},
        f"/accounts/{OURS}/key.create": {"user": scene.their_user},
        f"/accounts/{OURS}/key.disable": {"secret_id": scene.their_key.secret_id},
        f"/accounts/{OURS}/key.delete": {"secret_id": scene.their_key.secret_id},
        f"/accounts/{OURS}/user.permit": {"user": scene.their_user, "cam:ListReceiver": "1"},
        f"/accounts/{OURS}/user.delete": {"user": scene.their_user},
        f"/accounts/{THEIRS}/quota.reset": {},
        f"/accounts/{OURS}/quota.reset": {},
        f"/accounts/{THEIRS}/account.change": {"real_name": "no"},
        f"/accounts/{OURS}/account.change": {"real_name": "no"},
        f"/inspector/recordings/{scene.their_recording}/stop": {},
        f"/inspector/recordings/{scene.their_recording}/delete": {},
        f"/requests/{call}/replay": {},
        "/doctor": {"q": call},
    }
    for path, fields in changes.items():
        yield f"POST {path}", us.post(path, **fields)


def test_no_route_shows_or_changes_anything_of_the_other_account(scene: Scene) -> None:
    found = []
    for what, answer in answers(scene):
        # An identifier that we sent may come back in the address of a link or in a field.
        echoed = {mark for mark in scene.marks if mark in what or mark in str(answer.url)}
        shown = [mark for mark in scene.marks if mark in answer.text and mark not in echoed]
        if shown and not what.startswith(("POST /doctor", "POST /accounts/100000000111")):
            found.append((what, shown))
        assert answer.status_code < 500, what

    assert found == []
    with Client(scene.server, scene.their_key) as client:
        total, receivers = client.page(0)
    assert total == 1
    assert receivers[0]["Name"] == "their-receiver"
    account = scene.operator.get(f"/accounts/{THEIRS}").text
    assert "their-user" in account
    assert scene.their_key.secret_id in account
    assert scene.operator.get(f"/inspector/recordings/{scene.their_recording}").status_code == 404


def test_what_is_not_ours_is_answered_like_what_is_not_there(scene: Scene) -> None:
    nowhere = "00000000-0000-4000-8000-000000000000"
    pairs = [
        (f"/requests/{scene.their_calls[0]}", f"/requests/{nowhere}"),
        (f"/accounts/{THEIRS}", "/accounts/100000000333"),
        (f"/receivers?uin={THEIRS}", "/receivers?uin=100000000333"),
        (f"/inspector/recordings/{scene.their_recording}", "/inspector/recordings/0000"),
    ]
    for theirs, absent in pairs:
        one, other = scene.us.get(theirs), scene.us.get(absent)
        assert one.status_code == other.status_code == 404
        assert one.text.replace(theirs, absent) == other.text


def test_the_event_stream_sends_our_calls_alone(scene: Scene) -> None:
    with Client(scene.server, scene.their_key) as client:
        client.create("their-second", 78)
    with scene.us.http.stream("GET", "/inspector/events?after=0", timeout=SECOND) as stream:
        received = ""
        try:
            for piece in stream.iter_text():
                received += piece
        except httpx.ReadTimeout:
            pass

    assert "retry" in received
    for event in re.findall(r"data: (.*)", received):
        assert not [mark for mark in scene.marks if mark in json.loads(event)]


def test_an_operator_sees_both(scene: Scene) -> None:
    page = scene.operator.get("/accounts").text
    calls = scene.operator.calls()

    assert str(OURS) in page
    assert str(THEIRS) in page
    assert {call["owner_uin"] for call in calls} >= {OURS, THEIRS}


def test_a_sub_user_sees_what_it_did_itself(tmp_path: Path) -> None:
    registry = Registry(tmp_path)
    registry.account(OURS, "--real-name")
    root = registry.key(OURS)
    user = registry.json("user", "create", str(OURS), "--name", "u", "--permit", "cam:ListReceiver")
    key = registry.key(user["uin"])
    with registry.serve() as server, visitor(server) as reader:
        with Client(server, root) as client:
            client.create("of-root", 1)
        with Client(server, key) as client:
            client.create("of-user", 2)
        reader.sign_in(key)

        calls = reader.calls()
        keys = reader.get(f"/accounts/{OURS}").text
        made = reader.post(f"/accounts/{OURS}/key.create")
        exported = reader.post("/receivers/export", uin=OURS, format="json")
        revealed = reader.post("/receivers/reveal", uin=OURS, uid=1000001)

    assert {call["uin"] for call in calls} == {user["uin"]}
    assert root.secret_id not in keys
    assert [made.status_code, exported.status_code, revealed.status_code] == [404, 404, 404]
