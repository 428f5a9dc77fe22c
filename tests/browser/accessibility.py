# SPDX-License-Identifier: Apache-2.0
"""WCAG 2.2 A and AA as far as a program can judge it: axe-core."""

from typing import Any, Final

from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Page

AXE: Final = Axe()
LEVELS: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
GRAVE: Final = ("serious", "critical")


def assert_accessible(page: Page) -> None:
    """No serious or critical violation on the page as it stands."""
    options = {"runOnly": {"type": "tag", "values": LEVELS}, "resultTypes": ["violations"]}
    found = AXE.run(page, options=options).response["violations"]
    grave = [_described(violation) for violation in found if violation["impact"] in GRAVE]
    assert not grave, f"{page.url} is not accessible:\n" + "\n".join(grave)


def _described(violation: dict[str, Any]) -> str:
    """The rule, and where it is broken."""
    lines = [f"{violation['impact']} {violation['id']}: {violation['help']}"]
    for node in violation["nodes"]:
        lines += [f"  {node['target']} {node['html']}", f"    {node['failureSummary']}"]
    return "\n".join(lines)
