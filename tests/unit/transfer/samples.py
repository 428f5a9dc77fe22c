# SPDX-License-Identifier: Apache-2.0
"""Receivers and lines for the tests of this folder."""

from typing import Any

from hypothesis import strategies as st

from yizhan.domain.model import Receiver
from yizhan.transfer.formats import Line

ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
# What spreadsheets take for formulas or numbers, and what stands for itself.
RISKY_START = st.sampled_from(["", "=", "+", "-", "@", "＝", "'", "''", "'=", "\t", "0", "1"])
RISKY_TEXT = st.builds(str.__add__, RISKY_START, ANY_TEXT)
DIGITS = st.text("0123456789", min_size=5, max_size=20)

NAMES = st.builds(
    str.__add__,
    RISKY_START,
    st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=60),
).filter(lambda name: bool(name.strip()) and not name.startswith("\t"))
RECEIVERS = st.builds(
    Receiver,
    uid=st.integers(1_000_000, 2**63),
    name=NAMES,
    country_code=st.sampled_from(["86", "1", "852"]),
    phone_number=DIGITS,
    email=st.sampled_from(["a@b.com", "+a@b.com", "=1+1@b.com", "'q@b.com", "用户@例子.中国"]),
    remark=RISKY_TEXT,
    phone_verified_at=st.none() | st.just(1),
    email_verified_at=st.none() | st.just(1),
)
RECEIVER_LISTS = st.lists(RECEIVERS, max_size=6, unique_by=lambda each: each.name)


def receiver(name: str = "ops", uid: int = 1_000_001, **changes: Any) -> Receiver:
    values: dict[str, Any] = {
        "country_code": "86",
        "phone_number": "18123456789",
        "email": "demo@qq.com",
        "remark": "",
    }
    return Receiver(uid=uid, name=name, **(values | changes))


def line(number: int = 1, **changes: str) -> Line:
    values = {
        "Name": "ops",
        "CountryCode": "86",
        "PhoneNumber": "18123456789",
        "Email": "demo@qq.com",
    }
    return Line(number, values | changes)


def values_of(receiver: Receiver) -> dict[str, str]:
    return {
        "Name": receiver.name,
        "CountryCode": receiver.country_code,
        "PhoneNumber": receiver.phone_number,
        "Email": receiver.email,
        "Remark": receiver.remark,
    }
