# SPDX-License-Identifier: Apache-2.0
"""Import and export of receivers: an operator's steps, past the daily quota, audited.

An import is a plan that is shown first and then carried out in portions. It needs no memory of how
far it came: what is there already with the same values is left alone, so to repeat is to go on.
"""

import asyncio
import secrets
from collections import Counter, OrderedDict
from collections.abc import Callable, Sequence
from typing import Final, Literal
from urllib.parse import quote

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from yizhan.domain.model import Receiver, ReceiverDraft
from yizhan.settings import Settings
from yizhan.store.base import Refused
from yizhan.transfer.export import as_csv, as_json, as_terraform
from yizhan.transfer.formats import MAX_BYTES, Unreadable, parse
from yizhan.transfer.plan import Plan, plan
from yizhan.web.console.page import ConsolePage, back, form_of, uin_in
from yizhan.web.reader import reader_of
from yizhan.web.same_origin import require_same_origin
from yizhan.web.texts import say
from yizhan.web.viewer import Gate, Viewer

PORTION: Final = 100
READ_AT_ONCE: Final = 1000
MOST_JOBS: Final = 8
MOST_SHOWN: Final = 200
FORMATS: Final[dict[str, tuple[str, str, Callable[[Sequence[Receiver]], str]]]] = {
    "json": ("application/json", "json", as_json),
    "csv": ("text/csv; charset=utf-8", "csv", as_csv),
    "terraform": ("text/plain; charset=utf-8", "tf", as_terraform),
}


class Job(msgspec.Struct):
    """An import: planned, under way or done."""

    id: str
    actor: str
    uin: int
    plan: Plan
    state: Literal["planned", "running", "done", "failed"] = "planned"
    done: int = 0
    outcomes: Counter[str] = msgspec.field(default_factory=Counter)

    @property
    def drafts(self) -> list[ReceiverDraft]:
        return [step.draft for step in self.plan.steps if step.draft is not None]

    @property
    def total(self) -> int:
        return len(self.drafts)


