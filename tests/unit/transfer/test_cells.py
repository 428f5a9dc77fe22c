# SPDX-License-Identifier: Apache-2.0
"""Formulas and long numbers in cells. Which signs begin a formula: OWASP, CSV Injection."""

import pytest
from hypothesis import given

from tests.unit.transfer.samples import DIGITS, RISKY_TEXT
from yizhan.transfer.cells import guarded, unguarded


@given(RISKY_TEXT | DIGITS)
def test_what_is_guarded_comes_back(text: str) -> None:
    assert unguarded(guarded(text)) == text


@given(RISKY_TEXT)
def test_no_guarded_cell_begins_a_formula(text: str) -> None:
    assert not guarded(text).startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r"))


@pytest.mark.parametrize("number", ["0123456", "123456789012", "0" * 20])
def test_digits_that_a_spreadsheet_would_lose_are_guarded(number: str) -> None:
    assert guarded(number) == f"'{number}"


@pytest.mark.parametrize(
    "text", ["18123456789", "86", "0", "用户", "O'Neil", "a=b", "", "'", "12a"]
)
def test_all_else_stays_as_it_is(text: str) -> None:
    assert guarded(text) == text


@pytest.mark.parametrize("cell", ["'s-Gravenhage", "'", "''x", "'90s", "O'Neil"])
def test_an_apostrophe_of_the_text_itself_stays(cell: str) -> None:
    assert unguarded(cell) == cell


def test_takes_the_apostrophe_away_that_people_put_before_a_phone() -> None:
    assert unguarded("'18123456789") == "18123456789"
