# SPDX-License-Identifier: Apache-2.0
"""The official Python SDK, pointed at a live server the way its documentation has it."""

import re
from collections.abc import Callable
from typing import Any, Final

import pytest
from tencentcloud.cam.v20190116 import models  # type: ignore[import-untyped]
from tencentcloud.cam.v20190116.cam_client import CamClient  # type: ignore[import-untyped]
from tencentcloud.common.common_client import CommonClient  # type: ignore[import-untyped]
from tencentcloud.common.credential import Credential  # type: ignore[import-untyped]
from tencentcloud.common.exception.tencent_cloud_sdk_exception import (  # type: ignore[import-untyped]
    TencentCloudSDKException,
)
from tencentcloud.common.profile.client_profile import (  # type: ignore[import-untyped]
    ClientProfile,
)
from tencentcloud.common.profile.http_profile import HttpProfile  # type: ignore[import-untyped]

from tests.clients.keys import DEV_KEY, Key
from tests.support.live import LiveServer

TC3: Final = "TC3-HMAC-SHA256"
SIGN_METHODS: Final = (TC3, "HmacSHA256", "HmacSHA1")
HTTP_METHODS: Final = ("POST", "GET")
REGION: Final = "ap-guangzhou"

# The SDK takes the date of its signature with a function that Python 3.12 calls outdated.
OUTDATED_UTC: Final = "ignore:datetime.datetime.utcfromtimestamp:DeprecationWarning"

REQUEST_ID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

SAMPLE: Final = {
    "Name": "用户",
    "Remark": "添加消息接收人",
    "CountryCode": "86",
    "PhoneNumber": "132****4539",
    "Email": "57****@qq.com",
}
"""The example request of the documentation page of CreateMessageReceiver (read 2026-11)."""


def credential(key: Key) -> Any:
    return Credential(key.secret_id, key.secret_key, key.token)


def profile(
    server: LiveServer,
    *,
    sign_method: str = TC3,
    http_method: str = "POST",
    language: str = "zh-CN",
    keep_alive: bool = False,
) -> Any:
    """`language` is the SDK's own default."""
    http_profile = HttpProfile(
        protocol="http", endpoint=server.host, reqMethod=http_method, keepAlive=keep_alive
    )
    return ClientProfile(signMethod=sign_method, httpProfile=http_profile, language=language)


def cam_client(
    server: LiveServer, key: Key = DEV_KEY, *, region: str = REGION, **settings: Any
) -> Any:
    """Args: `settings` are those of `profile`."""
    return CamClient(credential(key), region, profile(server, **settings))


def common_client(
    server: LiveServer, key: Key = DEV_KEY, *, version: str = "2019-01-16", **settings: Any
) -> Any:
    """The client for any action: it knows no interface and checks nothing by itself."""
    return CommonClient("cam", version, credential(key), REGION, profile(server, **settings))


def create_request(**members: str) -> Any:
    """The documentation's example, except for what is given."""
    request = models.CreateMessageReceiverRequest()
    for name, value in {**SAMPLE, **members}.items():
        setattr(request, name, value)
    return request


def list_request(**members: int) -> Any:
    request = models.ListReceiverRequest()
    for name, value in members.items():
        setattr(request, name, value)
    return request


def delete_request(name: str) -> Any:
    request = models.DeleteMessageReceiverRequest()
    request.Name = name
    return request


def receiver_names(server: LiveServer, key: Key = DEV_KEY) -> list[str]:
    """What the account has, by a client of its own."""
    listed = cam_client(server, key).ListReceiver(list_request(Limit=200))
    assert listed.TotalCount == len(listed.Receivers)
    return [receiver.Name for receiver in listed.Receivers]


def refusal(call: Callable[[], object]) -> Any:
    """The SDK's exception for a refused call."""
    with pytest.raises(TencentCloudSDKException) as caught:
        call()
    assert REQUEST_ID.fullmatch(caught.value.get_request_id())
    return caught.value


def refusals(
    server: LiveServer,
    call: Callable[[Any], object],
    key: Key = DEV_KEY,
    make: Callable[..., Any] = cam_client,
    **settings: Any,
) -> tuple[Any, Any]:
    """The exceptions of a client as it comes, which asks for Chinese, and of one set to English.

    Both must have the same code and a RequestId of their own.
    """
    chinese = refusal(lambda: call(make(server, key, **settings)))
    english = refusal(lambda: call(make(server, key, language="en-US", **settings)))
    assert chinese.get_code() == english.get_code()
    assert chinese.get_request_id() != english.get_request_id()
    return chinese, english
