# SPDX-License-Identifier: Apache-2.0
"""How long does a page take? One request after the other on one connection, in both languages."""

import http.client
import time
from pathlib import Path
from statistics import median
from typing import Final
from urllib.parse import urlencode

from bench.processes import BenchError
from bench.subjects import yizhan

ACTIONS: Final = ("CreateMessageReceiver", "ListReceiver", "DeleteMessageReceiver")
PAGES: Final = (
    "/docs",
    *(f"/docs/cam/{action}" for action in ACTIONS),
    "/docs/sdk",
    "/docs/cli",
    "/docs/terraform",
    "/docs/explorer",
    "/docs/errors",
    "/docs/errors/AuthFailure.SignatureFailure",
    "/docs/order-of-checks",
    "/docs/fidelity",
    "/docs/settings",
    "/docs/search?q=phone",
    "/docs/search.json?q=phone",
    "/docs/sdk.md",
    "/llms.txt",
    "/openapi.json",
    "/static/portal.css",
    *(f"/explorer/cam/{ACTIONS[0]}?tab={tab}" for tab in
      ("call", "code", "cli", "signature", "docs", "scenarios")),
)  # fmt: skip
CALL: Final = "online call (POST)"


def page_times(executable: Path, folder: Path, *, requests: int) -> dict[str, float]:
    """Milliseconds of each page at the median, the first request of each left out."""
    data = folder / "portal"
    data.mkdir()
    found: dict[str, float] = {}
    with yizhan(executable, data) as server:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
        for path in PAGES:
            found[path] = median(
                _milliseconds(connection, path, number) for number in range(-2, requests)
            )
        found[CALL] = median(_online_call(connection) for _ in range(requests))
        connection.close()
    return found


def _milliseconds(connection: http.client.HTTPConnection, path: str, number: int) -> float:
    language = ("zh-CN", "en-US")[number % 2]
    begun = time.perf_counter()
    connection.request("GET", path, headers={"Accept-Language": language})
    answer = connection.getresponse()
    answer.read()
    spent = time.perf_counter() - begun
    if answer.status != 200:
        raise BenchError(f"{path}: status {answer.status}")
    return spent * 1000


def _online_call(connection: http.client.HTTPConnection) -> float:
    body = urlencode({"do": "send", "Limit": "10"})
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "Accept": "application/json",
    }
    begun = time.perf_counter()
    connection.request("POST", "/explorer/cam/ListReceiver", body, headers)
    answer = connection.getresponse()
    shown = answer.read()
    spent = time.perf_counter() - begun
    if answer.status != 200 or b"exchange" not in shown:
        raise BenchError(f"online call: status {answer.status}")
    return spent * 1000
