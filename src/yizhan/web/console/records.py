# SPDX-License-Identifier: Apache-2.0
"""`/audit` and `/settings`: what was done, and what is in force."""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from yizhan.settings import Settings, masked
from yizhan.web.console.page import ConsolePage, uin_in
from yizhan.web.viewer import Gate, Viewer

PER_PAGE: Final = 100


class RecordPages:
    def __init__(self, page: ConsolePage, gate: Gate, settings: Settings) -> None:
        self._page = page
        self._gate = gate
        self._settings = settings

    def routes(self) -> list[Route]:
        return [
            Route("/audit", self._gate.for_all(self.audit), methods=["GET"]),
            Route("/settings", self._gate.for_operators(self.settings), methods=["GET"]),
        ]

    async def audit(self, request: Request, viewer: Viewer) -> Response:
        before = uin_in(request.query_params.get("before", ""))
        uin = viewer.owner_uin
        if viewer.operates:
            uin = uin_in(request.query_params.get("uin", ""))
        entries = await self._page.store.audit_entries(uin, before=before, limit=PER_PAGE)
        if viewer.kind == "account" and viewer.is_sub_user:
            # What the account's owner does with keys and users is not a sub-user's to read.
            entries = [each for each in entries if each.actor == viewer.actor]
        return await self._page.show(
            request,
            viewer,
            "console/audit.html",
            title=self._page.texts(request).audit,
            entries=entries,
            older=entries[-1].id if len(entries) == PER_PAGE else None,
            uin=uin,
        )

    async def settings(self, request: Request, viewer: Viewer) -> Response:
        return await self._page.show(
            request,
            viewer,
            "console/settings.html",
            title=self._page.texts(request).settings_in_force,
            sections=masked(self._settings),
            origins=self._settings.origins,
        )
