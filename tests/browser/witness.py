# SPDX-License-Identifier: Apache-2.0
"""Sees what a browser asks for and complains of, while a test is busy with something else."""

from playwright.sync_api import BrowserContext, ConsoleMessage, Request, WebError

# These carry their content in the address: nobody is asked.
ADDRESSES_WITHOUT_HOST = ("data:", "blob:", "about:")


class Witness:
    """Everything that the pages of a browser context do."""

    def __init__(self, context: BrowserContext) -> None:
        self.requested: list[str] = []
        self.complaints: list[str] = []
        context.on("request", self._on_request)
        context.on("console", self._on_console)
        context.on("weberror", self._on_web_error)

    def assert_asked_only(self, origin: str) -> None:
        own = (f"{origin}/", *ADDRESSES_WITHOUT_HOST)
        elsewhere = [address for address in self.requested if not address.startswith(own)]
        assert not elsewhere, f"asked another origin than {origin}: {elsewhere}"

    def assert_no_complaints(self) -> None:
        """Scripts that fail, and what Content-Security-Policy stops, stand in the console."""
        assert not self.complaints, "the browser complains:\n" + "\n".join(self.complaints)

    def _on_request(self, request: Request) -> None:
        self.requested.append(request.url)

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(f"{message.location['url']}: {message.text}")

    def _on_web_error(self, thrown: WebError) -> None:
        self.complaints.append(f"{thrown.page.url if thrown.page else ''}: {thrown.error}")
