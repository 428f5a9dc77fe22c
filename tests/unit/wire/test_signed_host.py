# SPDX-License-Identifier: Apache-2.0
"""Host texts: the list of clients.md, rule 16."""

import pytest

from yizhan.wire.request import HttpRequest
from yizhan.wire.signed_host import product_of, signed_hosts


def hosts(host: str, port: int = 9960, region: str = "") -> list[str]:
    request = HttpRequest("POST", "/", "", {"host": host}, b"", port)
    return list(signed_hosts(request, region, "cam"))


def test_the_header_as_it_stands_comes_first() -> None:
    assert hosts("http://127.0.0.1:9960")[0] == "http://127.0.0.1:9960"


def test_the_port_is_left_off() -> None:
    assert hosts("127.0.0.1:9960")[:2] == ["127.0.0.1:9960", "127.0.0.1"]


def test_our_own_port_is_put_on() -> None:
    assert hosts("cam.example.test", port=80)[:2] == ["cam.example.test", "cam.example.test:80"]


def test_the_public_names_come_after_what_was_sent() -> None:
    assert hosts("gateway:1", region="ap-guangzhou")[2:] == [
        "cam.tencentcloudapi.com",
        "cam.ap-guangzhou.tencentcloudapi.com",
    ]


def test_lower_case_comes_last_and_nothing_twice() -> None:
    assert hosts("LOCALHOST:1")[-1] == "localhost:1"
    assert hosts("cam.tencentcloudapi.com") == [
        "cam.tencentcloudapi.com",
        "cam.tencentcloudapi.com:9960",
    ]


@pytest.mark.parametrize(
    ("host", "product"),
    [
        ("cam.tencentcloudapi.com", "cam"),
        ("cam.ap-guangzhou.tencentcloudapi.com:443", "cam"),
        ("CVM.TencentCloudAPI.com", "cvm"),
        ("127.0.0.1:9960", None),
        ("http://127.0.0.1:9960", None),
        ("cvm.example.test", None),
        ("", None),
    ],
)
def test_only_a_public_name_stands_for_a_product(host: str, product: str | None) -> None:
    assert product_of(host) == product
