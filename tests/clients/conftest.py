# SPDX-License-Identifier: Apache-2.0
"""The server that the official clients are pointed at."""

from collections.abc import Iterator

import pytest

from tests.support.live import LiveServer


@pytest.fixture(scope="module")
def dev_server() -> Iterator[LiveServer]:
    """One `yizhan dev` for each file; tests take `server`, which starts afresh.

    Not for the whole run: its log goes to a pipe that is read at the end and holds 64 KB.
    """
    with LiveServer() as server:
        yield server


@pytest.fixture
def server(dev_server: LiveServer) -> LiveServer:
    """`yizhan dev` as after its first start: dev accounts, no receivers, full quotas, real time."""
    dev_server.reset()
    return dev_server


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep clients in this process from asking this machine's proxy for the server."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
