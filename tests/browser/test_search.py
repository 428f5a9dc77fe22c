# SPDX-License-Identifier: Apache-2.0
"""Quick search as people use it: with the keyboard, in either language."""

import re

from playwright.sync_api import Dialog, Page, expect

from tests.browser.conftest import OpenPage


def find(page: Page, words: str) -> None:
    page.keyboard.press("Control+k")
    expect(page.get_by_role("combobox", name=re.compile("Search|搜索"))).to_be_focused()
    page.keyboard.type(words)


def test_an_error_code_is_found_and_opened_by_keyboard_alone(open_page: OpenPage) -> None:
    page = open_page("/docs")

    find(page, "limitexceeded")
    chosen = page.get_by_role("option", selected=True)
    expect(chosen).to_contain_text("LimitExceeded.Uin")
    page.keyboard.press("Enter")

    expect(page).to_have_url(re.compile(r"/docs/errors/LimitExceeded\.Uin$"))
    expect(page.get_by_role("heading", level=1)).to_have_text("LimitExceeded.Uin")


def test_arrows_go_through_the_list_and_round(open_page: OpenPage) -> None:
    page = open_page("/explorer/cam/ListReceiver")

    find(page, "phone")
    options = page.locator("#found li")
    expect(options.first).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowUp")
    expect(options.last).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowDown")
    expect(options.first).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Escape")
    expect(options).to_have_count(0)


def test_chinese_words_find_the_same_page(open_page: OpenPage) -> None:
    page = open_page("/docs", language="zh-CN")

    find(page, "创建消息接收人")
    expect(page.get_by_role("option", selected=True)).to_contain_text("CreateMessageReceiver")
    page.keyboard.press("Enter")

    expect(page).to_have_url(re.compile(r"/docs/cam/CreateMessageReceiver$"))


def test_a_parameter_leads_to_its_row(open_page: OpenPage) -> None:
    page = open_page("/docs")

    find(page, "CountryCode")
    page.get_by_role("option").first.click()

    expect(page).to_have_url(re.compile(r"#input-CountryCode$"))
    expect(page.locator("#input-CountryCode")).to_be_in_viewport()


def test_markup_in_a_search_is_only_text(open_page: OpenPage) -> None:
    page = open_page("/docs")
    dialogs: list[Dialog] = []
    page.on("dialog", lambda dialog: dialogs.append(dialog))

    find(page, "<img src=x onerror=alert(1)>")
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", level=1)).to_have_text("Search results")
    expect(page.locator("main")).to_contain_text("<img src=x onerror=alert(1)>")
    assert dialogs == []


def test_without_script_the_field_leads_to_a_page(open_page: OpenPage) -> None:
    page = open_page("/docs", scripts=False)

    page.get_by_role("searchbox").fill("TokenFailure")
    page.get_by_role("searchbox").press("Enter")

    expect(page.get_by_role("link", name="AuthFailure.TokenFailure").first).to_be_visible()
