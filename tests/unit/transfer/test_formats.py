# SPDX-License-Identifier: Apache-2.0
"""Files of receivers, as people and programs write them."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.transfer.samples import line
from yizhan.transfer import formats
from yizhan.transfer.formats import Kind, Line, Unreadable, parse

OPS = line().values
HEADER = "Name,CountryCode,PhoneNumber,Email,Remark"
RECORD = "ops,86,18123456789,demo@qq.com,"


def refusal(content: str | bytes, kind: Kind = "auto") -> str:
    raw = content.encode() if isinstance(content, str) else content
    with pytest.raises(Unreadable) as refused:
        parse(raw, kind=kind)
    assert refused.value.text.zh
    assert str(refused.value) == refused.value.text.en
    return refused.value.text.en


def read(content: str, kind: Kind = "auto") -> list[Line]:
    return parse(content.encode(), kind=kind)


# ---- JSON


@pytest.mark.parametrize(
    "document",
    [
        [OPS],
        {"Receivers": [OPS], "TotalCount": 1, "RequestId": "f709ad6e"},
        {"Response": {"Receivers": [OPS], "TotalCount": 1}},
        {"total": 1, "receivers": [OPS]},
        OPS,
    ],
)
@pytest.mark.parametrize("indent", [None, 2])
def test_reads_json_of_all_shapes(document: object, indent: int | None) -> None:
    assert read(json.dumps(document, indent=indent)) == [Line(1, OPS)]


def test_reads_json_lines_and_numbers_them_as_an_editor_does() -> None:
    other = OPS | {"Name": "a\u2028b"}
    content = f"{json.dumps(OPS)}\r\n\n{json.dumps(other, ensure_ascii=False)}\n"

    assert read(content) == [Line(1, OPS), Line(3, other)]


@pytest.mark.parametrize(
    "names",
    [
        {"name": "Name", "country_code": "CountryCode", "phone_number": "PhoneNumber"},
        {"NAME": "Name", "countrycode": "CountryCode", "Phone_Number": "PhoneNumber"},
    ],
)
def test_names_of_fields_may_be_written_otherwise(names: dict[str, str]) -> None:
    item = {other: OPS[name] for other, name in names.items()} | {"email": OPS["Email"]}

    assert read(json.dumps([item])) == [Line(1, OPS)]


def test_passes_over_what_list_receiver_says_besides() -> None:
    answered = {
        "Uid": 1000001, "Uin": 100000000001, "PhoneFlag": 0, "EmailFlag": 1, "IsReceiverOwner": 0,
        "WechatFlag": 0, "CreateTime": "2026-11-01", "phone_verified": True, "primary": False,
    }  # fmt: skip

    assert read(json.dumps([OPS | answered])) == [Line(1, OPS)]


def test_a_number_is_what_is_written_and_null_is_nothing() -> None:
    item = '{"CountryCode": 86, "PhoneNumber": 18123456789, "Remark": null}'

    assert read(item) == [Line(1, {"CountryCode": "86", "PhoneNumber": "18123456789"})]
    assert read(f'[{{"PhoneNumber": {"9" * 5000}}}]')[0].values["PhoneNumber"] == "9" * 5000


def test_an_empty_array_has_no_lines() -> None:
    assert read("[]") == []
    assert read('{"Receivers": []}') == []


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ('[{"Name": "a"},\n {"Name" "b"}]', "line 2: this is not JSON (character 10)."),
        ('{"Name": "a"}\n{"Name": }', "line 2: this is not JSON"),
        ('{"Name": "a"}\n{"Name": "b"} 1', "line 2: a line may have one JSON object only."),
        ('[{"Name": "a"}, 7]', "item 2: this is not a JSON object."),
        ('[{"Name": true}]', "item 1: `Name` is not a string."),
        ('[{"PhoneNumber": 1.8e10}]', "item 1: `PhoneNumber` is not a string."),
        ('[{"Name": ["a"]}]', "item 1: `Name` is not a string."),
        ('[{"Name": "\\ud83d"}]', "item 1: `Name` has half a character."),
        ('[{"Name": "a", "name": "b"}]', "item 1: `Name` is there twice."),
        ('[{"Name": "a"}, {"Remarks": "b"}]', "item 2: unknown fields: `Remarks`."),
        ('{"Receivers": {}}', "`Receivers` is not an array."),
        ('{"Name": "a"}\n{"Mail": "b"}', "line 2: unknown fields: `Mail`."),
        ("[" * 100_000, "line 1: the JSON is nested too deeply."),
    ],
)
def test_says_where_json_cannot_be_read(content: str, told: str) -> None:
    assert refusal(content).startswith(told)


# ---- CSV


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_reads_csv_as_programs_write_it(delimiter: str, mark: bytes, line_end: str) -> None:
    text = line_end.join([HEADER, RECORD, ""]).replace(",", delimiter)

    assert parse(mark + text.encode(), kind="csv") == [Line(2, OPS | {"Remark": ""})]


def test_a_record_has_the_number_of_its_first_line() -> None:
    records = ['"a\nb",86,1,c@d.e,"x\r\n""y"""', "", ",,,,", RECORD]

    lines = read("\n".join([HEADER, *records]))

    assert [each.number for each in lines] == [2, 7]
    assert lines[0].values["Remark"] == 'x\r\n"y"'


