# SPDX-License-Identifier: Apache-2.0
"""Code as coloured HTML; the colours stand in portal.css."""

from functools import lru_cache
from html import escape

from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

_formatter = HtmlFormatter(nowrap=True)


@lru_cache(maxsize=32)
def _lexer(language: str) -> Lexer | None:
    try:
        return get_lexer_by_name(language, stripnl=False)
    except ClassNotFound:
        return None


@lru_cache(maxsize=128)
def highlighted(text: str, language: str = "") -> str:
    """A whole `<pre>`, which takes the focus so that the keyboard can scroll it."""
    lexer = _lexer(language) if language else None
    inner = highlight(text, lexer, _formatter) if lexer else escape(text)
    return f'<pre class="code" tabindex="0"><code>{inner}</code></pre>\n'


def wire_text(message: bytes) -> str:
    """Bytes of the wire for reading; what is no UTF-8 shows as `\\x..`."""
    return message.decode("utf-8", "backslashreplace").replace("\r\n", "\n")
