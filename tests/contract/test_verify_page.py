# SPDX-License-Identifier: Apache-2.0
"""The public page of a link: what it shows, what acts, and what never does."""

import re
import time
from collections.abc import Iterator
from html import unescape

import pytest

from tests.support.connection import Client, receiver
from tests.support.console import Visitor, visitor
from tests.support.live import LiveServer
from tests.support.outbox import Captured, captured

UIN = 100000000001
ENVIRON = {
    "YIZHAN_RECEIVERS_RETURN_PHONE_VERIFY_LINK": "true",
    "YIZHAN_LIMITS_CREATES_PER_DAY": "1000",
}


@pytest.fixture(scope="module")
def server() -> Iterator[LiveServer]:
    with LiveServer(environ=ENVIRON) as running:
        yield running


@pytest.fixture
def client(server: LiveServer) -> Iterator[Client]:
    server.reset()
    with Client(server) as connected:
        yield connected


@pytest.fixture
def reader(server: LiveServer) -> Iterator[Visitor]:
    """Whoever opens the link."""
    with visitor(server) as somebody:
        yield somebody


@pytest.fixture
def mail(client: Client, reader: Visitor) -> Captured:
    assert client.create("ops", 7) == ""
    return captured(reader)


def flags(client: Client) -> tuple[int, int]:
    """PhoneFlag and EmailFlag of the one receiver."""
    (found,) = client.all_receivers()
    return found["PhoneFlag"], found["EmailFlag"]


def heading(page: str) -> str:
    found = re.search(r"<h1>(.*?)</h1>", page)
    assert found is not None
    return unescape(found[1])


def press(reader: Visitor, link: str, do: str, **fields: str) -> str:
    return heading(reader.post(link, do=do, **fields).text)


def resent(client: Client, reader: Visitor, channel: str = "email") -> Captured:
    """Ask for another message, a minute later."""
    (found,) = client.all_receivers()
    reader.server.lab("clock", {"now": time.time() + 61})
    answer = reader.post(f"/receivers/{found['Uid']}/resend", uin=UIN, channel=channel)
    assert answer.status_code == 200, answer.text
    return captured(reader, channel, 2)


def test_it_shows_who_asks_and_the_masked_address(mail: Captured, reader: Visitor) -> None:
    answer = reader.get(mail.link)

    assert answer.status_code == 200
    assert "mail****@example.com" in answer.text
    assert "“dev”" in answer.text
    assert "mail7@" not in answer.text
    # Nothing that a caller of the API has chosen stands there.
    assert "ops" not in answer.text


@pytest.mark.parametrize(
    "headers",
    [{}, {"Sec-Purpose": "prefetch"}, {"Purpose": "prefetch"}, {"X-Moz": "prefetch"}],
)
def test_to_look_confirms_nothing(
    client: Client, mail: Captured, reader: Visitor, headers: dict[str, str]
) -> None:
    for method in ("GET", "HEAD"):
        for _ in range(3):
            answer = reader.http.request(method, mail.link, headers=headers)
            assert answer.status_code == 200

    assert flags(client) == (0, 0)
    assert reader.http.head(mail.link).text == ""


@pytest.mark.parametrize("name", ["Sec-Purpose", "Purpose", "X-Moz"])
def test_a_prefetched_form_confirms_nothing(
    client: Client, mail: Captured, reader: Visitor, name: str
) -> None:
    reader.http.post(mail.link, data={"do": "confirm"}, headers={name: "prefetch;prerender"})

    assert flags(client) == (0, 0)


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS"])
def test_other_methods_confirm_nothing(
    client: Client, mail: Captured, reader: Visitor, method: str
) -> None:
    assert reader.http.request(method, mail.link).status_code == 405
    assert flags(client) == (0, 0)


