# SPDX-License-Identifier: Apache-2.0
"""Tencent Cloud SMS, by the official SDK against a server that answers as SendSms does."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.gateway import Answer, Gateway
from tests.unit.outbox.samples import text_message
from yizhan.outbox.tencent_sms import TencentSmsTransport
from yizhan.outbox.transports import SendFailed
from yizhan.settings import TencentSmsSettings

# Without it the SDK looks for no error in an answer.
JSON = (("Content-Type", "application/json"),)


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    with Gateway() as running:
        yield running


def transport(gateway: Gateway, **changes: Any) -> TencentSmsTransport:
    values: dict[str, Any] = {
        "secret_id": "AKID" + "s" * 32,
        "secret_key": "k" * 32,
        "region": "ap-guangzhou",
        "endpoint": f"http://127.0.0.1:{gateway.port}",
        "app_id": "1400006666",
        "sign_name": "驿站",
        "template_id": "449739",
        "template_params": ("code", "code_hours"),
        "timeout_seconds": 5,
    }
    return TencentSmsTransport(TencentSmsSettings(**(values | changes)))


def status(code: str) -> Answer:
    """As the documentation's sample has it. Source: SMS API, SendSms (read 2026-11)."""
    sent = {
        "SerialNo": "5000:1045710669157053657849499619",
        "PhoneNumber": "+8618511122233",
        "Fee": 1,
        "SessionContext": "test",
        "Code": code,
        "Message": "as it is",
        "IsoCode": "CN",
    }
    inside = {"SendStatusSet": [sent], "RequestId": "a0aabda6-cf91-4f3e-a81f-9198114a2279"}
    return Answer(200, json.dumps({"Response": inside}).encode(), JSON)


def refusal(code: str) -> Answer:
    error = {"Error": {"Code": code, "Message": "no"}, "RequestId": "r"}
    return Answer(200, json.dumps({"Response": error}).encode(), JSON)


async def test_a_text_message_is_asked_for_with_the_template(gateway: Gateway) -> None:
    gateway.answer = lambda _: status("Ok")

    said = await transport(gateway).send(text_message())

    assert said == "serial number 5000:1045710669157053657849499619"
    (asked,) = gateway.asked
    assert asked.headers["x-tc-action"] == "SendSms"
    assert asked.headers["x-tc-version"] == "2021-01-11"
    assert asked.headers["authorization"].startswith("TC3-HMAC-SHA256 Credential=AKIDssss")
    assert json.loads(asked.body) == {
        "PhoneNumberSet": ["+8618123456789"],
        "SmsSdkAppId": "1400006666",
        "TemplateId": "449739",
        "SignName": "驿站",
        "TemplateParamSet": ["042137", "12"],
        "SessionContext": "<7.0123456789abcdef@example.com>",
    }


async def test_numbers_of_other_countries_have_no_signature(gateway: Gateway) -> None:
    gateway.answer = lambda _: status("Ok")

    await transport(gateway).send(text_message(country_code="1", address="4155550123"))

    body = json.loads(gateway.asked[0].body)
    assert body["PhoneNumberSet"] == ["+14155550123"]
    assert "SignName" not in body


@pytest.mark.parametrize(
    ("answer", "permanent", "unreachable"),
    [
        (status("FailedOperation.PhoneNumberInBlacklist"), True, False),
        (status("InvalidParameterValue.IncorrectPhoneNumber"), True, False),
        (status("LimitExceeded.PhoneNumberDailyLimit"), False, False),
        (status("FailedOperation.InsufficientBalanceInSmsPackage"), False, True),
        (refusal("AuthFailure.SignatureFailure"), False, True),
        (refusal("FailedOperation.TemplateIncorrectOrUnapproved"), False, True),
        (refusal("InternalError.OtherError"), False, False),
        (refusal("RequestLimitExceeded"), False, False),
        (Answer(500, b"oops"), False, True),
    ],
)
async def test_a_refusal_says_whether_it_is_for_good(
    gateway: Gateway, answer: Answer, permanent: bool, unreachable: bool
) -> None:
    gateway.answer = lambda _: answer

    with pytest.raises(SendFailed) as failed:
        await transport(gateway).send(text_message())

    assert (failed.value.permanent, failed.value.unreachable) == (permanent, unreachable)


async def test_a_service_that_is_not_there_is_unreachable() -> None:
    with Gateway() as gone:
        pass

    with pytest.raises(SendFailed) as failed:
        await transport(gone).send(text_message())

    assert failed.value.unreachable
