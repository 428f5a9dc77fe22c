# SPDX-License-Identifier: Apache-2.0
"""Quick search: what people type, and what they want to find first."""

import pytest

from tests.support.html import Page
from tests.support.live import run_yizhan
from tests.support.signed import Caller
from yizhan.errors import CATALOGUE
from yizhan.settings import defaults
from yizhan.spec import CAM


async def first_url(caller: Caller, query: str) -> str:
    found = (await caller.http.get("/docs/search.json", params={"q": query})).json()["results"]
    return str(found[0]["url"]) if found else ""


@pytest.mark.parametrize(
    ("query", "url"),
    [
        ("CreateMessageReceiver", "/docs/cam/CreateMessageReceiver"),
        ("createmessage", "/docs/cam/CreateMessageReceiver"),
        ("创建消息接收人", "/docs/cam/CreateMessageReceiver"),
        ("LimitExceeded.Uin", "/docs/errors/LimitExceeded.Uin"),
        ("signaturefailure", "/docs/errors/AuthFailure.SignatureFailure"),
        ("CountryCode", "/docs/cam/CreateMessageReceiver#input-CountryCode"),
        ("limits.creates_per_day", "/docs/settings#limitscreates_per_day"),
        ("TotalCount", "/docs/cam/ListReceiver#output-TotalCount"),
        ("IsReceiverOwner", "/docs/cam/ListReceiver#Receiver-IsReceiverOwner"),
        ("tccli", "/docs/cli"),
        ("Terraform", "/docs/terraform"),
        ("Node.js", "/docs/sdk#nodejs"),
        ("配额", "/docs/fidelity"),
        ("rotation", "/docs/settings#securitymaster_key"),
        ("校准时钟", "/docs/errors/AuthFailure.SignatureExpire"),
    ],
)
async def test_finds_first_what_is_meant(caller: Caller, query: str, url: str) -> None:
    assert await first_url(caller, query) == url


async def test_everything_that_has_a_name_is_found_by_it(caller: Caller) -> None:
    names = [error.code for error in CATALOGUE]
    names += [f"{section}.{key}" for section, values in defaults().items() for key in values]
    names += list(CAM.actions)
    for name in names:
        found = (await caller.http.get("/docs/search.json", params={"q": name})).json()["results"]
        assert name in [entry["title"] for entry in found]


async def test_every_place_that_is_found_exists(caller: Caller) -> None:
    seen = set()
    for query in ("a", "e", "o", "的", "1"):
        page = Page.of((await caller.http.get("/docs/search", params={"q": query})).text)
        seen |= {link for link in page.links if "#" in link and not link.startswith("#")}
    for url in seen:
        path, _, anchor = url.partition("#")
        assert anchor in Page.of((await caller.http.get(path)).text).ids, url


async def test_says_when_nothing_is_found_and_offers_what_looks_alike(caller: Caller) -> None:
    page = (await caller.http.get("/docs/search?q=LimitExceded.Uin&lang=en-US")).text

    assert "Nothing found" in page
    assert "/docs/search?q=LimitExceeded.Uin" in page


async def test_answers_in_the_reader_s_language(caller: Caller) -> None:
    url = "/docs/search.json?q=ListReceiver"
    zh = (await caller.http.get(url, headers={"Accept-Language": "zh-CN"})).json()["results"][0]
    en = (await caller.http.get(url, headers={"Accept-Language": "en"})).json()["results"][0]

    assert zh["kind"] == "接口"
    assert zh["summary"] == CAM.actions["ListReceiver"].title.zh
    assert en["summary"] == CAM.actions["ListReceiver"].title.en


def test_the_command_line_asks_the_same_index() -> None:
    found = run_yizhan("docs", "search", "签名", "AuthFailure", "--json")
    nothing = run_yizhan("docs", "search", "LimitExceded.Uin")

    assert "/docs/errors/AuthFailure.SignatureFailure" in found.stdout
    assert nothing.returncode == 1
    assert "LimitExceeded.Uin" in nothing.stderr
