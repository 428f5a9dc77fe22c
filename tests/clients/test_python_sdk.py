# SPDX-License-Identifier: Apache-2.0
"""The unmodified Python SDK creates, lists and deletes a receiver, however it is set up."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from tencentcloud.cam.v20190116.cam_client import CamClient  # type: ignore[import-untyped]

from tests.clients.keys import DEV_KEY, Key, seed_account
from tests.clients.python_sdk import (
    HTTP_METHODS,
    OUTDATED_UTC,
    REGION,
    REQUEST_ID,
    SAMPLE,
    SIGN_METHODS,
    cam_client,
    common_client,
    create_request,
    credential,
    delete_request,
    list_request,
    profile,
    receiver_names,
)
from tests.support.live import LiveServer

pytestmark = pytest.mark.filterwarnings(OUTDATED_UTC)

# What CreateMessageReceiver was given, as the samples of ListReceiver show it: masked.
LISTED_SAMPLE = {
    "Name": "用户",
    "Remark": "添加消息接收人",
    "PhoneNumber": "132****4539",
    "PhoneFlag": 0,
    "Email": "57****@qq.com",
    "EmailFlag": 0,
    "IsReceiverOwner": 0,
    "WechatFlag": 0,
    "Uin": 100000000001,
    "CountryCode": "86",
}


def create_list_and_delete(client: Any) -> None:
    """The life of a receiver through one client, with everything that each answer must hold."""
    created = client.CreateMessageReceiver(create_request())
    listed = client.ListReceiver(list_request(Offset=0, Limit=20))
    deleted = client.DeleteMessageReceiver(delete_request("用户"))
    left = client.ListReceiver(list_request())

    assert REQUEST_ID.fullmatch(created.RequestId)
    assert created.PhoneNumVerifyLink is None
    assert listed.TotalCount == 1
    shown = json.loads(listed.Receivers[0].to_json_string())
    assert shown.pop("Uid") > 0
    assert shown == LISTED_SAMPLE
    assert REQUEST_ID.fullmatch(deleted.RequestId)
    assert (left.TotalCount, left.Receivers) == (0, [])
    ids = {answer.RequestId for answer in (created, listed, deleted, left)}
    assert len(ids) == 4


@pytest.mark.parametrize("http_method", HTTP_METHODS)
@pytest.mark.parametrize("sign_method", SIGN_METHODS)
def test_creates_lists_and_deletes(server: LiveServer, sign_method: str, http_method: str) -> None:
    client = cam_client(server, sign_method=sign_method, http_method=http_method)

    create_list_and_delete(client)


@pytest.mark.parametrize("http_method", HTTP_METHODS)
def test_leaves_the_payload_unsigned(server: LiveServer, http_method: str) -> None:
    client = cam_client(server, http_method=http_method)
    client.profile.unsignedPayload = True

    create_list_and_delete(client)


@pytest.mark.parametrize("http_method", HTTP_METHODS)
@pytest.mark.parametrize("sign_method", SIGN_METHODS)
def test_uses_temporary_credentials(server: LiveServer, sign_method: str, http_method: str) -> None:
    key = Key("AKIDtemporary00000000000000000000001", "temporary0000000000000000000001", "a/b+c=&")
    seed_account(server, key)

    client = cam_client(server, key, sign_method=sign_method, http_method=http_method)
    client.CreateMessageReceiver(create_request())

    assert receiver_names(server, key) == ["用户"]
    assert receiver_names(server, DEV_KEY) == []


def test_takes_an_endpoint_with_its_scheme(server: LiveServer) -> None:
    # The SDK then sends and signs the whole text as Host, which is no legal one.
    client = cam_client(server)
    client.profile.httpProfile.endpoint = server.endpoint

    create_list_and_delete(client)


def test_keeps_the_public_endpoint_with_the_server_as_its_proxy(server: LiveServer) -> None:
    # The request target is then the whole address: POST http://cam.tencentcloudapi.com/ HTTP/1.1.
    settings = profile(server)
    settings.httpProfile.endpoint = None
    settings.httpProfile.proxy = server.endpoint

    create_list_and_delete(CamClient(credential(DEV_KEY), REGION, settings))


def test_takes_the_proxy_from_the_environment(
    server: LiveServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", server.endpoint)
    settings = profile(server, sign_method="HmacSHA256", http_method="GET")
    settings.httpProfile.endpoint = None

    create_list_and_delete(CamClient(credential(DEV_KEY), REGION, settings))


def test_connects_to_a_gateway_and_signs_the_public_name(server: LiveServer) -> None:
    settings = profile(server)
    settings.httpProfile.endpoint = None
    settings.httpProfile.apigw_endpoint = server.host

    create_list_and_delete(CamClient(credential(DEV_KEY), REGION, settings))


def test_works_without_a_region(server: LiveServer) -> None:
    create_list_and_delete(cam_client(server, region=""))


@pytest.mark.parametrize("http_method", HTTP_METHODS)
@pytest.mark.parametrize("sign_method", SIGN_METHODS)
def test_keeps_every_character(server: LiveServer, sign_method: str, http_method: str) -> None:
    # What encoders treat differently: emoji, space, plus, tilde, percent, quotes, marks of URLs.
    name = "值班 😀 a+b~c%20d'\"e&f=g;h/i\\j*(k)!"
    client = cam_client(server, sign_method=sign_method, http_method=http_method)

    client.CreateMessageReceiver(create_request(Name=name))

    assert receiver_names(server) == [name]
    client.DeleteMessageReceiver(delete_request(name))
    assert receiver_names(server) == []


def test_masks_phone_and_mail(server: LiveServer) -> None:
    client = cam_client(server)

    client.CreateMessageReceiver(create_request(PhoneNumber="18612343509", Email="20541234@qq.com"))

    # The form of the documentation's sample answer: 186****3509, 2054****@qq.com.
    receiver = client.ListReceiver(list_request()).Receivers[0]
    assert (receiver.PhoneNumber, receiver.Email) == ("186****3509", "2054****@qq.com")


def test_pages_in_the_order_of_creation(server: LiveServer) -> None:
    client = cam_client(server, http_method="GET")
    for number in range(5):
        client.CreateMessageReceiver(create_request(Name=f"用户{number}"))

    pages = [client.ListReceiver(list_request(Offset=at, Limit=2)) for at in (0, 2, 4, 6)]

    names = [[receiver.Name for receiver in page.Receivers] for page in pages]
    assert names == [["用户0", "用户1"], ["用户2", "用户3"], ["用户4"], []]
    assert [page.TotalCount for page in pages] == [5, 5, 5, 5]


def test_generic_json_call_answers_a_request_id_and_nothing_else(server: LiveServer) -> None:
    answer = common_client(server).call_json("CreateMessageReceiver", SAMPLE)

    request_id = answer["Response"]["RequestId"]
    assert answer == {"Response": {"RequestId": request_id}}
    assert REQUEST_ID.fullmatch(request_id)
    assert receiver_names(server) == ["用户"]


def test_generic_multipart_call_creates(server: LiveServer) -> None:
    client = common_client(server)

    client.call_json("CreateMessageReceiver", SAMPLE, options={"IsMultipart": True})

    assert receiver_names(server) == ["用户"]


def test_generic_octet_stream_call_creates(server: LiveServer) -> None:
    client = common_client(server)

    client.call_octet_stream("CreateMessageReceiver", {}, json.dumps(SAMPLE).encode())

    assert receiver_names(server) == ["用户"]


def test_explicit_null_counts_as_not_given(server: LiveServer) -> None:
    # Model classes leave unset members out; only a generic call can send a null.
    common_client(server).call_json("CreateMessageReceiver", {**SAMPLE, "Remark": None})

    assert cam_client(server).ListReceiver(list_request()).Receivers[0].Remark == ""


def test_keeps_one_connection_for_all_calls(server: LiveServer) -> None:
    client = cam_client(server, keep_alive=True)

    for _ in range(3):
        create_list_and_delete(client)

    pools = client.request.conn._session.get_adapter(server.endpoint).poolmanager.pools
    [pool] = [pools[key] for key in pools.keys()]  # noqa: SIM118 - urllib3's container cannot iterate
    assert (pool.num_requests, pool.num_connections) == (12, 1)


def test_one_client_is_shared_by_threads(server: LiveServer) -> None:
    client = cam_client(server)
    names = [f"用户{number}" for number in range(10)]

    with ThreadPoolExecutor(max_workers=10) as threads:
        answers = list(
            threads.map(lambda name: client.CreateMessageReceiver(create_request(Name=name)), names)
        )

    assert len({answer.RequestId for answer in answers}) == 10
    assert sorted(receiver_names(server)) == names


def test_clients_of_two_accounts_do_not_see_each_other(server: LiveServer) -> None:
    other = seed_account(server)

    def make(key: Key) -> list[str]:
        client = cam_client(server, key)
        for number in range(5):
            client.CreateMessageReceiver(create_request(Name=f"{key.secret_id[4:7]}{number}"))
        return receiver_names(server, key)

    with ThreadPoolExecutor(max_workers=2) as threads:
        own, others = threads.map(make, (DEV_KEY, other))

    assert own == ["yiz0", "yiz1", "yiz2", "yiz3", "yiz4"]
    assert others == ["see0", "see1", "see2", "see3", "see4"]
