# SPDX-License-Identifier: Apache-2.0
"""/healthz, /readyz and /metrics."""

import asyncio
import re

from prometheus_client import CONTENT_TYPE_LATEST
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from yizhan.ops.metrics import Metrics
from yizhan.store.base import Store

MAX_WAIT_SECONDS = 60.0
POLL_SECONDS = 0.05
PING_TIMEOUT_SECONDS = 5.0


def ops_routes(store: Store, metrics: Metrics) -> list[Route]:
    async def healthz(_: Request) -> Response:
        """The process lives."""
        return PlainTextResponse("ok\n")

    async def readyz(request: Request) -> Response:
        """The store takes writes. `?wait=30s` asks again until it does, or the time is up."""
        wait = _seconds(request.query_params.get("wait", "0"))
        if wait is None:
            return JSONResponse({"error": "wait: seconds, such as 30s"}, status_code=400)
        deadline = asyncio.get_running_loop().time() + wait
        while True:
            try:
                await asyncio.wait_for(store.ping(), PING_TIMEOUT_SECONDS)
            except Exception as error:  # whatever it is, we are not ready, and say so
                if asyncio.get_running_loop().time() >= deadline:
                    reason = str(error) or type(error).__name__
                    return JSONResponse({"ready": False, "reason": reason}, status_code=503)
                await asyncio.sleep(POLL_SECONDS)
            else:
                return JSONResponse({"ready": True})

    async def show_metrics(_: Request) -> Response:
        waiting = await store.messages_waiting()
        return Response(metrics.render(waiting), media_type=CONTENT_TYPE_LATEST)

    return [
        Route("/healthz", healthz),
        Route("/readyz", readyz),
        Route("/metrics", show_metrics),
    ]


def _seconds(text: str) -> float | None:
    match = re.fullmatch(r"(\d{1,4}(?:\.\d{1,3})?)s?", text)
    return min(float(match[1]), MAX_WAIT_SECONDS) if match else None
