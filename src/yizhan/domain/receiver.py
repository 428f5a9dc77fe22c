# SPDX-License-Identifier: Apache-2.0
"""What a message receiver's values may be, and how they are shown.

Bounds come from the spec; phone numbers are judged by libphonenumber, mail addresses by
email-validator (syntax alone: nothing is looked up).
"""

import re
from typing import Final

import phonenumbers
from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, validate_email

from yizhan.domain.model import Receiver, ReceiverDraft
from yizhan.domain.verification import Channel
from yizhan.errors import (
    COUNTRY_CODE_INVALID,
    EMAIL_INVALID,
    MASKED_SAMPLE,
    NAME_INVALID,
    PHONE_NUMBER_INVALID,
    REMARK_INVALID,
    ApiError,
)
from yizhan.spec import CAM

_INPUT = CAM.actions["CreateMessageReceiver"]
NAME_MAX: Final = _INPUT.parameter("Name").max_length or 0
REMARK_MAX: Final = _INPUT.parameter("Remark").max_length or 0
EMAIL_MAX: Final = _INPUT.parameter("Email").max_length or 0
_PHONE = _INPUT.parameter("PhoneNumber")
_CODE_MAX = _INPUT.parameter("CountryCode").max_length or 0

# C0 and C1 controls and the two Unicode line ends. Joiners stay: emoji are made with them.
CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
COUNTRY_CODE: Final = re.compile(rf"[1-9][0-9]{{0,{_CODE_MAX - 1}}}")
PHONE_NUMBER: Final = re.compile(rf"[0-9]{{{_PHONE.min_length},{_PHONE.max_length}}}")
MASKED_PHONE: Final = re.compile(r"[0-9]+\*{2,}[0-9]+")
MASKED_EMAIL: Final = re.compile(r"[^@\s]*\*{2,}[^@\s]*@[^@\s]+\.[^@\s.]+")
SPECIAL_USE_DOMAINS: Final = tuple(f".{name}" for name in SPECIAL_USE_DOMAIN_NAMES)
# Addresses that the library takes as well, but at forty times the cost; all others are left to it.
PLAIN_EMAIL: Final = re.compile(
    r"(?=[^@]{1,64}@)[A-Za-z0-9_+-]+(?:\.[A-Za-z0-9_+-]+)*"
    r"@(?:[A-Za-z0-9](?:-?[A-Za-z0-9]){0,30}\.){1,8}[A-Za-z]{2,20}"
)
CHINESE_MOBILE: Final = re.compile(r"1[0-9]{10}")


def check_draft(draft: ReceiverDraft, *, accept_masked_samples: bool) -> ReceiverDraft:
    """The draft itself, if its values can be a receiver's.

    Raises:
        ApiError: NAME_INVALID, COUNTRY_CODE_INVALID, PHONE_NUMBER_INVALID, EMAIL_INVALID,
            MASKED_SAMPLE or REMARK_INVALID, in this order; all are InvalidParameter.
    """
    check_name(draft.name)
    check_country_code(draft.country_code)
    check_phone_number(draft.country_code, draft.phone_number, accept_masked_samples)
    check_email(draft.email, accept_masked_samples)
    check_remark(draft.remark)
    return draft


def check_name(name: str) -> None:
    """Raises: ApiError: NAME_INVALID."""
    if not name.strip() or len(name) > NAME_MAX or CONTROL.search(name):
        raise ApiError(NAME_INVALID, limit=NAME_MAX)


def check_country_code(country_code: str) -> None:
    """Raises: ApiError: COUNTRY_CODE_INVALID."""
    if not COUNTRY_CODE.fullmatch(country_code):
        raise ApiError(COUNTRY_CODE_INVALID)


def check_remark(remark: str) -> None:
    """Raises: ApiError: REMARK_INVALID."""
    if len(remark) > REMARK_MAX or "\x00" in remark:
        raise ApiError(REMARK_INVALID, limit=REMARK_MAX)


def check_phone_number(country_code: str, number: str, accept_masked: bool) -> None:
    """Raises: ApiError: MASKED_SAMPLE, PHONE_NUMBER_INVALID."""
    if MASKED_PHONE.fullmatch(number):
        if accept_masked:
            return
        raise ApiError(MASKED_SAMPLE, name="PhoneNumber")
    if not _is_possible(country_code, number):
        raise ApiError(PHONE_NUMBER_INVALID, country_code=country_code)


def _is_possible(country_code: str, number: str) -> bool:
    # A text message has to arrive, and libphonenumber takes shorter Chinese fixed lines as well.
    if country_code == "86":
        return CHINESE_MOBILE.fullmatch(number) is not None
    if not PHONE_NUMBER.fullmatch(number):
        return False
    try:
        parsed = phonenumbers.parse(f"+{country_code}{number}")
    except phonenumbers.NumberParseException:
        return False
    # The library forgives a repeated country code and a trunk prefix; a text message would not.
    as_dialled = str(parsed.country_code), phonenumbers.national_significant_number(parsed)
    return as_dialled == (country_code, number) and phonenumbers.is_possible_number(parsed)


def check_email(email: str, accept_masked: bool) -> None:
    """Raises: ApiError: MASKED_SAMPLE, EMAIL_INVALID."""
    if MASKED_EMAIL.fullmatch(email):
        if accept_masked and len(email) <= EMAIL_MAX:
            return
        raise ApiError(MASKED_SAMPLE, name="Email")
    if len(email) <= EMAIL_MAX and PLAIN_EMAIL.fullmatch(email):
        return
    # The library refuses names like .local, which a private cloud may well use: judge the syntax of
    # such a one as if it were below a public name.
    judged = f"{email}.com" if email.lower().endswith(SPECIAL_USE_DOMAINS) else email
    try:
        validate_email(judged, check_deliverability=False, strict=True)
    except EmailNotValidError:
        raise ApiError(EMAIL_INVALID) from None
    if len(email) > EMAIL_MAX:
        raise ApiError(EMAIL_INVALID)


def mask_phone(number: str) -> str:
    """`186****3509`: the first three and last four digits; of a short number only the outer two.

    Source: sample answers of ListReceiver (read 2026-11); short numbers are our choice.
    """
    if len(number) >= 9:
        return f"{number[:3]}****{number[-4:]}"
    return f"{number[:1]}****{number[-1:]}"


def mask_email(email: str) -> str:
    """`2054****@qq.com`: up to four characters of the mailbox, then four asterisks.

    Source: sample answers of ListReceiver (read 2026-11). A masked sample stays as it is.
    """
    mailbox, _, domain = email.rpartition("@")
    if "****" in mailbox:
        return email
    return f"{mailbox[:4]}****@{domain}"


def mask_contact(receiver: Receiver, channel: Channel) -> str:
    """The masked address of one channel, a phone with its country code."""
    if channel == "email":
        return mask_email(receiver.email)
    return f"+{receiver.country_code} {mask_phone(receiver.phone_number)}"
