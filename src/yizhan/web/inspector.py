# SPDX-License-Identifier: Apache-2.0
"""API Inspector: calls as they come, one call's page, and recorded sessions.

Everything is read from the request log, so it survives a reload and a restart; a viewer is shown
the calls of the accounts that they see, by every route.
"""

import asyncio
import json
import secrets
from collections.abc import AsyncIterator, Mapping
from typing import Any, Final
from urllib.parse import quote, urlencode

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from yizhan.calls.har import har
from yizhan.calls.journal import Journal
from yizhan.calls.model import LoggedCall, Recording, Wanted
from yizhan.calls.policy import least_policy
from yizhan.clock import Clock
from yizhan.codegen import FORMS, SDK_LANGUAGES, ApiCall, CannotRender, Target
from yizhan.codegen import render as render_code
from yizhan.codegen.session import SESSION_FORMS, SessionCall, render_session
from yizhan.errors import ApiError
from yizhan.spec import CAM
from yizhan.spec.error_guide import ERROR_GUIDE
from yizhan.store.base import Store
from yizhan.web.console.page import back, form_of, uin_in
from yizhan.web.console.signed_calls import SignedCalls
from yizhan.web.frame import SECURITY_HEADERS, Frame, moment
from yizhan.web.online_call import NotSent
from yizhan.web.reader import reader_of
from yizhan.web.viewer import Gate, Viewer
from yizhan.wire.decode import decode
from yizhan.wire.parameters import INTEGER

PER_PAGE: Final = 100
AT_ONCE: Final = 100
"""Calls that an event stream sends at a time."""
BEAT_SECONDS: Final = 15.0
"""A comment keeps proxies from taking a quiet stream for a dead one."""
MOST_STREAMS: Final = 64
MOST_RECORDED: Final = 2000
CODE_FORMS: Final = (*SDK_LANGUAGES, "tccli", "terraform")
FILES: Final = {form.file_name: name for name, form in SESSION_FORMS.items()}


