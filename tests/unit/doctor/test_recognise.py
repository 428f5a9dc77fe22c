# SPDX-License-Identifier: Apache-2.0
"""What is pasted into the doctor is recognised as what it is."""

import shlex

import pytest

from tests.unit.doctor.signers import BODY, SECRET_KEY, tc3, v1
from yizhan.doctor.recognise import (
    CodeAsked,
    ErrorText,
    NotUnderstood,
    RequestAsked,
    RequestIdAsked,
    recognise,
)
from yizhan.doctor.signature import diagnose
from yizhan.wire.request import HttpRequest

ID = "f709ad6e-54b3-4a3c-9e0b-6a2a8f9d1c11"
CODE = "AuthFailure.SignatureFailure"
MESSAGE = "The provided credentials could not be validated. Please check your signature is correct."
# As the clients print it; tests/clients measure the first and the last.
ERRORS = {
    "python, tccli": f"[TencentCloudSDKException] code:{CODE} message:{MESSAGE} requestId:{ID}",
    "go": f"[TencentCloudSDKError] Code={CODE}, Message={MESSAGE}, RequestId={ID}",
    "terraform": f"Error: [TencentCloudSDKError] Code={CODE}, Message={MESSAGE}, RequestId={ID}\n\n"
    "  with tencentcloud_cam_message_receiver.this,",
    "java": f"[TencentCloudSDKException]code: {CODE}, message: {MESSAGE}, requestId: {ID}",
    "php": f"[TencentCloudSDKException]code: {CODE} message: {MESSAGE} requestId: {ID}",
    "nodejs": f"{{ code: '{CODE}', message: '{MESSAGE}', requestId: '{ID}' }}",
    "dotnet": f"[TencentCloudSDKException] code:{CODE} message:{MESSAGE} requestId:{ID}",
    "nodejs, toString()": f"[TencentCloudSDKException]message:{MESSAGE}  requestId:{ID}  traceId:",
    "cpp": f"RequestId={ID}, ErrorCode={CODE}, ErrorMessage={MESSAGE}",
    "java, old": f"message:{CODE}-{MESSAGE} requestId:{ID}",
    "terraform, drawn": f"╷\n│ Error: [TencentCloudSDKError] Code={CODE}, Message={MESSAGE},"
    f" RequestId={ID}\n│ \n╵",
    "ruby": f"[TencentCloudSDKException] code: {CODE}, message: {MESSAGE}, requestId: {ID}",
    "json": f'{{"Response":{{"Error":{{"Code":"{CODE}","Message":"{MESSAGE}"}},'
    f'"RequestId":"{ID}"}}}}',
}


@pytest.mark.parametrize("client", ERRORS)
def test_an_sdk_s_error_text(client: str) -> None:
    found = recognise(ERRORS[client])

    assert isinstance(found, ErrorText)
    assert found.code == ("" if client == "nodejs, toString()" else CODE)
    assert found.request_id == ID
    assert found.message == MESSAGE


def test_a_request_id_or_a_code_alone() -> None:
    assert recognise(f" {ID.upper()}\n") == RequestIdAsked(ID)
    assert recognise("limitexceeded.uin") == CodeAsked("LimitExceeded.Uin")
    assert recognise(f"please look at {ID}") == RequestIdAsked(ID)


@pytest.mark.parametrize("text", ["hello", "", "{}", "code: ?", "GET /", "curl", "\x00\ufffd" * 50])
def test_what_is_nothing_of_this(text: str) -> None:
    assert recognise(text) == NotUnderstood()


def as_http(request: HttpRequest, line_end: str) -> str:
    target = f"{request.path}?{request.query}" if request.query else request.path
    lines = [f"{request.method} {target} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in request.headers.items()]
    return line_end.join([*lines, "", ""]) + request.body.decode()


def as_curl(request: HttpRequest, ansi: bool = False) -> str:
    url = f"https://registry.example:8443/?{request.query}".rstrip("?")
    words = ["curl", shlex.quote(url), "-X", request.method]
    for name, value in request.headers.items():
        words += ["\\\n  -H", shlex.quote(f"{name}: {value}")]
    if request.body:
        text = request.body.decode()
        words += ["--data-raw", f"$'{text}'" if ansi else shlex.quote(text)]
    return " ".join(words)


def read_back(text: str) -> HttpRequest:
    found = recognise(text)
    assert isinstance(found, RequestAsked)
    return found.request


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
@pytest.mark.parametrize("end", ["", "\n", "\r\n\r\n"])
def test_a_raw_request_as_it_was_sent(line_end: str, end: str) -> None:
    request = tc3()
    request.headers["content-length"] = str(len(BODY))

    found = read_back(as_http(request, line_end) + end)

    assert found.body == BODY
    assert diagnose(found, SECRET_KEY).verdict == "correct"


@pytest.mark.parametrize("request_", [tc3(), tc3(sent_method="GET", sent_query="a=1&b=x+y"), v1()])
def test_a_curl_line_as_it_was_sent(request_: HttpRequest) -> None:
    assert diagnose(read_back(as_curl(request_)), SECRET_KEY).verdict == "correct"


def test_a_form_in_a_curl_line() -> None:
    request = v1(sent_method="POST")

    found = read_back(f"curl 'http://registry.example:8443/' -d '{request.body.decode()}'")

    assert diagnose(found, SECRET_KEY).verdict == "correct"


def test_curl_lines_of_browsers_and_of_windows() -> None:
    request = tc3()

    assert read_back(as_curl(request, ansi=True)).body == BODY
    windows = read_back(
        'curl "http://127.0.0.1:9960/" ^\n  -H "X-TC-Action: ListReceiver" ^\n  --data-raw "{^}"'
    )
    assert windows.header("x-tc-action") == "ListReceiver"
    assert windows.method == "POST"


def test_a_mistake_is_found_in_what_was_pasted() -> None:
    request = tc3(host=lambda h: f"http://{h}")

    found = diagnose(read_back(as_http(request, "\n")), SECRET_KEY)

    assert [each.id for each in found.mistakes] == ["host-with-scheme"]


def test_says_whether_a_secret_was_pasted() -> None:
    request = tc3()
    without = recognise(as_http(request, "\n"))
    request.headers["x-tc-token"] = "t"

    assert isinstance(without, RequestAsked)
    assert not without.secrets_seen
    assert recognise(as_http(request, "\n")) != without
