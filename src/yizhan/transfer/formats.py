# SPDX-License-Identifier: Apache-2.0
"""Reads a file of receivers: a JSON array, an answer of ListReceiver, JSON lines, or CSV.

Names of fields are those of CreateMessageReceiver; upper and lower case and underscores do not
matter. What an export or ListReceiver says besides is passed over, all other names are refused:
a misspelt `Remark` must not be lost in silence. Values are not judged here (`plan.py`).
"""

import csv
import io
import json
import re
from collections.abc import Iterator, Sequence
from typing import Any, Final, Literal

import msgspec

from yizhan.spec import CAM, Text
from yizhan.transfer.cells import unguarded

Kind = Literal["json", "csv", "auto"]

MAX_BYTES: Final = 32 * 1024 * 1024
MAX_LINES: Final = 100_000

_INPUT: Final = CAM.actions["CreateMessageReceiver"].input
FIELDS: Final = tuple(parameter.name for parameter in _INPUT)
REQUIRED: Final = tuple(parameter.name for parameter in _INPUT if parameter.required)

_SHOWN_ELSEWHERE: Final = ("CreateTime", "CreatedAt", "PhoneVerified", "EmailVerified", "Primary")
_DELIMITERS: Final = (",", ";", "\t")
_HEADER_WITHIN: Final = 65_536
_NAMES_TOLD: Final = 5
# In a file without a header, what stands where names should be may be somebody's phone or mail.
_MAY_BE_A_CONTACT: Final = re.compile(r"@|＠|(?:\d\D?){5}")


class Unreadable(Exception):
    """The file cannot be read; `text` says where and why, and shows no phone or mail."""

    def __init__(self, text: Text) -> None:
        super().__init__(text.en)
        self.text = text


class Line(msgspec.Struct, frozen=True):
    """What a file says of one receiver."""

    number: int
    """From 1: the line of a CSV or JSON-lines file, the place in a JSON array."""
    values: dict[str, str]
    """By the API's names. What the file does not say is absent."""


def parse(content: bytes, *, kind: Kind) -> list[Line]:
    """Read a file.

    Args:
        kind: `auto` takes what begins with a bracket or brace for JSON, all else for CSV.

    Raises:
        Unreadable: with the place, where there is one.
    """
    if len(content) > MAX_BYTES:
        size = MAX_BYTES // 1024 // 1024
        raise Unreadable(Text(f"文件超过 {size} MB。", f"The file is larger than {size} MB."))
    text = _decoded(content)
    if not text.strip():
        raise Unreadable(Text("文件是空的。", "The file is empty."))
    is_json = kind == "json" or (kind == "auto" and text.lstrip().startswith(("[", "{")))
    return _from_json(text) if is_json else _from_csv(text)


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise _unreadable(
            _line(line),
            "不是 UTF-8 编码，请另存为 UTF-8。",
            "this is not UTF-8: save the file as UTF-8.",
        ) from None


# ---- JSON --------------------------------------------------------------------------------------


def _from_json(text: str) -> list[Line]:
    # Numbers stay as they are written: a phone may come as one, and none is too long to read.
    decoder = json.JSONDecoder(parse_int=str)
    start = len(text) - len(text.lstrip())
    first, end = _decode(decoder, text, start, 1)
    if text[end:].strip():
        return _from_json_lines(decoder, text)
    if isinstance(first, dict) and (items := _answered(first)) is not None:
        return _from_items(items)
    if isinstance(first, list):
        return _from_items(first)
    return [_from_item(first, text.count("\n", 0, start) + 1, _item(1))]


def _decode(decoder: json.JSONDecoder, text: str, start: int, line: int) -> tuple[Any, int]:
    """The value that begins at `start`, and where it ends; `line` is the first line of the text."""
    try:
        return decoder.raw_decode(text, start)
    except json.JSONDecodeError as error:
        place = _line(line + error.lineno - 1)
        zh = f"不是合法的 JSON（第 {error.colno} 个字符）。"
        raise _unreadable(place, zh, f"this is not JSON (character {error.colno}).") from None
    except RecursionError:
        raise _unreadable(
            _line(line), "JSON 嵌套过深。", "the JSON is nested too deeply."
        ) from None


def _answered(document: dict[str, Any]) -> Any:
    """`Receivers` of an answer of ListReceiver, with or without its envelope; None: not one."""
    members = {name.lower(): value for name, value in document.items()}
    envelope = members.get("response")
    if isinstance(envelope, dict):
        return _answered(envelope)
    return members.get("receivers")


def _from_items(items: Any) -> list[Line]:
    if not isinstance(items, list):
        raise Unreadable(Text("`Receivers` 不是数组。", "`Receivers` is not an array."))
    _check_count(len(items))
    return [_from_item(item, number, _item(number)) for number, item in enumerate(items, 1)]


def _from_json_lines(decoder: json.JSONDecoder, text: str) -> list[Line]:
    lines: list[Line] = []
    # Not splitlines(): JSON strings may hold U+2028 and its like.
    for number, source in enumerate(text.split("\n"), 1):
        bare = source.strip()
        if not bare:
            continue
        item, end = _decode(decoder, bare, 0, number)
        if bare[end:].strip():
            zh, en = "一行只能有一个 JSON 对象。", "a line may have one JSON object only."
            raise _unreadable(_line(number), zh, en)
        _check_count(len(lines) + 1)
        lines.append(_from_item(item, number, _line(number)))
    return lines


