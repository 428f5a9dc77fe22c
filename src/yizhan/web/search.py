# SPDX-License-Identifier: Apache-2.0
"""Quick search: actions, parameters, error codes, settings and pages, in both languages at once.

The index has some hundred entries, so a query simply reads all of them.
"""

import difflib
import re
from collections.abc import Iterator, Sequence
from typing import Final, Literal

import msgspec

from yizhan.settings import defaults
from yizhan.spec import CAM
from yizhan.spec.error_guide import ERROR_GUIDE
from yizhan.spec.model import Parameter, Text
from yizhan.web import markdown
from yizhan.web.documents import DOCUMENTS, Library, Place
from yizhan.web.reader import PAGE_LANGUAGES, PageLanguage
from yizhan.web.texts import all_texts

Kind = Literal["action", "parameter", "error", "setting", "page"]
MOST: Final = 30


class Entry(msgspec.Struct, frozen=True):
    kind: Kind
    title: Text
    summary: Text
    url: str
    body: str = ""
    """Words in both languages that find it, too, after those of title and summary."""

    @property
    def head(self) -> str:
        texts = (self.title.zh, self.title.en, self.summary.zh, self.summary.en)
        return " ".join(texts).casefold()


class Index:
    def __init__(self, entries: Sequence[Entry]) -> None:
        self._entries = [(entry, f"{entry.head} {entry.body}".casefold()) for entry in entries]

    def search(self, query: str, most: int = MOST) -> list[Entry]:
        """The entries that hold every word of the query, those that are named so first."""
        words = query.casefold().split()
        if not words:
            return []
        found = [entry for entry, text in self._entries if all(word in text for word in words)]
        whole = " ".join(words)
        return sorted(found, key=lambda entry: _distance(entry, whole, words))[:most]

    def near(self, query: str) -> list[str]:
        """Names that look like the query, for when nothing holds it."""
        names = {entry.title.en.casefold(): entry.title.en for entry, _ in self._entries}
        close = difflib.get_close_matches(query.casefold(), names, n=3, cutoff=0.6)
        return [names[name] for name in close]


def _distance(entry: Entry, whole: str, words: Sequence[str]) -> tuple[int, int]:
    """Smaller is better; of equals the one with the shorter name."""
    titles = {entry.title.zh.casefold(), entry.title.en.casefold()}
    names = {part for title in titles for part in re.split(r"[.\s]", title)} | titles
    if whole in titles:
        rank = 0
    elif whole in names:
        rank = 1
    elif any(name.startswith(whole) for name in names):
        rank = 2
    elif any(all(word in title for word in words) for title in titles):
        rank = 3
    elif all(word in entry.head for word in words):
        rank = 4
    else:
        rank = 5
    return rank, min(map(len, titles))


def build_index(library: Library) -> Index:
    return Index([*_actions(), *_errors(), *_settings(), *_pages(library)])


def _same(text: str) -> Text:
    return Text(text, text)


def _actions() -> Iterator[Entry]:
    for name, action in CAM.actions.items():
        page = f"/docs/cam/{name}"
        yield Entry("action", _same(name), action.title, page)
        for parameter in action.input:
            yield _parameter(name, parameter, f"{page}#input-{parameter.name}")
        for parameter in action.output:
            yield _parameter(name, parameter, f"{page}#output-{parameter.name}")
            structure = CAM.structures.get(parameter.items or "")
            for member in structure.members if structure else ():
                url = f"{page}#{parameter.items}-{member.name}"
                yield _parameter(f"{name} {parameter.items}", member, url)


def _parameter(owner: str, parameter: Parameter, url: str) -> Entry:
    described = parameter.description
    summary = Text(f"{owner}：{described.zh}", f"{owner}: {described.en}")
    return Entry("parameter", _same(parameter.name), summary, url)


def _errors() -> Iterator[Entry]:
    for code, guide in ERROR_GUIDE.items():
        more = (*guide.causes, *guide.mend, guide.reproduce)
        body = " ".join(f"{text.zh} {text.en}" for text in more)
        yield Entry("error", _same(code), guide.meaning, f"/docs/errors/{code}", body)


def _settings() -> Iterator[Entry]:
    # The reference page explains each setting under a heading of its own.
    library, place = Library(), Place("", plain_http=True, profile="dev")
    zh, en = (
        _first_paragraphs(library.markdown("/docs/settings", language, place))
        for language in ("zh-CN", "en-US")
    )
    for section, values in defaults().items():
        for key in values:
            name = f"{section}.{key}"
            url = f"/docs/settings#{markdown.slug(name)}"
            yield Entry("setting", _same(name), Text(zh[name], en[name]), url)


def _first_paragraphs(page: str) -> dict[str, str]:
    """By heading: the first paragraph that is more than the name of the variable."""
    found = {}
    for section in re.split(r"(?m)^## ", page)[1:]:
        title, _, body = section.partition("\n")
        paragraphs = [" ".join(text.split()) for text in body.split("\n\n") if text.strip()]
        said = next((text for text in paragraphs if not text.startswith("`YIZHAN_")), "")
        found[title.strip("` ")] = said.replace("`", "")
    return found


def _pages(library: Library) -> Iterator[Entry]:
    place = Place("", plain_http=True, profile="dev")
    for document in DOCUMENTS.values():
        if document.subject:
            continue  # found as an action or an error already
        zh = library.html(document.path, "zh-CN", place)
        en = library.html(document.path, "en-US", place)
        body = " ".join(
            library.markdown(document.path, language, place) for language in PAGE_LANGUAGES
        )
        title, summary = Text(zh.title, en.title), Text(zh.summary, en.summary)
        yield Entry("page", title, summary, document.path, body)
        if document.path == "/docs/settings":
            continue
        # Sections stand in the same order in both languages, but may be named differently.
        zh_sections = [heading for heading in zh.headings if heading.level == 2]
        en_sections = [heading for heading in en.headings if heading.level == 2]
        for zh_section, en_section in zip(zh_sections, en_sections, strict=True):
            title = Text(zh_section.title, en_section.title)
            where = Text(zh.title, en.title)
            yield Entry("page", title, where, f"{document.path}#{en_section.anchor}")
    for action in CAM.actions:
        title = Text(f"API Explorer：{action}", f"API Explorer: {action}")
        yield Entry("page", title, all_texts()["start_explorer"], f"/explorer/cam/{action}")


def localised(entry: Entry, language: PageLanguage) -> dict[str, str]:
    """An entry for showing."""
    zh = language == "zh-CN"
    kind = all_texts()[f"kind_{entry.kind}"]
    return {
        "kind": kind.zh if zh else kind.en,
        "title": entry.title.zh if zh else entry.title.en,
        "summary": entry.summary.zh if zh else entry.summary.en,
        "url": entry.url,
    }
