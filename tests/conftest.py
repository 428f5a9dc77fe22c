# SPDX-License-Identifier: Apache-2.0
"""The server in this process, for tests that need no socket."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import httpx
import pytest

from tests.support.signed import HOST, Caller
from yizhan.app import build
from yizhan.settings import load

StartApp = Callable[..., Awaitable[Caller]]


@pytest.fixture
async def start_app() -> AsyncIterator[StartApp]:
    """Builds a `dev` server in memory with the given settings (`receivers__masking="none"`)."""
    async with AsyncExitStack() as stack:

        async def start(**settings: object) -> Caller:
            environ = {
                f"YIZHAN_{name.upper().replace('__', '_')}": str(value)
                for name, value in settings.items()
            }
            app = await build("dev", load(environ, profile="dev"))
            stack.push_async_callback(app.close)
            transport = httpx.ASGITransport(app)
            http = await stack.enter_async_context(
                httpx.AsyncClient(transport=transport, base_url=f"http://{HOST}")
            )
            return Caller(http)

        yield start


@pytest.fixture
async def caller(start_app: StartApp) -> Caller:
    """Calls a server with default settings as the dev account."""
    return await start_app()
