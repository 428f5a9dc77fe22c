# SPDX-License-Identifier: Apache-2.0
"""A page in Chinese has what its English original has: sections, tables, rows, code, settings."""

import re
from pathlib import Path

import pytest

from tests.contract.test_docs import DOCS

TRANSLATED = sorted(DOCS.glob("*.zh-CN.md"))
PAGES = sorted((Path(__file__).parents[2] / "src/yizhan/web/pages/zh-CN").glob("*.md"))


def original(page: Path) -> str:
    if page.parent.name == "zh-CN":
        return (page.parents[1] / "en-US" / page.name).read_text("utf-8")
    return page.with_name(page.name.replace(".zh-CN", "")).read_text("utf-8")


def shape(text: str) -> list[str]:
    """Levels of headings, rows of tables with their number of cells, fences and list items."""
    found = []
    for line in text.splitlines():
        kind = re.match(r"(#+) |(```)|(\|)|\s*(- |\d+\. )", line)
        if kind:
            cells = len(re.findall(r"(?<!\\)\|", line)) if kind[3] else ""
            found.append(f"{kind[0].strip()[:4]}{cells}")
    return found


@pytest.mark.parametrize("page", [*TRANSLATED, *PAGES], ids=lambda page: page.name)
def test_a_translation_has_the_shape_of_its_original(page: Path) -> None:
    assert shape(page.read_text("utf-8")) == shape(original(page))


@pytest.mark.parametrize("page", [*TRANSLATED, *PAGES], ids=lambda page: page.name)
def test_a_translation_names_the_same_codes_and_settings(page: Path) -> None:
    """Codes of errors, settings, commands and headers are the same in every language."""

    def names(text: str) -> set[str]:
        code = re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))
        return {each for each in code if re.fullmatch(r"[a-z]+\.[a-z_]+|[A-Z]\w+(\.\w+)+", each)}

    assert names(page.read_text("utf-8")) == names(original(page))
