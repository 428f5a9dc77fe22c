# SPDX-License-Identifier: Apache-2.0
"""The Explorer as a browser without script uses it: by submitting its form to a real server."""

import itertools
import json
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.contract.test_portal_pages import PAGES
from tests.support.html import Page
from tests.support.live import LiveServer
from tests.support.registry import Registry
from tests.support.signed import DEV_SECRET_ID, DEV_SECRET_KEY
from yizhan.codegen import SDK_LANGUAGES

CREATE = "/explorer/cam/CreateMessageReceiver"
LIST = "/explorer/cam/ListReceiver"
FILLED = {
    "Name": "from the explorer",
    "CountryCode": "86",
    "PhoneNumber": "18123456789",
    "Email": "demo@qq.com",
    "Remark": "",
}
HOSTILE = "\"><script>alert(1)</script><img src=x onerror=alert(2)>'{{7*7}}</pre></textarea>"


@pytest.fixture(scope="module")
def dev_server() -> Iterator[LiveServer]:
    environ = {"YIZHAN_RECEIVERS_MASKING": "none", "YIZHAN_LIMITS_REQUESTS_PER_SECOND": "0"}
    with LiveServer(environ=environ) as server:
        yield server


@pytest.fixture
def browser(dev_server: LiveServer) -> Iterator[httpx.Client]:
    dev_server.reset()
    with httpx.Client(
        base_url=dev_server.endpoint, trust_env=False, headers={"Accept-Language": "en-US"}
    ) as client:
        yield client


def parts(browser: httpx.Client, path: str, **fields: str) -> dict[str, Any]:
    """What a script gets for the form."""
    answer = browser.post(path, data=fields, headers={"Accept": "application/json"})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def code_blocks(html: str) -> list[str]:
    """The text of every block of code."""
    blocks = re.findall(r'<pre class="code"[^>]*><code>(.*?)</code></pre>', html, re.DOTALL)
    return [unescape(re.sub(r"<[^>]+>", "", block)) for block in blocks]


# ---- online call -------------------------------------------------------------------------------


def test_an_online_call_creates_and_shows_both_sides_of_the_wire(browser: httpx.Client) -> None:
    page = browser.post(CREATE, data=FILLED | {"do": "send"}).text

    response, request = code_blocks(page)
    assert response.startswith("HTTP/1.1 200 OK\n")
    request_id = json.loads(response.partition("\n\n")[2])["Response"]["RequestId"]
    assert request_id in Page.of(page).text
    assert request.startswith("POST / HTTP/1.1\nHost: 127.0.0.1:")
    assert "Authorization: TC3-HMAC-SHA256 Credential=AKIDyizhandev" in request
    assert not re.search(f"(?<!AKID){DEV_SECRET_KEY}", page)
    listed = code_blocks(browser.post(LIST, data={"do": "send"}).text)[0]
    assert "from the explorer" in listed


def test_an_online_call_counts_in_the_quota_and_is_logged(
    browser: httpx.Client, dev_server: LiveServer
) -> None:
    page = ""
    for number in range(11):
        page = browser.post(CREATE, data=FILLED | {"do": "send", "Name": f"n{number}"}).text

    assert "LimitExceeded.Uin" in page
    assert "10 / 10" in browser.get("/docs/cam/CreateMessageReceiver").text


