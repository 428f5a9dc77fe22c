# SPDX-License-Identifier: Apache-2.0
"""Markdown to HTML, with an anchor on every heading and on every table row that names one thing.

A heading may carry its anchor: `## Input {#input}`. A row whose first cell is code alone, such as a
parameter, gets the anchor `input-Name`: that of its section, then the code.
"""

import re
from collections.abc import Sequence
from html import escape
from itertools import pairwise
from typing import Final
from urllib.parse import unquote

import msgspec
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

from yizhan.web.highlight import highlighted

_ANCHOR: Final = re.compile(r"\s*\{#([\w.-]+)\}\s*$")
_BREAK: Final = re.compile(r"(?<=[._(=:/-])(?=\w)")
_NOT_IN_SLUG: Final = re.compile(r"[^\w. -]")


class Heading(msgspec.Struct, frozen=True):
    level: int
    anchor: str
    title: str


class Rendered(msgspec.Struct, frozen=True):
    html: str
    title: str
    summary: str
    """The first paragraph, without markup."""
    headings: tuple[Heading, ...]

    @property
    def markup(self) -> Markup:
        """For templates: made here from our own text, with HTML off, so it stands as it is."""
        return Markup(self.html)  # noqa: S704

    @property
    def markup_without_title(self) -> Markup:
        """For a page that has a title of its own."""
        return Markup(self.html.partition("</h1>")[2])  # noqa: S704


def render(text: str, like: Rendered | None = None) -> Rendered:
    """Make the page.

    Args:
        like: the same page in another language, whose anchors this one takes over, heading by
            heading, so that a link leads to the same place in both.
    """
    tokens = _parser.parse(text)
    headings = _place_anchors(tokens, [heading.anchor for heading in like.headings] if like else [])
    title = headings[0].title if headings else ""
    summary = next(
        (_plain(after) for before, after in pairwise(tokens) if before.type == "paragraph_open"),
        "",
    )
    html = _parser.renderer.render(tokens, _parser.options, {})
    return Rendered(html, title, summary, tuple(headings))


def without_anchors(text: str) -> str:
    """The Markdown as it is given away: `{#...}` is for our own pages."""
    return re.sub(r"(?m)^(#+ .*?)[ \t]*\{#[\w.-]+\}[ \t]*$", r"\1", text)


def _place_anchors(tokens: Sequence[Token], taken_over: Sequence[str]) -> list[Heading]:
    headings: list[Heading] = []
    section = ""
    renamed: dict[str, str] = {}
    for index, token in enumerate(tokens):
        if token.type == "heading_open":
            inline = tokens[index + 1]
            own = _take_anchor(inline) or slug(_plain(inline))
            anchor = taken_over[len(headings)] if len(headings) < len(taken_over) else own
            renamed[own] = anchor
            token.attrSet("id", anchor)
            level = int(token.tag[1])
            if level > 1:
                section = anchor
            headings.append(Heading(level, anchor, _plain(inline)))
        elif token.type == "tr_open" and tokens[index + 1].type == "td_open":
            code = _only_code(tokens[index + 2])
            if code:
                token.attrSet("id", f"{section}-{code}")
    _follow(tokens, renamed)
    return headings


def _follow(tokens: Sequence[Token], renamed: dict[str, str]) -> None:
    """Let links within the page lead to the anchors that their headings have now."""
    for token in tokens:
        for child in token.children or []:
            target = unquote(str(child.attrGet("href") or ""))
            if child.type == "link_open" and target.startswith("#") and target[1:] in renamed:
                child.attrSet("href", f"#{renamed[target[1:]]}")


def _take_anchor(inline: Token) -> str:
    last = inline.children[-1] if inline.children else None
    found = _ANCHOR.search(last.content) if last else None
    if last is None or found is None:
        return ""
    last.content = last.content[: found.start()]
    return found[1]


def _plain(inline: Token) -> str:
    return "".join(
        child.content or " " * (child.type == "softbreak") for child in inline.children or []
    ).strip()


def _only_code(inline: Token) -> str:
    children = [child for child in inline.children or [] if child.content.strip() or child.nesting]
    codes = [child.content for child in children if child.type == "code_inline"]
    return (
        codes[0]
        if len(codes) == 1
        and all(child.type in ("code_inline", "link_open", "link_close") for child in children)
        else ""
    )


def slug(title: str) -> str:
    """As code forges make it from a heading, so that links work there and here."""
    return _NOT_IN_SLUG.sub("", title.strip().lower()).replace(" ", "-").replace(".", "")


def _fence(text: str, language: str, _: str) -> str:
    return highlighted(text, language)


def _wrapped_table(*_: object) -> str:
    # A wide table scrolls by itself; with the keyboard, too, so it takes the focus.
    return '<div class="table" tabindex="0" role="group"><table>\n'


def _heading_close(self: object, tokens: Sequence[Token], index: int, *_: object) -> str:
    opened = tokens[index - 2]
    anchor = escape(str(opened.attrGet("id")), quote=True)
    mark = (
        ""
        if opened.tag == "h1"
        else f' <a class="anchor" href="#{anchor}" aria-hidden="true" tabindex="-1">#</a>'
    )
    return f"{mark}</{opened.tag}>\n"


def _inline_code(self: object, tokens: Sequence[Token], index: int, *_: object) -> str:
    """Long names may break after a dot or an underscore, and nowhere else in a word."""
    return f"<code>{_BREAK.sub('<wbr>', escape(tokens[index].content))}</code>"


def _make_parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "highlight": _fence}).enable("table")
    parser.add_render_rule("table_open", _wrapped_table)
    parser.add_render_rule("table_close", lambda *_: "</table></div>\n")
    parser.add_render_rule("heading_close", _heading_close)
    parser.add_render_rule("code_inline", _inline_code)
    return parser


_parser: Final = _make_parser()
