# SPDX-License-Identifier: Apache-2.0
"""The error catalogue, the spec and the code agree."""

import ast
import string
from pathlib import Path

import pytest

import yizhan
from yizhan import errors
from yizhan.errors import CATALOGUE, Declared
from yizhan.spec import CAM

SOURCE = Path(yizhan.__file__).parent
NAMES = {id(value): name for name, value in vars(errors).items() if isinstance(value, Declared)}

# What the official Go SDK documents for each action (clients.md section 5, August 2026).
DOCUMENTED = {
    "CreateMessageReceiver": {
        "InvalidParameter",
        "InvalidParameter.InterfaceNotExist",
        "InvalidParameter.ReceiverOverLimit",
        "InvalidParameter.SubUserNameInUse",
        "InvalidParameter.UserNotAuth",
        "LimitExceeded.Uin",
        "ResourceNotFound.UserNotExist",
    },
    "DeleteMessageReceiver": {"ResourceNotFound.UserNotExists"},
}


def raised_in(path: Path) -> set[str]:
    """Names of catalogue entries that a module raises."""
    tree = ast.parse(path.read_text("utf-8"))
    return {
        node.args[0].id
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in ("ApiError", "_invalid")
        and node.args
        and isinstance(node.args[0], ast.Name)
        and node.args[0].id.isupper()
    }


def all_raised() -> set[str]:
    return set().union(*(raised_in(path) for path in SOURCE.rglob("*.py")))


@pytest.mark.parametrize("error", CATALOGUE, ids=lambda error: NAMES[id(error)])
def test_each_entry_has_both_texts_with_the_same_values(error: Declared) -> None:
    def values(template: str) -> set[str | None]:
        return {name for _, name, _, _ in string.Formatter().parse(template) if name}

    assert values(error.en) == values(error.zh)
    assert error.en != error.zh
    assert error.en.isascii()
    assert error.source


@pytest.mark.parametrize("action", CAM.actions)
def test_documented_codes_are_in_the_spec(action: str) -> None:
    listed = {error.code for error in CAM.actions[action].errors}

    assert listed >= DOCUMENTED.get(action, set())


def test_every_code_of_the_spec_is_declared() -> None:
    declared = {error.code for error in CATALOGUE}

    for action in CAM.actions.values():
        assert {error.code for error in action.errors} <= declared


@pytest.mark.parametrize(
    ("action", "modules"),
    [
        ("CreateMessageReceiver", ["actions/create_message_receiver.py", "domain/receiver.py"]),
        ("ListReceiver", ["actions/list_receiver.py"]),
        ("DeleteMessageReceiver", ["actions/delete_message_receiver.py"]),
    ],
)
def test_an_action_raises_what_its_spec_lists(action: str, modules: list[str]) -> None:
    context = raised_in(SOURCE / "actions/context.py")
    raised = context.union(*(raised_in(SOURCE / module) for module in modules))

    codes = {getattr(errors, name).code for name in raised}

    assert codes == {error.code for error in CAM.actions[action].errors}


def test_every_entry_is_raised_somewhere() -> None:
    # The names that are given on as values rather than raised on the spot.
    indirect = {"REQUEST_SIZE_LIMIT_EXCEEDED", "SIGNATURE_SIZE_LIMIT_EXCEEDED"}

    assert set(NAMES.values()) == all_raised() | indirect
