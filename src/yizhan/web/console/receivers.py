# SPDX-License-Identifier: Apache-2.0
"""`/receivers`: list, create and delete by signed calls; search and reveal beside the API."""

from typing import Any, Final
from urllib.parse import urlencode

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from yizhan.calls.model import LoggedCall
from yizhan.domain.model import Receiver
from yizhan.domain.receiver import mask_email, mask_phone
from yizhan.spec import CAM
from yizhan.store.base import UserMissing
from yizhan.web.console.page import ConsolePage, back, form_of, uin_in
from yizhan.web.console.signed_calls import SignedCalls
from yizhan.web.online_call import Exchange, NotSent
from yizhan.web.viewer import Gate, Viewer

PER_PAGE: Final = 20
FIELDS: Final = tuple(parameter.name for parameter in CAM.actions["CreateMessageReceiver"].input)


class Row(msgspec.Struct, frozen=True, rename="pascal"):
    """A receiver as ListReceiver answers it."""

    uid: int
    name: str
    phone_number: str
    email: str
    remark: str | None = None
    country_code: str = ""
    phone_flag: int = 0
    email_flag: int = 0
    is_receiver_owner: int = 0


class _List(msgspec.Struct, frozen=True, rename="pascal"):
    total_count: int = 0
    receivers: list[Row] = []


class _Envelope(msgspec.Struct, frozen=True, rename="pascal"):
    response: _List


