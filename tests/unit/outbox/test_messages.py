# SPDX-License-Identifier: Apache-2.0
"""What messages say, read back by the standard library's parsers."""

import re
from email import message_from_bytes, policy
from email.message import EmailMessage
from html.parser import HTMLParser

import pytest

from tests.unit.outbox.samples import TOKEN, outgoing, text_message
from yizhan.domain.verification import Language
from yizhan.outbox.messages import mail, mail_parts, sms

SENDER = "Receivers 驿站 <no-reply@example.com>"
LANGUAGES: tuple[Language, ...] = ("zh-CN", "en-US")
LINK = f"https://receivers.example.com/verify/{TOKEN}"
CHINESE = re.compile("[\u4e00-\u9fff]")
VOID = {"br", "meta"}


def parsed(**changes: str) -> EmailMessage:
    content = mail(outgoing(**changes), SENDER).as_bytes()
    assert all(len(line) <= 998 for line in content.split(b"\r\n"))
    assert b"\n" not in content.replace(b"\r\n", b"")
    found = message_from_bytes(content, policy=policy.default)
    assert isinstance(found, EmailMessage)
    assert not found.defects
    return found


def body(mail_: EmailMessage, kind: str) -> str:
    part = mail_.get_body((kind,))
    assert part is not None
    return str(part.get_content())


@pytest.mark.parametrize("language", LANGUAGES)
def test_both_parts_hold_link_and_code(language: Language) -> None:
    found = parsed(language=language)

    assert found.get_content_type() == "multipart/alternative"
    assert found["Content-Language"] == language
    for kind in ("plain", "html"):
        text = body(found, kind)
        assert LINK in text
        assert text.count("042137") == 1
        assert "team" in text
        assert "{" + "{" not in text


def test_headers_say_who_to_whom_and_that_a_machine_wrote_it() -> None:
    found = parsed()

    assert found["From"].addresses[0].addr_spec == "no-reply@example.com"
    assert found["From"].addresses[0].display_name == "Receivers 驿站"
    assert found["To"] == "demo@example.com"
    assert found["Message-ID"] == "<7.0123456789abcdef@example.com>"
    assert found["Auto-Submitted"] == "auto-generated"
    assert str(found["Date"]) == "Mon, 23 Nov 2026 17:00:29 +0000"


def test_a_repeat_is_the_same_to_the_byte() -> None:
    assert mail(outgoing(), SENDER).as_bytes() == mail(outgoing(), SENDER).as_bytes()
    assert mail(outgoing(), SENDER).as_bytes() != mail(outgoing(id=8, code="1"), SENDER).as_bytes()


def test_languages_do_not_mix() -> None:
    for text in (body(parsed(language="en-US"), kind) for kind in ("plain", "html")):
        assert not CHINESE.search(text)
    assert not CHINESE.search(sms(text_message(language="en-US")))
    for text in (body(parsed(language="zh-CN"), "plain"), sms(text_message(language="zh-CN"))):
        rest = text.replace(LINK, "").replace("team", "")
        assert CHINESE.search(rest)
        assert not re.search("[A-Za-z]{3,}", rest)


class Checker(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.links: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag not in ("img", "script", "link", "iframe", "form")
        for name, value in attrs:
            assert name != "src"
            assert "url(" not in (value or "")
            if name == "href":
                self.links.append(value or "")
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("language", LANGUAGES)
def test_html_is_whole_and_loads_nothing(language: Language) -> None:
    checker = Checker()
    checker.feed(mail_parts(outgoing(language=language, account="<b>&\"'")).html)

    assert checker.open == []
    assert checker.links == [LINK]
    assert "<b>&\"'" in checker.text
    assert LINK in checker.text


@pytest.mark.parametrize(
    "account", ["a\r\nBcc: x@example.com", "很长的名字" * 30, "名 with =?utf-8?q?x?="]
)
def test_a_strange_account_name_stays_in_the_subject(account: str) -> None:
    found = parsed(account=account)

    assert " ".join(account.split()) in " ".join(str(found["Subject"]).split())
    assert found["Bcc"] is None
    assert [each.addr_spec for each in found["To"].addresses] == ["demo@example.com"]


def test_an_international_mailbox_is_written_as_it_is() -> None:
    found = parsed(address="用户@例子.中国")

    assert str(found["To"]) == "用户@例子.中国"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_text_message_is_one_line_of_a_few_parts(language: Language) -> None:
    text = sms(text_message(language=language))

    assert "\n" not in text
    assert LINK in text
    assert text.count("042137") == 1
    # A part of several holds 67 characters of Chinese, or 153 of Latin. Source: 3GPP TS 23.040.
    assert len(text) <= (67 * 3 if language == "zh-CN" else 153 * 2)
    assert "\n" not in sms(text_message(language=language, account="a\nb"))
