# SPDX-License-Identifier: Apache-2.0
"""Journeys through the API Explorer."""

import json
import re
import time

import pytest
from playwright.sync_api import Dialog, Page, expect

from tests.browser.accessibility import assert_accessible
from tests.browser.conftest import OpenPage
from tests.support.signed import DEV_SECRET_ID, DEV_SECRET_KEY, tc3_headers
from yizhan.codegen import FORMS, SDK_LANGUAGES

CREATE = "/explorer/cam/CreateMessageReceiver"
LIST = "/explorer/cam/ListReceiver"


def pane(page: Page) -> str:
    return page.locator("#pane").inner_text()


def send(page: Page) -> None:
    page.get_by_role("button", name=re.compile("Send|发起调用")).click()
    expect(page.locator("#pane .exchange")).to_be_visible()


def test_a_receiver_is_created_by_an_online_call_and_listed(open_page: OpenPage) -> None:
    page = open_page(CREATE)
    page.get_by_label("Name String required").fill("张三 by hand")

    send(page)

    expect(page.locator("#pane .verdict")).to_have_text("Success")
    assert "HTTP/1.1 200 OK" in pane(page)
    page.get_by_role("link", name="ListReceiver").click()
    send(page)
    assert '"Name":"张三 by hand"' in pane(page)


def test_the_views_follow_each_other(open_page: OpenPage) -> None:
    page = open_page(CREATE)
    page.get_by_label("Name String required").fill("from the form")
    page.get_by_text("JSON", exact=True).click()
    view = page.get_by_label("JSON object")
    expect(view).to_have_value(re.compile("from the form"))

    view.fill(json.dumps({"Name": "from JSON", "CountryCode": "+86"}))
    expect(page.locator('[data-fault="CountryCode"]')).to_contain_text("dialling code")
    page.get_by_text("Form", exact=True).click()

    expect(page.get_by_label("Name String required")).to_have_value("from JSON")
    expect(page.get_by_label("Email String required")).to_have_value("")
    expect(page.locator('[data-fault="Email"]')).to_contain_text("missing a required parameter")


def test_what_is_no_json_is_said_beside_the_view(open_page: OpenPage) -> None:
    page = open_page(CREATE)
    page.get_by_text("JSON", exact=True).click()

    page.get_by_label("JSON object").fill('{"Name": ')

    expect(page.locator("#json-fault")).to_contain_text("Expecting value")
    page.get_by_label("JSON object").fill('{"Name": "x"}')
    expect(page.locator("#json-fault")).to_be_empty()


def test_only_required_parameters_are_shown_when_asked(open_page: OpenPage) -> None:
    page = open_page(CREATE)
    expect(page.get_by_label("Remark String")).to_be_visible()

    page.get_by_label("Required only").check()

    expect(page.get_by_label("Remark String")).to_be_hidden()
    expect(page.get_by_label("Name String required")).to_be_visible()


