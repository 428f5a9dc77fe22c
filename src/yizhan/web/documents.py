# SPDX-License-Identifier: Apache-2.0
"""The pages of the API platform. Each is Markdown first; the HTML page is made from that.

`pages/` holds Jinja templates of Markdown: those beside the language folders serve both languages
and get their words from the spec. `reference/` is the repository's docs/, shown as it stands.
"""

import json
import re
from collections.abc import Iterator
from functools import cache, lru_cache
from importlib import resources
from typing import Any, Final, Literal

import jinja2
import msgspec

from yizhan import __version__
from yizhan.codegen import FORMS, ApiCall, Target
from yizhan.codegen import render as render_code
from yizhan.dev_accounts import DEV_KEY
from yizhan.errors import CATALOGUE, Declared
from yizhan.spec import CAM
from yizhan.spec.error_guide import ERROR_GUIDE
from yizhan.spec.model import Parameter
from yizhan.web import markdown
from yizhan.web.reader import PAGE_LANGUAGES, PageLanguage
from yizhan.web.texts import Texts, say

Group = Literal["actions", "clients", "errors", "server"]
GROUPS: Final[tuple[Group, ...]] = ("actions", "clients", "errors", "server")


class Document(msgspec.Struct, frozen=True):
    path: str
    source: str
    """`sdk.md` in `pages/`, or `reference/settings` in `reference/`."""
    group: Group
    subject: str = ""
    """The action or error code of a page that many share."""
    in_menu: bool = True


class Place(msgspec.Struct, frozen=True):
    """What a page says of this server: where clients reach it and what it is."""

    host: str
    plain_http: bool
    profile: str

    @property
    def target(self) -> Target:
        return Target(self.host, plain_http=self.plain_http)


def errors_by_code() -> dict[str, list[Declared]]:
    """The catalogue's entries by code, in the order of the catalogue."""
    found: dict[str, list[Declared]] = {}
    for error in CATALOGUE:
        found.setdefault(error.code, []).append(error)
    return found


ERRORS: Final = errors_by_code()


def _all_documents() -> Iterator[Document]:
    yield Document("/docs", "index.md", "actions")
    for action in CAM.actions:
        yield Document(f"/docs/cam/{action}", "action.md", "actions", action)
    yield Document("/docs/sdk", "sdk.md", "clients")
    yield Document("/docs/cli", "cli.md", "clients")
    yield Document("/docs/terraform", "terraform.md", "clients")
    yield Document("/docs/explorer", "explorer-help.md", "clients")
    yield Document("/docs/console", "console-help.md", "server")
    yield Document("/docs/errors", "errors.md", "errors")
    for code in ERRORS:
        yield Document(f"/docs/errors/{code}", "error.md", "errors", code, in_menu=False)
    yield Document("/docs/order-of-checks", "reference/order-of-checks", "errors")
    yield Document("/docs/fidelity", "reference/divergences", "server")
    yield Document("/docs/settings", "reference/settings", "server")


DOCUMENTS: Final = {document.path: document for document in _all_documents()}


class Library:
    """Renders the documents; what it rendered it keeps."""

    def __init__(self) -> None:
        self._pages = {language: _environment(language) for language in PAGE_LANGUAGES}
        # Instances live as long as the process, so a cache on the method is no leak.
        self.markdown = lru_cache(maxsize=256)(self._markdown)
        self.html = lru_cache(maxsize=256)(self._html)
        self.titles = cache(self._titles)

    def _html(self, path: str, language: PageLanguage, place: Place) -> markdown.Rendered:
        text = self.markdown(path, language, place)
        if language == "en-US":
            return markdown.render(text)
        return markdown.render(text, like=self.html(path, "en-US", place))

    def _markdown(self, path: str, language: PageLanguage, place: Place) -> str:
        """Raises: KeyError, if there is no such page."""
        document = DOCUMENTS[path]
        if document.source.startswith("reference/"):
            return _reference(document.source, language)
        return (
            self._pages[language]
            .select_template([document.source, f"{language}/{document.source}"])
            .render(subject=document.subject, **_facts(place))
        )

    def _titles(self, language: PageLanguage) -> dict[str, str]:
        """By path: for menus, which do not depend on where the server is."""
        place = Place("", plain_http=True, profile="dev")
        return {
            path: self.markdown(path, language, place).partition("\n")[0].removeprefix("# ")
            for path, document in DOCUMENTS.items()
            if document.in_menu
        }