def _from_item(item: Any, number: int, place: Text) -> Line:
    if not isinstance(item, dict):
        raise _unreadable(place, "不是 JSON 对象。", "this is not a JSON object.")
    fields = _fields(list(item), place)
    values = {
        field: _as_text(value, field, place)
        for field, value in zip(fields, item.values(), strict=True)
        if field and value is not None
    }
    return Line(number, values)


def _as_text(value: Any, field: str, place: Text) -> str:
    if not isinstance(value, str):
        raise _unreadable(place, f"`{field}` 不是字符串。", f"`{field}` is not a string.")
    try:
        value.encode()
    except UnicodeEncodeError:  # half of a surrogate pair, written as \ud83d
        zh, en = f"`{field}` 含有不完整的字符。", f"`{field}` has half a character."
        raise _unreadable(place, zh, en) from None
    return value


# ---- CSV ---------------------------------------------------------------------------------------


def _from_csv(text: str) -> list[Line]:
    records = _records(text, _delimiter(text))
    number, header = next(records)
    fields = _fields(_without_blank_end(header), _line(number))
    missing = [name for name in REQUIRED if name not in fields]
    if missing:
        told = _quoted(missing)
        raise _unreadable(_line(number), f"缺少列 {told}。", f"there is no column {told}.")
    lines: list[Line] = []
    for number, row in records:
        _check_count(len(lines) + 1)
        lines.append(_from_row(row, fields, number))
    return lines


def _records(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """All records that have a cell which is not blank, with the lines where they begin."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    while True:
        number = reader.line_num + 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error:
            zh, en = "不是合法的 CSV，请检查引号。", "this is not CSV: check the quotes."
            raise _unreadable(_line(number), zh, en) from None
        if any(cell.strip() for cell in row):
            yield number, row


def _delimiter(text: str) -> str:
    """The one by which the header falls into the most names that we know."""
    known = {delimiter: _known_names(text, delimiter) for delimiter in _DELIMITERS}
    best = max(known, key=lambda delimiter: known[delimiter])
    if not known[best]:
        told = _quoted(FIELDS)
        zh = f"第一行应为列名：{told}。"
        raise Unreadable(Text(zh, f"The first line must name the columns: {told}."))
    return best


def _known_names(text: str, delimiter: str) -> int:
    try:
        _, header = next(_records(text[:_HEADER_WITHIN], delimiter), (0, []))
    except Unreadable:
        return 0
    return sum(_plain(name) in _KNOWN for name in header)


def _from_row(row: list[str], fields: list[str], number: int) -> Line:
    if any(cell.strip() for cell in row[len(fields) :]):
        zh = "单元格比列名多，含分隔符的值要加引号。"
        en = "there are more cells than columns: put quotes around a value with a delimiter in it."
        raise _unreadable(_line(number), zh, en)
    # A row may end early: spreadsheets leave blank cells at its end out.
    cells = zip(fields, row, strict=False)
    return Line(number, {field: unguarded(cell) for field, cell in cells if field})


def _without_blank_end(header: list[str]) -> list[str]:
    while not header[-1].strip():
        header = header[:-1]
    return header


# ---- names and places --------------------------------------------------------------------------


def _plain(name: str) -> str:
    return name.strip().replace("_", "").lower()


_MEMBERS: Final = tuple(member.name for member in CAM.structures["Receiver"].members)
_KNOWN: Final = {_plain(name): "" for name in (*_MEMBERS, *_SHOWN_ELSEWHERE)} | {
    _plain(name): name for name in FIELDS
}


def _fields(names: Sequence[str], place: Text) -> list[str]:
    """The field of each name; empty for one that is passed over."""
    if any(_plain(name) not in _KNOWN for name in names):
        raise _unknown(names, place)
    fields = [_KNOWN[_plain(name)] for name in names]
    for field in FIELDS:
        if fields.count(field) > 1:
            raise _unreadable(place, f"`{field}` 出现了两次。", f"`{field}` is there twice.")
    return fields


def _unknown(names: Sequence[str], place: Text) -> Unreadable:
    told = [
        _told(name, number) for number, name in enumerate(names, 1) if _plain(name) not in _KNOWN
    ]
    more = len(told) > _NAMES_TOLD
    zh = "、".join(each.zh for each in told[:_NAMES_TOLD]) + (" 等" if more else "")
    en = ", ".join(each.en for each in told[:_NAMES_TOLD]) + (" and more" if more else "")
    known = _quoted(FIELDS)
    return _unreadable(
        place, f"未知的字段：{zh}。可用的有 {known}。", f"unknown fields: {en}. There are {known}."
    )


def _told(name: str, number: int) -> Text:
    if name.strip() and name.isprintable() and not _MAY_BE_A_CONTACT.search(name):
        short = name if len(name) <= 40 else f"{name[:40]}…"
        return Text(f"`{short}`", f"`{short}`")
    return Text(f"第 {number} 个", f"number {number}")


def _quoted(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _check_count(count: int) -> None:
    if count > MAX_LINES:
        zh = f"文件中的接收人超过 {MAX_LINES} 个。"
        raise Unreadable(Text(zh, f"The file has more than {MAX_LINES} receivers."))


def _line(number: int) -> Text:
    return Text(f"第 {number} 行", f"line {number}")


def _item(number: int) -> Text:
    return Text(f"第 {number} 项", f"item {number}")


def _unreadable(place: Text, zh: str, en: str) -> Unreadable:
    return Unreadable(Text(f"{place.zh}：{zh}", f"{place.en}: {en}"))