@pytest.mark.parametrize("sign", ["TC3-HMAC-SHA256", "HmacSHA1", "HmacSHA256"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_every_signature_method_goes_through(browser: httpx.Client, sign: str, method: str) -> None:
    fields = {"do": "send", "sign": sign, "method": method, "reply": "zh-CN"}

    created = browser.post(CREATE, data=FILLED | fields).text
    again = browser.post(CREATE, data=FILLED | fields).text

    assert '"RequestId"' in code_blocks(created)[0]
    assert "verdict good" in created
    assert "子用户名称重复" in again


def test_the_call_is_made_as_whoever_is_chosen(browser: httpx.Client) -> None:
    fields = FILLED | {"do": "send"}

    unknown = browser.post(CREATE, data=fields | {"identity": "AKIDyizhandev" + "2".zfill(23)})
    sub_user = browser.post(CREATE, data=fields | {"identity": "AKIDyizhandev" + "3".zfill(23)})

    assert "/docs/errors/InvalidParameter.UserNotAuth" in unknown.text
    assert "/docs/errors/AuthFailure.UnauthorizedOperation" in sub_user.text


def test_a_key_of_one_s_own_is_used(browser: httpx.Client) -> None:
    own = {"identity": "own", "own_id": DEV_SECRET_ID, "own_key": DEV_SECRET_KEY}

    right = parts(browser, CREATE, do="send", **FILLED, **own)
    wrong = parts(browser, CREATE, do="send", **FILLED, **(own | {"own_key": "x"}))
    token = parts(browser, CREATE, do="send", **FILLED, **own, own_token="t")

    assert "verdict good" in right["pane"]
    assert "AuthFailure.SignatureFailure" in wrong["pane"]
    assert "AuthFailure.TokenFailure" in token["pane"]


def test_whatever_the_json_view_says_is_sent(browser: httpx.Client) -> None:
    sent = parts(browser, CREATE, do="send", view="json", json='{"Name": 1, "Nickname": null}')

    request = code_blocks(sent["pane"])[1]
    assert json.loads(request.partition("\n\n")[2]) == {"Name": 1, "Nickname": None}
    assert "UnknownParameter" in sent["pane"]


def test_a_frozen_clock_is_followed(browser: httpx.Client, dev_server: LiveServer) -> None:
    dev_server.lab("clock", {"now": 1551113065})

    sent = parts(browser, LIST, do="send")

    assert "verdict good" in sent["pane"]
    assert "X-TC-Timestamp: 1551113065" in code_blocks(sent["pane"])[1]


# ---- form and JSON -----------------------------------------------------------------------------


def test_the_json_follows_the_form(browser: httpx.Client) -> None:
    found = parts(browser, LIST, Limit="5", Offset="x")

    assert json.loads(found["json"]) == {"Offset": "x", "Limit": 5}
    assert "uint64" in found["faults"]["Offset"]


def test_the_form_follows_the_json(browser: httpx.Client) -> None:
    found = parts(browser, CREATE, view="json", json='{"Name": "用户", "Remark": "r"}')

    assert found["fields"]["Name"] == "用户"
    assert found["fields"]["Remark"] == "r"
    assert found["fields"]["Email"] == ""
    assert set(found["faults"]) == {"CountryCode", "PhoneNumber", "Email"}


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[1]",
        '"x"',
        "null",
        '{"Name": "\\ud800"}',
        '{"\\udfff": 1}',
        '{"Name": ' + "[" * 40 + "]" * 40 + "}",
        "[" * 20_000,
    ],
)
def test_what_is_no_json_object_is_said_to_be_none(browser: httpx.Client, text: str) -> None:
    found = parts(browser, CREATE, do="send", view="json", json=text)

    assert found["problem"]
    assert found["json"] == text


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"Name": "   "}, "Name"),
        ({"CountryCode": "+86"}, "CountryCode"),
        ({"PhoneNumber": "123"}, "PhoneNumber"),
        ({"Email": "nobody"}, "Email"),
        ({"Remark": "x" * 1001}, "Remark"),
        ({"Email": ""}, "Email"),
    ],
)
def test_a_field_shows_what_the_server_answers(
    browser: httpx.Client, fields: dict[str, str], name: str
) -> None:
    shown = parts(browser, CREATE, **(FILLED | fields))["faults"]
    answered = parts(browser, CREATE, do="send", reply="en-US", **(FILLED | fields))["pane"]

    message = json.loads(code_blocks(answered)[0].partition("\n\n")[2])["Response"]["Error"]
    assert shown == {name: message["Message"]}


# ---- code and command lines --------------------------------------------------------------------


@pytest.mark.parametrize("form", SDK_LANGUAGES)
def test_each_program_is_shown_and_downloaded(browser: httpx.Client, form: str) -> None:
    page = browser.get(CREATE, params=FILLED | {"tab": "code", "form": form}).text
    file = browser.get(f"{CREATE}/source", params=FILLED | {"form": form})

    assert file.text in code_blocks(page)
    assert "from the explorer" in file.text
    assert file.headers["content-disposition"].startswith("attachment")