def _facts(place: Place) -> dict[str, Any]:
    """What the templates may name."""
    is_dev = place.profile == "dev"

    def code(form: str, action: str = "CreateMessageReceiver", **values: str | int) -> str:
        call = ApiCall(action=action, values=values, target=place.target, region="ap-guangzhou")
        return _fenced(render_code(call, form).text, FORMS[form].lexer)

    def install(form: str) -> str:
        call = ApiCall(action="ListReceiver", values={}, target=place.target)
        return render_code(call, form).install

    return {
        "host": place.host,
        "origin": place.target.origin,
        "plain_http": place.plain_http,
        "profile": place.profile,
        "secret_id": DEV_KEY.secret_id if is_dev else "",
        "secret_key": DEV_KEY.secret_key if is_dev else "",
        "example": CAM.actions["CreateMessageReceiver"].examples[0].request,
        "code": code,
        "install": install,
    }


def _fenced(text: str, lexer: str) -> str:
    return f"```{lexer}\n{text.rstrip()}\n```"


def _environment(language: PageLanguage) -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("yizhan.web", "pages"),
        autoescape=False,  # noqa: S701 - gives Markdown, which markdown.py renders with HTML off
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        comment_start_string="{##",  # as `{#name}` is an anchor
        comment_end_string="##}",
        auto_reload=False,
    )
    environment.filters["say"] = lambda text: say(text, language)
    environment.filters["json"] = lambda value: json.dumps(value, ensure_ascii=False, indent=4)
    environment.filters["wire_type"] = wire_type
    environment.globals |= {
        "t": Texts(language),
        "language": language,
        "cam": CAM,
        "errors": ERRORS,
        "guide": ERROR_GUIDE,
        "version": __version__,
        "codes_of_actions": {
            error.code for action in CAM.actions.values() for error in action.errors
        },
    }
    return environment


def wire_type(parameter: Parameter) -> str:
    """As the official pages name types: String, Integer, Array of Receiver."""
    if parameter.type == "list":
        return f"Array of [{parameter.items}](#{parameter.items})"
    return "String" if parameter.type == "string" else "Integer"


# ---- the repository's docs/ --------------------------------------------------------------------

_LINK: Final = re.compile(r"\[([^\]]+)\]\(([\w./-]+?)\.md(#[^)\s]*)?\)")
# The head of every page of the portal has its own switch.
_OTHER_LANGUAGE: Final = re.compile(r"(?m)^\[(?:English|简体中文)\]\(.*\)\n\n")
_PAGES_OF_DOCS: Final = {
    document.source.removeprefix("reference/"): path
    for path, document in DOCUMENTS.items()
    if document.source.startswith("reference/")
} | {"errors": "/docs/errors", "clients": "/docs/sdk"}
_CODES_BY_SLUG: Final = {markdown.slug(code): code for code in ERRORS}


def _reference(source: str, language: PageLanguage) -> str:
    name = f"{source}.zh-CN.md" if language == "zh-CN" else f"{source}.md"
    text = resources.files("yizhan.web").joinpath(name).read_text("utf-8")
    return _LINK.sub(_portal_link, _OTHER_LANGUAGE.sub("", text))


def _portal_link(found: re.Match[str]) -> str:
    """Lead to the page that shows the document; one that none shows is only named."""
    text, name, anchor = found[1], found[2].removesuffix(".zh-CN"), found[3] or ""
    path = _PAGES_OF_DOCS.get(name)
    if path is None:
        return text
    code = _CODES_BY_SLUG.get(anchor.removeprefix("#")) if name == "errors" else None
    return f"[{text}]({path}/{code})" if code else f"[{text}]({path}{anchor})"
