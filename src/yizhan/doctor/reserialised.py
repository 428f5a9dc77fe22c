# SPDX-License-Identifier: Apache-2.0
"""Other bytes that say the same as a JSON body: what a client signs that writes it twice."""

import json
from collections.abc import Iterator
from typing import Any, Final

_FORMS: Final[tuple[dict[str, Any], ...]] = (
    {"separators": (",", ":"), "ensure_ascii": False},
    {"separators": (", ", ": "), "ensure_ascii": False},
    {"separators": (",", ":"), "ensure_ascii": True},
    {"separators": (", ", ": "), "ensure_ascii": True},
    {"indent": 2, "ensure_ascii": False},
    {"indent": 4, "ensure_ascii": False},
    {"indent": "\t", "ensure_ascii": False},
)
LONGEST: Final = 64 * 1024


def reserialised(body: bytes) -> Iterator[bytes]:
    """Each form once, without the body itself."""
    if len(body) > LONGEST:
        return
    seen = {body}
    for text in _texts(body):
        encoded = text.encode("utf-8", "surrogatepass")
        if encoded not in seen:
            seen.add(encoded)
            yield encoded


def _texts(body: bytes) -> Iterator[str]:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return
    for form in _FORMS:
        for sort_keys in (False, True):
            yield json.dumps(value, sort_keys=sort_keys, **form)
    # Gson and PHP write some characters as escapes.
    compact = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    yield compact.replace("/", "\\/")
    yield compact.translate({ord(c): f"\\u{ord(c):04x}" for c in "<>&='"})
