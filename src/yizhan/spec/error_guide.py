# SPDX-License-Identifier: Apache-2.0
"""What to know of each error code beyond its text: meaning, causes, mend, how to bring it about."""

from importlib import resources
from typing import Final

import msgspec

from yizhan.spec.model import Text


class ErrorGuide(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One code. Texts may hold `code` in backquotes, and no other markup."""

    meaning: Text
    causes: tuple[Text, ...]
    """Most frequent first."""
    mend: tuple[Text, ...]
    reproduce: Text
    """How to get this answer from `yizhan dev`."""
    related: tuple[str, ...] = ()


def load() -> dict[str, ErrorGuide]:
    """By code, in the order of the file."""
    raw = resources.files("yizhan.spec").joinpath("error-guide.toml").read_bytes()
    return msgspec.toml.decode(raw, type=dict[str, ErrorGuide])


ERROR_GUIDE: Final = load()
