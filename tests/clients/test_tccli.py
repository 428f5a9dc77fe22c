# SPDX-License-Identifier: Apache-2.0
"""The unmodified `tccli`, as a user types it in a shell with a home folder of its own.

It signs with TC3 by POST only, demands the required parameters itself, and speaks plain http only
to an endpoint that begins with `http://`.
"""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.clients.keys import DEV_KEY, NO_REAL_NAME_KEY, Key, seed_account
from tests.support.live import LiveServer, clean_environment

TCCLI = Path(sys.executable).parent / "tccli"
REFUSED = 255
REFUSAL = re.compile(
    r"\[TencentCloudSDKException\] code:(?P<code>\S+) message:(?P<message>.*)"
    r" requestId:(?P<request_id>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"
)
CREATE = (
    "CreateMessageReceiver",
    *("--Name", "用户"),
    *("--CountryCode", "86"),
    *("--PhoneNumber", "132****4539"),
    *("--Email", "57****@qq.com"),
    *("--Remark", "添加消息接收人"),
)


class Tccli:
    """`tccli cam ...` with the keys in the environment."""

    def __init__(self, endpoint: str, home: Path) -> None:
        self.endpoint = endpoint
        self.home = home

    def run(
        self, *arguments: str, key: Key = DEV_KEY, endpoint: str | None = None
    ) -> subprocess.CompletedProcess[str]:
        endpoint_option = () if endpoint == "" else ("--endpoint", endpoint or self.endpoint)
        environ = {
            "HOME": str(self.home),
            "LC_ALL": "C.UTF-8",
            "TENCENTCLOUD_SECRET_ID": key.secret_id,
            "TENCENTCLOUD_SECRET_KEY": key.secret_key,
            "TENCENTCLOUD_REGION": "ap-guangzhou",
        }
        if key.token:
            environ["TENCENTCLOUD_TOKEN"] = key.token
        return subprocess.run(
            [TCCLI, "cam", *arguments, *endpoint_option],
            env=clean_environment(environ),
            cwd=self.home,
            capture_output=True,
            text=True,
            # Far below the tool's own 60 seconds, which it waits for a server that says nothing.
            timeout=30,
            check=False,
        )

    def answer(self, *arguments: str, **given: Any) -> Any:
        done = self.run(*arguments, **given)
        assert (done.returncode, done.stderr) == (0, "")
        return json.loads(done.stdout)

    def refusal(self, *arguments: str, **given: Any) -> re.Match[str]:
        done = self.run(*arguments, **given)
        found = REFUSAL.search(done.stderr)
        assert found is not None, done.stderr
        assert (done.returncode, done.stdout) == (REFUSED, "")
        return found


@pytest.fixture
def tccli(server: LiveServer, tmp_path: Path) -> Tccli:
    return Tccli(server.endpoint, tmp_path)


def test_creates_lists_and_deletes(tccli: Tccli) -> None:
    created = tccli.answer(*CREATE)
    listed = tccli.answer("ListReceiver", "--Offset", "0", "--Limit", "20")
    deleted = tccli.answer("DeleteMessageReceiver", "--Name", "用户")
    left = tccli.answer("ListReceiver")

    # The tool prints what its interface has and the answer lacks as null.
    assert created.pop("PhoneNumVerifyLink") is None
    assert set(created) == {"RequestId"}
    [receiver] = listed["Receivers"]
    assert (receiver["Name"], receiver["Remark"]) == ("用户", "添加消息接收人")
    assert set(deleted) == {"RequestId"}
    assert (left["TotalCount"], left["Receivers"]) == (0, [])


def test_prints_a_refusal_in_chinese_by_default(tccli: Tccli) -> None:
    refused = tccli.refusal(*CREATE, key=NO_REAL_NAME_KEY)

    assert refused["code"] == "InvalidParameter.UserNotAuth"
    assert refused["message"] == "用户未实名。"


def test_prints_a_gateway_error_in_the_language_asked_for(tccli: Tccli) -> None:
    wrong = Key(DEV_KEY.secret_id, "not-the-key")

    refused = tccli.refusal(*CREATE, "--language", "en-US", key=wrong)

    assert refused["code"] == "AuthFailure.SignatureFailure"
    assert refused["message"] == (
        "The provided credentials could not be validated. Please check your signature is correct."
    )
    assert tccli.answer("ListReceiver")["TotalCount"] == 0


def test_filters_the_answer(tccli: Tccli) -> None:
    tccli.answer(*CREATE)

    names = tccli.answer("ListReceiver", "--filter", "Receivers[].Name")

    assert names == ["用户"]


def test_uses_temporary_credentials(server: LiveServer, tccli: Tccli) -> None:
    key = seed_account(server, Key("AKIDtemporary", "temporary", "the-token"))

    tccli.answer(*CREATE, key=key)

    assert tccli.answer("ListReceiver", key=key)["TotalCount"] == 1
    refused = tccli.refusal("ListReceiver", key=key._replace(token="another"))
    assert refused["code"] == "AuthFailure.TokenFailure"


def test_takes_the_endpoint_from_its_configuration(tccli: Tccli) -> None:
    tccli.answer("ListReceiver")  # makes the file
    file = tccli.home / ".tccli" / "default.configure"
    configuration = json.loads(file.read_text())
    configuration["cam"]["endpoint"] = tccli.endpoint
    file.write_text(json.dumps(configuration))

    listed = tccli.answer("ListReceiver", endpoint="")

    assert listed["TotalCount"] == 0


def test_fails_at_once_where_the_endpoint_lacks_http(server: LiveServer, tccli: Tccli) -> None:
    # The tool then speaks TLS to the plain port, and would wait if the server did not hang up.
    done = tccli.run("ListReceiver", endpoint=server.host)

    assert done.returncode == REFUSED
    assert "code:ClientNetworkError" in done.stderr
    assert tccli.answer("ListReceiver")["TotalCount"] == 0
