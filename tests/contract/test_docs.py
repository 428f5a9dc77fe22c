# SPDX-License-Identifier: Apache-2.0
"""Everything that can be named has its heading in docs/."""

import re
from pathlib import Path

import click
import pytest

from yizhan.cli import main
from yizhan.errors import CATALOGUE
from yizhan.lab.routes import Lab, lab_routes
from yizhan.settings import defaults, load
from yizhan.spec import CAM

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"


def headings(page: str) -> set[str]:
    text = (DOCS / page).read_text("utf-8")
    return {found.strip("` ") for found in re.findall(r"^#+ (.+)$", text, re.MULTILINE)}


def commands(group: click.Group, path: str) -> list[str]:
    found = []
    for name, command in group.commands.items():
        full = f"{path} {name}"
        found += commands(command, full) if isinstance(command, click.Group) else [full]
    return found


def test_every_error_code_is_explained() -> None:
    assert {error.code for error in CATALOGUE} <= headings("errors.md")


def test_every_setting_is_explained_with_its_default_and_variable() -> None:
    text = (DOCS / "settings.md").read_text("utf-8")
    for section, values in defaults().items():
        for key in values:
            assert f"{section}.{key}" in headings("settings.md")
            assert f"YIZHAN_{section}_{key}".upper() in text


def test_every_command_is_explained() -> None:
    assert set(commands(main, "yizhan")) <= headings("cli.md")


def test_every_lab_call_is_explained() -> None:
    paths = {f"POST {route.path}" for route in lab_routes(object.__new__(Lab))}

    assert paths <= headings("lab.md")


def test_every_action_and_its_error_codes_are_named() -> None:
    text = (DOCS / "errors.md").read_text("utf-8")

    for name, action in CAM.actions.items():
        assert name in text
        assert all(error.code in text for error in action.errors)


@pytest.mark.parametrize("page", sorted(path.relative_to(ROOT) for path in ROOT.glob("*.md")))
def test_links_of_the_front_pages_lead_somewhere(page: Path) -> None:
    assert_links_lead_somewhere(ROOT / page)


@pytest.mark.parametrize("page", sorted(path.relative_to(DOCS) for path in DOCS.rglob("*.md")))
def test_links_of_the_docs_lead_somewhere(page: Path) -> None:
    assert_links_lead_somewhere(DOCS / page)


def assert_links_lead_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text("utf-8"), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if not target.startswith(("http://", "https://", "#")):
            assert (page.parent / target.partition("#")[0]).exists(), f"{page.name}: {target}"


def test_the_readme_names_the_two_commands_on_its_first_screen() -> None:
    for name in ("README.md", "README.zh-CN.md"):
        first_screen = (ROOT / name).read_text("utf-8").splitlines()[:40]
        assert any("scripts/dev" in line for line in first_screen)
        assert any("scripts/test" in line for line in first_screen)


def test_the_defaults_are_in_order_for_both_profiles() -> None:
    assert load({}, profile="serve").receivers.accept_masked_samples is False
    assert load({}, profile="dev").receivers.accept_masked_samples is True
