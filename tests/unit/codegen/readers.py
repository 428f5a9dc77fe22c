# SPDX-License-Identifier: Apache-2.0
"""Reads string literals back by the rules of each language, as their specifications state them.

Written from the specifications alone: Java SE 17 JLS 3.3 and 3.10.6, Go "String literals",
ECMAScript 2024 12.9.4, C# 6.4.5.6, C++11 [lex.phases] and [lex.string], PHP "Strings", Ruby
"Literals", HCL "Quoted template" (read 2026-11). A reader fails on anything that would end or
interpolate a literal.
"""

import re
from collections.abc import Callable

SIMPLE = {"n": "\n", "r": "\r", "t": "\t", "\\": "\\", '"': '"'}


class Broken(AssertionError):
    """The literal ends early, interpolates, or has an escape that the language does not know."""


def _read(
    inner: str,
    escapes: dict[str, str],
    numeric: list[tuple[str, int]],
    forbidden: str = "",
) -> str:
    r"""The text between the quotes.

    Args:
        numeric: patterns of `\`-escapes that name a code, with the base.
        forbidden: a pattern of what must not stand there unescaped.
    """
    if re.search(r"[\n\r]", inner):
        raise Broken("a raw line end")
    found, at = [], 0
    while at < len(inner):
        if inner[at] == '"' or (forbidden and re.match(forbidden, inner[at:])):
            raise Broken(f"unescaped at {at}")
        if inner[at] != "\\":
            found.append(inner[at])
            at += 1
            continue
        rest = inner[at + 1 :]
        for pattern, base in numeric:
            match = re.match(pattern, rest)
            if match:
                found.append(chr(int(match[1], base)))
                at += 1 + match.end()
                break
        else:
            if rest[:1] not in escapes:
                raise Broken(f"unknown escape {rest[:1]!r}")
            found.append(escapes[rest[0]])
            at += 2
    return "".join(found)


def _inside(literal: str, quote: str = '"') -> str:
    assert len(literal) >= 2
    assert literal[0] == literal[-1] == quote
    return literal[1:-1]


def _join_surrogates(text: str) -> str:
    return text.encode("utf-16", "surrogatepass").decode("utf-16")


def java(literal: str) -> str:
    # Unicode escapes are read before all else, wherever an even number of backslashes precedes.
    source = re.sub(
        r"(?<!\\)((?:\\\\)*)\\u+([0-9a-fA-F]{4})",
        lambda found: found[1] + chr(int(found[2], 16)),
        literal,
    )
    return _join_surrogates(_read(_inside(source), SIMPLE, []))


def go(literal: str) -> str:
    assert "\0" not in literal
    return _read(_inside(literal), SIMPLE, [(r"u([0-9a-f]{4})", 16), (r"U([0-9a-f]{8})", 16)])


def nodejs(literal: str) -> str:
    return _join_surrogates(_read(_inside(literal), SIMPLE, [(r"u([0-9a-f]{4})", 16)]))


def dotnet(literal: str) -> str:
    inner = _inside(literal)
    if re.search("[\u0085\u2028\u2029]", inner):
        raise Broken("a new-line character")
    return _read(inner, SIMPLE, [(r"u([0-9a-f]{4})", 16), (r"U([0-9a-f]{8})", 16)])


def cpp(literal: str) -> str:
    counted = re.fullmatch(r"std::string\((.*), (\d+)\)", literal, re.DOTALL)
    source = counted[1] if counted else literal
    assert not re.search(r"\?\?[=/'()!<>-]", source), "a trigraph"
    text = _read(_inside(source), SIMPLE | {"?": "?"}, [(r"([0-7]{3})", 8)])
    # Octal escapes name bytes, printable text is UTF-8 in the source.
    raw = b"".join(
        bytes([ord(each)]) if escaped else each.encode()
        for each, escaped in _with_marks(_inside(source), text)
    )
    if counted:
        assert len(raw) == int(counted[2])
    else:
        assert 0 not in raw
    return raw.decode()


def _with_marks(inner: str, text: str) -> list[tuple[str, bool]]:
    """Each character of the text, and whether it came from an octal escape."""
    marks = [token[1:2].isdigit() for token in re.findall(r"\\[0-7]{3}|\\.|.", inner, re.DOTALL)]
    return list(zip(text, marks, strict=True))


def php(literal: str) -> str:
    if literal[0] == "'":
        inner = _inside(literal, "'")
        assert not re.search(r"(?<!\\)(?:\\\\)*'", inner), "ends early"
        return re.sub(r"\\([\\'])", r"\1", inner)
    return _read(
        _inside(literal), SIMPLE | {"$": "$"}, [(r"u\{([0-9a-f]{1,6})\}", 16)], forbidden=r"\$"
    )


def ruby(literal: str) -> str:
    return _read(
        _inside(literal),
        SIMPLE | {"#": "#"},
        [(r"u\{([0-9a-f]{1,6})\}", 16)],
        forbidden=r"#[{$@]",
    )


def terraform(literal: str) -> str:
    inner = _inside(literal)
    # A doubled sign before a brace is the sign itself; a single one begins a template.
    marked = re.sub(r"(?<![$%])([$%])\1\{", lambda found: f"{found[1]}\ue000", inner)
    if re.search(r"[$%]\{", marked):
        raise Broken("a template")
    numeric = [(r"u([0-9a-f]{4})", 16), (r"U([0-9a-f]{8})", 16)]
    return _read(marked, SIMPLE, numeric).replace("\ue000", "{")


READERS: dict[str, Callable[[str], str]] = {
    "java": java,
    "go": go,
    "nodejs": nodejs,
    "dotnet": dotnet,
    "cpp": cpp,
    "php": php,
    "ruby": ruby,
    "terraform": terraform,
}
