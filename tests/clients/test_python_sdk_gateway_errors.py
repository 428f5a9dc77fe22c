# SPDX-License-Identifier: Apache-2.0
"""What the gateway refuses before an action runs, as the Python SDK reports it.

Texts are those of the official error-code centre and of recorded answers of the real gateway (read
2026-11). Where only one language of a text is public, the other is looked at no further.
"""

import time
from typing import Any

import pytest

from tests.clients.keys import DEV_KEY, NO_PERMISSION_KEY, Key, seed_account
from tests.clients.python_sdk import (
    HTTP_METHODS,
    OUTDATED_UTC,
    SAMPLE,
    SIGN_METHODS,
    TC3,
    cam_client,
    common_client,
    create_request,
    delete_request,
    list_request,
    receiver_names,
    refusal,
    refusals,
)
from tests.support.live import LiveServer

pytestmark = pytest.mark.filterwarnings(OUTDATED_UTC)

WRONG_KEY = Key(DEV_KEY.secret_id, "yizhandev00000000000000000000002")


def create(client: Any) -> Any:
    return client.CreateMessageReceiver(create_request())


def list_all(client: Any) -> Any:
    return client.ListReceiver(list_request())


@pytest.mark.parametrize("http_method", HTTP_METHODS)
@pytest.mark.parametrize("sign_method", SIGN_METHODS)
def test_signature_failure_with_a_wrong_key(
    server: LiveServer, sign_method: str, http_method: str
) -> None:
    settings: dict[str, Any] = {"sign_method": sign_method, "http_method": http_method}

    chinese, english = refusals(server, create, WRONG_KEY, **settings)

    assert chinese.get_code() == "AuthFailure.SignatureFailure"
    assert chinese.get_message() == "请求签名验证失败，请检查您的签名计算是否正确。"
    assert english.get_message() == (
        "The provided credentials could not be validated. Please check your signature is correct."
    )
    assert receiver_names(server) == []


def test_secret_id_not_found(server: LiveServer) -> None:
    unknown = Key("AKIDnobody00000000000000000000000001", DEV_KEY.secret_key)

    chinese, english = refusals(server, list_all, unknown)

    assert chinese.get_code() == "AuthFailure.SecretIdNotFound"
    assert chinese.get_message() == "SecretId不存在，请输入正确的密钥。"
    assert english.get_message() == (
        "The SecretId is not found, please ensure that your SecretId is correct."
    )


@pytest.mark.parametrize("sign_method", SIGN_METHODS)
@pytest.mark.parametrize("ahead", [400, -400])
def test_signature_expire_when_the_clocks_differ(
    server: LiveServer, ahead: int, sign_method: str
) -> None:
    server_time = int(time.time()) + ahead
    server.lab("clock", {"now": server_time})

    chinese, english = refusals(server, list_all, sign_method=sign_method)

    assert chinese.get_code() == "AuthFailure.SignatureExpire"
    assert str(server_time) in chinese.get_message()
    assert english.get_message() == (
        "Signature expired. Please use local time and enable NTP service for time synchronization "
        f"to avoid a deviation between `Timestamp` and the server time {server_time}."
    )


@pytest.mark.parametrize("sign_method", SIGN_METHODS)
@pytest.mark.parametrize("given", ["another-token", None])
def test_token_failure(server: LiveServer, given: str | None, sign_method: str) -> None:
    key = seed_account(server, Key("AKIDtemporary", "temporary", "the-token"))

    chinese, english = refusals(server, create, key._replace(token=given), sign_method=sign_method)

    assert chinese.get_code() == "AuthFailure.TokenFailure"
    assert "token" in chinese.get_message()
    assert "token" in english.get_message()
    assert receiver_names(server, key) == []


def test_token_failure_when_it_has_expired(server: LiveServer) -> None:
    now = int(time.time())
    key = seed_account(server, Key("AKIDtemporary", "temporary", "the-token"), expires_at=now + 60)
    names_before = receiver_names(server, key)
    server.lab("clock", {"now": now + 61})

    chinese, _ = refusals(server, list_all, key)

    assert names_before == []
    assert chinese.get_code() == "AuthFailure.TokenFailure"


