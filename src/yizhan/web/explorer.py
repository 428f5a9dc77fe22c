# SPDX-License-Identifier: Apache-2.0
"""The API Explorer: fill in a call, see it as code, step by step and on the wire, and send it.

One form holds everything. Without script it is submitted and the page comes back; a script submits
the same form and puts the parts of the answer in their places.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import quote

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from yizhan.clock import Clock
from yizhan.codegen import FORMS, SDK_LANGUAGES, TENCENT_CLOUD, CannotRender, Source, Target
from yizhan.codegen import render as render_code
from yizhan.settings import Settings
from yizhan.spec import CAM
from yizhan.web.explorer_draft import OWN_KEY, SIGN_METHODS, TABS, Draft, read_draft
from yizhan.web.frame import Frame
from yizhan.web.identities import Identities, Offer
from yizhan.web.online_call import Exchange, NotSent, send
from yizhan.web.reader import Reader, reader_of
from yizhan.web.same_origin import require_same_origin
from yizhan.web.scenarios import CannotRun, Scenarios
from yizhan.web.state import StateReader
from yizhan.web.texts import say
from yizhan.web.value_checks import faults
from yizhan.wire.compare_signatures import compare
from yizhan.wire.outgoing import Credentials, Outgoing, sign_call
from yizhan.wire.signing_steps import steps

Pane = Callable[["Shown", Mapping[str, str], str], dict[str, Any]]
"""What a tab shows: from the draft, all that was given, and the scenario that ran."""
SECRET_ID: Final = re.compile(r"[\w.-]+", re.ASCII)
"""Of a reader's own key: what can stand in an Authorization header and be found again."""
OTHER_FORMS: Final = tuple(form for form in FORMS if form not in SDK_LANGUAGES)


class Shown(msgspec.Struct):
    """What a pane is made of."""

    draft: Draft
    reader: Reader
    credentials: Credentials | None
    values: dict[str, Any] | None
    """None if the JSON view cannot be read."""
    exchange: Exchange | None = None
    problem: str = ""


