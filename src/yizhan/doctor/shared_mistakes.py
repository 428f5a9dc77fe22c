# SPDX-License-Identifier: Apache-2.0
"""Mistakes that both signature methods know, in words."""

from typing import Final

from yizhan.doctor.findings import Mistake, mistake


def other_key(secret_id: str) -> Mistake:
    """A mistake for each key, so that it can say which it was."""
    return mistake(
        "other-key",
        (
            f"签名用的是另一个密钥的 SecretKey：{secret_id}。",
            f"It was signed with the SecretKey of another key: {secret_id}.",
        ),
        ("SecretId 和 SecretKey 必须是同一对。", "SecretId and SecretKey have to be of one pair."),
    )


KEY_WITH_BLANKS: Final = mistake(
    "key-with-blanks",
    (
        "SecretKey 前后带有空格、换行或 BOM。",
        "The SecretKey has a blank, a line end or a BOM around it.",
    ),
    (
        "去掉前后的空白；从文件读取时去掉末尾的换行。",
        "Strip it; when it is read from a file, strip its line end.",
    ),
)
KEY_IN_QUOTES: Final = mistake(
    "key-in-quotes",
    ("SecretKey 带有引号。", "The SecretKey stands in quotes."),
    (
        "去掉引号：.env 或 YAML 里的引号被当成了密钥的一部分。",
        "Take the quotes away: those of a .env or YAML file became part of the key.",
    ),
)
HOST_WITHOUT_PORT: Final = mistake(
    "host-without-port",
    ("参与签名的 host 缺少端口。", "The signed host lacks its port."),
    (
        "对实际发送的 Host 签名，包括端口。",
        "Sign the Host header as it is sent, its port included.",
    ),
)
HOST_WITH_PORT: Final = mistake(
    "host-with-port",
    (
        "参与签名的 host 带有另一个端口，或多了端口。",
        "The signed host has another port, or one too many.",
    ),
    ("对实际发送的 Host 签名。", "Sign the Host header as it is sent."),
)
HOST_WITH_SCHEME: Final = mistake(
    "host-with-scheme",
    (
        "参与签名的 host 带有 http:// 或 https://。",
        "The signed host begins with http:// or https://.",
    ),
    ("host 只是主机名和端口。", "A host is a name and a port, nothing else."),
)
OTHER_HOST: Final = mistake(
    "other-host",
    (
        "参与签名的 host 不是请求实际发往的主机。",
        "The signed host is not the one that the request went to.",
    ),
    (
        "把接入点设置为实际的地址，并对它签名；代理不应改写 Host。",
        "Set the endpoint to the real address and sign that; a proxy must not rewrite Host.",
    ),
)
OTHER_METHOD: Final = mistake(
    "other-method",
    (
        "签名用的 HTTP 方法与发送的不同。",
        "Another HTTP method was signed than the one sent.",
    ),
    ("用实际发送的方法，大写。", "Sign the method that is sent, in capitals."),
)
