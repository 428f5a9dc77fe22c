# SPDX-License-Identifier: Apache-2.0
"""The HTTP floor: reads the body and answers a fixed envelope. No server in Python does less."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

ENVELOPE: Final = b'{"Response":{"RequestId":"9a9d4601-5f14-4293-b314-2319ab9f5450"}}'
HEADERS: Final = [
    (b"content-type", b"application/json"),
    (b"content-length", b"%d" % len(ENVELOPE)),
]

Message = MutableMapping[str, Any]


async def app(
    scope: Message,
    receive: Callable[[], Awaitable[Message]],
    send: Callable[[Message], Awaitable[None]],
) -> None:
    """An ASGI application; it is run without a lifespan."""
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    await send({"type": "http.response.body", "body": ENVELOPE})
