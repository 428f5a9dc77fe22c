# SPDX-License-Identifier: Apache-2.0
"""What watches over every page notices what it must not let pass."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.witness import Witness

ORIGIN = "http://portal.test"


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A page of an origin that the test itself answers for, and which nobody else can reach."""
    context = chromium.new_context(base_url=ORIGIN)
    yield context.new_page()
    context.close()


def answer_with(page: Page, html: str, headers: dict[str, str] | None = None) -> Witness:
    witness = Witness(page.context)
    page.context.route("**/*", lambda route: route.fulfill(body="", content_type="image/png"))
    page.route(
        f"{ORIGIN}/",
        lambda route: route.fulfill(body=html, content_type="text/html", headers=headers or {}),
    )
    page.goto("/")
    return witness


def test_lets_a_page_of_one_origin_pass(page: Page) -> None:
    witness = answer_with(page, "<img src='/icon.png'><img src='data:image/gif;base64,R0lGODdh'>")

    witness.assert_asked_only(ORIGIN)
    witness.assert_no_complaints()
    assert f"{ORIGIN}/icon.png" in witness.requested


@pytest.mark.parametrize("elsewhere", ["http://cdn.test/font.woff", f"{ORIGIN}.evil.test/x.png"])
def test_notices_a_request_to_another_origin(page: Page, elsewhere: str) -> None:
    witness = answer_with(page, f"<img src='{elsewhere}'>")

    with pytest.raises(AssertionError, match="another origin"):
        witness.assert_asked_only(ORIGIN)


def test_notices_a_script_that_fails(page: Page) -> None:
    witness = answer_with(page, "<script>throw new Error('broken script')</script>")

    with pytest.raises(AssertionError, match="broken script"):
        witness.assert_no_complaints()


def test_notices_what_the_content_security_policy_stops(page: Page) -> None:
    policy = {"Content-Security-Policy": "default-src 'self'"}

    witness = answer_with(page, "<p style='color: red'>styled</p>", policy)

    with pytest.raises(AssertionError, match="Content Security Policy"):
        witness.assert_no_complaints()
