# SPDX-License-Identifier: Apache-2.0
"""Flat parameters. Error texts are those of the official error-code centre (read 2026-11)."""

from urllib.parse import quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yizhan.errors import ApiError
from yizhan.wire.flat_params import Tree, flatten, parse_pairs, unflatten

# Names of parameters are words; a word of digits alone is an index.
names = st.text(st.characters(exclude_characters=".", codec="utf-8"), min_size=1).filter(
    lambda name: not (name.isascii() and name.isdigit())
)
trees = st.dictionaries(
    names,
    st.recursive(
        st.text(st.characters(codec="utf-8")),
        lambda below: (
            st.lists(below, min_size=1, max_size=12)
            | st.dictionaries(names, below, min_size=1, max_size=4)
        ),
        max_leaves=20,
    ),
    max_size=5,
)


@given(trees)
def test_flatten_and_unflatten_are_inverse(tree: dict[str, Tree]) -> None:
    assert unflatten(flatten(tree)) == tree


@given(
    st.dictionaries(
        st.text(st.characters(codec="utf-8"), min_size=1), st.text(st.characters(codec="utf-8"))
    )
)
def test_what_clients_encode_is_decoded(pairs: dict[str, str]) -> None:
    plus = urlencode(pairs)
    percent = urlencode(pairs, quote_via=quote)

    assert parse_pairs(plus) == pairs
    assert parse_pairs(percent) == pairs


@given(st.text(st.characters(max_codepoint=255)))
def test_any_query_is_parsed_or_refused(text: str) -> None:
    code = ""
    try:
        unflatten(parse_pairs(text))
    except ApiError as refused:
        code = refused.code

    assert code in ("", "InvalidParameter")


def test_the_documented_form() -> None:
    flat = {
        "Filters.0.Name": "zone",
        "Filters.0.Values.0": "a",
        "Filters.0.Values.1": "b",
        "Limit": "1",
    }

    assert unflatten(flat) == {"Filters": [{"Name": "zone", "Values": ["a", "b"]}], "Limit": "1"}


def test_an_index_of_two_digits_comes_after_one_of_one() -> None:
    flat = {f"A.{index}": str(index) for index in (11, 10, *range(10))}

    assert unflatten(flat) == {"A": [str(index) for index in range(12)]}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Name", "Url key and value should be splited by `=`."),
        ("Name=a&", "Url key and value should be splited by `=`."),
        ("Name=a&&Limit=1", "Url key and value should be splited by `=`."),
        ("=a", "The request has a parameter key which is empty string."),
        ("Name=a&Name=b", "Parameter `Name` input repeated."),
        ("Name=%FF", "Parameter `Name` format invalid."),
        (
            "A.1=a",
            "Parameter `A` invalid array format, array index must be continuous and starts with 0.",
        ),
        (
            "A.0=a&A.2=b",
            "Parameter `A` invalid array format, array index must be continuous and starts with 0.",
        ),
        (
            "A.B.1=a",
            "Parameter `A.B` invalid array format, "
            "array index must be continuous and starts with 0.",
        ),
        (
            "A.00=a",
            "Parameter `A` invalid array format, array index must be continuous and starts with 0.",
        ),
        ("A=a&A.B=b", "Parameter `A.B` format invalid."),
        ("A.B=b&A=a", "Parameter `A` format invalid."),
        ("A.0=a&A.B=b", "Parameter `A` format invalid."),
        ("A..B=b", "Parameter `A..B` format invalid."),
        (".=b", "Parameter `.` format invalid."),
    ],
)
def test_says_what_is_wrong(text: str, message: str) -> None:
    with pytest.raises(ApiError) as refused:
        unflatten(parse_pairs(text))

    assert refused.value.code == "InvalidParameter"
    assert refused.value.message() == message


def test_a_name_nested_too_deeply_is_refused() -> None:
    with pytest.raises(ApiError, match="InvalidParameter"):
        unflatten({".".join("A" * 10_000): "x"})


def test_a_bare_region_is_an_empty_one() -> None:
    # The Ruby client sends it when no region is set.
    assert parse_pairs("Region&Limit=1") == {"Region": "", "Limit": "1"}
