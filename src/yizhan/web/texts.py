# SPDX-License-Identifier: Apache-2.0
"""The words of the interface, from words/: a file for each part, one name space for all."""

from functools import cache
from importlib import resources

import msgspec

from yizhan.spec.model import Text
from yizhan.web.reader import PageLanguage


class Texts:
    """`texts.search` is the text of that name in one language; an unknown name is an error."""

    def __init__(self, language: PageLanguage) -> None:
        self._words = {name: say(text, language) for name, text in all_texts().items()}

    def __getitem__(self, name: str) -> str:
        return self._words[name]

    def __getattr__(self, name: str) -> str:
        try:
            return self._words[name]
        except KeyError:
            raise AttributeError(f"words/ has no {name}") from None


@cache
def all_texts() -> dict[str, Text]:
    found: dict[str, Text] = {}
    for file in resources.files("yizhan.web").joinpath("words").iterdir():
        for name, text in msgspec.toml.decode(file.read_bytes(), type=dict[str, Text]).items():
            if name in found:
                raise ValueError(f"{name} stands in words/ twice")
            found[name] = text
    return found


def say(text: Text, language: PageLanguage) -> str:
    return text.zh if language == "zh-CN" else text.en
