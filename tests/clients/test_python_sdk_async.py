# SPDX-License-Identifier: Apache-2.0
"""The unmodified Python SDK's asynchronous client, which speaks through httpx."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from tencentcloud.cam.v20190116.cam_client_async import CamClient  # type: ignore[import-untyped]
from tencentcloud.common.exception.tencent_cloud_sdk_exception import (  # type: ignore[import-untyped]
    TencentCloudSDKException,
)

from tests.clients.keys import DEV_KEY, NO_REAL_NAME_KEY, Key, seed_account
from tests.clients.python_sdk import (
    HTTP_METHODS,
    OUTDATED_UTC,
    REGION,
    REQUEST_ID,
    SIGN_METHODS,
    create_request,
    credential,
    delete_request,
    list_request,
    profile,
    receiver_names,
)
from tests.support.live import LiveServer

pytestmark = pytest.mark.filterwarnings(OUTDATED_UTC)


def async_client(server: LiveServer, key: Key = DEV_KEY, **settings: Any) -> Any:
    """To be opened with `async with`; `settings` are those of `profile`."""
    return CamClient(credential(key), REGION, profile(server, **settings))


@pytest.fixture
async def client(server: LiveServer) -> AsyncIterator[Any]:
    async with async_client(server) as client:
        yield client


@pytest.mark.parametrize("http_method", HTTP_METHODS)
@pytest.mark.parametrize("sign_method", SIGN_METHODS)
async def test_creates_lists_and_deletes(
    server: LiveServer, sign_method: str, http_method: str
) -> None:
    async with async_client(server, sign_method=sign_method, http_method=http_method) as client:
        created = await client.CreateMessageReceiver(create_request())
        listed = await client.ListReceiver(list_request(Limit=20))
        await client.DeleteMessageReceiver(delete_request("用户"))
        left = await client.ListReceiver(list_request())

    assert REQUEST_ID.fullmatch(created.RequestId)
    assert [receiver.Name for receiver in listed.Receivers] == ["用户"]
    assert (left.TotalCount, left.Receivers) == (0, [])


async def test_leaves_the_payload_unsigned(server: LiveServer, client: Any) -> None:
    client.profile.unsignedPayload = True

    await client.CreateMessageReceiver(create_request())

    assert receiver_names(server) == ["用户"]


async def test_uses_temporary_credentials(server: LiveServer) -> None:
    key = Key("AKIDtemporary00000000000000000000002", "temporary0000000000000000000002", "token")
    seed_account(server, key)

    async with async_client(server, key) as client:
        await client.CreateMessageReceiver(create_request())

    assert receiver_names(server, key) == ["用户"]


async def test_many_calls_are_under_way_at_once(server: LiveServer) -> None:
    names = [f"用户{number}" for number in range(10)]

    async with async_client(server, keep_alive=True) as client:
        await asyncio.gather(
            *(client.CreateMessageReceiver(create_request(Name=name)) for name in names)
        )

    assert sorted(receiver_names(server)) == names


async def test_reports_a_business_error(server: LiveServer) -> None:
    async with async_client(server, NO_REAL_NAME_KEY) as client:
        with pytest.raises(TencentCloudSDKException) as caught:
            await client.CreateMessageReceiver(create_request())

    assert caught.value.get_code() == "InvalidParameter.UserNotAuth"
    assert caught.value.get_message() == "用户未实名。"
    assert REQUEST_ID.fullmatch(caught.value.get_request_id())


async def test_reports_a_gateway_error_in_english(server: LiveServer) -> None:
    wrong = Key(DEV_KEY.secret_id, "not-the-key")

    async with async_client(server, wrong, language="en-US") as client:
        with pytest.raises(TencentCloudSDKException) as caught:
            await client.ListReceiver(list_request())

    assert caught.value.get_code() == "AuthFailure.SignatureFailure"
    assert caught.value.get_message() == (
        "The provided credentials could not be validated. Please check your signature is correct."
    )
