# SPDX-License-Identifier: Apache-2.0
"""Reads pages as a browser would, with the standard library's parser."""

from html.parser import HTMLParser
from typing import Self

VOID = {"input", "link", "meta", "br", "img", "hr", "wbr"}


class Page(HTMLParser):
    """`Page.of(html)`; then `links`, `ids`, `text`, `elements`."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self.unclosed: list[str] = []
        self.scripts: list[str] = []
        """What stands inside <script>."""

    @classmethod
    def of(cls, html: str) -> Self:
        page = cls()
        page.feed(html)
        page.close()
        return page

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.unclosed.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.unclosed, f"</{tag}> closes nothing"
        opened = self.unclosed.pop()
        assert opened == tag, f"</{tag}> closes <{opened}>"

    def handle_data(self, data: str) -> None:
        self.text += data
        if self.unclosed[-1:] == ["script"]:
            self.scripts.append(data)

    def attributes(self, name: str) -> list[str]:
        return [attributes[name] for _, attributes in self.elements if name in attributes]

    @property
    def links(self) -> list[str]:
        return [
            attributes.get("href", "") for tag, attributes in self.elements if tag in ("a", "link")
        ]

    @property
    def ids(self) -> list[str]:
        return self.attributes("id")

    def first(self, tag: str, **wanted: str) -> dict[str, str]:
        """The attributes of the first such element."""
        for name, attributes in self.elements:
            if name == tag and wanted.items() <= attributes.items():
                return attributes
        raise AssertionError(f"no <{tag} {wanted}>")
