# SPDX-License-Identifier: Apache-2.0
"""A real browser and a server to look at.

Chromium is Debian's or another one of the machine, otherwise Playwright's own. Without any, these
tests are skipped, and fail where CI=true.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Literal, Protocol

import pytest
from playwright.sync_api import Browser, Page, Playwright, ViewportSize, sync_playwright

from tests.browser.witness import Witness
from tests.support.live import LiveServer

Language = Literal["zh-CN", "en-US"]
Theme = Literal["light", "dark"]

WIDE: ViewportSize = {"width": 1440, "height": 900}
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")
# Nothing that the browser does for itself: it neither waits for the net nor asks there.
ARGUMENTS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


class OpenPage(Protocol):
    """Opens a path of the server in a browser of its own; see `open_page`."""

    def __call__(
        self,
        path: str,
        *,
        language: Language = "en-US",
        theme: Theme = "light",
        size: ViewportSize = WIDE,
        scripts: bool = True,
    ) -> Page: ...


@pytest.fixture(scope="package")
def dev_server() -> Iterator[LiveServer]:
    """One `yizhan dev` for all; tests take `server`, which starts afresh."""
    with LiveServer() as server:
        yield server


@pytest.fixture
def server(dev_server: LiveServer) -> LiveServer:
    """`yizhan dev` as after its first start: dev accounts, no receivers, full quotas, real time."""
    dev_server.reset()
    return dev_server


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """One browser for all: contexts, which share nothing, are cheap."""
    with sync_playwright() as playwright:
        arguments = [*ARGUMENTS]
        if os.geteuid() == 0:
            arguments.append("--no-sandbox")  # Chromium has no sandbox for root
        browser = playwright.chromium.launch(
            executable_path=_chromium_path(playwright), args=arguments
        )
        yield browser
        browser.close()


def _chromium_path(playwright: Playwright) -> str:
    candidates = [*map(shutil.which, CHROMIUM_NAMES), playwright.chromium.executable_path]
    for path in candidates:
        if path and Path(path).exists():
            return path
    reason = f"the portal is not tested: no Chromium ({', '.join(CHROMIUM_NAMES)}) on this machine"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture
def open_page(chromium: Browser, server: LiveServer) -> Iterator[OpenPage]:
    """Opens pages; afterwards none of them may have asked elsewhere or filled the console."""
    with ExitStack() as stack:
        witnesses: list[Witness] = []

        def open_it(
            path: str,
            *,
            language: Language = "en-US",
            theme: Theme = "light",
            size: ViewportSize = WIDE,
            scripts: bool = True,
        ) -> Page:
            context = chromium.new_context(
                base_url=server.endpoint,
                locale=language,
                color_scheme=theme,
                viewport=size,
                java_script_enabled=scripts,
            )
            stack.callback(context.close)
            witnesses.append(Witness(context))
            page = context.new_page()
            page.goto(path)
            return page

        yield open_it
    for witness in witnesses:
        witness.assert_asked_only(server.endpoint)
        witness.assert_no_complaints()
