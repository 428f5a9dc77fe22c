# SPDX-License-Identifier: Apache-2.0
"""Receivers as files, and back."""

import json
import re

import pytest
from hypothesis import given

from tests.unit.codegen.readers import terraform as read_literal
from tests.unit.transfer.samples import RECEIVER_LISTS, receiver, values_of
from yizhan.codegen import ApiCall, render
from yizhan.domain.model import Receiver
from yizhan.transfer.export import as_csv, as_json, as_terraform
from yizhan.transfer.formats import parse

LABEL = r'^resource "tencentcloud_cam_message_receiver" "(.*)" \{$'


# ---- JSON and CSV


@given(RECEIVER_LISTS)
def test_json_comes_back_as_it_was(receivers: list[Receiver]) -> None:
    lines = parse(as_json(receivers).encode(), kind="auto")

    assert [each.values for each in lines] == [values_of(each) for each in receivers]
    assert [each.number for each in lines] == list(range(1, len(receivers) + 1))


@given(RECEIVER_LISTS)
def test_csv_comes_back_as_it_was(receivers: list[Receiver]) -> None:
    for encoding in ("utf-8", "utf-8-sig"):
        lines = parse(as_csv(receivers).encode(encoding), kind="auto")

        assert [each.values for each in lines] == [values_of(each) for each in receivers]


def test_json_has_the_members_of_list_receiver() -> None:
    (shown,) = json.loads(as_json([receiver("用户", phone_verified_at=1, remark="r")]))

    assert shown == {
        "Name": "用户",
        "CountryCode": "86",
        "PhoneNumber": "18123456789",
        "Email": "demo@qq.com",
        "Remark": "r",
        "Uid": 1000001,
        "PhoneFlag": 1,
        "EmailFlag": 0,
    }
    assert "用户" in as_json([receiver("用户")])


def test_csv_is_of_rfc_4180_and_phones_stand_in_it_as_they_are() -> None:
    text = as_csv([receiver('a "b", c', email_verified_at=1)])

    assert text == (
        "Name,CountryCode,PhoneNumber,Email,Remark,Uid,PhoneFlag,EmailFlag\r\n"
        '"a ""b"", c",86,18123456789,demo@qq.com,,1000001,0,1\r\n'
    )


def test_csv_begins_no_formula_and_keeps_all_digits() -> None:
    risky = receiver(
        "=HYPERLINK(1)", phone_number="01234567890123456", email="+a@b.com", remark="@SUM(A1)"
    )

    record = as_csv([risky]).splitlines()[1]

    assert record == "'=HYPERLINK(1),86,'01234567890123456,'+a@b.com,'@SUM(A1),1000001,0,0"


# ---- Terraform


def labels(text: str) -> list[str]:
    return re.findall(LABEL, text, re.MULTILINE)


def test_terraform_has_a_resource_and_an_import_for_each() -> None:
    text = as_terraform([receiver("ops", remark="值班"), receiver("用户", uid=1000002)])

    assert text.endswith(
        """
import {
  to = tencentcloud_cam_message_receiver.ops
  id = "ops"
}

resource "tencentcloud_cam_message_receiver" "ops" {
  name         = "ops"
  country_code = "86"
  phone_number = "18123456789"
  email        = "demo@qq.com"
  remark       = "值班"

  lifecycle {
    ignore_changes = [email, phone_number]
  }
}

import {
  to = tencentcloud_cam_message_receiver.receiver_1000002
  id = "用户"
}

resource "tencentcloud_cam_message_receiver" "receiver_1000002" {
  name         = "用户"
  country_code = "86"
  phone_number = "18123456789"
  email        = "demo@qq.com"

  lifecycle {
    ignore_changes = [email, phone_number]
  }
}
"""
    )


def test_terraform_without_imports_is_for_another_account() -> None:
    text = as_terraform([receiver()], imports=False)

    assert "import" not in text
    assert labels(text) == ["ops"]


@pytest.mark.parametrize("remark", ["", "r"])
def test_attributes_are_those_of_the_generated_call(remark: str) -> None:
    there = receiver(remark=remark)
    values: dict[str, str | int] = {
        name: value for name, value in values_of(there).items() if value
    }

    generated = render(ApiCall("CreateMessageReceiver", values), "terraform").text

    attributes = re.compile(r"^  \w+ += .*$|^    ignore_changes = \[.*?\]", re.MULTILINE)
    resource = generated[generated.index("\nresource") :]
    assert attributes.findall(as_terraform([there], imports=False)) == attributes.findall(resource)


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("tf-example", "tf-example"),
        ("On call (2nd)", "On_call_2nd"),
        ("2nd", "receiver_2nd"),
        ("用户", "receiver_1000001"),
        ("运维 ops", "ops"),
        ("-_-", "receiver_1000001"),
        ('"x" { }', "x"),
    ],
)
def test_a_label_comes_from_the_name(name: str, label: str) -> None:
    assert labels(as_terraform([receiver(name)])) == [label]


def test_like_names_get_labels_that_do_not_move() -> None:
    names = ["ops", "ops!", "ops_3", "ops ", "ops?"]
    there = [receiver(name, uid=uid) for uid, name in enumerate(names, 1)]

    found = labels(as_terraform(there))

    assert found == ["ops", "ops_2", "ops_3", "ops_4", "ops_5"]
    assert labels(as_terraform([*there[:1], *there[2:]])) == [found[0], *found[2:]]


def test_a_label_that_looks_numbered_takes_none_away() -> None:
    names = ["ops", "ops_3", "ops!"]
    there = [receiver(name, uid=uid) for uid, name in enumerate(names, 1)]

    assert labels(as_terraform(there)) == ["ops", "ops_3", "ops_3_3"]


@given(RECEIVER_LISTS)
def test_terraform_says_any_value_and_its_labels_are_valid_and_unique(
    receivers: list[Receiver],
) -> None:
    text = as_terraform(receivers)

    found = labels(text)
    assert len(set(found)) == len(found) == len(receivers)
    assert all(re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]*", label) for label in found)
    assert re.findall(r"^  to = \w+\.(.*)$", text, re.MULTILINE) == found
    for attribute, field in (("id", "Name"), ("name", "Name"), ("email", "Email")):
        literals = re.findall(rf"^  {attribute} += (.*)$", text, re.MULTILINE)
        assert [read_literal(each) for each in literals] == [
            values_of(each)[field] for each in receivers
        ]


@given(RECEIVER_LISTS)
def test_a_remark_gets_not_out_of_its_literal(receivers: list[Receiver]) -> None:
    literals = re.findall(r"^  remark +=\ (.*)$", as_terraform(receivers), re.MULTILINE)

    assert [read_literal(each) for each in literals] == [
        each.remark for each in receivers if each.remark
    ]