def test_the_language_is_switched_and_remembered(open_page: OpenPage) -> None:
    page = open_page(CREATE)
    page.get_by_label("Name String required").fill("kept")
    expect(page).to_have_url(re.compile("Name=kept"))

    page.get_by_role("link", name="中文").click()

    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    expect(page.get_by_label("Name String 必选")).to_have_value("kept")
    page.get_by_role("link", name="文档", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("API 平台")


def test_each_of_the_eight_programs_is_had(open_page: OpenPage) -> None:
    page = open_page(CREATE)
    page.get_by_label("Name String required").fill("in eight languages")
    page.get_by_role("tab", name="Code").click()
    for form in SDK_LANGUAGES:
        button = page.get_by_role("button", name=FORMS[form].title, exact=True)
        button.click()
        expect(button).to_have_attribute("aria-pressed", "true")
        expect(page.locator("#pane pre").last).to_contain_text("in eight languages")

        with page.expect_download() as download:
            page.get_by_role("button", name="Download").click()
        assert download.value.suggested_filename.endswith(FORMS[form].file_suffix)
        assert "in eight languages" in download.value.path().read_text("utf-8")


def test_code_is_for_here_or_for_tencent_cloud(open_page: OpenPage) -> None:
    page = open_page(f"{CREATE}?tab=code&form=go")
    expect(page.locator("#pane pre").last).to_contain_text('Endpoint = "127.0.0.1')

    page.get_by_text("Endpoint, region, language, signature").click()
    page.get_by_label("Code calls").select_option("tencent")

    expect(page.locator("#pane pre").last).not_to_contain_text("127.0.0.1")


def test_a_pasted_authorization_is_compared(open_page: OpenPage) -> None:
    """Somebody else's code signs the same call: ours agrees, until the service is another."""
    page = open_page(f"{LIST}?tab=signature")
    host = page.url.split("/")[2]
    now = int(time.time())
    page.get_by_text("JSON", exact=True).click()
    page.get_by_label("JSON object").fill("{}")
    page.get_by_text("Endpoint, region, language, signature").click()
    page.get_by_label("Timestamp (Unix seconds)").fill(str(now))
    signed = tc3_headers("ListReceiver", b"{}", timestamp=now, host=host)["Authorization"]
    other = tc3_headers("ListReceiver", b"{}", timestamp=now, host=host, service="127")

    page.get_by_text("Verify: paste what you computed").click()
    page.get_by_label("Authorization header").fill(signed)
    page.get_by_role("button", name="Compare").click()
    expect(page.locator("#pane .verdict")).to_have_text("They agree in every part.")

    page.get_by_label("Authorization header").fill(other["Authorization"])
    page.get_by_role("button", name="Compare").click()
    expect(page.locator("#pane .verdict")).to_contain_text("Only Service differs")
    assert_accessible(page)


def test_a_key_of_one_s_own_is_used_and_not_put_into_the_address(open_page: OpenPage) -> None:
    page = open_page(LIST)
    page.get_by_label("Call as").select_option("own")
    page.get_by_label("SecretId").fill(DEV_SECRET_ID)
    page.get_by_label("SecretKey").fill(DEV_SECRET_KEY)

    send(page)

    expect(page.locator("#pane .verdict")).to_have_text("Success")
    assert DEV_SECRET_ID not in page.url
    assert DEV_SECRET_KEY not in page.url
    page.reload()
    expect(page.get_by_label("SecretKey")).to_have_value("")


def test_an_error_happens_at_a_click(open_page: OpenPage) -> None:
    page = open_page("/docs/errors/LimitExceeded.Uin")
    page.get_by_role("link", name=re.compile("Bring it about")).click()

    page.get_by_role("button", name="Try LimitExceeded.Uin").click()

    expect(page.locator("#scenario-LimitExceeded\\.Uin .verdict")).to_contain_text("Refused")
    assert '"Code":"LimitExceeded.Uin"' in pane(page)
    assert_accessible(page)


def test_everything_is_reached_by_keyboard_alone(open_page: OpenPage) -> None:
    page = open_page(CREATE)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.get_by_label("Name String required").focus()
    page.keyboard.press("Control+a")
    page.keyboard.type("by keyboard")

    page.keyboard.press("Control+Enter")
    expect(page.locator("#pane .verdict")).to_have_text("Success")
    reached = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.name || document.activeElement.id || ''"))
    assert {"CountryCode", "PhoneNumber", "Email", "Remark", "do", "tab"} <= reached

    page.get_by_role("tab", name="Online call").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="Code")).to_be_focused()
    expect(page.get_by_role("tab", name="Code")).to_have_attribute("aria-selected", "true")
    expect(page.locator("#pane pre").last).to_contain_text("by keyboard")


def test_it_works_without_script(open_page: OpenPage) -> None:
    page = open_page(CREATE, scripts=False)
    page.get_by_label("Name String required").fill("no script")

    page.get_by_role("button", name="Send").click()
    expect(page.locator("#pane .verdict")).to_have_text("Success")
    page.get_by_role("tab", name="Code").click()

    expect(page.locator("#pane pre").last).to_contain_text("no script")
    expect(page.get_by_label("Name String required")).to_have_value("no script")


@pytest.mark.parametrize("tab", ["call", "code", "cli", "signature"])
def test_markup_in_values_is_only_text(open_page: OpenPage, tab: str) -> None:
    page = open_page(f"{CREATE}?tab={tab}")
    dialogs: list[Dialog] = []
    page.on("dialog", lambda dialog: dialogs.append(dialog))
    markup = "</pre><img src=x onerror=alert(1)><script>alert(2)</script>"

    page.get_by_label("Name String required").fill(markup)
    page.get_by_label("Remark String").fill(markup)
    expect(page).to_have_url(re.compile("onerror"))
    send(page)
    page.reload()

    expect(page.get_by_label("Name String required")).to_have_value(markup)
    assert page.locator("#pane img, #pane script").count() == 0
    assert dialogs == []


def test_an_answer_that_is_none_is_said_to_be(open_page: OpenPage) -> None:
    page = open_page(CREATE)
    page.route("**/explorer/**", lambda route: route.fulfill(body="not JSON"))

    page.get_by_role("tab", name="Code").click()

    expect(page.locator("#pane")).to_contain_text("The server did not answer")
