# SPDX-License-Identifier: Apache-2.0
"""What the generator writes is run against the server, and creates exactly what was asked for.

Programs whose SDK cannot be had from a registry are compiled, against declarations of its names.
"""

import itertools
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.clients.keys import DEV_KEY, NO_REAL_NAME_KEY, Key
from tests.clients.python_sdk import OUTDATED_UTC
from tests.clients.toolchains import CHECKERS, RUNNERS, Done
from tests.support.connection import Client
from tests.support.live import LiveServer
from yizhan.codegen import TENCENT_CLOUD, ApiCall, Target, render
from yizhan.spec import CAM
from yizhan.wire.outgoing import Credentials, sign_call

pytestmark = pytest.mark.filterwarnings(OUTDATED_UTC)

# A name takes no control characters, and 64 characters at most; the remark takes nearly anything.
NAMES = {
    "ordinary": "用户 Li Lei",
    "quotes": "'\"`\\ \\' \\\" $(id) ${HOME} $HOME `id` #{1} %s %d",
    "markup": "</script> \"\"\" ''' {{7*7}} 👩‍👩‍👧 ??/ \\u0041 \\n",
    "dash": "--Name=-x @file &&|;<>*?~!#",
}
REMARK = (
    "line 1\nline 2\r\n\ttab ${x} $${x} %{y} #{z} $(id) `id` 'q' \"q\" \\ \\\\ \\0 %n </script>"
    " \u2028 😀"
)
SLOW = {"go", "java"}
"""Each program is compiled, so all hostile parts are put into few of them."""


@pytest.fixture(scope="module")
def dev_server() -> Iterator[LiveServer]:
    environ = {
        "YIZHAN_RECEIVERS_MASKING": "none",
        "YIZHAN_LIMITS_CREATES_PER_DAY": "1000",
        "YIZHAN_LIMITS_REQUESTS_PER_SECOND": "0",
    }
    with LiveServer(environ=environ) as server:
        yield server


def values(name: str, remark: str = REMARK) -> dict[str, str | int]:
    return {
        "Name": name,
        "CountryCode": "86",
        "PhoneNumber": "18123456789",
        "Email": "demo@qq.com",
        "Remark": remark,
    }


def run_generated(
    server: LiveServer,
    form: str,
    folder: Path,
    action: str,
    given: dict[str, str | int],
    key: Key = DEV_KEY,
    **options: Any,
) -> Done:
    """Write the program for the server and run it."""
    call = ApiCall(action, given, Target(server.host, plain_http=True), "ap-guangzhou", **options)
    signed = sign_call(
        action=action,
        values=given,
        credentials=Credentials(key.secret_id, key.secret_key),
        host=server.host,
        timestamp=int(time.time()),
        **{name: value for name, value in options.items() if name != "reply_language"},
    )
    environ = {
        "TENCENTCLOUD_SECRET_ID": key.secret_id,
        "TENCENTCLOUD_SECRET_KEY": key.secret_key,
    }
    return RUNNERS[form](render(call, form, signed=signed), folder, environ)


def listed(server: LiveServer) -> list[dict[str, Any]]:
    with Client(server) as client:
        return client.page(0)[1]


@pytest.mark.parametrize(
    ("form", "kind"),
    [
        pair
        for pair in itertools.product(RUNNERS, NAMES)
        if pair[0] not in SLOW or pair[1] in ("ordinary", "quotes")
    ],
)
def test_a_program_creates_exactly_what_was_asked_for(
    server: LiveServer, tmp_path: Path, form: str, kind: str
) -> None:
    given = values(NAMES[kind])

    done = run_generated(server, form, tmp_path, "CreateMessageReceiver", given)

    assert done.returncode == 0, done.stderr
    assert '"RequestId"' in done.stdout
    (created,) = listed(server)
    assert {name: created[name] for name in given} == given


@pytest.mark.parametrize("name", ["-x", "--help", "--Name", "file:///etc/hostname", "@file"])
def test_tccli_takes_no_value_for_an_option_or_a_file(
    server: LiveServer, tmp_path: Path, name: str
) -> None:
    done = run_generated(server, "tccli", tmp_path, "CreateMessageReceiver", values(name, name))

    assert done.returncode == 0, done.stderr
    assert [(each["Name"], each["Remark"]) for each in listed(server)] == [(name, name)]


