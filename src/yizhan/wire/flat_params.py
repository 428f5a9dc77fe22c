# SPDX-License-Identifier: Apache-2.0
"""Parameters as GET queries and forms carry them: text pairs with dotted names.

`Filters.0.Name=x` stands for `{"Filters": [{"Name": "x"}]}`. Lists count from 0 without gaps.
"""

from typing import Final
from urllib.parse import unquote_plus

from yizhan.errors import (
    EMPTY_KEY,
    INVALID_ARRAY,
    INVALID_FORMAT,
    KEY_WITHOUT_VALUE,
    REPEATED_PARAMETER,
    ApiError,
)

# "Tree" is text at the leaves, and lists and objects of trees above them.
Tree = str | list["Tree"] | dict[str, "Tree"]

MAX_DEPTH: Final = 32

# The Ruby client sends a bare `Region` when none is set, and signs `Region=`.
MAY_LACK_EQUALS_SIGN: Final = frozenset({"Region", "Token", "Language"})


def parse_pairs(text: str) -> dict[str, str]:
    """Split and decode `a=1&b=2`; `text` is Latin-1 as in `HttpRequest`, the values are UTF-8 text.

    Raises:
        ApiError: KEY_WITHOUT_VALUE, EMPTY_KEY, REPEATED_PARAMETER, or INVALID_FORMAT for a name or
            value whose bytes are not UTF-8.
    """
    pairs: dict[str, str] = {}
    if not text:
        return pairs
    for pair in text.split("&"):
        name, equals, value = pair.partition("=")
        if not equals and name not in MAY_LACK_EQUALS_SIGN:
            raise ApiError(KEY_WITHOUT_VALUE)
        name = _decode(name, name)
        if not name:
            raise ApiError(EMPTY_KEY)
        if name in pairs:
            raise ApiError(REPEATED_PARAMETER, name=name)
        pairs[name] = _decode(value, name)
    return pairs


def _decode(text: str, name: str) -> str:
    try:
        if text.isascii():
            return unquote_plus(text, errors="strict")
        # Bytes that were sent without percent signs.
        raw = text.encode("latin-1").decode("utf-8")
        return unquote_plus(raw, errors="strict")
    except UnicodeDecodeError:
        raise ApiError(INVALID_FORMAT, name=name) from None


def unflatten(pairs: dict[str, str]) -> dict[str, Tree]:
    """Build the tree that the dotted names describe.

    Raises:
        ApiError: INVALID_ARRAY for indexes that do not run from 0 without gaps; INVALID_FORMAT for
            a name that is value and container at once, has an empty part, or is nested too deeply.
    """
    if not any("." in name for name in pairs):
        return dict(pairs)
    root: dict[str, Tree] = {}
    for name, value in pairs.items():
        parts = name.split(".")
        if not all(parts) or len(parts) > MAX_DEPTH:
            raise ApiError(INVALID_FORMAT, name=name)
        node = root
        for part in parts[:-1]:
            below = node.setdefault(part, {})
            if not isinstance(below, dict):
                raise ApiError(INVALID_FORMAT, name=name)
            node = below
        if parts[-1] in node:
            raise ApiError(INVALID_FORMAT, name=name)
        node[parts[-1]] = value
    return {name: _lists(node, name) for name, node in root.items()}


def _lists(node: Tree, name: str) -> Tree:
    """Turn every object whose names are all indexes into a list."""
    if not isinstance(node, dict):
        return node
    if not any(_is_index(key) for key in node):
        return {key: _lists(below, f"{name}.{key}") for key, below in node.items()}
    if not all(_is_index(key) for key in node):
        raise ApiError(INVALID_FORMAT, name=name)
    if set(node) != {str(index) for index in range(len(node))}:
        raise ApiError(INVALID_ARRAY, name=name)
    return [_lists(node[str(index)], f"{name}.{index}") for index in range(len(node))]


def _is_index(key: str) -> bool:
    return key.isascii() and key.isdigit()


def flatten(tree: dict[str, Tree]) -> dict[str, str]:
    """The other way: a dotted name for every leaf. Empty lists and objects have no such form."""
    pairs: dict[str, str] = {}

    def visit(node: Tree, name: str) -> None:
        if isinstance(node, str):
            pairs[name] = node
        elif isinstance(node, list):
            for index, below in enumerate(node):
                visit(below, f"{name}.{index}")
        else:
            for key, below in node.items():
                visit(below, f"{name}.{key}")

    for key, below in tree.items():
        visit(below, key)
    return pairs
