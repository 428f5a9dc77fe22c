# SPDX-License-Identifier: Apache-2.0
"""What the request log takes out of a call."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yizhan.calls.client_name import client_name
from yizhan.calls.masking import HIDDEN, Mask

SECRET = "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE"


@pytest.mark.parametrize(
    "phone",
    ["13800138000", "123456", "+86 138 0013 8000", "138-0013-8000", "(010) 1234", 13800138000],
)
def test_a_phone_number_is_masked_by_its_name_whatever_its_form(phone: object) -> None:
    masked = Mask().value("PhoneNumber", phone)

    assert HIDDEN in masked
    assert str(phone) not in masked


@pytest.mark.parametrize(
    "name", ["Token", "X-TC-Token", "SecretKey", "Password", "Filters.0.Token"]
)
def test_what_is_secret_by_its_name_is_hidden_though_it_is_short(name: str) -> None:
    assert Mask().value(name, "short") == HIDDEN
    assert Mask().value("", {name: ["a", {"x": 1}]}) == {name: [HIDDEN, {"x": 1}]}


@given(st.text(max_size=80), st.text(max_size=80), st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True))
def test_no_number_or_key_stays_whatever_stands_around_it(
    before: str, after: str, phone: str
) -> None:
    masked = Mask([SECRET]).text(f"{before}{phone} {SECRET}{after}")

    assert SECRET not in masked
    assert phone not in masked


@given(st.from_regex(r"[a-z]{5,20}(\.[a-z]{1,9})?@[a-z]{2,20}\.[a-z]{2,5}", fullmatch=True))
def test_no_mail_address_stays(mail: str) -> None:
    for text in (mail, f"to <{mail}>,", f"Email={mail.replace('@', '%40')}&x", f"电话{mail}"):
        masked = Mask().text(text)
        assert mail not in masked
        assert mail.replace("@", "%40") not in masked


@pytest.mark.parametrize(
    "text",
    [
        "AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE",
        "12345678-1234-1234-1234-123456789012",
        "2019-01-16",
        "127.0.0.1:9960",
        "ap-guangzhou",
        "application/json; charset=utf-8",
        "100000000001",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert Mask([SECRET], [100000000001]).text(text) == text


@pytest.mark.parametrize(
    "text", ["a" * 60_000 + "@", "%40" * 20_000, "a@" * 30_000, "1" * 60_000, "-" * 60_000]
)
def test_no_text_keeps_it_busy(text: str) -> None:
    """A search that goes back and forth would take hours."""
    assert len(Mask([SECRET]).text(text)) <= 2 * len(text)


@pytest.mark.parametrize(
    ("request_client", "user_agent", "name"),
    [
        ("SDK_PYTHON_3.1.181", "python-requests/2.32", "Python SDK 3.1.181"),
        ("SDK_PYTHON_3.1.181; _CLI_3.1.189.1", "", "tccli 3.1.189.1"),
        ("SDK_NODEJS_4.1.313", "node-fetch/1.0", "Node.js SDK 4.1.313"),
        ("SDK_PHP_3.0.1656", "GuzzleHttp/7", "PHP SDK 3.0.1656"),
        ("SDK_GO_1.3.166: custom", "Go-http-client/1.1", "Go SDK 1.3.166"),
        ("SDK_JAVA_3.2.11", "okhttp/4", "Java SDK 3.2.11"),
        ("SDK_NET_3.0.1484", "", ".NET SDK 3.0.1484"),
        ("SDK_CPP_3.3.165", "", "C++ SDK 3.3.165"),
        ("SDK_RUBY_CAM_3.0.1326", "Ruby", "Ruby SDK 3.0.1326"),
        ("", "Ruby", "Ruby SDK"),
        ("Terraform-latest", "Go-http-client/1.1", "Terraform"),
        ("", "curl/8.5.0", "curl 8.5.0"),
        ("", "", ""),
    ],
)
def test_clients_are_named_as_they_name_themselves(
    request_client: str, user_agent: str, name: str
) -> None:
    assert client_name(request_client, user_agent) == name
