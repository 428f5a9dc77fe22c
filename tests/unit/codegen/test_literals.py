# SPDX-License-Identifier: Apache-2.0
"""No text gets out of its literal: read back by each language's rules, it is what it was."""

import ast
import shlex
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.codegen.readers import READERS
from yizhan.codegen import literals
from yizhan.codegen.forms import FORMS

HOSTILE = [
    "",
    "用户",
    "👩‍👩‍👧 family",
    "'",
    '"',
    "\\",
    "\\\\",
    '\\"',
    "\\'",
    "\\u0041",
    "\\u000a",
    "\n",
    "\r\n",
    "\t\0\x7f",
    "\0001",
    "\x1b[31m",
    "\u2028\u2029\u0085",
    "\u202eabc",
    "${x}",
    "$${x}",
    "$$${x}",
    "%{x}",
    "%%{x}",
    "#{x}",
    "\\#{x}",
    "#$x #@x",
    "{$x}",
    "$x",
    "`id`",
    "$(id)",
    "</script>",
    '"""',
    "'''",
    "%s %d %n",
    "??/",
    "????/",
    "??=define",
    "\\x41f",
    "// */ -- #",
    "{{ x }} {% x %}",
    "-x",
    "@file",
    "\U0001f600\U0010ffff",
    "\ufeff",
]
# Lone surrogates cannot arrive: neither JSON in UTF-8 nor a form can carry them. U+E000 is the mark
# that the reader of Terraform uses.
ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\ue000"))
# A busy machine is no fault of a literal's.
unhurried = settings(deadline=None)
NASTY = st.text(st.sampled_from("\\\"'$%#{}@?/u0041xn\n\r\0\u2028`😀 "))


@pytest.mark.parametrize("form", READERS)
@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_text_is_read_back(form: str, text: str) -> None:
    literal = FORMS[form].literal
    assert literal is not None

    assert READERS[form](literal(text)) == text


@pytest.mark.parametrize("form", READERS)
@unhurried
@given(text=ANY_TEXT | NASTY)
def test_any_text_is_read_back(form: str, text: str) -> None:
    literal = FORMS[form].literal
    assert literal is not None

    assert READERS[form](literal(text)) == text


@unhurried
@given(text=ANY_TEXT | NASTY)
def test_python_reads_any_text_back(text: str) -> None:
    assert ast.literal_eval(literals.python(text)) == text


@unhurried
@given(text=(ANY_TEXT | NASTY).filter(lambda text: "\0" not in text))
def test_a_word_of_the_shell_is_one_word(text: str) -> None:
    assert shlex.split(literals.shell(text)) == [text]


def test_a_real_shell_reads_hostile_words_back() -> None:
    texts = [text for text in HOSTILE if "\0" not in text]
    script = "printf '%s\\0' " + " ".join(literals.shell(text) for text in texts)

    printed = subprocess.run(["sh", "-c", script], capture_output=True, check=True).stdout

    assert printed.decode().split("\0")[:-1] == texts


def test_tccli_refuses_the_word_that_ends_its_options() -> None:
    with pytest.raises(literals.NotExpressible):
        literals.tccli("--")


def test_the_shell_refuses_what_no_word_can_hold() -> None:
    with pytest.raises(literals.NotExpressible):
        literals.shell("a\0b")


@pytest.mark.parametrize("form", [*READERS, "python"])
def test_chinese_and_emoji_stay_readable(form: str) -> None:
    literal = FORMS[form].literal
    assert literal is not None

    assert "用户 😀" in literal("用户 😀")


@pytest.mark.parametrize("form", [*READERS, "python"])
def test_marks_that_reorder_text_do_not_stand_in_source(form: str) -> None:
    literal = FORMS[form].literal
    assert literal is not None

    assert "\u202e" not in literal("a\u202eb")
