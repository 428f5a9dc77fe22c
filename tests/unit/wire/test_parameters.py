# SPDX-License-Identifier: Apache-2.0
"""Parameters against the spec. Texts: error-code centre and observed answers (read 2026-11)."""

from typing import Any

import pytest

from tests.support.signed import receiver
from yizhan.errors import ApiError
from yizhan.spec import CAM
from yizhan.wire.parameters import check_parameters

CREATE = CAM.actions["CreateMessageReceiver"]
LIST = CAM.actions["ListReceiver"]


def refusal(given: dict[str, Any], *, is_text: bool = False, action: str = "") -> ApiError:
    spec = CAM.actions[action] if action else CREATE
    with pytest.raises(ApiError) as refused:
        check_parameters(spec, given, is_text=is_text)
    return refused.value


def test_keeps_what_fits() -> None:
    assert check_parameters(CREATE, receiver(Remark=""), is_text=False) == receiver(Remark="")


def test_null_counts_as_absent() -> None:
    assert check_parameters(CREATE, receiver(Remark=None), is_text=False) == receiver()

    error = refusal(receiver(Name=None))
    assert error.message() == "The request is missing a required parameter `Name`."


def test_unknown_comes_before_missing_and_missing_before_type() -> None:
    assert refusal({"$schema": "x", "Name": 1}).message() == (
        "The parameter `$schema` is not recognized."
    )
    assert refusal({"CountryCode": 86}).message() == (
        "The request is missing a required parameter `Name`."
    )


def test_the_texts_have_a_chinese_form() -> None:
    assert refusal({"Filters": 1}).message("zh-CN") == "未定义参数 `Filters` 。"
    assert refusal({}).message("zh-CN") == "请求缺少必传参数 `Name` 。"
    assert refusal(receiver(Name=1)).message("zh-CN") == (
        "参数 `Name` 取值类型错误。参数类型应为 `string`"
    )


@pytest.mark.parametrize("value", [0, 1.5, True, [], {}, ["a"]])
def test_only_text_is_a_string(value: Any) -> None:
    assert refusal(receiver(Name=value)).message() == (
        "The value type of parameter `Name` is not valid, input type should be `string`"
    )


@pytest.mark.parametrize("value", ["20", -1, 2**64, 1.0, True, [], {}])
def test_only_a_natural_number_is_a_uint64(value: Any) -> None:
    error = refusal({"Limit": value}, action="ListReceiver")

    assert error.message() == (
        "The value type of parameter `Limit` is not valid, input type should be `uint64`"
    )


def test_digits_are_a_number_where_all_values_are_text() -> None:
    given = {"Limit": "20", "Offset": str(2**64 - 1)}

    assert check_parameters(LIST, given, is_text=True) == {"Limit": 20, "Offset": 2**64 - 1}


@pytest.mark.parametrize("value", ["", "a", "1.0", "+1", "-1", " 1", "1e3", str(2**64), "１"])
def test_other_text_is_no_number(value: str) -> None:
    assert refusal({"Limit": value}, is_text=True, action="ListReceiver").code == "InvalidParameter"


def test_a_list_is_no_text() -> None:
    assert refusal(receiver(Name=["a"]), is_text=True).code == "InvalidParameter"