def test_code_for_tencent_cloud_does_not_name_this_server(browser: httpx.Client) -> None:
    page = browser.get(CREATE, params=FILLED | {"tab": "code", "target": "tencent"}).text

    assert "127.0.0.1" not in code_blocks(page)[1]


def test_what_cannot_be_written_is_said(browser: httpx.Client) -> None:
    page = parts(browser, CREATE, tab="code", view="json", json='{"Nickname": "x"}')["pane"]
    file = browser.get(f"{CREATE}/source", params={"view": "json", "json": '{"Nickname": "x"}'})

    assert "unknown parameter: Nickname" in page
    assert file.status_code == 400


# ---- signatures --------------------------------------------------------------------------------


def test_the_signature_of_the_document_is_shown_step_by_step(browser: httpx.Client) -> None:
    """protocol.md 3.9: the key of the documents, `{}`, computed with the documented algorithm."""
    pane = parts(
        browser,
        LIST,
        tab="signature",
        target="tencent",
        identity="own",
        own_id="AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE",
        own_key="Gu5t9xGARNpq86cd98joQYCN3EXAMPLE",
        timestamp="1551113065",
        view="json",
        json="{}",
    )["pane"]

    blocks = [block.strip() for block in code_blocks(pane)]
    assert blocks[0] == "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
    assert blocks[2] == "82220eb7aed4a7728f5f54f82c7f068e257c47d3b6f47347a3eec0c5f0d4e477"
    assert blocks[6] == "495a9f02574c029f1878586371fd4b505186e8449d8cc535512fa1c32e3cd29d"
    assert blocks[7] == "ebe1807c77ce2ad952b145ee6c3d84d66775ee034c1f2984de5ffbe9f5952b77"
    assert blocks[8] == "17fdde5dfada070018f1656230e5e18825437dc7cb4d75cf3ad0da9d3f0d1236"
    assert "EXAMPLE/2019-02-25" in blocks[9]


def test_a_pasted_header_is_compared(browser: httpx.Client) -> None:
    fields = {"tab": "signature", "timestamp": "1551113065", "view": "json", "json": "{}"}
    ours = code_blocks(parts(browser, LIST, **fields)["pane"])[-1].strip()

    same = parts(browser, LIST, **fields, pasted=ours)["pane"]
    other = parts(browser, LIST, **fields, pasted=ours.replace("/cam/", "/127/"))["pane"]

    assert "They agree in every part." in same
    assert "Service" in other
    assert "verdict bad" in other


# ---- links, secrets, other sites ---------------------------------------------------------------


def test_a_permalink_shows_the_same_again_and_holds_no_secret(browser: httpx.Client) -> None:
    fields = FILLED | {
        "tab": "signature",
        "sign": "HmacSHA1",
        "method": "GET",
        "region": "ap-guangzhou",
        "reply": "zh-CN",
        "timestamp": "1551113065",
        "identity": "own",
        "own_id": "AKIDmine",
        "own_key": "my-secret-key",
        "own_token": "my-token",
        "pasted": "my-authorization",
    }

    link = parts(browser, CREATE, **fields)["permalink"]

    shown = parse_qs(urlsplit(link).query)
    assert "my" not in link.replace("demo%40qq.com", "").replace("%", "")
    assert "AKIDmine" not in link
    for name in ("Name", "tab", "sign", "method", "region", "reply", "timestamp"):
        assert shown[name] == [fields[name]]
    page = Page.of(browser.get(link).text)
    assert page.first("input", name="Name")["value"] == "from the explorer"
    assert page.first("input", name="timestamp")["value"] == "1551113065"


def test_the_language_can_be_switched_after_the_form_was_sent(browser: httpx.Client) -> None:
    page = Page.of(browser.post(CREATE, data=FILLED | {"do": "send", "own_key": "mine"}).text)

    (link,) = [each for each in page.links if "lang=zh-CN" in each]
    assert parse_qs(urlsplit(link).query)["Name"] == ["from the explorer"]
    assert "mine" not in link
    assert Page.of(browser.get(link).text).first("html")["lang"] == "zh-CN"