def test_a_scanner_that_opens_every_link_confirms_nothing(
    client: Client, mail: Captured, reader: Visitor
) -> None:
    """It follows what stands in the mail and then what stands in the pages, three deep."""
    seen: set[str] = set()
    front = {mail.link, *re.findall(r'href="([^"]+)"', reader.get(f"/outbox/{mail.id}/html").text)}
    for _ in range(3):
        seen |= front
        pages = [reader.http.get(unescape(address), follow_redirects=True) for address in front]
        found = {each for page in pages for each in re.findall(r'href="([^"]+)"', page.text)}
        front = {each for each in found if "/verify/" in each} - seen

    assert len(seen) >= 3
    assert flags(client) == (0, 0)


def test_a_button_confirms_and_says_so_again(
    client: Client, mail: Captured, reader: Visitor
) -> None:
    assert press(reader, mail.link, "confirm") == "Confirmed"
    assert flags(client) == (0, 1)
    assert press(reader, mail.link, "confirm") == "Already confirmed"
    assert heading(reader.get(mail.link).text) == "Already confirmed"
    assert flags(client) == (0, 1)


def test_a_form_without_a_word_confirms_nothing(
    client: Client, mail: Captured, reader: Visitor
) -> None:
    for fields in ({}, {"do": ""}, {"do": "anything"}, {"do": "code", "code": mail.code}):
        reader.post(mail.link, **fields)

    assert flags(client) == (0, 0)


def test_an_old_link_says_that_a_newer_one_replaced_it(
    client: Client, mail: Captured, reader: Visitor
) -> None:
    new = resent(client, reader)

    assert press(reader, mail.link, "confirm") == "A newer link has replaced this one"
    assert press(reader, new.link, "confirm") == "Confirmed"


def test_an_expired_link_says_so(
    server: LiveServer, client: Client, mail: Captured, reader: Visitor
) -> None:
    server.lab("clock", {"now": time.time() + 48 * 3600 + 5})
    answer = reader.post(mail.link, do="confirm")

    assert (answer.status_code, heading(answer.text)) == (410, "This link has expired")
    server.lab("clock", {"now": None})
    assert flags(client) == (0, 0)


def test_a_link_of_a_deleted_receiver_says_so(
    client: Client, mail: Captured, reader: Visitor
) -> None:
    client.delete("ops")

    assert press(reader, mail.link, "confirm") == "The receiver was deleted"


def test_not_me_is_noted_and_nothing_more_is_sent(
    client: Client, mail: Captured, reader: Visitor
) -> None:
    assert press(reader, mail.link, "refuse") == "Noted: not you"
    assert press(reader, mail.link, "confirm") == "Noted: not you"
    assert flags(client) == (0, 0)
    # The same mailbox, spelled otherwise, for another receiver.
    values = receiver("other", 8) | {"Email": "m.a.il7+x@EXAMPLE.com"}
    assert client.call("CreateMessageReceiver", values).code == ""
    page = reader.get("/outbox", channel="email").text
    assert "not sent: “not me”" in page


@pytest.mark.parametrize("state", ["replaced", "expired", "deleted", "refused", "unknown"])
def test_a_link_that_is_over_tells_nothing_of_whom_it_was_for(
    server: LiveServer, client: Client, mail: Captured, reader: Visitor, state: str
) -> None:
    link = mail.link
    match state:
        case "replaced":
            resent(client, reader)
        case "expired":
            server.lab("clock", {"now": time.time() + 48 * 3600 + 5})
        case "deleted":
            client.delete("ops")
        case "refused":
            press(reader, link, "refuse")
        case _:
            link = "/verify/" + "0" * 32
    page = reader.get(link)

    assert page.status_code == (404 if state == "unknown" else 410)
    for told in ("example.com", "“dev", "138", "****", "<form"):
        assert told not in page.text.replace(link, "")  # which stands in the switch of languages


@pytest.mark.parametrize(
    "token", ["0" * 31, "0" * 33, "G" * 32, "A" * 32, "%00" * 8, "..%2f..%2f", "'; DROP TABLE x"]
)
def test_what_is_no_token_is_answered_like_a_wrong_one(reader: Visitor, token: str) -> None:
    right_form = reader.get("/verify/" + "0" * 32)
    answer = reader.get(f"/verify/{token}")

    assert answer.status_code == 404
    if "/" not in token and "%2f" not in token:
        assert heading(answer.text) == heading(right_form.text) == "There is no such link"


