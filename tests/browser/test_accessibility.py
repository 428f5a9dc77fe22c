# SPDX-License-Identifier: Apache-2.0
"""The accessibility check finds what it is there for, and says where."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.accessibility import assert_accessible

GOOD = """<!doctype html><html lang="en"><title>Receivers</title>
<main><h1>Receivers</h1><label>Name <input></label></main>"""


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context()
    yield context.new_page()
    context.close()


def test_lets_an_accessible_page_pass(page: Page) -> None:
    page.set_content(GOOD)

    assert_accessible(page)


@pytest.mark.parametrize(
    ("good", "bad", "rule"),
    [
        (' lang="en"', "", "html-has-lang"),
        ("<label>Name <input></label>", '<input id="nameless">', "label"),
        ("<main>", '<main style="color: #bbb; background: #fff">', "color-contrast"),
    ],
)
def test_names_the_rule_that_is_broken(page: Page, good: str, bad: str, rule: str) -> None:
    page.set_content(GOOD.replace(good, bad))

    with pytest.raises(AssertionError, match=rule):
        assert_accessible(page)


def test_says_where_a_rule_is_broken(page: Page) -> None:
    page.set_content(GOOD.replace("<label>Name <input></label>", '<input id="nameless">'))

    with pytest.raises(AssertionError, match="#nameless"):
        assert_accessible(page)
