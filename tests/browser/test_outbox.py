# SPDX-License-Identifier: Apache-2.0
"""Outbox, contacts and the page of a link, with something in them."""

import re
from collections.abc import Iterator
from typing import get_args

import pytest
from playwright.sync_api import Page, expect

from tests.browser.accessibility import assert_accessible
from tests.browser.conftest import Language, OpenPage, Theme
from tests.browser.test_every_page import NARROW_WIDTH, SIDEWAYS
from tests.support.connection import Client
from tests.support.console import visitor
from tests.support.live import LiveServer
from tests.support.outbox import Captured, captured

UIN = 100000000001


@pytest.fixture
def mail(server: LiveServer) -> Iterator[Captured]:
    with Client(server) as client, visitor(server) as somebody:
        assert client.create("ops", 7) == ""
        yield captured(somebody)


@pytest.fixture
def uid(server: LiveServer, mail: Captured) -> int:
    with Client(server) as client:
        (found,) = client.all_receivers()
    return int(found["Uid"])


def test_the_mail_is_seen_as_its_reader_sees_it(open_page: OpenPage, mail: Captured) -> None:
    page = open_page(f"/outbox/{mail.id}")

    letter = page.frame_locator("iframe.mail")
    expect(letter.get_by_text(mail.code)).to_be_visible()
    expect(letter.get_by_role("link", name="Open the page")).to_be_visible()


def test_a_contact_is_confirmed_by_the_code_that_its_owner_tells(
    open_page: OpenPage, mail: Captured, uid: int
) -> None:
    page = open_page("/receivers")
    page.get_by_role("link", name="ops").click()
    section = page.get_by_role("region", name=re.compile("Mail"))
    section.get_by_role("textbox").fill(mail.code)
    section.get_by_role("button", name="Check").click()

    expect(page.get_by_text("The code was right: verified")).to_be_visible()
    expect(page.get_by_role("heading", name=re.compile("Mail verified"))).to_be_visible()


def test_the_page_of_a_link_works_without_scripts(open_page: OpenPage, mail: Captured) -> None:
    page = open_page(mail.link, scripts=False)
    page.get_by_role("button", name="Confirm").click()

    expect(page.get_by_role("heading")).to_have_text("Confirmed")


def assert_good(page: Page) -> None:
    assert page.evaluate(SIDEWAYS) == 0
    assert_accessible(page)


@pytest.mark.parametrize("language", get_args(Language))
@pytest.mark.parametrize("theme", get_args(Theme))
@pytest.mark.parametrize("width", [NARROW_WIDTH, 1440])
def test_pages_are_accessible_and_fit(
    open_page: OpenPage, mail: Captured, uid: int, language: Language, theme: Theme, width: int
) -> None:
    for path in (f"/outbox/{mail.id}", "/outbox", f"/receivers/{uid}?uin={UIN}", mail.link):
        size = {"width": width, "height": 800}
        page = open_page(path, language=language, theme=theme, size=size)  # type: ignore[arg-type]
        assert_good(page)
