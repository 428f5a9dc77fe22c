# SPDX-License-Identifier: Apache-2.0
"""Any text as a literal that it cannot break out of: one function for each language.

Printable characters stay as they are, so that Chinese and emoji can be read. All else is escaped,
invisible marks that reorder text among it.
"""

import re
from collections.abc import Callable, Mapping
from typing import Final

_SHORT: Final = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_SHELL_SAFE: Final = re.compile(r"[\w@%+=:,./-]+", re.ASCII)


class NotExpressible(ValueError):
    """The language has no way to write the text; the message says why."""


def _quoted(text: str, other: Callable[[str], str], short: Mapping[str, str] = _SHORT) -> str:
    inner = (short.get(each) or (each if each.isprintable() else other(each)) for each in text)
    return '"' + "".join(inner) + '"'


def _u4_or_u8(character: str) -> str:
    code = ord(character)
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _utf16(character: str) -> str:
    units = character.encode("utf-16-be").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))


def _braced(character: str) -> str:
    return f"\\u{{{ord(character):x}}}"


def python(text: str) -> str:
    return _quoted(text, _u4_or_u8)


def go(text: str) -> str:
    return _quoted(text, _u4_or_u8)


def java(text: str) -> str:
    r"""`\u000a` would be a line end before the literal is read; line ends have short escapes."""
    return _quoted(text, _utf16)


def nodejs(text: str) -> str:
    return _quoted(text, _utf16)


def dotnet(text: str) -> str:
    r"""Never `\x`, which takes as many digits as follow."""
    return _quoted(text, _u4_or_u8)


def php(text: str) -> str:
    if text.isprintable():
        return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
    return _quoted(text, _braced, _SHORT | {"$": "\\$"})


def ruby(text: str) -> str:
    quoted = _quoted(text, _braced)
    return re.sub(r"#(?=[{$@])", r"\\#", quoted)


def cpp(text: str) -> str:
    """Octal escapes, as hexadecimal ones take as many digits as follow."""

    def octal(character: str) -> str:
        return "".join(f"\\{byte:03o}" for byte in character.encode())

    quoted = _quoted(text, octal).replace("??", "?\\?").replace("??", "?\\?")  # no trigraphs
    # A C string would end at the first NUL.
    return f"std::string({quoted}, {len(text.encode())})" if "\0" in text else quoted


def shell(text: str) -> str:
    """One word of a POSIX shell."""
    if "\0" in text:
        raise NotExpressible("a command line cannot hold the character U+0000")
    if _SHELL_SAFE.fullmatch(text):
        return text
    return "'" + text.replace("'", "'\\''") + "'"


def tccli(text: str) -> str:
    if text == "--":
        raise NotExpressible("the tool takes the value -- for the end of its options")
    return shell(text)


def terraform(text: str) -> str:
    quoted = _quoted(text, _u4_or_u8)

    def template_sign(found: re.Match[str]) -> str:
        signs = found[1]
        # A doubled sign is the sign itself; a run of them is only clear by number.
        if len(signs) == 1:
            return f"{signs * 2}{{"
        return "".join(f"\\u{ord(sign):04x}" for sign in signs) + "{"

    return re.sub(r"([$%]+)\{", template_sign, quoted)
