# SPDX-License-Identifier: Apache-2.0
"""Routes of the API platform: its pages, their Markdown, search, and the facts for programs."""

import asyncio
from importlib import resources

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from yizhan.spec import CAM
from yizhan.web.documents import DOCUMENTS
from yizhan.web.frame import SECURITY_HEADERS, Frame
from yizhan.web.markdown import without_anchors
from yizhan.web.openapi import openapi
from yizhan.web.reader import reader_of
from yizhan.web.search import Index, build_index, localised
from yizhan.web.state import StateReader

SPEC_FILE = f"cam-{CAM.version}.json"


class ApiDocs:
    def __init__(self, frame: Frame, state: StateReader) -> None:
        self._frame = frame
        self._state = state
        self._built: Index | None = None

    def routes(self) -> list[Route]:
        return [
            Route("/docs/search", self.search),
            Route("/docs/search.json", self.search_json),
            Route("/docs", self.page),
            Route("/docs.md", self.markdown),
            Route("/docs/{rest:path}", self.page_or_markdown),
            Route("/llms.txt", self.llms),
            Route("/openapi.json", self.openapi),
            Route(f"/spec/{SPEC_FILE}", self.spec),
        ]

    async def _index(self) -> Index:
        """Made at the first search, in a thread, so that API calls go on meanwhile."""
        if self._built is None:
            self._built = await asyncio.to_thread(build_index, self._frame.library)
        return self._built

    async def page_or_markdown(self, request: Request) -> Response:
        if request.url.path.endswith(".md"):
            return await self.markdown(request)
        if request.url.path.endswith("/"):
            return RedirectResponse(request.url.path.rstrip("/"))
        return await self.page(request)

    async def page(self, request: Request) -> Response:
        document = DOCUMENTS.get(request.url.path)
        if document is None:
            raise HTTPException(404)
        reader = reader_of(request)
        rendered = self._frame.library.html(
            document.path, reader.language, self._frame.place(reader)
        )
        state = await self._state.of(document.subject) if document.subject in CAM.actions else None
        return self._frame.page(
            request,
            "document.html",
            title=rendered.title,
            summary=rendered.summary,
            path=document.path,
            html=rendered.markup,
            contents=[heading for heading in rendered.headings if heading.level == 2],
            state=state,
        )

    async def markdown(self, request: Request) -> Response:
        path = request.url.path.removesuffix(".md")
        if path not in DOCUMENTS:
            raise HTTPException(404)
        reader = reader_of(request)
        text = self._frame.library.markdown(path, reader.language, self._frame.place(reader))
        return _text(without_anchors(text), "text/markdown")

    async def search(self, request: Request) -> Response:
        query = request.query_params.get("q", "")
        reader = reader_of(request)
        index = await self._index()
        found = index.search(query)
        return self._frame.page(
            request,
            "search.html",
            title=self._frame.texts(reader).search_results,
            query=query,
            results=[localised(entry, reader.language) for entry in found],
            near=index.near(query),
        )

    async def search_json(self, request: Request) -> Response:
        language = reader_of(request).language
        query = request.query_params.get("q", "")
        found = (await self._index()).search(query, most=12)
        return JSONResponse({"results": [localised(entry, language) for entry in found]})

    async def llms(self, request: Request) -> Response:
        """Source of the form: llmstxt.org (read 2026-11)."""
        reader = reader_of(request)
        library, place = self._frame.library, self._frame.place(reader)
        lines = []
        for document in DOCUMENTS.values():
            page = library.html(document.path, reader.language, place)
            lines.append(f"- [{page.title}]({reader.origin}{document.path}.md): {page.summary}")
        first = library.html("/docs", reader.language, place)
        text = f"# {first.title}\n\n> {first.summary}\n\n## Docs\n\n" + "\n".join(lines) + "\n"
        return _text(text, "text/plain")

    async def openapi(self, request: Request) -> Response:
        reader = reader_of(request)
        return JSONResponse(openapi(reader.language, reader.origin))

    async def spec(self, _: Request) -> Response:
        raw = resources.files("yizhan.spec").joinpath(SPEC_FILE).read_bytes()
        return Response(raw, media_type="application/json")


def _text(text: str, media_type: str) -> Response:
    headers = {"X-Content-Type-Options": SECURITY_HEADERS["X-Content-Type-Options"]}
    return PlainTextResponse(text, media_type=media_type, headers=headers)
