# SPDX-License-Identifier: Apache-2.0
"""The platform's pages: all there, in both languages, and no link leads nowhere."""

import re
from urllib.parse import urljoin, urlsplit

import pytest
from openapi_spec_validator import validate

from tests.conftest import StartApp
from tests.support.html import Page
from tests.support.signed import Caller, receiver
from yizhan.errors import CATALOGUE
from yizhan.spec import CAM
from yizhan.web.documents import DOCUMENTS

LANGUAGES = ("zh-CN", "en-US")
EXPLORER = [
    f"/explorer/cam/{action}?tab={tab}"
    for action in CAM.actions
    for tab in ("call", "code", "cli", "signature", "docs", "scenarios")
]
CONSOLE = [
    *("/accounts", "/accounts/100000000001", "/audit", "/settings", "/receivers/import"),
    *("/inspector", "/inspector?group=trace", "/doctor", "/doctor?q=LimitExceeded.Uin"),
]
PAGES = [*DOCUMENTS, *EXPLORER, *CONSOLE, "/docs/search?q=phone"]


@pytest.mark.parametrize("language", LANGUAGES)
async def test_every_page_is_whole_html_in_the_asked_language(
    caller: Caller, language: str
) -> None:
    for path in PAGES:
        answer = await caller.http.get(path, headers={"Accept-Language": language})

        assert answer.status_code == 200, path
        page = Page.of(answer.text)
        assert page.unclosed == [], path
        assert page.first("html")["lang"] == language
        assert len(page.ids) == len(set(page.ids)), path
        assert [tag for tag, _ in page.elements].count("h1") == 1, path


@pytest.mark.parametrize("language", LANGUAGES)
async def test_every_link_leads_to_a_page_and_every_anchor_is_there(
    caller: Caller, language: str
) -> None:
    headers = {"Accept-Language": language}
    pages = {path: Page.of((await caller.http.get(path, headers=headers)).text) for path in PAGES}

    targets = {urljoin(path, link) for path, page in pages.items() for link in page.links}
    for target in sorted(targets):
        parts = urlsplit(target)
        if parts.netloc or parts.path in ("", "/_"):
            assert parts.scheme == "https", target
            continue
        answer = await caller.http.get(target.partition("#")[0], headers=headers)
        assert answer.status_code == 200, target
        if parts.fragment:
            assert parts.fragment in Page.of(answer.text).ids, target
        caller.http.cookies.clear()  # a link that switches the language is remembered


async def test_every_parameter_code_and_setting_has_an_anchor(caller: Caller) -> None:
    for name, action in CAM.actions.items():
        page = Page.of((await caller.http.get(f"/docs/cam/{name}")).text)
        wanted = {f"input-{parameter.name}" for parameter in action.input}
        wanted |= {f"output-{parameter.name}" for parameter in action.output}
        wanted |= {f"errors-{error.code}" for error in action.errors}
        assert wanted <= set(page.ids)


async def test_every_error_code_has_a_page_with_its_texts(caller: Caller) -> None:
    for error in CATALOGUE:
        page = Page.of((await caller.http.get(f"/docs/errors/{error.code}")).text)

        shown = " ".join(page.text.replace("\\n", " ").split())
        # Code is marked up, so its backquotes are not shown.
        assert " ".join(error.zh.replace("`", "").split()) in shown


async def test_the_markdown_of_a_page_says_what_the_page_says(caller: Caller) -> None:
    for path in DOCUMENTS:
        answer = await caller.http.get(f"{path}.md", headers={"Accept-Language": "en-US"})

        assert answer.headers["content-type"] == "text/markdown; charset=utf-8"
        assert answer.text.startswith("# ")
        assert "{#" not in answer.text
        assert "{{" not in answer.text.replace("{{...}}", "")


async def test_pages_allow_nothing_from_elsewhere(caller: Caller) -> None:
    for path in PAGES:
        answer = await caller.http.get(path)

        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        page = Page.of(answer.text)
        sources = [*page.attributes("src"), *page.attributes("action")]
        assert all(source.startswith("/") for source in sources), path
        assert not page.attributes("style"), path
        assert not [name for name in page.elements if "onclick" in name[1]], path


async def test_a_browser_at_the_bare_address_is_led_to_the_portal(caller: Caller) -> None:
    browser = {"Accept": "text/html,application/xhtml+xml"}

    led = await caller.http.get("/", headers=browser)
    called = await caller.http.get("/?Action=ListReceiver", headers=browser)
    signed = await caller.http.get("/", headers=browser | {"Authorization": "TC3-HMAC-SHA256"})
    posted = await caller.http.post("/", headers=browser)

    assert led.is_redirect
    assert led.headers["location"] == "/docs"
    for answer in (called, signed, posted):
        assert answer.json()["Response"]["Error"]["Code"]


async def test_an_unknown_page_is_a_page_that_says_so(caller: Caller) -> None:
    answer = await caller.http.get("/docs/nothing-here", headers={"Accept-Language": "zh"})

    assert answer.status_code == 404
    assert "没有这个页面" in answer.text


async def test_paths_of_endpoint_settings_still_reach_the_api(caller: Caller) -> None:
    for path in ("/cam", "/documents", "/static2/x", "/api/docs"):
        assert "Response" in (await caller.http.get(path)).json()


async def test_the_choice_of_language_and_theme_is_remembered(caller: Caller) -> None:
    await caller.http.get("/docs?lang=zh-CN&theme=dark")
    remembered = Page.of((await caller.http.get("/docs/errors")).text)

    assert remembered.first("html") == {"lang": "zh-CN", "data-theme": "dark"}


async def test_an_unknown_choice_is_as_good_as_none(caller: Caller) -> None:
    page = Page.of((await caller.http.get("/docs?lang=fr&theme=pink")).text)

    assert page.first("html") == {"lang": "en-US", "data-theme": "auto"}


async def test_the_page_of_create_shows_limits_and_what_is_used(start_app: StartApp) -> None:
    caller = await start_app(limits__creates_per_day=7, receivers__per_account=9)
    await caller.call("CreateMessageReceiver", receiver())
    await caller.call("CreateMessageReceiver", receiver(Name="second"))

    state = (await caller.http.get("/docs/cam/CreateMessageReceiver")).text

    state = state[state.index('class="state"') :]
    assert "2 / 7" in state
    assert "<dd>9</dd>" in state
    assert "<dd>20</dd>" in state


async def test_the_openapi_description_is_valid_and_complete(caller: Caller) -> None:
    for language in LANGUAGES:
        described = (await caller.http.get(f"/openapi.json?lang={language}")).json()

        validate(described)
        operations = [path["post"] for path in described["paths"].values()]
        assert {operation["operationId"] for operation in operations} == set(CAM.actions)


async def test_the_list_for_language_models_names_every_page(caller: Caller) -> None:
    text = (await caller.http.get("/llms.txt")).text

    assert text.startswith("# ")
    for path in DOCUMENTS:
        assert f"{path}.md)" in text


async def test_the_specification_is_the_file_itself(caller: Caller) -> None:
    spec = (await caller.http.get("/spec/cam-2019-01-16.json")).json()

    assert set(spec["actions"]) == set(CAM.actions)


async def test_both_languages_have_the_same_sections(caller: Caller) -> None:
    for path in DOCUMENTS:
        zh, en = [
            re.findall(r"(?m)^#+ ", (await caller.http.get(f"{path}.md?lang={each}")).text)
            for each in LANGUAGES
        ]
        assert zh == en, path
