# SPDX-License-Identifier: Apache-2.0
"""From the official SDK's create to a confirmed contact: real SMTP, real gateway, real browser."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.clients.keys import Key
from tests.clients.python_sdk import cam_client, create_request, list_request
from tests.support.gateway import Gateway
from tests.support.live import LiveServer
from tests.support.sending import SendingRegistry
from tests.support.smtp import SmtpServer
from tests.support.waiting import wait_until


class House:
    def __init__(self, registry: SendingRegistry, smtp: SmtpServer, gateway: Gateway) -> None:
        self.registry = registry
        self.smtp = smtp
        self.gateway = gateway


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with SmtpServer(tmp_path) as smtp, Gateway() as gateway:
        yield House(SendingRegistry(tmp_path, smtp, gateway), smtp, gateway)


@pytest.fixture
def sending(house: House) -> Iterator[LiveServer]:
    with house.registry.serve() as server:
        yield server


def official(house: House, server: LiveServer) -> Any:
    """The official SDK's client with the registry's key."""
    return cam_client(server, Key(*house.registry.access_key[:2]))


def create(sdk: Any) -> None:
    sdk.CreateMessageReceiver(
        create_request(
            Name="用户", CountryCode="86", PhoneNumber="18123456789", Email="demo@example.com"
        )
    )


def flags(sdk: Any) -> tuple[int, int]:
    (found,) = sdk.ListReceiver(list_request()).Receivers
    return found.PhoneFlag, found.EmailFlag


def link_in(text: str) -> str:
    found = re.search(r"http://127\.0\.0\.1:\d+/verify/[0-9a-f]{32}", text)
    assert found is not None
    return found[0]


def test_a_mail_s_link_confirms_in_the_browser(
    house: House, sending: LiveServer, chromium: Browser
) -> None:
    sdk = official(house, sending)
    create(sdk)
    (mail,) = house.smtp.wait_for(1)
    body = mail.get_body(("plain",))
    assert body is not None
    link = link_in(body.get_content())
    assert link.startswith(sending.endpoint)
    assert mail["Content-Language"] == "zh-CN"  # of the SDK's call
    assert flags(sdk) == (0, 0)

    page = chromium.new_context(locale="zh-CN").new_page()
    page.goto(link)
    expect(page.get_by_role("heading")).to_have_text("确认这个邮箱是您的")
    assert flags(sdk) == (0, 0)
    page.get_by_role("button", name="确认", exact=True).click()
    expect(page.get_by_role("heading")).to_have_text("已确认")
    assert flags(sdk) == (0, 1)
    page.goto(link)
    expect(page.get_by_role("heading")).to_have_text("此前已经确认")
    page.context.close()


def test_a_text_message_s_link_confirms_in_the_browser(
    house: House, sending: LiveServer, chromium: Browser
) -> None:
    sdk = official(house, sending)
    create(sdk)
    wait_until(lambda: bool(house.gateway.asked), 20, "a text message")
    (asked,) = house.gateway.asked
    message = json.loads(asked.body)
    assert message["to"] == "+8618123456789"

    page = chromium.new_context(locale="en-US").new_page()
    page.goto(link_in(message["text"]))
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("heading")).to_have_text("Confirmed")
    assert flags(sdk) == (1, 0)
    page.context.close()


def test_neither_tokens_nor_codes_are_kept_anywhere(
    house: House, sending: LiveServer, chromium: Browser
) -> None:
    create(official(house, sending))
    (mail,) = house.smtp.wait_for(1)
    wait_until(lambda: bool(house.gateway.asked), 20, "a text message")
    body = mail.get_body(("plain",))
    assert body is not None
    text = body.get_content()
    token = link_in(text).rpartition("/")[2]
    code = re.search(r"^(\d{6})$", text, re.MULTILINE)
    assert code is not None

    page = chromium.new_context(locale="en-US").new_page()
    referers: list[str] = []
    page.on("request", lambda request: referers.append(request.headers.get("referer", "")))
    page.goto(link_in(text))
    page.get_by_role("button", name="Not me").click()
    expect(page.get_by_role("heading")).to_have_text("Noted: not you")
    page.context.close()
    assert not any(token in each for each in referers)

    sending.stop()
    kept = b"".join(each.read_bytes() for each in house.registry.folder.glob("*.db*"))
    for secret in (token, code[1]):
        assert secret.encode() not in kept
        assert secret not in sending.logged()