class Explorer:
    def __init__(
        self,
        frame: Frame,
        state: StateReader,
        identities: Identities,
        scenarios: Scenarios,
        settings: Settings,
        clock: Clock,
    ) -> None:
        self._frame = frame
        self._state = state
        self._identities = identities
        self._scenarios = scenarios
        self._settings = settings
        self._clock = clock

    def routes(self) -> list[Route]:
        return [
            Route("/explorer", self.home),
            Route("/explorer/cam/{action}", self.show, methods=["GET", "POST"]),
            Route("/explorer/cam/{action}/source", self.source, methods=["GET", "POST"]),
        ]

    async def home(self, _: Request) -> Response:
        return RedirectResponse(f"/explorer/cam/{next(iter(CAM.actions))}")

    async def show(self, request: Request) -> Response:
        """The page, or for a script its parts as JSON."""
        given = await _given(request)
        offers = await self._identities.offers()
        shown = await self._read(request, given, offers)
        ran = given.get("scenario", "")
        if given.get("do") == "send":
            await self._send(shown, request)
        elif ran:
            await self._run_scenario(shown, ran, request)
        context = await self._context(shown, given, offers, ran)
        if request.method == "POST" and request.headers.get("accept") == "application/json":
            return JSONResponse(self._parts(shown, context))
        draft = shown.draft
        return self._frame.page(
            request,
            "explorer.html",
            title=f"{draft.action} · API Explorer",
            summary=say(CAM.actions[draft.action].description, shown.reader.language),
            section="explorer",
            address=draft.permalink(),
            permalink=draft.permalink(),
            **context,
        )

    async def source(self, request: Request) -> Response:
        """A generated program as a file."""
        shown = await self._read(request, await _given(request), [])
        try:
            source = self._source(shown, shown.draft.form)
        except (CannotRender, ValueError) as error:
            raise HTTPException(400, str(error)) from None
        disposition = f"attachment; filename*=UTF-8''{quote(source.file_name)}"
        return PlainTextResponse(source.text, headers={"Content-Disposition": disposition})

    # ---- reading ---------------------------------------------------------------------------------

    async def _read(self, request: Request, given: Mapping[str, str], offers: list[Offer]) -> Shown:
        action = request.path_params["action"]
        if action not in CAM.actions:
            raise HTTPException(404)
        usual = offers[0].secret_id if offers else OWN_KEY
        draft = read_draft(action, given, identity=usual)
        if draft.identity == OWN_KEY:
            usable = SECRET_ID.fullmatch(draft.own.secret_id) and draft.own.secret_key
            credentials = draft.own if usable else None
        else:
            credentials = await self._identities.credentials(draft.identity)
        try:
            values, problem = draft.values(), ""
        except ValueError as error:
            values, problem = None, str(error)
        return Shown(draft, reader_of(request), credentials, values, problem=problem)

    def _signed(self, shown: Shown, target: Target) -> Outgoing | None:
        """The call as it would be sent to the target; None if there is nothing to sign, or with."""
        draft = shown.draft
        if shown.credentials is None or shown.values is None:
            return None
        timestamp = draft.timestamp if draft.timestamp.isdecimal() else ""
        return sign_call(
            action=draft.action,
            values=shown.values,
            credentials=shown.credentials,
            host=target.host,
            scheme="http" if target.plain_http else "https",
            timestamp=int(timestamp[:11] or self._clock.now()),
            region=draft.region,
            language=draft.reply,
            sign_method=draft.sign,
            http_method=draft.method,
        )

    def _here(self, shown: Shown) -> Target:
        return self._frame.place(shown.reader).target

    def _target(self, shown: Shown) -> Target:
        return TENCENT_CLOUD if shown.draft.target == "tencent" else self._here(shown)

    # ---- doing -----------------------------------------------------------------------------------

    async def _send(self, shown: Shown, request: Request) -> None:
        outgoing = self._signed(shown, self._here(shown))
        if outgoing is None:
            return
        try:
            shown.exchange = await send(outgoing, request.scope["server"])
        except NotSent as error:
            shown.problem = str(error)

    async def _run_scenario(self, shown: Shown, code: str, request: Request) -> None:
        reader = shown.reader
        try:
            shown.exchange = await self._scenarios.run(
                shown.draft.action,
                code,
                host=reader.host,
                scheme=reader.scheme,
                language=shown.draft.reply,
                address=request.scope["server"],
            )
        except CannotRun as error:
            shown.problem = say(error.why, reader.language)
        except NotSent as error:
            shown.problem = str(error)

    # ---- showing ---------------------------------------------------------------------------------

    async def _context(
        self, shown: Shown, given: Mapping[str, str], offers: list[Offer], ran: str
    ) -> dict[str, Any]:
        """What the templates of the page and of its panes name."""
        draft = shown.draft
        context = {
            "draft": draft,
            "action": CAM.actions[draft.action],
            "actions": CAM.actions,
            "offers": offers,
            "offer": next((o for o in offers if o.secret_id == draft.identity), None),
            "own_key": OWN_KEY,
            "tabs": TABS,
            "sign_methods": SIGN_METHODS,
            "signed": shown.credentials is not None,
            "faults": self._faults(shown),
            "problem": shown.problem,
            "exchange": shown.exchange,
            "state": await self._state.of(draft.action),
        }
        panes: dict[str, Pane] = {
            "call": self._call_pane,
            "code": self._code_pane,
            "cli": self._cli_pane,
            "signature": self._signature_pane,
            "docs": self._docs_pane,
            "scenarios": self._scenarios_pane,
        }
        return context | panes[draft.tab](shown, given, ran)

    def _parts(self, shown: Shown, context: dict[str, Any]) -> dict[str, Any]:
        language, draft = shown.reader.language, shown.draft
        pane = self._frame.fragment(language, f"explorer/{draft.tab}.html", **context)
        return {
            "tab": draft.tab,
            "view": draft.view,
            "pane": pane,
            "faults": context["faults"],
            "problem": shown.problem if shown.values is None else "",
            "fields": draft.fields,
            "json": draft.json,
            "permalink": draft.permalink(),
        }

    def _faults(self, shown: Shown) -> dict[str, str]:
        """By parameter: what the server would say of it."""
        if shown.values is None:
            return {}
        found = faults(shown.draft.action, shown.values, self._settings.receivers)
        return {name: fault.message(shown.reader.language) for name, fault in found.items()}

    def _call_pane(self, shown: Shown, _: Mapping[str, str], __: str) -> dict[str, Any]:
        outgoing = self._signed(shown, self._here(shown))
        return {"preview": outgoing and outgoing.as_bytes()}

    def _code_pane(self, shown: Shown, _: Mapping[str, str], __: str) -> dict[str, Any]:
        form = shown.draft.form if shown.draft.form in SDK_LANGUAGES else SDK_LANGUAGES[0]
        return {"forms": [FORMS[each] for each in SDK_LANGUAGES], "form": FORMS[form]} | (
            self._rendered(shown, form)
        )

    def _cli_pane(self, shown: Shown, _: Mapping[str, str], __: str) -> dict[str, Any]:
        return {
            "sources": [{"form": FORMS[form]} | self._rendered(shown, form) for form in OTHER_FORMS]
        }

    def _signature_pane(self, shown: Shown, given: Mapping[str, str], _: str) -> dict[str, Any]:
        outgoing = self._signed(shown, self._target(shown))
        if outgoing is None or shown.credentials is None:
            return {"steps": (), "pasted": {}, "comparison": None}
        names = ("pasted", "pasted_canonical", "pasted_string")
        pasted = {name: given.get(name, "") for name in names}
        comparison = None
        if any(pasted.values()):
            comparison = compare(
                pasted["pasted"],
                outgoing,
                shown.credentials,
                their_canonical_request=pasted["pasted_canonical"],
                their_string_to_sign=pasted["pasted_string"],
            )
        shown_steps = steps(outgoing, shown.credentials)
        return {"steps": shown_steps, "pasted": pasted, "comparison": comparison}

    def _docs_pane(self, shown: Shown, _: Mapping[str, str], __: str) -> dict[str, Any]:
        place = self._frame.place(shown.reader)
        path = f"/docs/cam/{shown.draft.action}"
        page = self._frame.library.html(path, shown.reader.language, place)
        return {"documentation": page.markup_without_title, "path_of_docs": path}

    def _scenarios_pane(self, shown: Shown, _: Mapping[str, str], ran: str) -> dict[str, Any]:
        return {"scenarios": self._scenarios.of(shown.draft.action), "ran": ran}

    def _rendered(self, shown: Shown, form: str) -> dict[str, Any]:
        try:
            return {"source": self._source(shown, form), "refusal": ""}
        except (CannotRender, ValueError) as error:
            return {"source": None, "refusal": str(error)}

    def _source(self, shown: Shown, form: str) -> Source:
        call = shown.draft.call(self._here(shown))
        return render_code(call, form, signed=self._signed(shown, self._target(shown)))


async def _given(request: Request) -> dict[str, str]:
    if request.method != "POST":
        return dict(request.query_params)
    require_same_origin(request)
    async with request.form(max_files=0) as form:
        return {name: value for name, value in form.items() if isinstance(value, str)}