@pytest.mark.parametrize(
    ("action", "call"),
    [
        ("CreateMessageReceiver", create),
        ("ListReceiver", list_all),
        ("DeleteMessageReceiver", lambda c: c.DeleteMessageReceiver(delete_request("用户"))),
    ],
)
def test_unauthorized_operation_of_a_sub_user(server: LiveServer, action: str, call: Any) -> None:
    create(cam_client(server))

    chinese, english = refusals(server, call, NO_PERMISSION_KEY)

    def inner(request_id: str) -> str:
        return (
            f"[[request id:{request_id}]you are not authorized to perform operation "
            f"(cam:{action})\nresource (*) has no permission\n]"
        )

    assert chinese.get_code() == "AuthFailure.UnauthorizedOperation"
    assert chinese.get_message() == (
        f"操作未授权，请检查CAM策略。{inner(chinese.get_request_id())}"
    )
    assert english.get_message() == (
        "You are not authorized to perform this operation. Check your CAM policies, and ensure "
        f"that you are using the correct access keys. {inner(english.get_request_id())}"
    )
    assert receiver_names(server) == ["用户"]


def test_invalid_authorization_of_an_unsigned_call(server: LiveServer) -> None:
    chinese, english = refusals(
        server,
        lambda client: client.call_json("ListReceiver", {}, options={"SkipSign": True}),
        make=common_client,
    )

    assert chinese.get_code() == "AuthFailure.InvalidAuthorization"
    assert "`Authorization`" in chinese.get_message()
    assert english.get_message().startswith(
        "The request `Authorization` header does not conform to tencentcloud standards: "
    )


@pytest.mark.parametrize("http_method", HTTP_METHODS)
@pytest.mark.parametrize("sign_method", SIGN_METHODS)
def test_missing_parameter(server: LiveServer, sign_method: str, http_method: str) -> None:
    request = create_request()
    request.Email = None
    settings: dict[str, Any] = {"sign_method": sign_method, "http_method": http_method}

    chinese, english = refusals(server, lambda c: c.CreateMessageReceiver(request), **settings)

    assert chinese.get_code() == "MissingParameter"
    assert chinese.get_message() == "请求缺少必传参数 `Email` 。"
    assert english.get_message() == "The request is missing a required parameter `Email`."
    assert receiver_names(server) == []


@pytest.mark.parametrize("http_method", HTTP_METHODS)
@pytest.mark.parametrize("sign_method", SIGN_METHODS)
def test_unknown_parameter(server: LiveServer, sign_method: str, http_method: str) -> None:
    parameters = {**SAMPLE, "Phone": "13800138000"}
    settings: dict[str, Any] = {"sign_method": sign_method, "http_method": http_method}

    chinese, english = refusals(
        server,
        lambda client: client.call_json("CreateMessageReceiver", parameters),
        make=common_client,
        **settings,
    )

    assert chinese.get_code() == "UnknownParameter"
    assert chinese.get_message() == "未定义参数 `Phone` 。"
    assert english.get_message() == "The parameter `Phone` is not recognized."
    assert receiver_names(server) == []


@pytest.mark.parametrize(
    ("action", "parameters", "name", "expected"),
    [
        ("CreateMessageReceiver", {**SAMPLE, "CountryCode": 86}, "CountryCode", "string"),
        ("DeleteMessageReceiver", {"Name": ["用户"]}, "Name", "string"),
        ("ListReceiver", {"Limit": "20"}, "Limit", "uint64"),
        ("ListReceiver", {"Offset": -1}, "Offset", "uint64"),
    ],
)
def test_invalid_parameter_of_another_type(
    server: LiveServer, action: str, parameters: dict[str, Any], name: str, expected: str
) -> None:
    chinese, english = refusals(
        server, lambda client: client.call_json(action, parameters), make=common_client
    )

    assert chinese.get_code() == "InvalidParameter"
    assert chinese.get_message() == f"参数 `{name}` 取值类型错误。参数类型应为 `{expected}`"
    assert english.get_message() == (
        f"The value type of parameter `{name}` is not valid, input type should be `{expected}`"
    )


