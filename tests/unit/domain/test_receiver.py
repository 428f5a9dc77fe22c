# SPDX-License-Identifier: Apache-2.0
"""Values of a receiver.

Rules: protocol.md 13 and product.md 6; masks: sample answers of ListReceiver (read 2026-11).
"""

import pytest
from email_validator import validate_email
from hypothesis import assume, given
from hypothesis import strategies as st

from yizhan.domain.model import ReceiverDraft
from yizhan.domain.receiver import PLAIN_EMAIL, check_draft, mask_email, mask_phone
from yizhan.errors import ApiError


def draft(**changes: str) -> ReceiverDraft:
    values = {
        "name": "tf-example",
        "country_code": "86",
        "phone_number": "18123456789",
        "email": "demo@qq.com",
    }
    return ReceiverDraft(**(values | changes))


def refusal(*, masked_pass: bool = False, **changes: str) -> ApiError:
    with pytest.raises(ApiError) as refused:
        check_draft(draft(**changes), accept_masked_samples=masked_pass)
    assert refused.value.code == "InvalidParameter"
    return refused.value


@pytest.mark.parametrize(
    "name", ["用户", "tf-example", "a", "名" * 64, " a ", "👩‍👩‍👧", "O'Neil; --", "e\u0301"]
)
def test_takes_names_of_all_kinds(name: str) -> None:
    assert check_draft(draft(name=name), accept_masked_samples=False).name == name


@pytest.mark.parametrize(
    "name", ["", " ", "\u3000", "名" * 65, "a\nb", "a\x00", "a\x7f", "\u2028a"]
)
def test_refuses_other_names(name: str) -> None:
    assert "`Name`" in refusal(name=name).message()


@pytest.mark.parametrize("code", ["", "+86", "0086", "086", "8 6", "eight", "1234", "８６"])
def test_a_country_code_is_digits_alone_and_the_message_says_so(code: str) -> None:
    assert "without `+` or leading zeros" in refusal(country_code=code).message()


@pytest.mark.parametrize(
    ("code", "number"),
    [
        ("86", "18123456789"),
        ("86", "13800138000"),
        ("1", "2025550143"),
        ("852", "51234567"),
        ("44", "7911123456"),
        ("39", "3123456789"),
        ("65", "81234567"),
        ("886", "912345678"),
        ("33", "612345678"),
        ("49", "15123456789"),
    ],
)
def test_takes_possible_numbers(code: str, number: str) -> None:
    possible = draft(country_code=code, phone_number=number)

    assert check_draft(possible, accept_masked_samples=False) == possible


@pytest.mark.parametrize(
    ("code", "number"),
    [
        ("86", ""),
        ("86", "1812345678"),
        ("86", "181234567890"),
        ("86", "28123456789"),
        ("86", "+8618123456789"),
        ("86", "8618123456789"),
        ("86", "181-2345-6789"),
        ("86", "１８１２３４５６７８９"),
        ("1", "202555"),
        ("1", "12025550143"),
        ("44", "07911123456"),
        ("852", "512345678901"),
        ("999", "12345678"),
        ("1", "1" * 21),
    ],
)
def test_refuses_impossible_numbers(code: str, number: str) -> None:
    assert "`PhoneNumber`" in refusal(country_code=code, phone_number=number).message()


@pytest.mark.parametrize(
    "email",
    [
        "demo@qq.com",
        "a.b+c@example.co.uk",
        "用户@例子.中国",
        "ops@mail.corp.local",
        "a@b.test",
        "x@例子.com",
    ],
)
def test_takes_mail_addresses(email: str) -> None:
    assert check_draft(draft(email=email), accept_masked_samples=False).email == email


@given(
    st.from_regex(r"[A-Za-z0-9_+.-]{1,20}", fullmatch=True),
    st.from_regex(r"([A-Za-z0-9-]{1,8}\.){1,4}[A-Za-z]{2,8}", fullmatch=True),
)
def test_what_passes_quickly_passes_the_library_too(mailbox: str, domain: str) -> None:
    email = f"{mailbox}@{domain}"
    assume(PLAIN_EMAIL.fullmatch(email))

    validate_email(f"{email}.com", check_deliverability=False, strict=True)


@pytest.mark.parametrize(
    "email",
    ["", "demo", "@qq.com", "demo@", "demo@qq", "a@b@c.com", "a b@c.com", "a@.com", "a@b..com",
     "a@b.com\n", "a" * 65 + "@b.com", "a@" + "b" * 250 + ".com"],
)  # fmt: skip
def test_refuses_what_is_no_mail_address(email: str) -> None:
    assert "`Email`" in refusal(email=email).message()


def test_the_masked_sample_of_the_documentation_passes_where_it_may() -> None:
    sample = draft(phone_number="132****4539", email="57****@qq.com")

    assert check_draft(sample, accept_masked_samples=True) == sample


@pytest.mark.parametrize(
    ("name", "changes"),
    [("PhoneNumber", {"phone_number": "132****4539"}), ("Email", {"email": "57****@qq.com"})],
)
def test_elsewhere_the_message_says_that_it_is_masked(name: str, changes: dict[str, str]) -> None:
    message = refusal(masked_pass=False, **changes).message()

    assert f"`{name}` is masked with asterisks" in message


@pytest.mark.parametrize("phone_number", ["****", "132****", "1*2", "132****45x9"])
def test_a_masked_number_is_not_just_any_text(phone_number: str) -> None:
    assert refusal(masked_pass=True, phone_number=phone_number).code == "InvalidParameter"


@pytest.mark.parametrize("email", ["****", "57****@qq", "57****@@qq.com", "5 7****@qq.com"])
def test_a_masked_address_is_not_just_any_text(email: str) -> None:
    assert refusal(masked_pass=True, email=email).code == "InvalidParameter"


def test_a_remark_has_an_end() -> None:
    longest = draft(remark="备" * 1000)

    assert check_draft(longest, accept_masked_samples=False) == longest
    assert "`Remark`" in refusal(remark="备" * 1001).message()
    assert "`Remark`" in refusal(remark="\x00").message()


@pytest.mark.parametrize(
    ("number", "shown"),
    [("18612343509", "186****3509"), ("132****4539", "132****4539"), ("12345", "1****5")],
)
def test_masks_a_phone(number: str, shown: str) -> None:
    assert mask_phone(number) == shown


@pytest.mark.parametrize(
    ("email", "shown"),
    [
        ("205412345@qq.com", "2054****@qq.com"),
        ("57****@qq.com", "57****@qq.com"),
        ("ab@qq.com", "ab****@qq.com"),
    ],
)
def test_masks_an_address(email: str, shown: str) -> None:
    assert mask_email(email) == shown
