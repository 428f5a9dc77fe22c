# SPDX-License-Identifier: Apache-2.0
"""The properties of an answer that official clients depend on.

Origin: clients.md section 5, measured with every official client in August 2026: what each of them
does when the property is missing stands beside each test.
"""

import json
import re
from typing import Any

import httpx
import pytest

from tests.conftest import StartApp
from tests.support.signed import HOST, Caller, code, receiver, tc3_headers, v1_pairs

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


async def post(caller: Caller, action: str, parameters: Any, **signing: Any) -> httpx.Response:
    body = json.dumps(parameters).encode()
    headers = tc3_headers(action, body, **signing)
    return await caller.http.post("/", content=body, headers=headers)


async def some_answers(caller: Caller) -> list[httpx.Response]:
    """Successes and refusals of every stage."""
    return [
        await post(caller, "CreateMessageReceiver", receiver()),
        await post(caller, "ListReceiver", {}),
        await post(caller, "DeleteMessageReceiver", {"Name": "tf-example"}),
        await post(caller, "DeleteMessageReceiver", {"Name": "tf-example"}),
        await post(caller, "ListReceiver", {}, secret_key="wrong"),
        await post(caller, "ListReceiver", {}, version="2017-03-12"),
        await post(caller, "NoSuchAction", {}),
        await post(caller, "ListReceiver", {"X": 1}),
        await caller.http.get("/"),
        await caller.http.put("/"),
        await caller.http.post("/any/other/path", content=b"\xff\x00"),
        await caller.http.post("/", headers={"Authorization": "SKIP"}),
    ]


async def test_the_status_is_always_200(caller: Caller) -> None:
    # Any other status, even 201, loses the error code in every client but Go.
    assert {answer.status_code for answer in await some_answers(caller)} == {200}


async def test_the_content_type_has_no_charset(caller: Caller) -> None:
    # With one, Python and tccli take every refusal for a success.
    types = {answer.headers["content-type"] for answer in await some_answers(caller)}

    assert types == {"application/json"}


async def test_the_body_is_compact_and_its_length_is_announced(caller: Caller) -> None:
    for answer in await some_answers(caller):
        compact = json.dumps(answer.json(), ensure_ascii=False, separators=(",", ":"))

        assert answer.content == compact.encode()
        assert answer.headers["content-length"] == str(len(answer.content))
        assert "transfer-encoding" not in answer.headers


async def test_nothing_is_compressed(caller: Caller) -> None:
    # C++ and .NET cannot decode what they did not ask for; others ask and need not get it.
    for answer in await some_answers(caller):
        assert "content-encoding" not in answer.headers


async def test_every_answer_has_a_request_id_of_its_own(caller: Caller) -> None:
    # Python raises KeyError on a refusal without one, C++ fails on any answer without one.
    ids = [answer.json()["Response"]["RequestId"] for answer in await some_answers(caller)]

    assert all(UUID.fullmatch(request_id) for request_id in ids)
    assert len(set(ids)) == len(ids)


async def test_an_error_has_code_and_message_and_stands_before_the_request_id(
    caller: Caller,
) -> None:
    # Python raises KeyError without Message, C++ a format error.
    refusals = [
        answer.json()["Response"]
        for answer in await some_answers(caller)
        if "Error" in answer.json()["Response"]
    ]

    assert len(refusals) == 9
    for response in refusals:
        assert list(response) == ["Error", "RequestId"]
        assert list(response["Error"]) == ["Code", "Message"]
        assert all(isinstance(text, str) and text for text in response["Error"].values())


async def test_a_success_has_no_member_error(caller: Caller) -> None:
    # `"Error": null` breaks Python, PHP, Ruby and C++.
    created = await post(caller, "CreateMessageReceiver", receiver())

    assert re.fullmatch(rb'\{"Response":\{"RequestId":"[0-9a-f-]{36}"\}\}', created.content)


async def test_an_empty_list_is_a_list(caller: Caller) -> None:
    listed = (await post(caller, "ListReceiver", {})).json()["Response"]

    assert listed["TotalCount"] == 0
    assert listed["Receivers"] == []