def test_a_permalink_in_the_json_view_keeps_the_text(browser: httpx.Client) -> None:
    link = parts(browser, CREATE, view="json", json='{"Name": 1}')["permalink"]

    assert '{"Name": 1}' in unescape(browser.get(link).text)


def test_own_keys_are_neither_logged_nor_kept(dev_server: LiveServer) -> None:
    with LiveServer() as server, httpx.Client(base_url=server.endpoint, trust_env=False) as client:
        parts(
            client, CREATE, do="send", identity="own", own_id="AKIDx", own_key="my-secret", **FILLED
        )
        after = client.get(CREATE).text
        _, logged = server.stop()

    assert "AuthFailure.SecretIdNotFound" in logged
    assert "my-secret" not in logged
    assert "my-secret" not in after


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
    ],
)
def test_another_site_cannot_send_the_form(browser: httpx.Client, headers: dict[str, str]) -> None:
    answer = browser.post(CREATE, data=FILLED | {"do": "send"}, headers=headers)

    assert answer.status_code == 403
    listed = code_blocks(browser.post(LIST, data={"do": "send"}).text)[0]
    assert '"TotalCount":0' in listed


def test_our_own_page_can(browser: httpx.Client, dev_server: LiveServer) -> None:
    for headers in ({"Sec-Fetch-Site": "same-origin"}, {"Origin": dev_server.endpoint}):
        answer = browser.post(LIST, data={"do": "send"}, headers=headers)

        assert answer.status_code == 200


def test_serve_signs_with_no_key_of_the_store_and_with_one_s_own(tmp_path: Path) -> None:
    registry = Registry(tmp_path)
    registry.account(100000000009, "--real-name")
    key = registry.key(100000000009)
    with (
        registry.serve() as server,
        httpx.Client(
            base_url=server.endpoint, trust_env=False, headers={"Accept-Language": "en-US"}
        ) as client,
    ):
        page = client.get(CREATE).text
        asked = parts(client, CREATE, do="send", identity=key.secret_id, **FILLED)
        own = {"own_id": key.secret_id, "own_key": key.secret_key}
        sent = parts(client, CREATE, do="send", identity="own", **FILLED, **own)
        scenario = parts(client, CREATE, tab="scenarios", scenario="LimitExceeded.Uin")
        state = client.get("/docs/cam/CreateMessageReceiver").text

    assert key.secret_id not in page
    assert "100000000009" not in state
    assert "Put in a SecretId" in asked["pane"]
    assert "verdict good" in sent["pane"]
    assert "which only yizhan dev prepares" in scenario["pane"]


def test_a_line_end_in_a_field_begins_no_header(browser: httpx.Client) -> None:
    evil = "ap-guangzhou\r\nX-Injected: 1"

    sent = parts(
        browser, LIST, do="send", region=evil, identity="own", own_id=DEV_SECRET_ID,
        own_key="k", own_token=evil,
    )  # fmt: skip

    assert "\nX-Injected" not in code_blocks(sent["pane"])[1]


@pytest.mark.parametrize("secret_id", ["a b", "a/b", "a,b", "密钥", "\u00a0"])
def test_a_secret_id_that_no_header_can_carry_is_no_key(
    browser: httpx.Client, secret_id: str
) -> None:
    for tab in ("call", "cli", "signature"):
        found = parts(browser, LIST, tab=tab, identity="own", own_id=secret_id, own_key="k")

        assert "Put in a SecretId" in found["pane"]


def test_an_unknown_action_is_no_page(browser: httpx.Client) -> None:
    assert browser.get("/explorer/cam/ListUsers").status_code == 404