class Inspector:
    def __init__(
        self,
        frame: Frame,
        gate: Gate,
        journal: Journal,
        store: Store,
        clock: Clock,
        signed_calls: SignedCalls,
    ) -> None:
        self._frame = frame
        self._gate = gate
        self._journal = journal
        self._store = store
        self._clock = clock
        self._signed_calls = signed_calls
        self._streams = 0
        self._ended = asyncio.Event()

    def routes(self) -> list[Route]:
        page = self._gate.for_all
        return [
            Route("/inspector", page(self.calls), methods=["GET"]),
            Route("/inspector/events", page(self.events), methods=["GET"]),
            Route("/inspector/export", page(self.export), methods=["GET"]),
            Route("/inspector/recordings", page(self.record), methods=["POST"]),
            Route("/inspector/recordings/{id}", page(self.recording), methods=["GET"]),
            Route("/inspector/recordings/{id}/stop", page(self.stop_recording), methods=["POST"]),
            Route("/inspector/recordings/{id}/delete", page(self.forget), methods=["POST"]),
            Route("/inspector/recordings/{id}/{file}", page(self.recorded_file), methods=["GET"]),
            Route("/requests/{request_id}", page(self.one), methods=["GET"]),
            Route("/requests/{request_id}/replay", page(self.replay), methods=["POST"]),
        ]

    def end_streams(self) -> None:
        """The server ends: nobody waits for calls any more."""
        self._ended.set()

    # ---- calls as they come ----------------------------------------------------------------------

    async def calls(self, request: Request, viewer: Viewer) -> Response:
        wanted = wanted_of(request.query_params)
        before = uin_in(request.query_params.get("before", ""))
        if before:
            wanted = msgspec.structs.replace(wanted, last=before - 1)
        calls = await self._journal.select(viewer.seen, wanted, limit=PER_PAGE)
        chosen = {name: request.query_params.get(name, "") for name in _FILTERS}
        given = {name: value for name, value in chosen.items() if value}
        newest = await self._journal.last_place()
        stream = urlencode(given | {"after": newest, "as": "row"})
        recordings = [each for each in await self._journal.recordings() if _may_see(viewer, each)]
        return self._frame.page(
            request,
            "inspector/list.html",
            title=self._frame.texts(reader_of(request)).inspector,
            section="inspector",
            viewer=viewer,
            calls=calls,
            groups=_groups(calls) if chosen["group"] else None,
            chosen=chosen,
            query=urlencode(given),
            stream="" if before else f"/inspector/events?{stream}",
            older=calls[-1].seq if len(calls) == PER_PAGE else None,
            actions=tuple(CAM.actions),
            recordings=recordings[:20],
            under_way=[each for each in recordings if each.last is None],
            enabled=self._journal.enabled,
            dropped=self._journal.dropped if viewer.operates else 0,
        )

    async def events(self, request: Request, viewer: Viewer) -> Response:
        """Server-sent events: each call as a piece of the page; its place in the log is the id."""
        if self._streams >= MOST_STREAMS or self._ended.is_set():
            raise HTTPException(503)
        after = uin_in(
            request.headers.get("last-event-id", "") or request.query_params.get("after", "")
        )
        if after is None:
            after = await self._journal.last_place()
        template = "line" if request.query_params.get("as") == "line" else "row"
        wanted = wanted_of(request.query_params)
        body = self._stream(viewer, request, wanted, after, f"inspector/{template}.html")
        headers = SECURITY_HEADERS | {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return StreamingResponse(body, media_type="text/event-stream", headers=headers)

    async def _stream(
        self, viewer: Viewer, request: Request, wanted: Wanted, after: int, template: str
    ) -> AsyncIterator[str]:
        language = reader_of(request).language
        self._streams += 1
        try:
            yield "retry: 1000\n\n"
            while not self._ended.is_set():
                news = asyncio.create_task(self._journal.news())
                turned = msgspec.structs.replace(wanted, first=after + 1)
                calls = await self._journal.select(viewer.seen, turned, limit=AT_ONCE, order="ASC")
                for call in calls:
                    html = self._frame.fragment(language, template, call=call)
                    yield f"id: {call.seq}\nevent: call\ndata: {json.dumps(html)}\n\n"
                    after = call.seq
                if len(calls) == AT_ONCE:
                    news.cancel()
                    continue
                ended = asyncio.create_task(self._ended.wait())
                done, waiting = await asyncio.wait(
                    (news, ended), timeout=BEAT_SECONDS, return_when=asyncio.FIRST_COMPLETED
                )
                for task in waiting:
                    task.cancel()
                if not done:
                    # Whoever is signed out, or has lost the key, sees no more.
                    if await self._gate.viewer(request) is None:
                        return
                    yield ": \n\n"
        finally:
            self._streams -= 1

    async def export(self, request: Request, viewer: Viewer) -> Response:
        """What the filters leave, as JSON lines or HAR."""
        wanted = wanted_of(request.query_params)
        if request.query_params.get("format") == "har":
            calls = await self._journal.select(viewer.seen, wanted, limit=MOST_RECORDED)
            return _file("calls.har", json.dumps(har(calls[::-1]), ensure_ascii=False))

        async def lines() -> AsyncIterator[bytes]:
            async for call in self._journal.each(viewer.seen, wanted):
                yield msgspec.json.encode(call) + b"\n"

        headers = _attachment("calls.jsonl")
        return StreamingResponse(lines(), media_type="application/x-ndjson", headers=headers)

    # ---- one call --------------------------------------------------------------------------------

    async def one(self, request: Request, viewer: Viewer) -> Response:
        call = await self._found(request, viewer)
        if request.query_params.get("format") == "har":
            return _file(f"{call.request_id}.har", json.dumps(har([call]), ensure_ascii=False))
        if request.query_params.get("format") == "json":
            return JSONResponse(msgspec.to_builtins(call))
        return await self._one(request, viewer, call)

    async def _one(
        self, request: Request, viewer: Viewer, call: LoggedCall, *, problem: str = ""
    ) -> Response:
        form = request.query_params.get("form", "python")
        form = form if form in CODE_FORMS else "python"
        reader = reader_of(request)
        here = self._frame.place(reader).target
        code, refusal = _code(call, form, here)
        return self._frame.page(
            request,
            "inspector/call.html",
            title=call.request_id,
            section="inspector",
            address=f"/requests/{call.request_id}?form={form}",
            viewer=viewer,
            call=call,
            forms=[FORMS[each] for each in CODE_FORMS],
            form=FORMS[form],
            code=code,
            refusal=refusal,
            explorer=explorer_link(call, viewer),
            guide=ERROR_GUIDE.get(call.code),
            problem=problem,
            may_replay=self._may_replay(viewer, call),
            same_trace=bool(call.trace_id),
        )

    def _may_replay(self, viewer: Viewer, call: LoggedCall) -> bool:
        return call.owner_uin is not None and call.action in CAM.actions

    async def replay(self, request: Request, viewer: Viewer) -> Response:
        """The same call once more, newly signed. Its values come from memory, not from the log."""
        await form_of(request)
        call = await self._found(request, viewer)
        texts = self._frame.texts(reader_of(request))
        values = self._values(call)
        if values is None or call.owner_uin is None or call.action not in CAM.actions:
            return await self._one(request, viewer, call, problem=texts.replay_impossible)
        try:
            exchange = await self._signed_calls.call(
                request, viewer, call.owner_uin, call.action, values
            )
        except NotSent as error:
            return await self._one(request, viewer, call, problem=str(error))
        return back(f"/requests/{exchange.request_id}")

    def _values(self, call: LoggedCall) -> dict[str, Any] | None:
        """As they were sent; None if that is not known any more."""
        if not call.masked:
            return call.parameters
        original = self._journal.original(call.request_id)
        if original is None:
            return None
        try:
            decoded = decode(original)
        except ApiError:
            return None
        return _typed(call.action, decoded.parameters) if decoded.is_text else decoded.parameters

    async def _found(self, request: Request, viewer: Viewer) -> LoggedCall:
        call = await self._journal.find(request.path_params["request_id"], viewer.seen)
        if call is None:
            raise HTTPException(404)
        return call

    # ---- recorded sessions -----------------------------------------------------------------------

    async def record(self, request: Request, viewer: Viewer) -> Response:
        form = await form_of(request)
        now = self._clock.now()
        name = form.get("name", "").strip()[:80]
        recording = Recording(
            id=secrets.token_hex(8),
            name=name or moment(now),
            owner_uin=viewer.owner_uin,
            uin=viewer.seen.uin,
            begun_at=now,
            first=await self._journal.last_place() + 1,
        )
        await self._journal.put_recording(recording)
        return back("/inspector")

    async def stop_recording(self, request: Request, viewer: Viewer) -> Response:
        await form_of(request)
        recording = await self._recording(request, viewer)
        if recording.last is None:
            last = await self._journal.last_place()
            await self._journal.put_recording(msgspec.structs.replace(recording, last=last))
        return back(f"/inspector/recordings/{recording.id}")

    async def forget(self, request: Request, viewer: Viewer) -> Response:
        await form_of(request)
        recording = await self._recording(request, viewer)
        await self._journal.delete_recording(recording.id)
        return back("/inspector")

    async def recording(self, request: Request, viewer: Viewer) -> Response:
        recording = await self._recording(request, viewer)
        calls = await self._recorded(recording, viewer)
        form = request.query_params.get("form", "python")
        form = form if form in SESSION_FORMS else "python"
        here = self._frame.place(reader_of(request)).target
        try:
            source, refusal = render_session(_session(calls, here), form, target=here).text, ""
        except CannotRender as error:
            source, refusal = "", str(error)
        return self._frame.page(
            request,
            "inspector/recording.html",
            title=recording.name,
            section="inspector",
            address=f"/inspector/recordings/{recording.id}?form={form}",
            viewer=viewer,
            recording=recording,
            calls=calls,
            policy=json.dumps(least_policy(calls), indent=2),
            forms=SESSION_FORMS,
            form=form,
            source=source,
            refusal=refusal,
        )

    async def recorded_file(self, request: Request, viewer: Viewer) -> Response:
        recording = await self._recording(request, viewer)
        calls = await self._recorded(recording, viewer)
        name = request.path_params["file"]
        if name == "session.har":
            return _file(name, json.dumps(har(calls), ensure_ascii=False))
        if name == "policy.json":
            return _file(name, json.dumps(least_policy(calls), indent=2) + "\n")
        if name not in FILES:
            raise HTTPException(404)
        here = self._frame.place(reader_of(request)).target
        try:
            return _file(name, render_session(_session(calls, here), FILES[name], target=here).text)
        except CannotRender as error:
            raise HTTPException(400, str(error)) from None

    async def _recording(self, request: Request, viewer: Viewer) -> Recording:
        """Raises: HTTPException 404, also for one that somebody else made."""
        for each in await self._journal.recordings():
            if each.id == request.path_params["id"] and _may_see(viewer, each):
                return each
        raise HTTPException(404)

    async def _recorded(self, recording: Recording, viewer: Viewer) -> list[LoggedCall]:
        wanted = Wanted(first=recording.first, last=recording.last)
        return await self._journal.select(viewer.seen, wanted, limit=MOST_RECORDED, order="ASC")


_FILTERS: Final = ("action", "code", "uin", "client", "trace", "hide_reads", "group")


def wanted_of(given: Mapping[str, str]) -> Wanted:
    """The filters of an address; what cannot be one is left out."""
    return Wanted(
        action=given.get("action", "").strip()[:64],
        code=given.get("code", "").strip()[:64],
        uin=uin_in(given.get("uin", "").strip()),
        client=given.get("client", "").strip()[:64],
        trace_id=given.get("trace", "").strip()[:64],
        hide_reads=bool(given.get("hide_reads")),
    )


def _groups(calls: list[LoggedCall]) -> list[tuple[str, list[LoggedCall]]]:
    """By TraceId, in the order of each group's newest call; calls without one last."""
    found: dict[str, list[LoggedCall]] = {}
    for call in calls:
        found.setdefault(call.trace_id, []).append(call)
    return sorted(found.items(), key=lambda group: not group[0])


def _may_see(viewer: Viewer, recording: Recording) -> bool:
    if viewer.operates:
        return recording.owner_uin is None
    return (recording.owner_uin, recording.uin) == (viewer.owner_uin, viewer.seen.uin)


def explorer_link(call: LoggedCall, viewer: Viewer) -> str:
    """Where the call can be changed and sent again; empty if the Explorer has no such action."""
    if call.action not in CAM.actions:
        return ""
    names = {parameter.name for parameter in CAM.actions[call.action].input}
    plain = all(isinstance(v, str | int) and n in names for n, v in call.parameters.items())
    if plain:
        pairs = {name: str(value) for name, value in call.parameters.items()}
    else:
        pairs = {"view": "json", "json": json.dumps(call.parameters, ensure_ascii=False)}
    if not call.parameters:
        pairs = {"view": "json", "json": "{}"}
    if call.region:
        pairs["region"] = call.region
    if viewer.kind == "dev" and call.secret_id:
        pairs["identity"] = call.secret_id
    return f"/explorer/cam/{call.action}?{urlencode(pairs)}"


def _code(call: LoggedCall, form: str, here: Target) -> tuple[str, str]:
    """Source text, or why there is none."""
    try:
        return render_code(api_call(call, here), form).text, ""
    except CannotRender as error:
        return "", str(error)


def api_call(call: LoggedCall, target: Target) -> ApiCall:
    return ApiCall(
        action=call.action,
        values=_typed(call.action, call.parameters),
        target=target,
        region=call.region,
        reply_language=call.language if call.language in ("zh-CN", "en-US") else "",
    )


def _typed(action: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Numbers that came as text, as GET and forms carry them, become numbers."""
    if action not in CAM.actions:
        return dict(values)
    types = {each.name: each.type for each in CAM.actions[action].input}
    return {
        name: int(value)
        if types.get(name) in ("int64", "uint64")
        and isinstance(value, str)
        and INTEGER.fullmatch(value)
        else value
        for name, value in values.items()
    }


def _session(calls: list[LoggedCall], target: Target) -> list[SessionCall]:
    return [SessionCall(api_call(call, target), call.code) for call in calls]


def _attachment(name: str) -> dict[str, str]:
    return {
        "Content-Disposition": f"attachment; filename={quote(name)}",
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }


def _file(name: str, text: str) -> Response:
    media_type = "application/json" if name.endswith(("har", "json")) else "text/plain"
    return PlainTextResponse(text, headers=_attachment(name), media_type=media_type)
