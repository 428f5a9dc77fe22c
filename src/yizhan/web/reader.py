# SPDX-License-Identifier: Apache-2.0
"""Who reads a page: language, theme and the address by which the server was reached.

`?lang=` and `?theme=` choose, a cookie remembers; without either the browser's language counts, and
the theme is the system's.
"""

import re
from typing import Final, Literal, get_args

import msgspec
from starlette.requests import Request
from starlette.responses import Response

PageLanguage = Literal["zh-CN", "en-US"]
Theme = Literal["auto", "light", "dark"]
PAGE_LANGUAGES: Final[tuple[PageLanguage, ...]] = get_args(PageLanguage)
THEMES: Final[tuple[Theme, ...]] = get_args(Theme)
COOKIE_SECONDS: Final = 365 * 24 * 3600
# Pages show it in examples; whatever is no plain host name or address is not repeated there.
HOST: Final = re.compile(r"(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")


class Reader(msgspec.Struct, frozen=True):
    language: PageLanguage
    theme: Theme
    host: str
    """`127.0.0.1:9960`: how clients name this server's endpoint."""
    scheme: Literal["http", "https"]
    chosen: dict[str, str]
    """What the address of this page chooses, to be remembered."""

    @property
    def origin(self) -> str:
        return f"{self.scheme}://{self.host}"

    def remember(self, response: Response) -> None:
        for name, value in self.chosen.items():
            response.set_cookie(
                name, value, max_age=COOKIE_SECONDS, samesite="lax", httponly=True, path="/"
            )


def reader_of(request: Request) -> Reader:
    chosen: dict[str, str] = {}
    for name, known in (("lang", PAGE_LANGUAGES), ("theme", THEMES)):
        value = request.query_params.get(name)
        if value in known:
            chosen[name] = str(value)
    language = chosen.get("lang") or request.cookies.get("lang", "")
    theme = chosen.get("theme") or request.cookies.get("theme", "")
    server = request.scope.get("server") or ("127.0.0.1", None)
    host = request.headers.get("host", "")
    if not HOST.fullmatch(host):
        host = f"{server[0]}:{server[1]}" if server[1] else str(server[0])
    return Reader(
        language="zh-CN" if language == "zh-CN" else "en-US" if language else _preferred(request),
        theme="light" if theme == "light" else "dark" if theme == "dark" else "auto",
        host=host,
        scheme="https" if request.scope.get("scheme") == "https" else "http",
        chosen=chosen,
    )


def _preferred(request: Request) -> PageLanguage:
    """The browser's first language that we have; English if it has neither."""
    for item in request.headers.get("accept-language", "").split(","):
        name = item.partition(";")[0].strip().lower()
        if name.startswith("zh"):
            return "zh-CN"
        if name.startswith("en"):
            return "en-US"
    return "en-US"
