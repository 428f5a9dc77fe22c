# SPDX-License-Identifier: Apache-2.0
"""Signature v1 against the worked examples.

Origin: API 3.0, "Signature" (read 2026-11) for the published SHA-1 values; the others were computed
with the documented algorithm for shared/reference/protocol.md 3B.
"""

import pytest

from yizhan.wire import v1
from yizhan.wire.request import HttpRequest

EXAMPLE_ID = "AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE"
EXAMPLE_KEY = "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE"
STARS_ID = "AKIDz8krbsJ5yKBZQpn74WFkmLPx3*******"
STARS_KEY = "Gu5t9xGARNpq86cd98joQYCN3*******"
MASKED_ID = "AKID********************************"
MASKED_KEY = "*" * 32


def describe_instances(secret_id: str) -> dict[str, str]:
    return {
        "Action": "DescribeInstances",
        "InstanceIds.0": "ins-09dx96dg",
        "Limit": "20",
        "Nonce": "11886",
        "Offset": "0",
        "Region": "ap-guangzhou",
        "SecretId": secret_id,
        "Timestamp": "1465185768",
        "Version": "2017-03-12",
    }


def create(method: str) -> dict[str, str]:
    pairs = {
        "Action": "CreateMessageReceiver",
        "CountryCode": "86",
        "Email": "demo@qq.com",
        "Name": "用户",
        "Nonce": "11886",
        "PhoneNumber": "18123456789",
        "SecretId": EXAMPLE_ID,
        "Timestamp": "1465185768",
        "Version": "2019-01-16",
    }
    return pairs | ({"SignatureMethod": "HmacSHA256"} if method == "HmacSHA256" else {})


def test_text_of_the_document() -> None:
    text = v1.text_to_sign("GET", "cvm.tencentcloudapi.com", "/", describe_instances(EXAMPLE_ID))

    assert text == (
        "GETcvm.tencentcloudapi.com/?Action=DescribeInstances&InstanceIds.0=ins-09dx96dg&Limit=20"
        "&Nonce=11886&Offset=0&Region=ap-guangzhou&SecretId=AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE"
        "&Timestamp=1465185768&Version=2017-03-12"
    )


@pytest.mark.parametrize(
    ("secret_id", "secret_key", "method", "signature"),
    [
        (EXAMPLE_ID, EXAMPLE_KEY, "HmacSHA1", "EliP9YW3pW28FpsEdkXt/+WcGeI="),
        (EXAMPLE_ID, EXAMPLE_KEY, "HmacSHA256", "A8uy2/o7WBZXYCTWEFpMrVGhGBVlEGIOioeqRM+fzFs="),
        (STARS_ID, STARS_KEY, "HmacSHA1", "zmmjn35mikh6pM3V7sUEuX4wyYM="),
        (STARS_ID, STARS_KEY, "HmacSHA256", "czb75sAwt2P15FCqA4ugj88/aUVor/dVp3fCS/7mQiY="),
        (MASKED_ID, MASKED_KEY, "HmacSHA1", "7RAM2xfNMO9EiVTNmPg06MRnCvQ="),
        (MASKED_ID, MASKED_KEY, "HmacSHA256", "JeJpKl2qfbiWZ3sk88EAhwAa4TIAZ3ZqEQoYJtT2OdU="),
    ],
)
def test_signatures_of_the_document(
    secret_id: str, secret_key: str, method: str, signature: str
) -> None:
    pairs = describe_instances(secret_id)
    if method == "HmacSHA256":
        pairs["SignatureMethod"] = method
    request = HttpRequest("GET", "/", "", {"host": "cvm.tencentcloudapi.com"}, b"", None)

    signed = pairs | {"Signature": signature}

    assert v1.matches(request, signed, secret_key, region="", service="cvm")


@pytest.mark.parametrize(
    ("http_method", "method", "signature"),
    [
        ("GET", "HmacSHA1", "oMACd/jt4xgDDd85tYSM9oNGpO4="),
        ("GET", "HmacSHA256", "97B4K74to0HAgklNENeAJdRzDgFLilntohz9NN1GJUQ="),
        ("POST", "HmacSHA1", "XViFh6jIdxJfaZoyK3oUrK3564s="),
        ("POST", "HmacSHA256", "o6d+qzju3kln0avcyuelc73QO+0UhRFev92nIqoPLOo="),
    ],
)
def test_cam_examples_computed_for_the_reference(
    http_method: str, method: str, signature: str
) -> None:
    text = v1.text_to_sign(http_method, "cam.tencentcloudapi.com", "/", create(method))

    assert v1.signature(EXAMPLE_KEY, text, method) == signature


def test_only_the_exact_word_chooses_sha256() -> None:
    text = v1.text_to_sign("GET", "cvm.tencentcloudapi.com", "/", describe_instances(EXAMPLE_ID))

    for method in ("", "HmacSHA1", "hmacsha256", "HMACSHA256", "TC3-HMAC-SHA256"):
        assert v1.signature(EXAMPLE_KEY, text, method) == "EliP9YW3pW28FpsEdkXt/+WcGeI="


def test_names_are_sorted_by_their_bytes() -> None:
    pairs = {"b": "1", "A.2": "2", "A.12": "3", "a": "4", "Z": "5"}

    text = v1.text_to_sign("GET", "h", "/", pairs)

    assert text == "GETh/?A.12=3&A.2=2&Z=5&a=4&b=1"


def test_a_line_feed_after_the_signature_does_not_matter() -> None:
    # The Ruby client sends one.
    request = HttpRequest("GET", "/", "", {"host": "cvm.tencentcloudapi.com"}, b"", None)
    signed = describe_instances(EXAMPLE_ID) | {"Signature": "EliP9YW3pW28FpsEdkXt/+WcGeI=\n"}

    assert v1.matches(request, signed, EXAMPLE_KEY, region="", service="cvm")