class ReceiverPages:
    def __init__(self, page: ConsolePage, gate: Gate, calls: SignedCalls) -> None:
        self._page = page
        self._gate = gate
        self._calls = calls

    def routes(self) -> list[Route]:
        gate = self._gate
        return [
            Route("/receivers", gate.for_all(self.show), methods=["GET"]),
            Route("/receivers/create", gate.for_all(self.create), methods=["POST"]),
            Route("/receivers/delete", gate.for_all(self.delete), methods=["POST"]),
            Route("/receivers/reveal", gate.for_all(self.reveal), methods=["POST"]),
        ]

    async def show(self, request: Request, viewer: Viewer) -> Response:
        uin = await self._chosen(request.query_params.get("uin", ""), viewer)
        return await self._list(request, viewer, uin)

    async def create(self, request: Request, viewer: Viewer) -> Response:
        form = await form_of(request)
        uin = await self._chosen(form.get("uin", ""), viewer)
        # What is left empty is not sent, as in the Explorer.
        values = {name: form[name] for name in FIELDS if form.get(name)}
        return await self._do(request, viewer, uin, "CreateMessageReceiver", values, dict(form))

    async def delete(self, request: Request, viewer: Viewer) -> Response:
        form = await form_of(request)
        uin = await self._chosen(form.get("uin", ""), viewer)
        values = {"Name": form.get("Name", "")}
        return await self._do(request, viewer, uin, "DeleteMessageReceiver", values, {})

    async def reveal(self, request: Request, viewer: Viewer) -> Response:
        """One receiver in clear; audited before it is shown."""
        form = await form_of(request)
        uin = await self._chosen(form.get("uin", ""), viewer)
        uid = uin_in(form.get("uid", ""))
        if viewer.kind == "account" and viewer.is_sub_user:
            raise HTTPException(404)
        found = await self._page.store.find_receiver(uin, uid or 0)
        if found is None:
            raise HTTPException(404)
        entry = self._page.entry(viewer, "receiver.reveal", uin, found.name, uid=str(uid))
        await self._page.store.add_audit(entry)
        return await self._list(request, viewer, uin, revealed=found)

    # ---- parts -----------------------------------------------------------------------------------

    async def _chosen(self, text: str, viewer: Viewer) -> int:
        """The account that the page is of. Raises: HTTPException 404."""
        if text:
            return (await self._page.account(viewer, uin_in(text) or 0)).uin
        accounts = await self._page.accounts(viewer)
        return accounts[0].uin if accounts else 0

    async def _do(
        self,
        request: Request,
        viewer: Viewer,
        uin: int,
        action: str,
        values: dict[str, Any],
        given: dict[str, str],
    ) -> Response:
        try:
            exchange = await self._calls.call(request, viewer, uin, action, values)
        except (NotSent, UserMissing) as error:
            problem = str(error) or self._page.texts(request).no_account
            return await self._list(request, viewer, uin, given=given, problem=problem)
        if exchange.code == "OK":
            return back(f"/receivers?{urlencode({'uin': uin, 'did': exchange.request_id})}")
        done = await self._page.journal.find(exchange.request_id, viewer.seen)
        return await self._list(request, viewer, uin, given=given, done=done)

    async def _list(
        self,
        request: Request,
        viewer: Viewer,
        uin: int,
        *,
        given: dict[str, str] | None = None,
        done: LoggedCall | None = None,
        problem: str = "",
        revealed: Receiver | None = None,
    ) -> Response:
        texts = self._page.texts(request)
        query = request.query_params.get("q", "").strip()[:100]
        number = max(uin_in(request.query_params.get("page", "")) or 1, 1)
        offset = (number - 1) * PER_PAGE
        total, refusal = 0, ""
        rows: list[Row] = []
        if uin and query:
            total, rows = await self._search(viewer, uin, query, offset)
        elif uin:
            total, rows, refusal = await self._listed(request, viewer, uin, offset)
        told: dict[str, Any] = {"done": done} if done is not None else {}
        address = f"/receivers?{urlencode({'uin': uin, 'q': query, 'page': number})}"
        return await self._page.show(
            request,
            viewer,
            "console/receivers.html",
            title=texts.receivers,
            address=address,
            accounts=await self._page.accounts(viewer),
            uin=uin,
            query=query,
            number=number,
            pages=max(1, -(-total // PER_PAGE)),
            total=total,
            rows=rows,
            fields=CAM.actions["CreateMessageReceiver"].input,
            given=given or {},
            revealed=revealed,
            problem=problem or refusal,
            **told,
        )

    async def _search(
        self, viewer: Viewer, uin: int, query: str, offset: int
    ) -> tuple[int, list[Row]]:
        # The API has no search. Who may not list by the API finds nothing here either.
        if viewer.kind == "account" and viewer.is_sub_user:
            return 0, []
        page = await self._page.store.find_receivers(uin, query, offset=offset, limit=PER_PAGE)
        return page.total, [_row(each) for each in page.receivers]

    async def _listed(
        self, request: Request, viewer: Viewer, uin: int, offset: int
    ) -> tuple[int, list[Row], str]:
        values = {"Offset": offset, "Limit": PER_PAGE}
        try:
            exchange = await self._calls.call(request, viewer, uin, "ListReceiver", values)
        except (NotSent, UserMissing) as error:
            return 0, [], str(error)
        if exchange.code != "OK":
            return 0, [], f"{exchange.code}: {_message(exchange)}"
        found = msgspec.json.decode(exchange.body, type=_Envelope).response
        return found.total_count, [_masked(each) for each in found.receivers], ""


class _Error(msgspec.Struct, rename="pascal"):
    message: str = ""


class _Refusal(msgspec.Struct, rename="pascal"):
    error: _Error | None = None


class _RefusalEnvelope(msgspec.Struct, rename="pascal"):
    response: _Refusal


def _message(exchange: Exchange) -> str:
    try:
        error = msgspec.json.decode(exchange.body, type=_RefusalEnvelope).response.error
    except msgspec.DecodeError:
        return ""
    return error.message if error else ""


def _masked(row: Row) -> Row:
    """Masked here as well, where the API is set to answer in clear."""
    return msgspec.structs.replace(
        row, phone_number=mask_phone(row.phone_number), email=mask_email(row.email)
    )


def _row(receiver: Receiver) -> Row:
    return Row(
        uid=receiver.uid,
        name=receiver.name,
        phone_number=mask_phone(receiver.phone_number),
        email=mask_email(receiver.email),
        remark=receiver.remark,
        country_code=receiver.country_code,
        phone_flag=int(receiver.phone_verified),
        email_flag=int(receiver.email_verified),
        is_receiver_owner=int(receiver.primary),
    )
