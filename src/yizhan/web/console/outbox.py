# SPDX-License-Identifier: Apache-2.0
"""`/outbox`: messages to receivers, what became of them, and what captured ones say."""

from typing import Any, Final, get_args

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from yizhan.domain.receiver import mask_contact
from yizhan.domain.verification import CHANNELS
from yizhan.outbox.contacts import Contacts
from yizhan.outbox.messages import mail, mail_parts, sms
from yizhan.settings import Settings
from yizhan.store.messages import Addressed, MessageMissing, MessageState
from yizhan.web.console.page import ConsolePage, back, form_of, uin_in
from yizhan.web.frame import SECURITY_HEADERS
from yizhan.web.viewer import Gate, Viewer

PER_PAGE: Final = 50
HEADERS: Final = {
    "Content-Security-Policy": f"{SECURITY_HEADERS['Content-Security-Policy']}; frame-src 'self'"
}
# The mail's own style stands in it; nothing else may load or run, wherever it is shown.
MAIL_HEADERS: Final = {
    "Content-Security-Policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'; "
    "frame-ancestors 'self'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
STATES: Final[tuple[MessageState, ...]] = get_args(MessageState)


class OutboxPages:
    def __init__(
        self, page: ConsolePage, gate: Gate, contacts: Contacts, settings: Settings
    ) -> None:
        self._page = page
        self._gate = gate
        self._contacts = contacts
        self._sender = settings.smtp.sender or "yizhan@yizhan.invalid"

    def routes(self) -> list[Route]:
        gate = self._gate
        return [
            Route("/outbox", gate.for_all(self.all), methods=["GET"]),
            Route("/outbox/{id:int}", gate.for_all(self.one), methods=["GET"]),
            Route("/outbox/{id:int}/html", gate.for_operators(self.html), methods=["GET"]),
            Route("/outbox/{id:int}/reveal", gate.for_operators(self.reveal), methods=["POST"]),
            Route("/outbox/{id:int}/release", gate.for_operators(self.release), methods=["POST"]),
            Route("/outbox/{id:int}/retry", gate.for_operators(self.retry), methods=["POST"]),
        ]

    async def all(self, request: Request, viewer: Viewer) -> Response:
        _require_no_sub_user(viewer)
        query = request.query_params
        state = next((each for each in STATES if each == query.get("state")), None)
        channel = next((each for each in CHANNELS if each == query.get("channel")), None)
        uin = viewer.owner_uin or uin_in(query.get("uin", ""))
        found = await self._page.store.messages(
            uin=uin,
            channel=channel,
            state=state,
            before=uin_in(query.get("before", "")),
            limit=PER_PAGE + 1,
        )
        chosen = {"uin": uin, "channel": channel, "state": state}
        return await self._page.show(
            request,
            viewer,
            "console/outbox.html",
            title=self._page.texts(request).outbox,
            found=found[:PER_PAGE],
            more=len(found) > PER_PAGE,
            states=STATES,
            channels=CHANNELS,
            chosen={name: value for name, value in chosen.items() if value},
            address_shown=address_shown,
            accounts=await self._page.accounts(viewer),
        )

    async def one(self, request: Request, viewer: Viewer) -> Response:
        addressed = await self._found(request, viewer)
        return await self._one(request, viewer, addressed, shown=viewer.kind == "dev")

    async def reveal(self, request: Request, viewer: Viewer) -> Response:
        """A captured message in full, its link and code with it; audited before it is shown."""
        await form_of(request)
        addressed = await self._readable(request, viewer)
        return await self._one(request, viewer, addressed, shown=True)

    async def html(self, request: Request, viewer: Viewer) -> Response:
        """The HTML of a captured mail as a document of its own, for a frame."""
        addressed = await self._readable(request, viewer)
        if addressed.message.channel != "email":
            raise HTTPException(404)
        parts = mail_parts(self._contacts.addressing.outgoing(addressed))
        return HTMLResponse(parts.html, headers=MAIL_HEADERS)

    async def release(self, request: Request, viewer: Viewer) -> Response:
        return await self._change(request, viewer, "release")

    async def retry(self, request: Request, viewer: Viewer) -> Response:
        return await self._change(request, viewer, "retry")

    # ---- parts -----------------------------------------------------------------------------------

    async def _change(self, request: Request, viewer: Viewer, name: str) -> Response:
        await form_of(request)
        addressed = await self._found(request, viewer)
        store, message = self._page.store, addressed.message
        do = store.release_message if name == "release" else store.retry_message
        entry = self._page.entry(viewer, f"message.{name}", message.uin, str(message.id))
        try:
            await do(message.id, now=int(self._page.clock.now()), audit=entry)
        except MessageMissing:
            problem = self._page.texts(request).refused_message_state
            return await self._one(request, viewer, addressed, problem=problem)
        self._contacts.wake()
        return back(f"/outbox/{message.id}?told=message.{name}")

    async def _found(self, request: Request, viewer: Viewer) -> Addressed:
        """Raises: HTTPException 404, also for one of an account that the viewer does not see."""
        _require_no_sub_user(viewer)
        found = await self._page.store.message(min(request.path_params["id"], 2**63 - 1))
        if found is None or not viewer.may_see(found.message.uin):
            raise HTTPException(404)
        return found

    async def _readable(self, request: Request, viewer: Viewer) -> Addressed:
        """A message whose text may be shown. Raises: HTTPException 404."""
        found = await self._found(request, viewer)
        if not _has_text(found, viewer):
            raise HTTPException(404)
        if viewer.kind != "dev":
            message = found.message
            entry = self._page.entry(viewer, "message.reveal", message.uin, str(message.id))
            await self._page.store.add_audit(entry)
        return found

    async def _one(
        self,
        request: Request,
        viewer: Viewer,
        addressed: Addressed,
        *,
        shown: bool = False,
        problem: str = "",
    ) -> Response:
        readable = _has_text(addressed, viewer)
        return await self._page.show(
            request,
            viewer,
            "console/message.html",
            title=self._page.texts(request).message_title.format(addressed.message.id),
            status=400 if problem else 200,
            address=f"/outbox/{addressed.message.id}",
            headers=HEADERS,
            item=addressed,
            address_shown=address_shown(addressed),
            readable=readable,
            content=self._content(addressed) if readable and shown else None,
            problem=problem,
        )

    def _content(self, addressed: Addressed) -> dict[str, Any]:
        outgoing = self._contacts.addressing.outgoing(addressed)
        found: dict[str, Any] = {"link": outgoing.link, "code": outgoing.code, "headers": {}}
        if outgoing.channel == "phone":
            return found | {"text": sms(outgoing)}
        parts = mail_parts(outgoing)
        headers = mail(outgoing, self._sender).items()
        # Those of the message; what says how its parts are wrapped helps nobody here.
        kept = {name: str(value) for name, value in headers if not name.startswith("Content-T")}
        return found | {"text": parts.text, "headers": kept | {"Subject": parts.subject}}


def address_shown(addressed: Addressed) -> str:
    """The masked address; empty if the receiver has been deleted."""
    receiver = addressed.receiver
    return mask_contact(receiver, addressed.message.channel) if receiver else ""


def _has_text(addressed: Addressed, viewer: Viewer) -> bool:
    """Nobody is shown the link of a message that went out: it is its reader's."""
    kept = viewer.kind == "dev" or addressed.message.state == "captured"
    return viewer.operates and kept and addressed.receiver is not None


def _require_no_sub_user(viewer: Viewer) -> None:
    if viewer.kind == "account" and viewer.is_sub_user:
        raise HTTPException(404)
