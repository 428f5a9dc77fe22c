# SPDX-License-Identifier: Apache-2.0
"""What an import would do."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.transfer.samples import RECEIVER_LISTS, line, receiver, values_of
from yizhan.domain.model import Receiver, ReceiverDraft
from yizhan.errors import EMAIL_INVALID, MASKED_SAMPLE, MISSING_PARAMETER, ApiError
from yizhan.spec import Text
from yizhan.transfer.formats import Line
from yizhan.transfer.plan import VERDICTS, Plan, plan

DRAFT = ReceiverDraft(
    name="ops", country_code="86", phone_number="18123456789", email="demo@qq.com"
)


def planned(
    *lines: Line, existing: tuple[Receiver, ...] = (), per_account: int = 100, masked: bool = False
) -> Plan:
    return plan(lines, existing, per_account=per_account, accept_masked=masked)


def verdicts(found: Plan) -> list[str]:
    return [step.verdict for step in found.steps]


def as_text(error: ApiError) -> Text:
    return Text(error.message("zh-CN"), error.message("en-US"))


def test_creates_what_is_not_there() -> None:
    (step,) = planned(line(7)).steps

    assert (step.number, step.name, step.verdict, step.draft) == (7, "ops", "create", DRAFT)


def test_passes_over_what_is_there_with_the_same_values() -> None:
    (step,) = planned(line(), existing=(receiver(),)).steps

    assert (step.verdict, step.draft) == ("same", None)


def test_the_same_values_are_the_same_even_where_a_rule_would_refuse_them_now() -> None:
    masked = line(PhoneNumber="132****4539")

    found = planned(masked, existing=(receiver(phone_number="132****4539"),))

    assert verdicts(found) == ["same"]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"country_code": "1"}, "`CountryCode`"),
        ({"phone_number": "18123456780"}, "`PhoneNumber`"),
        ({"email": "Demo@qq.com"}, "`Email`"),
        ({"remark": "x"}, "`Remark`"),
        ({"email": "a@b.com", "remark": "x"}, "`Email`, `Remark`"),
    ],
)
def test_says_what_differs_and_leaves_it(changes: dict[str, str], told: str) -> None:
    (step,) = planned(line(), existing=(receiver(uid=7, **changes),)).steps

    assert (step.verdict, step.draft) == ("differs", None)
    assert f"with another {told};" in step.why.en
    assert f"但 {told} 不同" in step.why.zh


def test_upper_and_lower_case_make_another_name() -> None:
    assert verdicts(planned(line(Name="OPS"), line(2), existing=(receiver(),))) == [
        "create",
        "same",
    ]


def test_a_name_counts_where_it_stands_first() -> None:
    found = planned(line(2), line(3, Name="dev"), line(5, Email="a@b.com"), line(6))

    assert verdicts(found) == ["create", "create", "repeated", "repeated"]
    assert found.steps[3].why.en == "The name stands in the file already, at 2."
    assert "第 2 条" in found.steps[3].why.zh


def test_lines_without_a_name_do_not_repeat_each_other() -> None:
    found = planned(line(1, Name=""), line(2, Name=""), line(3, Name=" "), line(4, Name=" "))

    assert verdicts(found) == ["invalid"] * 4


def test_an_invalid_line_says_what_the_server_would_answer() -> None:
    (step,) = planned(line(Email="no")).steps

    assert (step.verdict, step.draft) == ("invalid", None)
    assert step.why == as_text(ApiError(EMAIL_INVALID))


@pytest.mark.parametrize("name", ["Name", "CountryCode", "PhoneNumber", "Email"])
def test_a_line_that_lacks_a_field_says_which(name: str) -> None:
    lacking = Line(1, {key: value for key, value in line().values.items() if key != name})

    (step,) = planned(lacking).steps

    assert step.verdict == "invalid"
    assert step.why == as_text(ApiError(MISSING_PARAMETER, name=name))


def test_a_masked_value_is_invalid_unless_it_may_pass() -> None:
    masked = line(PhoneNumber="132****4539")
    why = as_text(ApiError(MASKED_SAMPLE, name="PhoneNumber"))

    assert planned(masked).steps[0].why == why
    assert planned(masked, existing=(receiver(),)).steps[0].why == why
    assert verdicts(planned(masked, masked=True)) == ["create"]


def test_only_creates_take_places() -> None:
    lines = (
        line(1),
        line(2, Name="a", Email="no"),
        line(3, Name="b"),
        line(4, Name="b"),
        line(5, Name="c"),
        line(6, Name="d"),
        line(7, Name="e", Email="no"),
    )

    found = planned(*lines, existing=(receiver(), receiver("x", uid=2)), per_account=4)

    expected = ["same", "invalid", "create", "repeated", "create", "full", "invalid"]
    assert verdicts(found) == expected
    assert "4" in found.steps[5].why.en
    assert found.steps[5].draft is None


def test_an_account_may_have_more_than_it_may_have_now() -> None:
    there = (receiver("a", uid=1), receiver("b", uid=2))

    assert verdicts(planned(line(), existing=there, per_account=1)) == ["full"]


def test_counts_have_all_verdicts() -> None:
    found = planned(line(1), line(2), line(3, Name="x"))

    assert found.counts == dict.fromkeys(VERDICTS, 0) | {"create": 2, "repeated": 1}
    assert planned().counts == dict.fromkeys(VERDICTS, 0)


def created(found: Plan, count: int) -> tuple[Receiver, ...]:
    drafts = [step.draft for step in found.steps if step.draft]
    return tuple(
        Receiver(
            uid=number,
            name=draft.name,
            country_code=draft.country_code,
            phone_number=draft.phone_number,
            email=draft.email,
            remark=draft.remark,
        )
        for number, draft in enumerate(drafts[:count])
    )


FIELD_VALUES = st.fixed_dictionaries(
    {
        "Name": st.sampled_from(["a", "b", "c", "d", "", "demo@qq.com"]),
        "CountryCode": st.sampled_from(["86", "+86"]),
        "PhoneNumber": st.sampled_from(["18123456789", "1812345678", "181****6789"]),
        "Email": st.sampled_from(["demo@qq.com", "demo.qq.com", "de****@qq.com"]),
    }
)
LINES = st.lists(FIELD_VALUES, max_size=8).map(
    lambda all_values: [Line(number, values) for number, values in enumerate(all_values, 1)]
)


@given(LINES, st.integers(0, 4), st.integers(0, 8), st.booleans())
def test_an_import_that_was_cut_off_goes_on_where_it_stood(
    lines: list[Line], room: int, done: int, masked: bool
) -> None:
    before = plan(lines, (), per_account=room, accept_masked=masked)
    there = created(before, done)

    after = plan(lines, there, per_account=room, accept_masked=masked)

    names = {each.name for each in there}
    for old, new in zip(before.steps, after.steps, strict=True):
        is_done = old.verdict == "create" and old.name in names
        assert new == old if not is_done else new.verdict == "same"


@given(LINES, st.integers(0, 4), st.booleans())
def test_every_line_has_one_step_and_only_creates_have_drafts(
    lines: list[Line], room: int, masked: bool
) -> None:
    found = plan(lines, (), per_account=room, accept_masked=masked)

    assert [step.number for step in found.steps] == [each.number for each in lines]
    assert all((step.draft is not None) == (step.verdict == "create") for step in found.steps)
    assert found.counts["create"] <= room
    assert Counter(verdicts(found)) == Counter(found.counts)


@given(LINES, st.booleans(), st.sampled_from(["18123456789", "18987654321"]))
def test_no_reason_shows_a_contact(lines: list[Line], masked: bool, phone: str) -> None:
    there = (receiver("a", phone_number=phone), receiver("demo@qq.com", uid=2))

    for step in plan(lines, there, per_account=3, accept_masked=masked).steps:
        for text in (step.why.zh, step.why.en):
            assert "@" not in text
            assert "1812345678" not in text
            assert phone not in text


@given(RECEIVER_LISTS)
def test_what_is_there_is_the_same_as_itself(receivers: list[Receiver]) -> None:
    lines = [Line(number, values_of(each)) for number, each in enumerate(receivers, 1)]

    found = plan(lines, receivers, per_account=0, accept_masked=False)

    assert verdicts(found) == ["same"] * len(receivers)
