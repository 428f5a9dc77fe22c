# SPDX-License-Identifier: Apache-2.0
"""`yizhan codegen` and `openapi`: what the portal knows, without a server."""

import json

import pytest
from openapi_spec_validator import validate

from tests.support.live import run_yizhan
from tests.support.registry import assert_one_line, assert_wrong_usage
from yizhan.codegen import FORMS
from yizhan.spec import CAM

NAMED = ("DeleteMessageReceiver", "--param", "Name=用户")


@pytest.mark.parametrize("form", FORMS)
def test_prints_every_form(form: str) -> None:
    done = run_yizhan("codegen", *NAMED, "--language", form)

    assert done.returncode == 0, done.stderr
    assert "用户" in done.stdout
    assert "127.0.0.1:9960" in done.stdout or form == "terraform"


def test_calls_where_it_is_told_to() -> None:
    elsewhere = run_yizhan(
        "codegen", *NAMED, "--language", "tccli", "--endpoint", "https://cam.example.com"
    )
    real = run_yizhan("codegen", *NAMED, "--language", "tccli", "--tencent-cloud")
    by_setting = run_yizhan(
        "codegen", *NAMED, "--language", "go", environ={"YIZHAN_SERVER_PORT": "1234"}
    )

    assert "--endpoint https://cam.example.com" in elsewhere.stdout
    assert "--endpoint" not in real.stdout
    assert "127.0.0.1:1234" in by_setting.stdout


def test_reads_integers_as_such() -> None:
    done = run_yizhan("codegen", "ListReceiver", "--language", "python", "--param", "Limit=5")

    assert "request.Limit = 5\n" in done.stdout


def test_signs_with_the_key_of_the_environment() -> None:
    environ = {"TENCENTCLOUD_SECRET_ID": "AKIDmine", "TENCENTCLOUD_SECRET_KEY": "secret"}

    done = run_yizhan("codegen", *NAMED, "--language", "curl", environ=environ)
    half = run_yizhan("codegen", *NAMED, "--language", "curl", "--secret-id", "AKIDmine")

    assert "Credential=AKIDmine/" in done.stdout
    assert_wrong_usage(half, "give both or neither")


def test_prints_json_with_file_name_and_install_line() -> None:
    done = run_yizhan("codegen", *NAMED, "--language", "nodejs", "--json")

    found = json.loads(done.stdout)
    assert found["file_name"] == "delete_message_receiver.js"
    assert found["install"] == "npm install tencentcloud-sdk-nodejs"
    assert "用户" in found["text"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("ListReceiver", "--language", "fortran"), ", ".join(FORMS)),
        (("ListUsers", "--language", "go"), ", ".join(CAM.actions)),
        (("ListUsers", "--language", "curl"), ", ".join(CAM.actions)),
        (("ListReceiver", "--language", "go", "--param", "Page=1"), "Offset, Limit"),
        (("ListReceiver", "--language", "go", "--param", "Limit=ten"), "uint64"),
    ],
)
def test_what_does_not_exist_is_refused_with_what_does(
    arguments: tuple[str, ...], words: str
) -> None:
    assert_one_line(run_yizhan("codegen", *arguments), 1, words)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--param", "Name"), "is not NAME=VALUE"),
        (("--endpoint", "ftp://x"), "--endpoint is an address"),
        (("--endpoint", "http://x/path"), "--endpoint is an address"),
    ],
)
def test_wrong_usage_is_told(arguments: tuple[str, ...], words: str) -> None:
    done = run_yizhan("codegen", "ListReceiver", "--language", "go", *arguments)

    assert_wrong_usage(done, words)


@pytest.mark.parametrize("language", ["zh-CN", "en-US"])
def test_prints_a_valid_openapi_description(language: str) -> None:
    done = run_yizhan("openapi", "--lang", language, "--endpoint", "https://cam.example.com")

    described = json.loads(done.stdout)
    validate(described)
    assert described["servers"] == [{"url": "https://cam.example.com"}]