class TransferPages:
    def __init__(self, page: ConsolePage, gate: Gate, settings: Settings) -> None:
        self._page = page
        self._gate = gate
        self._store = page.store
        self._receivers = settings.receivers
        self._jobs: OrderedDict[str, Job] = OrderedDict()
        self._tasks: set[asyncio.Task[None]] = set()

    def routes(self) -> list[Route]:
        for_all, operators = self._gate.for_all, self._gate.for_operators
        return [
            Route("/receivers/export", for_all(self.export), methods=["POST"]),
            Route("/receivers/import", operators(self.begin), methods=["GET"]),
            Route("/receivers/import", operators(self.dry_run), methods=["POST"]),
            Route("/receivers/import/{job}", operators(self.show), methods=["GET"]),
            Route("/receivers/import/{job}", operators(self.start), methods=["POST"]),
            Route("/receivers/import/{job}/progress", operators(self.progress), methods=["GET"]),
        ]

    async def stop(self) -> None:
        """Let imports end with their portion; to import the file again goes on from there."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def export(self, request: Request, viewer: Viewer) -> Response:
        """All receivers of an account in clear, as a file; audited before it is made."""
        form = await form_of(request)
        account = await self._page.account(viewer, uin_in(form.get("uin", "")) or 0)
        kind = form.get("format", "")
        if kind not in FORMATS or (viewer.kind == "account" and viewer.is_sub_user):
            raise HTTPException(404)
        found = await self._all_receivers(account.uin)
        entry = self._page.entry(
            viewer,
            "receiver.export",
            account.uin,
            str(account.uin),
            format=kind,
            receivers=str(len(found)),
        )
        await self._store.add_audit(entry)
        media_type, ending, make = FORMATS[kind]
        # The mark makes spreadsheets read UTF-8.
        text = await asyncio.to_thread(make, found)
        content = text.encode("utf-8-sig" if kind == "csv" else "utf-8")
        name = quote(f"receivers-{account.uin}.{ending}")
        headers = {
            "Content-Disposition": f"attachment; filename={name}",
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        }
        return Response(content, media_type=media_type, headers=headers)

    async def begin(self, request: Request, viewer: Viewer, problem: str = "") -> Response:
        return await self._page.show(
            request,
            viewer,
            "console/import.html",
            title=self._page.texts(request).import_title,
            status=400 if problem else 200,
            address="/receivers/import",
            accounts=await self._page.accounts(viewer),
            uin=uin_in(request.query_params.get("uin", "")),
            problem=problem,
            job=None,
        )

    async def dry_run(self, request: Request, viewer: Viewer) -> Response:
        require_same_origin(request)
        language = reader_of(request).language
        texts = self._page.texts(request)
        if int(request.headers.get("content-length") or MAX_BYTES + 1) > MAX_BYTES + 4096:
            return await self.begin(request, viewer, texts.import_too_large)
        async with request.form(max_files=1) as form:
            account = await self._page.account(viewer, uin_in(str(form.get("uin", ""))) or 0)
            file = form.get("file")
            if isinstance(file, str) or file is None:
                return await self.begin(request, viewer, texts.import_no_file)
            content = await file.read()
        there = await self._all_receivers(account.uin)
        try:
            planned = await asyncio.to_thread(self._plan, content, there)
        except Unreadable as error:
            return await self.begin(request, viewer, say(error.text, language))
        job = Job(secrets.token_hex(8), viewer.actor, account.uin, planned)
        self._jobs[job.id] = job
        while len(self._jobs) > MOST_JOBS:
            self._jobs.popitem(last=False)
        return back(f"/receivers/import/{job.id}")

    def _plan(self, content: bytes, there: list[Receiver]) -> Plan:
        return plan(
            parse(content, kind="auto"),
            there,
            per_account=self._receivers.per_account,
            accept_masked=self._receivers.accept_masked_samples,
        )

    async def show(self, request: Request, viewer: Viewer) -> Response:
        job = self._job(request)
        shown = [step for step in job.plan.steps if step.verdict not in ("create", "same")]
        shown += [step for step in job.plan.steps if step.verdict in ("create", "same")]
        return await self._page.show(
            request,
            viewer,
            "console/import.html",
            title=self._page.texts(request).import_title,
            accounts=[],
            uin=job.uin,
            job=job,
            steps=shown[:MOST_SHOWN],
            counts=job.plan.counts,
            not_shown=max(0, len(shown) - MOST_SHOWN),
        )

    async def start(self, request: Request, viewer: Viewer) -> Response:
        require_same_origin(request)
        job = self._job(request)
        if job.state == "planned":
            job.state = "running"
            entry = self._page.entry(
                viewer, "receiver.import", job.uin, str(job.uin), planned=str(job.total)
            )
            await self._store.add_audit(entry)
            task = asyncio.create_task(self._run(job, viewer))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return back(f"/receivers/import/{job.id}")

    async def progress(self, request: Request, viewer: Viewer) -> Response:
        job = self._job(request)
        return JSONResponse({"state": job.state, "done": job.done, "total": job.total})

    async def _run(self, job: Job, viewer: Viewer) -> None:
        drafts = job.drafts
        try:
            while job.done < len(drafts):
                part = drafts[job.done : job.done + PORTION]
                outcomes = await self._store.import_receivers(
                    job.uin,
                    part,
                    per_account=self._receivers.per_account,
                    now=int(self._page.clock.now()),
                )
                job.outcomes.update(outcomes)
                job.done += len(part)
            job.state = "done"
        except Refused:
            job.state = "failed"
        except BaseException:
            job.state = "failed"
            raise
        finally:
            details = {name: str(count) for name, count in sorted(job.outcomes.items())}
            entry = self._page.entry(
                viewer, "receiver.import", job.uin, str(job.uin), state=job.state, **details
            )
            await asyncio.shield(self._store.add_audit(entry))

    def _job(self, request: Request) -> Job:
        job = self._jobs.get(request.path_params["job"])
        if job is None:
            raise HTTPException(404)
        return job

    async def _all_receivers(self, uin: int) -> list[Receiver]:
        found: list[Receiver] = []
        while True:
            page = await self._store.list_receivers(uin, offset=len(found), limit=READ_AT_ONCE)
            found += page.receivers
            if len(page.receivers) < READ_AT_ONCE:
                return found