async def test_numbers_are_json_integers_below_2_to_the_53(caller: Caller) -> None:
    # Go, C++, Java and .NET check the types; Node.js loses digits beyond 2^53.
    await post(caller, "CreateMessageReceiver", receiver())

    listed = (await post(caller, "ListReceiver", {})).json()["Response"]

    (entry,) = listed["Receivers"]
    flags = ["PhoneFlag", "EmailFlag", "IsReceiverOwner", "WechatFlag"]
    for number in (listed["TotalCount"], *(entry[name] for name in ["Uid", "Uin", *flags])):
        assert type(number) is int
        assert 0 <= number < 2**53
    assert all(entry[name] in (0, 1) for name in flags)


async def test_text_is_utf_8_and_comes_back_as_it_was_sent(caller: Caller) -> None:
    name = '用户 👩‍👩‍👧 e\u0301 \\/"&<>'
    await post(caller, "CreateMessageReceiver", receiver(Name=name, Remark="备注\n二"))

    listed = await post(caller, "ListReceiver", {})

    assert "用户".encode() in listed.content
    (entry,) = listed.json()["Response"]["Receivers"]
    assert (entry["Name"], entry["Remark"]) == (name, "备注\n二")


@pytest.mark.parametrize(
    ("language", "message"),
    [
        ("", "The SecretId is not found, please ensure that your SecretId is correct."),
        ("en-US", "The SecretId is not found, please ensure that your SecretId is correct."),
        ("zh-CN", "SecretId不存在，请输入正确的密钥。"),
    ],
)
async def test_the_caller_chooses_the_language(caller: Caller, language: str, message: str) -> None:
    refused = await caller.call("ListReceiver", secret_id="nobody", language=language)
    common: dict[str, Any] = {"Language": language} if language else {}
    refused_v1 = await caller.call_v1("ListReceiver", secret_id="nobody", **common)

    assert refused["Error"]["Message"] == message
    assert refused_v1["Error"]["Message"] == message


async def test_the_language_holds_for_errors_before_decoding(caller: Caller) -> None:
    found = await caller.http.get("/?Language=zh-CN&Name")

    assert found.json()["Response"]["Error"]["Message"] == (
        "参数错误，请求URL中参数key和value必须以 `=` 分隔。"
    )


@pytest.mark.parametrize(
    "target", ["/", "/?", "/cam", "/cam/", "/%E4%B8%AD", "//", "/docs-of-nobody?"]
)
async def test_the_path_does_not_matter(caller: Caller, target: str) -> None:
    # A path in an endpoint setting is sent by most clients, and most still sign `/`.
    headers = tc3_headers("ListReceiver")

    answer = await caller.http.post(target, content=b"{}", headers=headers)

    assert code(answer.json()["Response"]) == "OK"


@pytest.mark.parametrize(
    "host", ["http://127.0.0.1:9960", "http://127.0.0.1:9960/", "127.0.0.1:9960/cam", "a b", ""]
)
async def test_a_host_that_is_none_is_taken_as_it_stands(caller: Caller, host: str) -> None:
    # tccli sends the whole endpoint as Host, scheme and all, and signs it.
    found = await caller.call("ListReceiver", host=host)

    assert code(found) == "OK"


@pytest.mark.parametrize("body", [b"{}", b"null", b""])
async def test_a_request_with_nothing_set_is_an_empty_object(caller: Caller, body: bytes) -> None:
    # Ruby sends `null`, the others `{}`.
    headers = tc3_headers("ListReceiver", body)

    answer = await caller.http.post("/", content=body, headers=headers)

    assert code(answer.json()["Response"]) == "OK"


@pytest.mark.parametrize(
    "body", [b"[]", b'"a"', b"1", b"{", b"{}x", b"\xff", b'{"Name":"\\ud800"}']
)
async def test_a_body_that_is_no_object_is_refused(caller: Caller, body: bytes) -> None:
    headers = tc3_headers("ListReceiver", body)

    answer = await caller.http.post("/", content=body, headers=headers)

    assert answer.json()["Response"]["Error"] == {
        "Code": "InvalidParameter",
        "Message": "The request content not valid json format for specified "
        "content-type=application/json.",
    }


async def test_an_unsigned_json_request_lacks_a_timestamp(caller: Caller) -> None:
    answer = await caller.http.post("/", json={"Name": "a"})

    assert answer.json()["Response"]["Error"] == {
        "Code": "MissingParameter",
        "Message": "The request is missing a required parameter `Timestamp`.",
    }


async def test_empty_common_headers_count_as_absent(caller: Caller) -> None:
    # .NET and Ruby send an empty region, Node.js and Ruby an empty token.
    headers = tc3_headers("ListReceiver") | {"X-TC-Region": "", "X-TC-Token": " "}

    answer = await caller.http.post("/", content=b"{}", headers=headers)

    assert code(answer.json()["Response"]) == "OK"