@pytest.mark.parametrize("form", RUNNERS)
def test_programs_list_and_delete(server: LiveServer, tmp_path: Path, form: str) -> None:
    run_generated(server, "curl", tmp_path, "CreateMessageReceiver", values("one", ""))

    page = run_generated(server, form, tmp_path, "ListReceiver", {"Offset": 0, "Limit": 5})
    everything = run_generated(server, form, tmp_path, "ListReceiver", {})
    deleted = run_generated(server, form, tmp_path, "DeleteMessageReceiver", {"Name": "one"})

    for done in (page, everything):
        assert "demo@qq.com" in done.stdout, done.stderr
    assert deleted.returncode == 0, deleted.stderr
    assert listed(server) == []


@pytest.mark.parametrize("form", [form for form in RUNNERS if form != "curl"])
def test_a_refusal_is_printed_with_its_code_and_fails(
    server: LiveServer, tmp_path: Path, form: str
) -> None:
    given = values("refused", "")

    done = run_generated(
        server, form, tmp_path, "CreateMessageReceiver", given, key=NO_REAL_NAME_KEY
    )

    assert done.returncode != 0
    assert "InvalidParameter.UserNotAuth" in done.stderr


@pytest.mark.parametrize("form", ["python", "nodejs", "curl"])
@pytest.mark.parametrize("sign_method", ["TC3-HMAC-SHA256", "HmacSHA256", "HmacSHA1"])
@pytest.mark.parametrize("http_method", ["POST", "GET"])
def test_signature_and_http_method_are_as_chosen(
    server: LiveServer, tmp_path: Path, form: str, sign_method: str, http_method: str
) -> None:
    given = values("chosen", "two words + 100%")

    done = run_generated(
        server,
        form,
        tmp_path,
        "CreateMessageReceiver",
        given,
        sign_method=sign_method,
        http_method=http_method,
    )

    assert done.returncode == 0, done.stderr
    assert [receiver["Remark"] for receiver in listed(server)] == ["two words + 100%"]


@pytest.mark.parametrize("form", sorted(SLOW))
def test_compiled_programs_sign_and_send_as_chosen(
    server: LiveServer, tmp_path: Path, form: str
) -> None:
    done = run_generated(
        server,
        form,
        tmp_path,
        "DeleteMessageReceiver",
        {"Name": "nobody"},
        sign_method="HmacSHA1",
        http_method="GET",
        reply_language="en-US",
    )

    assert done.returncode != 0
    assert "does not exist" in done.stderr


@pytest.mark.parametrize("form", ["python", "nodejs", "tccli"])
def test_the_language_of_the_answer_is_as_chosen(
    server: LiveServer, tmp_path: Path, form: str
) -> None:
    for language, words in (("zh-CN", "用户不存在"), ("en-US", "does not exist")):
        done = run_generated(
            server,
            form,
            tmp_path,
            "DeleteMessageReceiver",
            {"Name": "nobody"},
            reply_language=language,
        )

        assert words in done.stderr


@pytest.mark.parametrize("form", CHECKERS)
@pytest.mark.parametrize("action", CAM.actions)
def test_programs_that_cannot_be_run_here_compile(tmp_path: Path, form: str, action: str) -> None:
    spec = CAM.actions[action]
    for number, (target, options) in enumerate(
        itertools.product(
            (Target("127.0.0.1:9960", plain_http=True), TENCENT_CLOUD),
            ({}, {"sign_method": "HmacSHA1", "http_method": "GET", "reply_language": "en-US"}),
        )
    ):
        given: dict[str, str | int] = {
            parameter.name: REMARK if parameter.type == "string" else 2**40
            for parameter in spec.input
        }
        folder = tmp_path / str(number)
        folder.mkdir()

        done = CHECKERS[form](render(ApiCall(action, given, target, **options), form), folder)

        assert done.returncode == 0, done.stdout + done.stderr
