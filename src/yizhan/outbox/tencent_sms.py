# SPDX-License-Identifier: Apache-2.0
"""Text messages through Tencent Cloud SMS, by its official SDK (the extra `yizhan[tencent-sms]`).

Source: SMS API 2021-01-11, SendSms and its status codes (read 2026-11).
"""

import asyncio
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from yizhan.outbox.transports import Outgoing, SendFailed
from yizhan.settings import TencentSmsSettings

PERMANENT: Final = (
    "FailedOperation.ContainSensitiveWord",
    "FailedOperation.PhoneNumberInBlacklist",
    "FailedOperation.PhoneNumberOnBlacklist",
    "InvalidParameterValue.IncorrectPhoneNumber",
    "UnsupportedOperation.",
)
"""About this number or text: another time it would be no different."""
TEMPORARY: Final = (
    "LimitExceeded",
    "RequestLimitExceeded",
    "InternalError",
    "FailedOperation.FailResolvePacket",
)
"""About this moment. All other refusals are about the account's settings and meet every message."""
CHINA: Final = "86"


class TencentSmsTransport:
    """Sends with a template of the SMS console."""

    def __init__(self, settings: TencentSmsSettings) -> None:
        """Raises: ValueError, if the SDK is not installed."""
        try:
            # An extra: most installations do without it.
            from tencentcloud.common import credential  # type: ignore[import-untyped]
            from tencentcloud.common.exception import (  # type: ignore[import-untyped]
                tencent_cloud_sdk_exception as exceptions,
            )
            from tencentcloud.common.profile.client_profile import ClientProfile  # type: ignore[import-untyped]
            from tencentcloud.common.profile.http_profile import HttpProfile  # type: ignore[import-untyped]
            from tencentcloud.sms.v20210111 import models  # type: ignore[import-untyped]
            from tencentcloud.sms.v20210111.sms_client import SmsClient  # type: ignore[import-untyped]
        except ImportError:
            raise ValueError(
                "outbox.sms = tencent needs the official SDK: pip install 'yizhan[tencent-sms]'"
            ) from None
        self._settings = settings
        self._models = models
        self._exception: type[Any] = exceptions.TencentCloudSDKException
        endpoint = urlsplit(settings.endpoint)
        http = HttpProfile(
            protocol=endpoint.scheme,
            endpoint=endpoint.netloc,
            reqTimeout=max(1, round(settings.timeout_seconds)),
        )
        self._client = SmsClient(
            credential.Credential(settings.secret_id, settings.secret_key),
            settings.region,
            ClientProfile(httpProfile=http),
        )

    async def send(self, message: Outgoing) -> str:
        """As `Transport.send`; answers the serial number."""
        return await asyncio.to_thread(self._send, message)

    async def close(self) -> None:
        """The SDK keeps no connection open."""

    def _send(self, message: Outgoing) -> str:
        try:
            answer = self._client.SendSms(self._request(message))
        except self._exception as error:
            if error.get_code() in ("ClientNetworkError", "ServerNetworkError"):
                raise SendFailed(f"Tencent Cloud SMS: {error}", unreachable=True) from None
            raise _refusal(str(error.get_code()), str(error.get_message())) from None
        status = answer.SendStatusSet[0]
        if status.Code != "Ok":
            raise _refusal(status.Code, status.Message)
        return f"serial number {status.SerialNo}"

    def _request(self, message: Outgoing) -> Any:
        settings = self._settings
        values = msgspec.structs.asdict(message)
        request = self._models.SendSmsRequest()
        request.PhoneNumberSet = [f"+{message.country_code}{message.address}"]
        request.SmsSdkAppId = settings.app_id
        request.TemplateId = settings.template_id
        request.TemplateParamSet = [str(values[name]) for name in settings.template_params]
        request.SessionContext = message.message_id
        # Signatures are of mainland China; elsewhere a SenderId belongs to the account.
        if message.country_code == CHINA and settings.sign_name:
            request.SignName = settings.sign_name
        return request


def _refusal(code: str, text: str) -> SendFailed:
    permanent = code.startswith(PERMANENT)
    unreachable = not permanent and not code.startswith(TEMPORARY)
    return SendFailed(
        f"Tencent Cloud SMS: {code}: {text}", permanent=permanent, unreachable=unreachable
    )