@pytest.mark.parametrize(
    "region", ["ap_guangzhou", "AP-GUANGZHOU", "guangzhou", "ap-", "-", "ap guangzhou"]
)
async def test_an_ill_formed_region_is_refused(caller: Caller, region: str) -> None:
    # tencentcloud-sdk-nodejs issue 56 and tencentcloud-sdk-python issue 21.
    text = "A value specified in `{}` is not valid, is unsupported, or cannot be used."

    v3 = await caller.call("ListReceiver", region=region)
    v1 = await caller.call_v1("ListReceiver", Region=region)

    assert v3["Error"] == {"Code": "InvalidParameterValue", "Message": text.format("X-TC-Region")}
    assert v1["Error"] == {"Code": "InvalidParameterValue", "Message": text.format("Region")}


@pytest.mark.parametrize("timestamp", ["now", "1.5", "-1", "1e9", "123456789012"])
async def test_a_timestamp_that_is_no_second_is_refused(caller: Caller, timestamp: str) -> None:
    headers = tc3_headers("ListReceiver") | {"X-TC-Timestamp": timestamp}

    answer = await caller.http.post("/", content=b"{}", headers=headers)

    assert code(answer.json()["Response"]) == "InvalidParameterValue"


@pytest.mark.parametrize(("seconds", "found"), [(300, "OK"), (301, "AuthFailure.SignatureExpire")])
@pytest.mark.parametrize("sign", [1, -1])
async def test_the_window_is_300_seconds_on_either_side(
    caller: Caller, seconds: int, found: str, sign: int
) -> None:
    await caller.http.post("/_lab/clock", json={"now": 1_795_453_229})
    timestamp = 1_795_453_229 + sign * seconds

    v3 = await caller.call("ListReceiver", timestamp=timestamp)
    v1 = await caller.call_v1("ListReceiver", timestamp=timestamp)

    assert (code(v3), code(v1)) == (found, found)


async def test_an_expired_signature_names_the_server_time(caller: Caller) -> None:
    await caller.http.post("/_lab/clock", json={"now": 1706406788})

    found = await caller.call("ListReceiver", timestamp=1706406000)

    # Text: jeessy2/ddns-go issue 999.
    assert found["Error"]["Message"] == (
        "Signature expired. Please use local time and enable NTP service for time synchronization"
        " to avoid a deviation between `Timestamp` and the server time 1706406788."
    )


async def test_an_unknown_action_is_named(caller: Caller) -> None:
    found = await caller.call("AddUser")

    # Text: TencentCloudBase/CloudBase-AI-Toolkit issue 301.
    assert found["Error"] == {
        "Code": "InvalidAction",
        "Message": "The request action=`AddUser` is invalid or not found in service=`cam` and "
        "version=`2019-01-16`.",
    }


async def test_a_sub_user_without_permission_is_told_what_it_lacks(caller: Caller) -> None:
    found = await caller.call(
        "CreateMessageReceiver",
        receiver(),
        secret_id="AKIDyizhandev00000000000000000000003",
        secret_key="yizhandev00000000000000000000003",
    )

    # Text: tencentcloud-sdk-java issue 78.
    assert found["Error"] == {
        "Code": "AuthFailure.UnauthorizedOperation",
        "Message": "You are not authorized to perform this operation. Check your CAM policies, and "
        "ensure that you are using the correct access keys. "
        f"[[request id:{found['RequestId']}]you are not authorized to perform operation "
        "(cam:CreateMessageReceiver)\nresource (*) has no permission\n]",
    }


