# SPDX-License-Identifier: Apache-2.0
"""`/receivers/<Uid>`: how it stands with a receiver's phone and mail, and what can be done."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from yizhan.domain.model import AuditEntry, Receiver
from yizhan.domain.receiver import mask_contact
from yizhan.domain.verification import CHANNELS, Channel
from yizhan.outbox.contacts import Contacts
from yizhan.store.messages import (
    AlreadyVerified,
    ContactState,
    Suppressed,
    TooMany,
    TooSoon,
)
from yizhan.store.refusals import ReceiverMissing, Refused
from yizhan.web.console.page import ConsolePage, back, form_of, uin_in
from yizhan.web.reader import reader_of
from yizhan.web.viewer import Gate, Viewer

SHOWN_MESSAGES: Final = 20
_WORDS: Final[dict[type[Refused], str]] = {
    AlreadyVerified: "refused_already_verified",
    ReceiverMissing: "refused_receiver_missing",
    Suppressed: "refused_suppressed",
    TooMany: "refused_too_many_messages",
    TooSoon: "refused_too_soon",
}


class WrongCode(Refused):
    """The code is not the one that was sent last, or no longer good."""


class ContactPages:
    def __init__(self, page: ConsolePage, gate: Gate, contacts: Contacts) -> None:
        self._page = page
        self._gate = gate
        self._contacts = contacts
        self._changes: dict[str, Callable[..., Awaitable[None]]] = {
            "resend": self._resend,
            "code": self._give_code,
        }
        self._operator_changes: dict[str, Callable[..., Awaitable[None]]] = {
            "verify": self._set_verified,
            "allow": self._allow,
        }

    def routes(self) -> list[Route]:
        gate = self._gate
        return [
            Route("/receivers/{uid:int}", gate.for_all(self.show), methods=["GET"]),
            Route("/receivers/{uid:int}/{change}", gate.for_all(self.change), methods=["POST"]),
        ]

    async def show(self, request: Request, viewer: Viewer) -> Response:
        uin, receiver = await self._found(request, viewer, request.query_params.get("uin", ""))
        return await self._show(request, viewer, uin, receiver)

    async def change(self, request: Request, viewer: Viewer) -> Response:
        form = await form_of(request)
        uin, receiver = await self._found(request, viewer, form.get("uin", ""))
        name = request.path_params["change"]
        do = self._changes.get(name)
        if do is None and viewer.operates:
            do = self._operator_changes.get(name)
        channel = _channel(form)
        if do is None or channel is None:
            raise HTTPException(404)
        entry = self._page.entry(
            viewer, f"contact.{name}", uin, receiver.name, uid=str(receiver.uid), channel=channel
        )
        try:
            await do(request, uin, receiver, channel, form, entry)
        except WrongCode:
            problem = self._page.texts(request).verify_code_wrong
            return await self._show(request, viewer, uin, receiver, problem)
        except Refused as refused:
            problem = self._page.texts(request)[_WORDS.get(type(refused), "refused_values")]
            return await self._show(request, viewer, uin, receiver, problem)
        return back(f"/receivers/{receiver.uid}?uin={uin}&told=contact.{name}")

    async def _found(self, request: Request, viewer: Viewer, uin: str) -> tuple[int, Receiver]:
        """The receiver that the page is of. Raises: HTTPException 404."""
        # The API lets a sub-user list at most; this shows and does more.
        if viewer.kind == "account" and viewer.is_sub_user:
            raise HTTPException(404)
        account = await self._page.account(viewer, uin_in(uin) or viewer.owner_uin or 0)
        uid = request.path_params["uid"]
        receiver = await self._page.store.find_receiver(account.uin, min(uid, 2**63 - 1))
        if receiver is None:
            raise HTTPException(404)
        return account.uin, receiver

    async def _show(
        self, request: Request, viewer: Viewer, uin: int, receiver: Receiver, problem: str = ""
    ) -> Response:
        masked = {channel: mask_contact(receiver, channel) for channel in CHANNELS}
        found = await self._page.store.messages(uin=uin, uid=receiver.uid, limit=SHOWN_MESSAGES)
        return await self._page.show(
            request,
            viewer,
            "console/receiver.html",
            title=receiver.name,
            status=400 if problem else 200,
            address=f"/receivers/{receiver.uid}?uin={uin}",
            uin=uin,
            receiver=receiver,
            masked=masked,
            states=await self._contacts.states(uin, receiver),
            state_word=state_word,
            found=found,
            problem=problem,
        )

    # ---- changes ---------------------------------------------------------------------------------

    async def _resend(
        self,
        request: Request,
        uin: int,
        receiver: Receiver,
        channel: Channel,
        _: Mapping[str, str],
        entry: AuditEntry,
    ) -> None:
        states = await self._contacts.states(uin, receiver)
        last = states[CHANNELS.index(channel)].last
        language = last.language if last else reader_of(request).language
        await self._contacts.resend(uin, receiver, channel, language, entry)

    async def _give_code(
        self,
        _: Request,
        uin: int,
        receiver: Receiver,
        channel: Channel,
        form: Mapping[str, str],
        entry: AuditEntry,
    ) -> None:
        code = form.get("code", "").strip()
        right = await self._contacts.give_code(uin, receiver.uid, channel, code)
        await self._contacts.tell(_with(entry, right=str(right)))
        if not right:
            raise WrongCode

    async def _set_verified(
        self,
        _: Request,
        uin: int,
        receiver: Receiver,
        channel: Channel,
        __: Mapping[str, str],
        entry: AuditEntry,
    ) -> None:
        await self._contacts.set_verified(uin, receiver, channel, entry)

    async def _allow(
        self,
        _: Request,
        __: int,
        receiver: Receiver,
        channel: Channel,
        ___: Mapping[str, str],
        entry: AuditEntry,
    ) -> None:
        await self._contacts.allow(receiver, channel, entry)


def state_word(state: ContactState) -> str:
    """The name of the words that say how it stands with a contact."""
    if state.verified_at is not None:
        return "contact_verified"
    if state.suppressed:
        return "contact_suppressed"
    return f"message_{state.last.state}" if state.last else "contact_unasked"


def _channel(form: Mapping[str, str]) -> Channel | None:
    return next((channel for channel in CHANNELS if channel == form.get("channel")), None)


def _with(entry: AuditEntry, **details: str) -> AuditEntry:
    return msgspec.structs.replace(entry, details=entry.details | details)
