# SPDX-License-Identifier: Apache-2.0
"""What holds for each page, in both languages and themes; `open_page` watches over its requests."""

import re
from typing import get_args

import pytest
from playwright.sync_api import Page, expect

from tests.browser.accessibility import assert_accessible
from tests.browser.conftest import Language, OpenPage, Theme
from tests.browser.pages import ALL_PAGES

NARROW_WIDTH = 320
SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
CHINESE = re.compile(r"[\u4e00-\u9fff]")

every_page = pytest.mark.parametrize("path", ALL_PAGES)
every_language = pytest.mark.parametrize("language", get_args(Language))
every_theme = pytest.mark.parametrize("theme", get_args(Theme))


@every_page
@every_language
@every_theme
def test_is_accessible(open_page: OpenPage, path: str, language: Language, theme: Theme) -> None:
    page = open_page(path, language=language, theme=theme)

    assert_is_page(page, language)
    assert_accessible(page)


@every_page
@every_language
def test_fits_a_narrow_screen(open_page: OpenPage, path: str, language: Language) -> None:
    page = open_page(path, language=language, size={"width": NARROW_WIDTH, "height": 720})

    assert_is_page(page, language)
    assert page.evaluate(SIDEWAYS) == 0
    assert_accessible(page)


@every_page
@every_language
def test_reads_without_script(open_page: OpenPage, path: str, language: Language) -> None:
    page = open_page(path, language=language, scripts=False)

    assert_is_page(page, language)
    expect(page.locator("main :is(h1, p, table)").first).to_be_visible()


def assert_is_page(page: Page, language: Language) -> None:
    """It has the one heading, and its words are of the language."""
    expect(page.locator("html")).to_have_attribute("lang", language)
    expect(page.get_by_role("heading", level=1)).to_have_count(1)
    expect(page.locator("main h1")).to_be_visible()
    # The samples are Chinese in both languages; the frame around them is of one.
    words = page.locator("header nav").inner_text()
    assert bool(CHINESE.search(words)) == (language == "zh-CN")
