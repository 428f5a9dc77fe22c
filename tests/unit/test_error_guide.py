# SPDX-License-Identifier: Apache-2.0
"""The guide has every code, both languages, and names only what exists."""

import re

import click
import pytest

from yizhan.cli import main
from yizhan.errors import CATALOGUE
from yizhan.settings import defaults
from yizhan.spec.error_guide import ERROR_GUIDE, ErrorGuide
from yizhan.spec.model import Text

SETTINGS = {f"{section}.{key}" for section, values in defaults().items() for key in values}
LAB = {"POST /_lab/reset", "POST /_lab/clock", "POST /_lab/seed"}


def texts(guide: ErrorGuide) -> list[Text]:
    return [guide.meaning, *guide.causes, *guide.mend, guide.reproduce]


def code_in(text: str) -> list[str]:
    return re.findall(r"`([^`]+)`", text)


def test_every_code_of_the_catalogue_is_in_the_guide_and_no_other() -> None:
    assert set(ERROR_GUIDE) == {error.code for error in CATALOGUE}


@pytest.mark.parametrize("code", ERROR_GUIDE)
def test_both_languages_say_the_same(code: str) -> None:
    for text in texts(ERROR_GUIDE[code]):
        assert re.search("[\u4e00-\u9fff]", text.zh)
        assert not re.search("[\u4e00-\u9fff]", text.en)
        assert {re.sub("日期", "DATE", word) for word in code_in(text.zh)} == set(code_in(text.en))


@pytest.mark.parametrize("code", ERROR_GUIDE)
def test_codes_settings_commands_and_lab_calls_exist(code: str) -> None:
    guide = ERROR_GUIDE[code]
    assert set(guide.related) <= set(ERROR_GUIDE) - {code}
    for word in [word for text in texts(guide) for word in code_in(text.en)]:
        if re.fullmatch(r"[a-z]+\.[a-z_]+", word):
            assert word in SETTINGS
        elif word.startswith("yizhan "):
            assert is_command(word.split()[1:])
        elif word.startswith("POST /_lab"):
            assert word in LAB
        elif re.fullmatch(r"YIZHAN_\w+=.*", word):
            assert word.partition("=")[0].removeprefix("YIZHAN_").lower() in {
                name.replace(".", "_") for name in SETTINGS
            }


def is_command(words: list[str]) -> bool:
    command: click.Command = main
    for word in words:
        if not isinstance(command, click.Group) or word not in command.commands:
            return False
        command = command.commands[word]
    return True
