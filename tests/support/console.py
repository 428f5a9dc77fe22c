# SPDX-License-Identifier: Apache-2.0
"""Somebody at the console, as a browser without script: pages, forms, cookies."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from tests.support.connection import Key
from tests.support.live import LiveServer


class Visitor:
    """A browser of its own."""

    def __init__(self, server: LiveServer, http: httpx.Client) -> None:
        self.server = server
        self.http = http

    def get(self, path: str, **query: str | int) -> httpx.Response:
        return self.http.get(path, params=query or None)

    def post(self, path: str, **fields: str | int) -> httpx.Response:
        """Send a form as a page of our own would; redirects are followed."""
        headers = {"Origin": self.server.endpoint, "Sec-Fetch-Site": "same-origin"}
        data = {name: str(value) for name, value in fields.items()}
        return self.http.post(path, data=data, headers=headers, follow_redirects=True)

    def sign_in(self, key: Key | None = None, token: str = "") -> httpx.Response:
        if key is not None:
            return self.post("/sign-in", secret_id=key.secret_id, secret_key=key.secret_key)
        return self.post("/sign-in", token=token)

    def calls(self, **filters: str) -> list[dict[str, Any]]:
        """What the Inspector exports, oldest first."""
        lines = self.get("/inspector/export", format="jsonl", **filters).text.splitlines()
        return [json.loads(line) for line in lines]


@contextmanager
def visitor(server: LiveServer, language: str = "en-US") -> Iterator[Visitor]:
    headers = {"Accept-Language": language, "Accept": "text/html"}
    with httpx.Client(
        base_url=server.endpoint, trust_env=False, headers=headers, timeout=30
    ) as http:
        yield Visitor(server, http)
