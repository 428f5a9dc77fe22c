# SPDX-License-Identifier: Apache-2.0
"""Cells of a CSV file that a spreadsheet would not leave as they are.

A cell that begins like a formula would be computed, and digits would become a number: leading zeros
go, long ones turn into 1.2E+19. An apostrophe before them makes them text everywhere, and reading
takes it away again. Together the two functions give back any text: `unguarded(guarded(x)) == x`.
"""

import re
from typing import Final

# Spreadsheets in Chinese and Japanese take the full-width signs for the narrow ones.
_FORMULA: Final = r"[=+\-@＝＋－＠\t\r\n].*"
# Up to eleven digits, as of a Chinese mobile, are shown and saved in full.
_LOSES_DIGITS: Final = r"0[0-9]+|[0-9]{12,}"
_AT_RISK: Final = re.compile(rf"{_FORMULA}|{_LOSES_DIGITS}", re.DOTALL)
# What may follow a guard. Apostrophes count, so that text that looks guarded can be guarded, too;
# all digits do, as people put apostrophes before them.
_MAY_FOLLOW: Final = re.compile(rf"'*(?:{_FORMULA}|[0-9]+)", re.DOTALL)


def guarded(text: str) -> str:
    """The text as a spreadsheet leaves it."""
    looks_guarded = text.startswith("'") and _MAY_FOLLOW.fullmatch(text)
    return f"'{text}" if looks_guarded or _AT_RISK.fullmatch(text) else text


def unguarded(cell: str) -> str:
    """What `guarded` was given. Other apostrophes stay: `'s-Gravenhage` is a name."""
    if cell.startswith("'") and _MAY_FOLLOW.fullmatch(cell, 1):
        return cell[1:]
    return cell
