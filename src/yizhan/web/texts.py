# SPDX-License-Identifier: Apache-2.0
"""The words of the interface, from texts.toml."""

from functools import cache
from importlib import resources

import msgspec

from yizhan.spec.model import Text
from yizhan.web.reader import PageLanguage


class Texts:
    """`texts.search` is the text of that name in one language; an unknown name is an error."""

    def __init__(self, language: PageLanguage) -> None:
        self._words = {name: say(text, language) for name, text in all_texts().items()}

    def __getattr__(self, name: str) -> str:
        try:
            return self._words[name]
        except KeyError:
            raise AttributeError(f"texts.toml has no {name}") from None


@cache
def all_texts() -> dict[str, Text]:
    raw = resources.files("yizhan.web").joinpath("texts.toml").read_bytes()
    return msgspec.toml.decode(raw, type=dict[str, Text])


def say(text: Text, language: PageLanguage) -> str:
    return text.zh if language == "zh-CN" else text.en