@pytest.mark.parametrize(
    "content_type", ["multipart/form-data; boundary=b", "application/octet-stream"]
)
async def test_generic_calls_may_send_other_bodies(caller: Caller, content_type: str) -> None:
    # Multipart and octet-stream come from the generic calls of several clients; the body decides.
    parts = "".join(
        f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in receiver().items()
    )
    body = f"{parts}--b--\r\n" if "multipart" in content_type else json.dumps(receiver())
    headers = tc3_headers("CreateMessageReceiver", body.encode(), content_type=content_type)

    answer = await caller.http.post("/", content=body.encode(), headers=headers)

    assert list(answer.json()["Response"]) == ["RequestId"]


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (b"", "InvalidRequest"),
        (b"--b\r\n", "InvalidRequest"),
        (
            b'--c\r\nContent-Disposition: form-data; name="a"\r\n\r\nx\r\n--c--\r\n',
            "InvalidRequest",
        ),
        (b"--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--\r\n", "InvalidRequest"),
        (
            b'--b\r\nContent-Disposition: form-data; name=""\r\n\r\nx\r\n--b--\r\n',
            "InvalidParameter",
        ),
        (
            b'--b\r\nContent-Disposition: form-data; name="Name"\r\nContent-Type: application/json'
            b"\r\n\r\n{\r\n--b--\r\n",
            "InvalidParameter",
        ),
    ],
)
async def test_a_malformed_multipart_body_is_refused(
    caller: Caller, body: bytes, found: str
) -> None:
    headers = tc3_headers("ListReceiver", body, content_type="multipart/form-data; boundary=b")

    answer = await caller.http.post("/", content=body, headers=headers)

    assert code(answer.json()["Response"]) == found


async def test_get_carries_integers_as_text(caller: Caller) -> None:
    await caller.call("CreateMessageReceiver", receiver())
    query = "Offset=0&Limit=20"
    form = "application/x-www-form-urlencoded"
    headers = tc3_headers("ListReceiver", method="GET", query=query, content_type=form)

    v3 = await caller.http.get(f"/?{query}", headers=headers)
    signed = v1_pairs("ListReceiver", {"Offset": "0", "Limit": "20"}, method="GET")
    v1 = await caller.http.get("/", params=signed, headers={"Host": HOST})

    assert v3.json()["Response"]["TotalCount"] == 1
    assert v1.json()["Response"]["TotalCount"] == 1


@pytest.mark.parametrize("algorithm", ["HmacSHA1", "HmacSHA256"])
async def test_v1_takes_a_form(caller: Caller, algorithm: str) -> None:
    created = await caller.call_v1("CreateMessageReceiver", receiver(), algorithm=algorithm)

    assert list(created) == ["RequestId"]


async def test_sizes_are_bounded(caller: Caller) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    authorized = {"Authorization": "TC3-HMAC-SHA256"}
    long_query = await caller.http.get("/?A=" + "a" * 32_768, headers=authorized)
    long_v1_query = await caller.http.get("/?A=" + "a" * 32_768)
    large_form = await caller.http.post("/", content=b"A=" + b"a" * 2**20, headers=form)
    large_json = await caller.http.post("/", content=b" " * (10 * 2**20 + 1), headers=authorized)

    assert code(long_query.json()["Response"]) == "RequestSizeLimitExceeded"
    assert large_form.json()["Response"]["Error"] == long_v1_query.json()["Response"]["Error"]
    assert large_form.json()["Response"]["Error"] == {
        "Code": "AuthFailure.SignatureFailure",
        # Text: error-code centre; tencentcloud-sdk-python issue 42.
        "Message": "The provided credentials could not be validated because of exceeding request "
        "size limit, please use new signature method `TC3-HMAC-SHA256`.",
    }
    assert code(large_json.json()["Response"]) == "RequestSizeLimitExceeded"


async def test_the_right_content_hash_passes(caller: Caller) -> None:
    empty = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
    headers = tc3_headers("ListReceiver") | {"X-TC-Content-SHA256": empty}

    answer = await caller.http.post("/", content=b"{}", headers=headers)

    assert code(answer.json()["Response"]) == "OK"


async def test_twenty_calls_pass_in_a_second_and_refused_ones_are_counted(
    start_app: StartApp,
) -> None:
    caller = await start_app()
    await caller.http.post("/_lab/clock", json={"now": 1_795_453_229})

    found = [await caller.call("ListReceiver", timestamp=1_795_453_229) for _ in range(22)]

    assert [code(response) for response in found] == ["OK"] * 20 + ["RequestLimitExceeded"] * 2
    # Text: error-code centre.
    assert found[-1]["Error"]["Message"] == (
        "Your current request times equals to `22` in a second, which exceeds the frequency limit "
        "`20` for a second. Please reduce the frequency of calls."
    )

    other_action = await caller.call(
        "DeleteMessageReceiver", {"Name": "a"}, timestamp=1_795_453_229
    )
    await caller.http.post("/_lab/clock", json={"now": 1_795_453_230})
    next_second = await caller.call("ListReceiver", timestamp=1_795_453_229)
    assert code(other_action) == "ResourceNotFound.UserNotExists"
    assert code(next_second) == "OK"
