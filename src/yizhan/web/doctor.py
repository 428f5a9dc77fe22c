# SPDX-License-Identifier: Apache-2.0
"""`/doctor`: paste what there is of a failure, get the cause and the mend.

Keys of the store are used for accounts that the viewer sees, and no others. A key that is pasted is
used for the one answer; it stands in no address, no log and no page.
"""

import asyncio
from collections.abc import Mapping
from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from yizhan.calls.journal import Journal
from yizhan.clock import Clock
from yizhan.doctor.consult import Report, of_call, of_code, of_request, secret_id_of
from yizhan.doctor.recognise import (
    CodeAsked,
    ErrorText,
    NotUnderstood,
    Question,
    RequestAsked,
    RequestIdAsked,
    recognise,
)
from yizhan.spec.model import Text
from yizhan.store.base import Store
from yizhan.web.console.page import form_of
from yizhan.web.frame import Frame
from yizhan.web.reader import reader_of
from yizhan.web.viewer import Gate, Viewer
from yizhan.wire.outgoing import Credentials

LONGEST: Final = 256 * 1024
MOST_KEYS: Final = 40
AT_ONCE: Final = 1
"""Searches at a time; one may take half a second of a core, and anybody may ask for it."""


class DoctorPage:
    def __init__(
        self, frame: Frame, gate: Gate, journal: Journal, store: Store, clock: Clock
    ) -> None:
        self._frame = frame
        self._gate = gate
        self._journal = journal
        self._store = store
        self._clock = clock
        self._searching = asyncio.Semaphore(AT_ONCE)

    def routes(self) -> list[Route]:
        return [Route("/doctor", self.show, methods=["GET", "POST"])]

    async def show(self, request: Request) -> Response:
        given: Mapping[str, str] = request.query_params
        if request.method == "POST":
            given = await form_of(request)
        viewer = await self._gate.viewer(request)
        text = given.get("q", "")[:LONGEST]
        question = recognise(text) if text.strip() else None
        report = None
        if question is not None:
            own = given.get("secret_key", "") if request.method == "POST" else ""
            report = await self._consult(question, viewer, own)
        if request.headers.get("accept") == "application/json":
            return JSONResponse(msgspec.to_builtins(report))
        # What was pasted is not repeated if there was a secret in it.
        shown = "" if isinstance(question, RequestAsked) and question.secrets_seen else text
        return self._frame.page(
            request,
            "doctor.html",
            title=self._frame.texts(reader_of(request)).doctor,
            section="doctor",
            address="/doctor",
            viewer=viewer,
            text=shown,
            report=report,
            understood=not isinstance(question, NotUnderstood),
            marked=_marked(report),
        )

    async def _consult(self, question: Question, viewer: Viewer | None, own: str) -> Report | None:
        if isinstance(question, CodeAsked):
            return of_code(question.code)
        if isinstance(question, RequestIdAsked):
            return await self._logged(question.request_id, viewer)
        if isinstance(question, ErrorText):
            found = None
            if question.request_id:
                found = await self._logged(question.request_id, viewer)
            if found is not None and found.call is not None:
                return found
            return of_code(question.code, question.message, question.request_id)
        if isinstance(question, RequestAsked):
            secret_id = secret_id_of(question.request)
            key, others = await self._keys(secret_id, viewer)
            if own:
                key = Credentials(secret_id, own)
            now = self._clock.now()
            async with self._searching:
                return await asyncio.to_thread(of_request, question.request, key, others, now=now)
        return None

    async def _logged(self, request_id: str, viewer: Viewer | None) -> Report:
        call = await self._journal.find(request_id, viewer.seen) if viewer else None
        if call is None:
            return of_code("", "", request_id, _NOT_SIGNED_IN if viewer is None else _NOT_IN_LOG)
        key, others = await self._keys(call.secret_id, viewer)
        original = self._journal.original(request_id)
        async with self._searching:
            return await asyncio.to_thread(of_call, call, original, key, others)

    async def _keys(
        self, secret_id: str, viewer: Viewer | None
    ) -> tuple[Credentials | None, list[Credentials]]:
        """The key of that id, and the others that could have been meant."""
        identity = await self._store.find_identity(secret_id) if secret_id and viewer else None
        if identity is None or viewer is None or not viewer.may_see(identity.key.owner_uin):
            return None, []
        if viewer.kind == "account" and viewer.is_sub_user and viewer.secret_id != secret_id:
            return None, []
        key = Credentials(identity.key.secret_id, identity.key.secret_key)
        if viewer.kind == "account" and viewer.is_sub_user:
            return key, []
        owner = identity.key.owner_uin
        uins = [owner, *(user.uin for user in await self._store.sub_users(owner))]
        if viewer.kind == "dev":
            uins += [each.uin for each in await self._store.accounts() if each.uin != owner]
        others: list[Credentials] = []
        for uin in uins:
            others += [
                Credentials(each.secret_id, each.secret_key)
                for each in await self._store.keys(uin)
                if each.secret_id != secret_id
            ]
            if len(others) >= MOST_KEYS:
                break
        return key, others[:MOST_KEYS]


class Marked(msgspec.Struct, frozen=True):
    """A text cut where it begins to differ, and the character there."""

    before: str
    at: str
    after: str


def _marked(report: Report | None) -> tuple[Marked, Marked] | None:
    """Theirs and ours."""
    diagnosis = report.diagnosis if report else None
    if diagnosis is None or diagnosis.first_difference is None:
        return None
    place = diagnosis.first_difference
    return _cut(diagnosis.theirs, place), _cut(diagnosis.ours, place)


def _cut(text: str, place: int) -> Marked:
    encoded = text.encode(errors="replace")
    before = encoded[:place].decode(errors="ignore")
    rest = text[len(before) :]
    # A line end has no width to be marked.
    at = rest[:1].replace("\n", "↵\n").replace("\r", "␍") or "∎"
    return Marked(before, at, rest[1:])


_NOT_IN_LOG: Final = Text(
    "日志里没有这个 RequestId：它可能太旧、在压力下被丢弃，或属于别的服务。",
    "The log has no such RequestId: it may be too old, dropped under pressure, or of another"
    " server.",
)
_NOT_SIGNED_IN: Final = Text(
    "登录后才能按 RequestId 查询。", "Sign in to look a RequestId up in the log."
)
