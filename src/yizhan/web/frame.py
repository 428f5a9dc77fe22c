# SPDX-License-Identifier: Apache-2.0
"""How a page is answered: its frame, its language, and the headers that keep it to itself."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

import jinja2
from markupsafe import Markup, escape
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from yizhan.web.documents import DOCUMENTS, GROUPS, Library, Place
from yizhan.web.highlight import highlighted, wire_text
from yizhan.web.markdown import slug
from yizhan.web.reader import PAGE_LANGUAGES, THEMES, PageLanguage, Reader, reader_of
from yizhan.web.texts import Texts, say
from yizhan.web.viewer import Viewer

SECURITY_HEADERS: Final = {
    # Nothing from elsewhere and nothing inline: markup that slips in could do nothing.
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


class Frame:
    """Renders the portal's templates."""

    def __init__(self, library: Library, profile: str) -> None:
        self.library = library
        self.profile = profile
        self._environments = {language: _environment(language) for language in PAGE_LANGUAGES}

    def page(
        self,
        request: Request,
        template: str,
        *,
        title: str,
        status: int = 200,
        section: str = "docs",
        address: str | None = None,
        viewer: Viewer | None = None,
        headers: Mapping[str, str] | None = None,
        **context: Any,
    ) -> Response:
        """A whole page; what its templates name beyond this stands in `context`.

        Args:
            address: where the same page is found again; by default as it was asked for.
            viewer: who looks, on pages that depend on it.
            headers: what replaces the usual ones.
        """
        reader = reader_of(request)
        here = address or f"{request.url.path}?{request.url.query}"
        html = (
            self._environments[reader.language]
            .get_template(template)
            .render(
                {"summary": "", "path": "", "state": None, "contents": ()}
                | context
                | {
                    "title": title,
                    "section": section,
                    "reader": reader,
                    "viewer": viewer,
                    "profile": self.profile,
                    "titles": self.library.titles(reader.language),
                    "here": lambda **changes: _turned(here, changes),
                }
            )
        )
        usual = {"Cache-Control": "no-store", "Vary": "Accept-Language, Cookie"}
        response = HTMLResponse(html, status, SECURITY_HEADERS | usual | dict(headers or {}))
        reader.remember(response)
        return response

    def fragment(self, language: PageLanguage, template: str, **context: Any) -> str:
        """A part of a page, for a script to put in its place."""
        return self._environments[language].get_template(template).render(context)

    def texts(self, reader: Reader) -> Texts:
        return Texts(reader.language)

    def place(self, reader: Reader) -> Place:
        return Place(reader.host, plain_http=reader.scheme == "http", profile=self.profile)


def moment(at: float) -> str:
    """`2026-11-24 10:32:38 UTC`"""
    return f"{_utc(at):%Y-%m-%d %H:%M:%S} UTC"


def _ticks(text: str) -> Markup:
    """What stands in back-quotes as code, all else as it is."""
    parts = str(escape(text)).split("`")
    shown = [f"<code>{part}</code>" if at % 2 else part for at, part in enumerate(parts)]
    return Markup("".join(shown))  # noqa: S704 - escaped above


def _utc(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)


def _turned(address: str, changes: dict[str, str]) -> str:
    """The address with another language or theme."""
    path, _, query = address.partition("?")
    kept = [pair for pair in parse_qsl(query) if pair[0] not in ("lang", "theme")]
    return f"{path}?{urlencode([*kept, *changes.items()])}"


def _environment(language: PageLanguage) -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("yizhan.web", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    menu = [
        (
            group,
            [
                document
                for document in DOCUMENTS.values()
                if document.group == group and document.in_menu
            ],
        )
        for group in GROUPS
    ]
    environment.globals |= {"t": Texts(language), "themes": THEMES, "menu": menu}
    environment.filters["say"] = lambda text: say(text, language)
    environment.filters["wire_text"] = wire_text
    environment.filters["anchor"] = slug
    environment.filters["ticks"] = _ticks
    environment.filters["iso"] = lambda at: _utc(at).isoformat()
    environment.filters["clock"] = lambda at: f"{_utc(at):%H:%M:%S}"
    environment.filters["moment"] = moment
    environment.filters["highlighted"] = lambda text, lexer="": Markup(  # noqa: S704
        highlighted(text, lexer)  # Pygments escapes
    )
    return environment
