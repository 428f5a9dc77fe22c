# SPDX-License-Identifier: Apache-2.0
"""Every form of every action, and what is refused."""

import json
import re

import pytest

from tests.unit.codegen.test_literals import HOSTILE
from yizhan.codegen import (
    FORMS,
    SDK_LANGUAGES,
    TENCENT_CLOUD,
    ApiCall,
    CannotRender,
    Target,
    render,
)
from yizhan.spec import CAM
from yizhan.wire.outgoing import Credentials, Outgoing, sign_call

HERE = Target("127.0.0.1:9960", plain_http=True)
HERE_BY_TLS = Target("127.0.0.1:9960", plain_http=False)


def signed(call: ApiCall) -> Outgoing:
    return sign_call(
        action=call.action,
        values=call.values,
        credentials=Credentials("id", "key"),
        host=call.target.host,
        timestamp=1,
    )


def values(action: str, text: str) -> dict[str, str | int]:
    return {
        parameter.name: text if parameter.type == "string" else 7
        for parameter in CAM.actions[action].input
    }


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("action", CAM.actions)
@pytest.mark.parametrize("target", [HERE, TENCENT_CLOUD], ids=["here", "tencent"])
def test_every_form_of_every_action_is_whole(form: str, action: str, target: Target) -> None:
    for text in HOSTILE:
        for method in ("POST", "GET"):
            call = ApiCall(
                action, values(action, text), target, "ap-guangzhou", "en-US", "HmacSHA1", method
            )
            if "\0" in text and form in ("tccli", "curl") and action != "ListReceiver":
                continue

            source = render(call, form, signed=signed(call))

            assert source.text.endswith("\n")
            assert not source.text.endswith("\n\n")
            assert source.file_name
            if form in SDK_LANGUAGES:
                assert action in source.text.partition("\n\n")[0]
                assert source.install


def test_python_programs_compile() -> None:
    for action in CAM.actions:
        for text in HOSTILE:
            source = render(ApiCall(action, values(action, text), HERE), "python").text
            compile(source, "program.py", "exec")


@pytest.mark.parametrize("form", SDK_LANGUAGES)
def test_a_program_for_here_names_the_endpoint_and_one_for_tencent_cloud_does_not(
    form: str,
) -> None:
    here = render(ApiCall("ListReceiver", {}, HERE), form).text
    there = render(ApiCall("ListReceiver", {}), form).text

    assert "127.0.0.1:9960" in here
    assert "127.0.0.1" not in there
    assert not re.search(r"plain|http://|REQ_HTTP|Scheme", there)


@pytest.mark.parametrize("target", [HERE, HERE_BY_TLS], ids=["http", "https"])
def test_what_is_for_here_cannot_reach_tencent_cloud_by_mistake(target: Target) -> None:
    ruby = render(ApiCall("ListReceiver", {}, target), "ruby").text
    terraform = render(ApiCall("ListReceiver", {}, target), "terraform").text

    assert ("ENV['http_proxy'] = \"http://127.0.0.1:9960\"" in ruby) == target.plain_http
    assert ('http_profile.endpoint = "127.0.0.1"' in ruby) != target.plain_http
    assert re.search(r'domain +=\s"example\.test:9960"', terraform)


def test_terraform_takes_a_name_that_begins_with_cam_as_its_domain() -> None:
    target = Target("cam.internal.example:8443", plain_http=False)

    source = render(ApiCall("ListReceiver", {}, target), "terraform")

    assert '  domain = "internal.example:8443"\n' in source.text
    assert "resolve" not in source.text


@pytest.mark.parametrize("form", SDK_LANGUAGES)
def test_credentials_come_from_the_environment(form: str) -> None:
    text = render(ApiCall("ListReceiver", {}), form).text

    for name in ("SECRET_ID", "SECRET_KEY", "SESSION_TOKEN"):
        assert f"TENCENTCLOUD_{name}" in text


@pytest.mark.parametrize(
    ("call", "form", "words"),
    [
        (ApiCall("ListReceiver", {}), "fortran", ["fortran", *FORMS]),
        (ApiCall("ListUsers", {}), "go", ["ListUsers", *CAM.actions]),
        (ApiCall("ListReceiver", {"Page": 1}), "go", ["Page", "Offset", "Limit"]),
        (ApiCall("ListReceiver", {"Limit": "ten"}), "go", ["Limit", "uint64"]),
        (ApiCall("ListReceiver", {"Limit": True}), "go", ["Limit", "uint64"]),
        (ApiCall("ListReceiver", {"Offset": -1}), "go", ["Offset", "uint64"]),
        (ApiCall("ListReceiver", {"Offset": 2**64}), "go", ["Offset", "uint64"]),
        (ApiCall("ListReceiver", {"Offset": 2**63}), "java", ["Java", str(2**63 - 1)]),
        (ApiCall("ListReceiver", {"Offset": 2**53}), "nodejs", ["Node.js", str(2**53 - 1)]),
        (ApiCall("ListReceiver", {}, Target("a\nb", plain_http=True)), "ruby", ["'a\\nb'", "NAME"]),
        (ApiCall("DeleteMessageReceiver", {"Name": 1}), "go", ["Name", "string"]),
        (ApiCall("DeleteMessageReceiver", {"Name": "--"}), "tccli", ["tccli", "--"]),
        (ApiCall("DeleteMessageReceiver", {"Name": "a\0b"}), "tccli", ["tccli", "U+0000"]),
        (ApiCall("ListReceiver", {}), "curl", ["curl", "key"]),
    ],
)
def test_what_cannot_be_written_is_refused_with_what_there_is(
    call: ApiCall, form: str, words: list[str]
) -> None:
    with pytest.raises(CannotRender) as refused:
        render(call, form)

    for word in words:
        assert word in str(refused.value)


@pytest.mark.parametrize(
    ("form", "changes", "words"),
    [
        ("cpp", {"sign_method": "HmacSHA1"}, "TC3-HMAC-SHA256 alone"),
        ("cpp", {"http_method": "GET"}, "POST alone"),
        ("cpp", {"target": Target("localhost:9960", plain_http=True)}, "wants a dot"),
        ("ruby", {"target": HERE}, "http_proxy"),
        ("ruby", {"target": HERE_BY_TLS}, "port 443"),
        ("ruby", {"sign_method": "HmacSHA1"}, "ArgumentError"),
        ("tccli", {"target": HERE}, "http://"),
        ("terraform", {"target": HERE}, "HTTP_PROXY"),
        ("terraform", {"target": HERE_BY_TLS}, "cam.example.test"),
    ],
)
def test_what_a_client_cannot_do_is_said(form: str, changes: dict[str, object], words: str) -> None:
    call = ApiCall("ListReceiver", {}, **changes)  # type: ignore[arg-type]

    assert any(words in note.en for note in render(call, form).notes)


def test_the_raw_form_is_the_request_itself() -> None:
    call = ApiCall("DeleteMessageReceiver", {"Name": "用户"}, HERE)

    text = render(call, "http", signed=signed(call)).text

    assert text.startswith("POST / HTTP/1.1\nHost: 127.0.0.1:9960\n")
    assert json.loads(text.partition("\n\n")[2]) == {"Name": "用户"}