def test_the_address_of_the_page_is_told_to_nobody(mail: Captured, reader: Visitor) -> None:
    answer = reader.get(mail.link)

    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-store"
    assert "noindex" in answer.headers["x-robots-tag"]
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    # Nothing is loaded that could carry it away.
    for address in re.findall(r'(?:src|href|action)="([^"]+)"', answer.text):
        assert address.startswith(("/static/", "/verify/"))


@pytest.mark.parametrize("language", ["zh-CN", "en-US"])
def test_it_speaks_the_reader_s_language(mail: Captured, reader: Visitor, language: str) -> None:
    page = reader.get(mail.link, lang=language).text

    assert f'<html lang="{language}"' in page
    assert ("确认这个邮箱是您的" in page) == (language == "zh-CN")


def test_no_log_keeps_a_link_or_a_code(server: LiveServer, client: Client, reader: Visitor) -> None:
    link = phone_link(client)
    sms = captured(reader, "phone")
    for each in (link, sms.link):
        reader.get(each)
        reader.post(each, do="code", code=sms.code)

    kept = reader.get("/inspector/export", format="jsonl").text + server.logged()
    assert "PhoneNumVerifyLink" in kept
    for secret in (link, sms.link):
        assert secret.rpartition("/")[2] not in kept


# ---- the link of the create's answer -------------------------------------------------------------


def phone_link(client: Client) -> str:
    answer = client.call("CreateMessageReceiver", receiver("ops", 7)).response
    found = re.fullmatch(r"http://[^/]+(/verify/[0-9a-f]{32})", answer["PhoneNumVerifyLink"])
    assert found is not None
    return found[1]


def test_the_answer_s_link_asks_for_the_code_of_the_text_message(
    client: Client, reader: Visitor
) -> None:
    link = phone_link(client)
    code = captured(reader, "phone").code

    page = reader.get(link).text
    assert "+86 138****0007" in page
    assert "Not me" not in page
    for do in ("confirm", "refuse"):
        reader.post(link, do=do)
    assert flags(client) == (0, 0)
    assert press(reader, link, "code", code=code) == "Confirmed"
    assert flags(client) == (1, 0)
    assert press(reader, link, "code", code=code) == "Already confirmed"


def test_five_wrong_codes_end_the_right_one_until_a_new_one_is_sent(
    client: Client, reader: Visitor
) -> None:
    link = phone_link(client)
    code = captured(reader, "phone").code
    for number in range(1000):
        guess = f"{number:06d}"
        if guess != code:
            assert reader.post(link, do="code", code=guess).status_code == 400

    assert reader.post(link, do="code", code=code).status_code == 400
    assert flags(client) == (0, 0)
    reader.server.lab("clock", {"now": time.time() + 61})
    assert reader.post(link, do="send").status_code == 200
    assert press(reader, link, "code", code=captured(reader, "phone", 2).code) == "Confirmed"


def test_a_new_code_is_sent_after_a_pause_and_not_without_end(
    client: Client, reader: Visitor
) -> None:
    link, now = phone_link(client), time.time()
    # Noon in UTC+8, so that no day begins meanwhile.
    now += (4 * 3600 - now) % 86400
    assert reader.post(link, do="send").status_code == 429
    for number in range(1, 8):
        reader.server.lab("clock", {"now": now + 61 * number})
        assert reader.post(link, do="send").status_code == (200 if number <= 5 else 429)
        assert reader.post(link, do="send").status_code == 429


@pytest.mark.parametrize("code", ["", "12345", "1234567", "abcdef", "１２３４５６", "\x00"])
def test_what_is_no_code_is_refused(client: Client, reader: Visitor, code: str) -> None:
    link = phone_link(client)
    captured(reader, "phone")

    assert reader.post(link, do="code", code=code).status_code == 400
