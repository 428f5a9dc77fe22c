# SPDX-License-Identifier: Apache-2.0
"""What all pages of the console share: the frame with its drawer, accounts to choose, forms."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from yizhan.calls.journal import Journal
from yizhan.calls.model import LoggedCall, Wanted
from yizhan.clock import Clock
from yizhan.domain.model import Account, AuditEntry
from yizhan.store.base import Store
from yizhan.web.frame import Frame
from yizhan.web.reader import reader_of
from yizhan.web.same_origin import require_same_origin
from yizhan.web.texts import Texts
from yizhan.web.viewer import Viewer

IN_DRAWER: Final = 12


class ConsolePage:
    """Makes pages and forms of the console."""

    def __init__(self, frame: Frame, store: Store, journal: Journal, clock: Clock) -> None:
        self.frame = frame
        self.store = store
        self.journal = journal
        self.clock = clock

    async def show(
        self,
        request: Request,
        viewer: Viewer,
        template: str,
        *,
        title: str,
        status: int = 200,
        address: str | None = None,
        headers: Mapping[str, str] | None = None,
        **context: Any,
    ) -> Response:
        wanted = Wanted(trace_id=viewer.trace_id)
        calls = await self.journal.select(viewer.seen, wanted, limit=IN_DRAWER)
        did = request.query_params.get("did", "")
        done = await self.journal.find(did, viewer.seen) if did else None
        return self.frame.page(
            request,
            template,
            title=title,
            status=status,
            section="console",
            address=address,
            viewer=viewer,
            headers=headers,
            calls=calls,
            last_seq=calls[0].seq if calls else await self.journal.last_place(),
            **({"done": done, "problem": "", "told": self._told(request)} | context),
        )

    def texts(self, request: Request) -> Texts:
        return self.frame.texts(reader_of(request))

    def _told(self, request: Request) -> str:
        """What an operator's step that has been done says of itself."""
        operation = request.query_params.get("told", "")
        texts = self.texts(request)
        name = f"did_{operation.replace('.', '_').replace('-', '_')}"
        return getattr(texts, name, "") if operation else ""

    async def accounts(self, viewer: Viewer) -> list[Account]:
        """Those that the viewer sees."""
        return [each for each in await self.store.accounts() if viewer.may_see(each.uin)]

    async def account(self, viewer: Viewer, uin: int) -> Account:
        """Raises: HTTPException 404, also for one that the viewer does not see."""
        for each in await self.accounts(viewer):
            if each.uin == uin:
                return each
        raise HTTPException(404)

    def entry(
        self, viewer: Viewer, operation: str, uin: int | None, target: str = "", **details: str
    ) -> AuditEntry:
        return AuditEntry(
            at=int(self.clock.now()),
            actor=viewer.actor,
            operation=operation,
            uin=uin,
            target=target,
            details=details,
        )


class Done(msgspec.Struct, frozen=True):
    """A call that a page tells of."""

    request_id: str
    code: str
    message: str


def told_call(call: LoggedCall | None) -> Done | None:
    return Done(call.request_id, call.code, call.message) if call else None


async def form_of(request: Request) -> Mapping[str, str]:
    """The texts of a form that a page of our own has sent. Raises: HTTPException 403."""
    require_same_origin(request)
    async with request.form(max_files=0) as form:
        return {name: value for name, value in form.items() if isinstance(value, str)}


def uin_in(text: str) -> int | None:
    """A number that can be a uin, or None."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 16 else None


def back(address: str) -> Response:
    """After a change: the page is asked for anew, so that to reload it changes nothing."""
    return RedirectResponse(address, 303)