# ---- hostile data ------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["zh-CN", "en-US"])
@pytest.mark.parametrize("tab", ["call", "code", "cli", "signature", "docs", "scenarios"])
def test_markup_in_any_field_is_shown_as_text(
    browser: httpx.Client, tab: str, language: str
) -> None:
    """Every field, on every tab, sent and shown."""
    names = [
        *FILLED, "json", "region", "timestamp", "identity", "own_id", "own_key", "own_token",
        "pasted", "pasted_canonical", "pasted_string", "form", "view", "scenario",
    ]  # fmt: skip
    for identity, sign, do, view in itertools.product(
        (HOSTILE, "own", DEV_SECRET_ID),
        ("TC3-HMAC-SHA256", "HmacSHA1"),
        ("show", "send"),
        ("form", "json"),
    ):
        fields = dict.fromkeys(names, HOSTILE)
        fields |= {"tab": tab, "view": view, "do": do, "identity": identity, "sign": sign}
        fields["json"] = json.dumps({"Name": HOSTILE, HOSTILE: HOSTILE})
        answer = browser.post(f"{CREATE}?lang={language}", data=fields)
        assert answer.status_code == 200
        assert_harmless(answer.text)
    shown = browser.get(CREATE, params=dict.fromkeys([*names, "tab", "q", "lang"], HOSTILE))
    assert_harmless(shown.text)


def test_a_stored_name_with_markup_is_shown_as_text(browser: httpx.Client) -> None:
    name = HOSTILE[:64]
    created = parts(browser, CREATE, do="send", **(FILLED | {"Name": name, "Remark": HOSTILE}))
    listed = parts(browser, LIST, do="send")

    assert "verdict good" in created["pane"]
    assert_harmless(created["pane"])
    assert_harmless(listed["pane"])
    assert "<script>alert(1)" in "".join(code_blocks(listed["pane"]))


@pytest.mark.parametrize("path", ["/docs/search", "/docs", "/docs/nothing", "/docs/sdk"])
def test_markup_in_addresses_and_headers_is_shown_as_text(browser: httpx.Client, path: str) -> None:
    for headers in ({}, {"Host": 'x"><script>alert(1)</script>'}, {"Host": "`]()<img>"}):
        page = browser.get(
            f"{path}{HOSTILE if path.endswith('nothing') else ''}",
            params={"q": HOSTILE, "lang": HOSTILE, "theme": HOSTILE},
            headers=headers,
        )
        assert_harmless(page.text)


@pytest.mark.parametrize("language", ["zh-CN", "en-US"])
def test_every_page_shows_hostile_names_and_values_as_text(
    browser: httpx.Client, dev_server: LiveServer, language: str
) -> None:
    """In names of accounts, users and receivers, and in whatever the reader's browser says."""
    key = {"secret_id": "AKIDhostile", "secret_key": "hostile"}
    user = {"name": HOSTILE, "uin": 100000000003, "keys": [key]}
    dev_server.lab("seed", {"accounts": [{"name": HOSTILE, "uin": 100000000000, "users": [user]}]})
    values = FILLED | {"Name": HOSTILE[:64], "Remark": HOSTILE}
    parts(browser, CREATE, do="send", **values)
    headers = {
        "Accept-Language": f"{language}, {HOSTILE}",
        "Referer": HOSTILE,
        "User-Agent": HOSTILE,
        "Cookie": f"lang={HOSTILE}; theme={HOSTILE}".replace(";", "%3B", 1),
    }

    for path in PAGES:
        page = browser.get(path, headers=headers)
        assert page.status_code == 200, path
        assert_harmless(page.text)
    assert HOSTILE in Page.of(browser.get(CREATE).text).text


def assert_harmless(html: str) -> None:
    page = Page.of(html)
    assert page.unclosed == []
    assert not [attributes for tag, attributes in page.elements if "onerror" in attributes]
    assert not [attributes for tag, attributes in page.elements if tag == "img"]
    scripts = [attributes for tag, attributes in page.elements if tag == "script"]
    assert all(attributes.get("src", "").startswith("/static/") for attributes in scripts)
    assert "alert(1)" not in "".join(page.scripts)
    assert "49" not in re.findall(r"\{\{|\}\}|>49<", html)


def test_the_helper_would_find_markup() -> None:
    with pytest.raises(AssertionError):
        assert_harmless("<p><script>alert(1)</script></p>")
    with pytest.raises(AssertionError):
        assert_harmless("<p><img src=x onerror=y></p>")
