# SPDX-License-Identifier: Apache-2.0
"""The spec against the official metadata that the package tccli ships."""

import json
from importlib import resources
from typing import Any

import msgspec
import pytest

from tests.support.signed import Caller
from yizhan.actions import HANDLERS, shapes
from yizhan.spec import CAM, Parameter

METADATA: dict[str, Any] = json.loads(
    resources.files("tccli").joinpath("services/cam/v20190116/api.json").read_text("utf-8")
)


def official(name: str) -> dict[str, dict[str, Any]]:
    """Members of an official object but RequestId, which belongs to the envelope."""
    members = METADATA["objects"][name]["members"]
    return {member["name"]: member for member in members if member["name"] != "RequestId"}


def official_type(member: dict[str, Any]) -> tuple[str, str | None]:
    """Our type and, for a list, what is in it."""
    if member["type"] == "list":
        return "list", member["member"]
    return member["member"], None


def test_version_and_actions_are_official() -> None:
    # "online" is what the metadata calls an action that is in force.
    assert METADATA["metadata"]["apiVersion"] == CAM.version
    for name in CAM.actions:
        assert METADATA["actions"][name]["status"] == "online"


@pytest.mark.parametrize("action", CAM.actions)
def test_requests_have_the_official_names_types_and_requiredness(action: str) -> None:
    ours = {p.name: (p.type, p.items, p.required) for p in CAM.actions[action].input}

    assert ours == {
        name: (*official_type(member), member["required"])
        for name, member in official(f"{action}Request").items()
    }


def assert_official_output(ours: tuple[Parameter, ...], members: dict[str, Any]) -> None:
    found = {p.name: (p.type, p.items, p.required, p.nullable) for p in ours}

    assert found == {
        name: (*official_type(member), member["output_required"], member["value_allowed_null"])
        for name, member in members.items()
    }


@pytest.mark.parametrize("action", CAM.actions)
def test_responses_have_the_official_names_types_and_requiredness(action: str) -> None:
    assert_official_output(CAM.actions[action].output, official(f"{action}Response"))


@pytest.mark.parametrize("structure", CAM.structures)
def test_structures_have_the_official_names_types_and_requiredness(structure: str) -> None:
    assert_official_output(CAM.structures[structure].members, official(structure))


def test_every_action_has_a_handler_and_shapes_with_the_names_of_the_wire() -> None:
    assert list(HANDLERS) == list(CAM.actions)
    for name, (request_type, _) in HANDLERS.items():
        assert request_type.__struct_encode_fields__ == tuple(
            parameter.name for parameter in CAM.actions[name].input
        )


@pytest.mark.parametrize("action", CAM.actions)
async def test_the_examples_are_true(caller: Caller, action: str) -> None:
    if action != "CreateMessageReceiver":
        (creation,) = CAM.actions["CreateMessageReceiver"].examples
        await caller.call("CreateMessageReceiver", creation.request)

    for example in CAM.actions[action].examples:
        answer = await caller.call(action, example.request)

        assert answer | {"RequestId": ""} == example.response | {"RequestId": ""}
        assert list(answer) == list(example.response)


def test_a_response_member_that_is_unset_is_not_sent() -> None:
    assert msgspec.json.encode(shapes.CreateMessageReceiverResponse()) == b"{}"