def test_columns_may_stand_in_any_order_among_columns_of_an_export() -> None:
    header = "uid;email;name;phone_number;country_code"

    assert read(f"{header}\n7;demo@qq.com;ops;18123456789;86") == [Line(2, OPS)]


def test_other_delimiters_may_stand_in_quoted_cells_and_headers() -> None:
    content = f'"Name";"CountryCode";"PhoneNumber";"Email"\n"a,b";86;{OPS["PhoneNumber"]};c,d\te'

    (found,) = read(content)

    assert (found.values["Name"], found.values["Email"]) == ("a,b", "c,d\te")


def test_takes_blank_cells_at_the_end_as_spreadsheets_leave_them() -> None:
    content = f"{HEADER},,\n{RECORD},\nops,86,18123456789,demo@qq.com\n,,,,,,"

    assert read(content) == [Line(2, OPS | {"Remark": ""}), Line(3, OPS)]


def test_takes_guards_away() -> None:
    content = f"{HEADER}\n'=a,86,'0123456789,'+d@e.f,'s-Gravenhage"

    assert list(read(content)[0].values.values()) == [
        "=a", "86", "0123456789", "+d@e.f", "'s-Gravenhage",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (f'{HEADER}\n{RECORD}\n"a,86', "line 3: this is not CSV: check the quotes."),
        (f'{HEADER}\n"a"b,86', "line 2: this is not CSV: check the quotes."),
        (f"{HEADER}\n{RECORD},x", "line 2: there are more cells than columns"),
        (f"\n{HEADER},Phone,\n", "line 2: unknown fields: `Phone`."),
        (f"{HEADER},,name", "line 1: unknown fields: number 6."),
        (f"{HEADER},name", "line 1: `Name` is there twice."),
        ("Name,Email\na,b", "line 1: there is no column `CountryCode`, `PhoneNumber`."),
        ("ops,86,18123456789,demo@qq.com", "The first line must name the columns: `Name`, "),
        ('"', "The first line must name the columns"),
        ("<html>", "The first line must name the columns"),
    ],
)
def test_says_where_csv_cannot_be_read(content: str, told: str) -> None:
    assert refusal(content).startswith(told)


def test_names_unknown_columns_but_shows_nothing_that_may_be_a_contact() -> None:
    told = refusal(f"{HEADER},18123456789,181 2345 6789,demo@qq.com,{'长' * 99}, ,a\u202eb,z\n")

    assert told.startswith(
        f"line 1: unknown fields: number 6, number 7, number 8, `{'长' * 40}…`, "
    )
    assert "number 9" not in told
    assert "and more" in told
    assert "1812345" not in told
    assert "qq.com" not in told


# ---- both


@pytest.mark.parametrize("content", [b"", b" \n", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("kind", ["json", "csv", "auto"])
def test_refuses_an_empty_file(content: bytes, kind: Kind) -> None:
    assert refusal(content, kind) == "The file is empty."


def test_refuses_other_encodings_and_says_where() -> None:
    gbk = f"{HEADER}\n用户,86,18123456789,demo@qq.com,".encode("gbk")

    assert refusal(gbk) == "line 2: this is not UTF-8: save the file as UTF-8."


def test_the_kind_may_be_said() -> None:
    assert refusal(HEADER, "json").startswith("line 1: this is not JSON")
    assert refusal("[]", "csv").startswith("The first line must name the columns")


def test_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formats, "MAX_LINES", 2)
    item = json.dumps(OPS)

    for count, told in ((2, ""), (3, "The file has more than 2 receivers.")):
        array = json.dumps([OPS] * count)
        for content in (array, f"{item}\n" * count, f"{HEADER}\n" + f"{RECORD}\n" * count):
            if told:
                assert refusal(content) == told
            else:
                assert len(read(content)) == count


def test_refuses_a_file_above_32_mb_before_it_looks_inside() -> None:
    assert formats.MAX_LINES == 100_000
    assert refusal(b"\xff" * (32 * 1024 * 1024 + 1)) == "The file is larger than 32 MB."


@given(
    st.one_of(
        st.binary(),
        st.text().map(str.encode),
        st.text(",;\t\n\r\"'=a").map(lambda text: f"{HEADER}\n{text}".encode()),
        st.text('[]{}":,0a\\ \n').map(str.encode),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(st.sampled_from(["Name", "Receivers", "Response", "Uid"]), inner)
            ),
        ).map(lambda value: json.dumps(value).encode()),
    ),
    st.sampled_from(["json", "csv", "auto"]),
)
def test_gives_lines_or_says_unreadable_whatever_comes(content: bytes, kind: Kind) -> None:
    try:
        lines = parse(content, kind=kind)
    except Unreadable:
        return
    assert all(set(each.values) <= set(formats.FIELDS) for each in lines)
    assert [each.number for each in lines] == sorted({each.number for each in lines})
