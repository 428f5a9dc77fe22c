# SPDX-License-Identifier: Apache-2.0
"""What is peculiar to a form: how it is installed, and what to know of a given call in it.

Source: the clients' own code, read and measured 2026-08 (docs/clients.md).
"""

from collections.abc import Callable
from typing import Final

from yizhan.codegen.call import TENCENT_CLOUD, ApiCall
from yizhan.spec.model import Text

INSTALL: Final = {
    "python": "pip install tencentcloud-sdk-python-common tencentcloud-sdk-python-cam",
    # Maven's pom.xml. The artifact of cam alone can be too old to have these actions.
    "java": "<dependency>\n"
    "  <groupId>com.tencentcloudapi</groupId>\n"
    "  <artifactId>tencentcloud-sdk-java</artifactId>\n"
    "  <version>3.1.1436</version>\n"
    "</dependency>",
    "php": "composer require tencentcloud/common tencentcloud/cam",
    "go": "go get github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common"
    " github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/cam",
    "nodejs": "npm install tencentcloud-sdk-nodejs",
    "dotnet": "dotnet add package TencentCloudSDK.Cam",
    "cpp": "g++ -std=c++11 main.cpp -ltencentcloud-sdk-cpp-cam -ltencentcloud-sdk-cpp-core"
    " -lcurl -lcrypto -o main",
    "ruby": "gem install tencentcloud-sdk-common tencentcloud-sdk-cam",
    "tccli": "pip install tccli",
}

_TC3_ONLY: Final = frozenset({"cpp", "tccli", "terraform"})
_POST_ONLY: Final = frozenset({"cpp", "tccli", "terraform"})
_NO_LANGUAGE: Final = frozenset({"cpp", "terraform"})


def traps(call: ApiCall, form: str) -> tuple[Text, ...]:
    """The notes that apply."""
    return tuple(note for applies, note in _TRAPS if applies(call, form))


def _elsewhere(call: ApiCall) -> bool:
    return call.target != TENCENT_CLOUD


def _has_port(call: ApiCall) -> bool:
    return call.target.port != ""


_TRAPS: Final[tuple[tuple[Callable[[ApiCall, str], bool], Text], ...]] = (
    (
        lambda call, form: call.is_v1 and form in _TC3_ONLY,
        Text(
            "该客户端只支持 TC3-HMAC-SHA256 签名，所选签名方法未写入。",
            "This client signs with TC3-HMAC-SHA256 alone; the chosen method is left out.",
        ),
    ),
    (
        lambda call, form: call.http_method == "GET" and form in _POST_ONLY,
        Text(
            "该客户端只发送 POST 请求，所选方法未写入。",
            "This client sends POST alone; the chosen method is left out.",
        ),
    ),
    (
        lambda call, form: bool(call.reply_language) and form in _NO_LANGUAGE,
        Text(
            "该客户端没有返回语言的设置。",
            "This client has no setting for the language of the answer.",
        ),
    ),
    (
        lambda call, form: form == "cpp" and "." not in call.target.host,
        Text(
            "C++ SDK 要求接入点中带有点号：请用 127.0.0.1 代替 localhost。",
            "The C++ SDK wants a dot in the endpoint: write 127.0.0.1 for localhost.",
        ),
    ),
    (
        lambda call, form: form == "ruby" and _has_port(call) and call.target.plain_http,
        Text(
            "Ruby SDK 的接入点不能带端口：程序保留公网域名，用环境变量 http_proxy 连到本服务。",
            "The Ruby SDK takes no port in an endpoint: the program keeps the public name, and the"
            " variable http_proxy leads to this server.",
        ),
    ),
    (
        lambda call, form: form == "ruby" and _has_port(call) and not call.target.plain_http,
        Text(
            "Ruby SDK 的接入点不能带端口：经 TLS 访问时，服务必须在 443 端口。",
            "The Ruby SDK takes no port in an endpoint: over TLS the server has to be at port 443.",
        ),
    ),
    (
        lambda call, form: form == "ruby" and call.is_v1 and not call.values,
        Text(
            "使用 v1 签名时，Ruby SDK 不能发送没有参数的请求：会抛出 ArgumentError。",
            "With a v1 signature the Ruby SDK cannot send a request without parameters: it raises"
            " ArgumentError.",
        ),
    ),
    (
        lambda call, form: form == "tccli" and _elsewhere(call) and call.target.plain_http,
        Text(
            "接入点必须写 http://，否则 tccli 会使用 TLS 并一直等到超时。",
            "The endpoint needs its http://: without, tccli speaks TLS and waits for its timeout.",
        ),
    ),
    (
        lambda call, form: (
            form == "terraform" and _elsewhere(call) and not call.target.host.startswith("cam.")
        ),
        Text(
            "接入地址是 cam. 加 domain，不能是 IP：请让 cam.example.test 解析到本服务；"
            "HTTP 也可用环境变量 HTTP_PROXY 指向本服务。",
            "The host is cam. and the domain, and no address: let cam.example.test resolve to this"
            " server, or, over plain HTTP, let the variable HTTP_PROXY lead to it.",
        ),
    ),
    (
        lambda call, form: form == "terraform",
        Text(
            "ListReceiver 默认返回隐去一部分的手机和邮箱，"
            "没有 ignore_changes 时每次计划都会重建资源。",
            "ListReceiver answers phone and mail masked; without ignore_changes every plan replaces"
            " the resource.",
        ),
    ),
    (
        lambda call, form: form in ("curl", "http"),
        Text(
            "签名自时间戳起五分钟内有效。",
            "The signature is good for five minutes on either side of its timestamp.",
        ),
    ),
)