def test_invalid_parameter_of_a_body_that_is_no_object(server: LiveServer) -> None:
    chinese, english = refusals(
        server, lambda client: client.call_json("ListReceiver", []), make=common_client
    )

    assert chinese.get_code() == "InvalidParameter"
    assert chinese.get_message() == (
        "对于指定content-type=application/json协议下，请求内容不是合法的Json格式。"
    )
    assert english.get_message() == (
        "The request content not valid json format for specified content-type=application/json."
    )


@pytest.mark.parametrize("action", ["CreateMessageReceivers", "AddUser"])
def test_invalid_action(server: LiveServer, action: str) -> None:
    chinese, english = refusals(
        server, lambda client: client.call_json(action, {}), make=common_client
    )

    assert chinese.get_code() == "InvalidAction"
    assert f"`{action}`" in chinese.get_message()
    assert english.get_message() == (
        f"The request action=`{action}` is invalid or not found "
        "in service=`cam` and version=`2019-01-16`."
    )


def test_no_such_version(server: LiveServer) -> None:
    chinese, english = refusals(
        server,
        lambda client: client.call_json("ListReceiver", {}),
        make=common_client,
        version="2019-01-17",
    )

    assert chinese.get_code() == "NoSuchVersion"
    assert "`2019-01-17`" in chinese.get_message()
    assert english.get_message() == (
        "The specified api version=`2019-01-17` does not exist in service=`cam`."
    )


@pytest.mark.parametrize(
    ("sign_method", "name"),
    [(TC3, "X-TC-Region"), ("HmacSHA256", "Region"), ("HmacSHA1", "Region")],
)
def test_invalid_parameter_value_of_an_ill_formed_region(
    server: LiveServer, sign_method: str, name: str
) -> None:
    chinese, english = refusals(server, list_all, region="Guangzhou!", sign_method=sign_method)

    assert chinese.get_code() == "InvalidParameterValue"
    assert chinese.get_message() == f"参数 `{name}` 取值错误。"
    assert english.get_message() == (
        f"A value specified in `{name}` is not valid, is unsupported, or cannot be used."
    )


def test_unsupported_region() -> None:
    with LiveServer(environ={"YIZHAN_WIRE_REGIONS": "ap-guangzhou,ap-beijing"}) as server:
        chinese, english = refusals(server, list_all, region="ap-shanghai")

        assert chinese.get_code() == "UnsupportedRegion"
        assert chinese.get_message().startswith("接口不支持所传地域")
        assert english.get_message() == "The action not support this region."
        assert list_all(cam_client(server, region="ap-beijing")).TotalCount == 0
        assert list_all(cam_client(server, region="")).TotalCount == 0


def test_request_limit_exceeded_at_the_21st_call_of_a_second(server: LiveServer) -> None:
    now = int(time.time())
    server.lab("clock", {"now": now})
    client = cam_client(server)
    for _ in range(20):
        list_all(client)

    chinese, english = refusals(server, list_all)

    # Refused calls count in the number printed, and each action has its own.
    assert chinese.get_code() == "RequestLimitExceeded"
    assert chinese.get_message() == (
        "您当前每秒请求 `21` 次，超过了每秒频率上限 `20`，请稍后重试。"
    )
    assert english.get_message() == (
        "Your current request times equals to `22` in a second, which exceeds the frequency limit "
        "`20` for a second. Please reduce the frequency of calls."
    )
    create(client)
    server.lab("clock", {"now": now + 1})
    assert receiver_names(server) == ["用户"]


def test_request_limit_exceeded_spends_no_create(server: LiveServer) -> None:
    now = int(time.time())
    server.lab("clock", {"now": now})
    client = cam_client(server)
    missing = create_request()
    missing.Email = None
    for _ in range(20):
        refusal(lambda: client.CreateMessageReceiver(missing))

    refused = refusal(lambda: create(client))

    assert refused.get_code() == "RequestLimitExceeded"
    server.lab("clock", {"now": now + 1})
    names = [f"用户{number}" for number in range(10)]
    for name in names:
        client.CreateMessageReceiver(create_request(Name=name))
    assert receiver_names(server) == names
