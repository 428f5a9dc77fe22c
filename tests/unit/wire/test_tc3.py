# SPDX-License-Identifier: Apache-2.0
"""TC3-HMAC-SHA256 against the worked examples of the official documents.

Origin of the numbers: API 3.0, "Signature v3" and "Common parameters" (read 2026-11); those marked
computed were computed with the documented algorithm for shared/reference/protocol.md 3.6 to 3.9.
"""

import hashlib

import pytest

from tests.support.signed import DEV_SECRET_KEY, tc3_headers
from yizhan.errors import ApiError
from yizhan.wire import tc3
from yizhan.wire.request import HttpRequest

DESCRIBE = (
    rb'{"Limit": 1, "Filters": [{"Values": ["\u672a\u547d\u540d"], "Name": "instance-name"}]}'
)
EXAMPLE_ID = "AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE"
EXAMPLE_KEY = "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE"
CREATE = (
    b'{"Name": "tf-example", "CountryCode": "86", "PhoneNumber": "18123456789",'
    b' "Email": "demo@qq.com", "Remark": "remark."}'
)
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"


def canonical(
    method: str, query: str, body: bytes, headers: tuple[tuple[str, str], ...], payload: str = ""
) -> str:
    hashed = payload or hashlib.sha256(b"" if method == "GET" else body).hexdigest()
    return tc3.canonical_request(method, "/", query, headers, hashed)


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


DESCRIBE_HEADERS = (
    ("content-type", "application/json; charset=utf-8"),
    ("host", "cvm.tencentcloudapi.com"),
)


def test_current_example_of_the_document() -> None:
    headers = (*DESCRIBE_HEADERS, ("x-tc-action", "describeinstances"))
    text = canonical("POST", "", DESCRIBE, headers)

    signature = tc3.signature("*" * 32, 1551113065, "2019-02-25", "cvm", text)

    assert sha256(text) == "7019a55be8395899b900fb5564e4200d984910f34794a27cb3fb7d10ff6a1e84"
    assert tc3.signing_key("*" * 32, "2019-02-25", "cvm").hex() == (
        "b596b923aad85185e2d1f6659d2a062e0a86731226e021e61bfe06f7ed05f5af"
    )
    assert signature == "10b1a37a7301a02ca19a647ad722d5e43b4b3cff309d421d85b46093f6ab6c4f"


@pytest.mark.parametrize(
    ("secret_key", "signature"),
    [
        (EXAMPLE_KEY, "72e494ea809ad7a8c8f7a4507b9bddcbaa8e581f516e8da2f66e2c5a96525168"),
        (
            "Gu5t9xGARNpq86cd98joQYCN3*******",
            "2230eefd229f582d8b1b891af7107b91597240707d778ab3738f756258d7652c",
        ),
    ],
)
def test_earlier_example_of_the_document(secret_key: str, signature: str) -> None:
    text = canonical("POST", "", DESCRIBE, DESCRIBE_HEADERS)

    found = tc3.signature(secret_key, 1551113065, "2019-02-25", "cvm", text)

    assert sha256(text) == "5ffe6a04c0664d6b969fab9a13bdab201d63ee709638e2749d62a09ca18d7031"
    assert found == signature


def test_get_example_of_the_document() -> None:
    headers = (("content-type", FORM), ("host", "cvm.tencentcloudapi.com"))
    text = canonical("GET", "Limit=10&Offset=0", b"", headers)

    signature = tc3.signature(EXAMPLE_KEY, 1539084154, "2018-10-09", "cvm", text)

    assert signature == "5da7a33f6993f0614b047e5df4582db9e9bf4672ba50567dba16c6ccf174c474"


CAM = "cam.tencentcloudapi.com"


@pytest.mark.parametrize(
    ("method", "query", "body", "headers", "payload", "signature"),
    [
        (
            "POST",
            "",
            CREATE,
            (("content-type", JSON), ("host", CAM)),
            "",
            "abc0089921ee8d16cd3be1f7e74ddeb454c4398887b312787d5be8dd4facbe97",
        ),
        (
            "POST",
            "",
            CREATE,
            (("content-type", JSON), ("host", CAM), ("x-tc-action", "createmessagereceiver")),
            "",
            "524ddd3e2c34943c85666f3ad8c3236dd5d9ca9f159cb4d4ac2dccc75459ca00",
        ),
        (
            "POST",
            "",
            CREATE,
            (("content-type", JSON), ("host", CAM)),
            tc3.UNSIGNED_PAYLOAD_SHA256,
            "b89097c56872b114f3bfa28a0e7248fa30a7f5df3e1e0be822dce84a4a9321e0",
        ),
        (
            "GET",
            "Limit=10&Offset=0",
            b"",
            (("content-type", FORM), ("host", CAM)),
            "",
            "5492699458fe0eb5a606076e185f810e701647c4b2aaa3cc01206e5b6a489c11",
        ),
        (
            "POST",
            "",
            b"{}",
            (("content-type", JSON), ("host", CAM)),
            "",
            "17fdde5dfada070018f1656230e5e18825437dc7cb4d75cf3ad0da9d3f0d1236",
        ),
    ],
)
def test_cam_examples_computed_for_the_reference(
    method: str,
    query: str,
    body: bytes,
    headers: tuple[tuple[str, str], ...],
    payload: str,
    signature: str,
) -> None:
    text = canonical(method, query, body, headers, payload)

    assert tc3.signature(EXAMPLE_KEY, 1551113065, "2019-02-25", "cam", text) == signature


def test_hash_of_the_unsigned_payload_is_that_of_the_word() -> None:
    assert tc3.UNSIGNED_PAYLOAD_SHA256 == (
        "438d4109ef0d676b8c2c7ed13cdfcb418e494d53b843d4634ce3b1085f07bb96"
    )


def documents_request(**changes: object) -> tuple[HttpRequest, str]:
    """The request of the current example, and its Authorization header."""
    signature = "10b1a37a7301a02ca19a647ad722d5e43b4b3cff309d421d85b46093f6ab6c4f"
    scope = "AKID********************************/2019-02-25/cvm/tc3_request"
    authorization = (
        f"TC3-HMAC-SHA256 Credential={scope}, "
        f"SignedHeaders=content-type;host;x-tc-action, Signature={signature}"
    )
    headers = {
        "content-type": "application/json; charset=utf-8",
        "host": "cvm.tencentcloudapi.com",
        "x-tc-action": "DescribeInstances",
    }
    fields = {"method": "POST", "path": "/", "query": "", "headers": headers, "body": DESCRIBE}
    return HttpRequest(server_port=None, **(fields | changes)), authorization  # type: ignore[arg-type]


def matches(request: HttpRequest, authorization: str, secret_key: str = "*" * 32) -> bool:
    parsed = tc3.parse_authorization(authorization)
    return tc3.matches(request, parsed, secret_key, 1551113065, region="", service="cvm")


def test_a_signed_header_is_compared_in_lower_case() -> None:
    request, authorization = documents_request()

    assert request.header("x-tc-action") == "DescribeInstances"
    assert matches(request, authorization)


def test_a_header_that_was_signed_and_not_sent_makes_the_signature_wrong() -> None:
    request, authorization = documents_request()
    del request.headers["x-tc-action"]

    assert not matches(request, authorization)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("TC3-HMAC-SHA256 ", "TC3-HMAC-SHA256  "),
        (", ", ","),
        (", ", " , "),
        ("Signature=10b1a3", "Signature=10B1A3"),
        ("content-type;host;", "Content-Type;Host;"),
    ],
)
def test_blanks_and_case_of_the_header_do_not_matter(before: str, after: str) -> None:
    request, authorization = documents_request()

    assert matches(request, authorization.replace(before, after))


@pytest.mark.parametrize(
    ("part", "before", "after"),
    [
        ("`Algorithm` not valid.", "TC3-HMAC-SHA256", "AWS4-HMAC-SHA256"),
        ("`Credential` not valid.", "tc3_request", "aws4_request"),
        ("`Credential` not valid.", "Credential=", "Credentials="),
        ("`Date` in Credential not valid.", "2019-02-25", "20190225"),
        ("`Service` in Credential not valid.", "/cvm/", "//"),
        ("`SignedHeaders` not valid.", "SignedHeaders=", "Signed="),
        ("`SignedHeaders` not valid.", "content-type;host;", "host;"),
        ("`SignedHeaders` not valid.", ";host;", ";"),
        ("`Signature` not valid.", "10b1a3", "xyz123"),
        ("`Signature` not valid.", "10b1a3", ""),
    ],
)
def test_names_the_part_of_the_header_that_is_broken(part: str, before: str, after: str) -> None:
    _, authorization = documents_request()

    with pytest.raises(ApiError) as refused:
        tc3.parse_authorization(authorization.replace(before, after))

    assert refused.value.code == "AuthFailure.InvalidAuthorization"
    # The text for `Service` is recorded: tencentcloud-sdk-go issue 89.
    assert refused.value.message() == (
        f"The request `Authorization` header does not conform to tencentcloud standards: {part}"
    )


@pytest.mark.parametrize(
    "text", ["SKIP", "Basic dXNlcjpwYXNz", "TC3-HMAC-SHA256", "TC3-HMAC-SHA256 "]
)
def test_refuses_what_is_no_v3_header(text: str) -> None:
    with pytest.raises(ApiError) as refused:
        tc3.parse_authorization(text)

    assert refused.value.code == "AuthFailure.InvalidAuthorization"


def test_refuses_the_date_of_another_time_zone() -> None:
    _, authorization = documents_request()
    parsed = tc3.parse_authorization(authorization)

    # 2019-02-25T16:44:25Z is the 26th in Beijing already.
    tc3.check_scope(parsed, 1551113065, None)
    with pytest.raises(ApiError) as refused:
        tc3.check_scope(parsed._replace(date="2019-02-26"), 1551113065, None)

    assert "`Date` in Credential" in refused.value.message()


def test_the_service_counts_for_a_public_host_alone() -> None:
    _, authorization = documents_request()
    parsed = tc3.parse_authorization(authorization)

    tc3.check_scope(parsed, 1551113065, None)
    with pytest.raises(ApiError) as refused:
        tc3.check_scope(parsed, 1551113065, "cam")

    assert "`Service` in Credential" in refused.value.message()


def signed_request(sent: dict[str, str], **signing: str) -> tuple[HttpRequest, str]:
    """A request signed by the tests' own signer, and what it sends in place of what it signed."""
    signed = tc3_headers("ListReceiver", b"", timestamp=1551113065, **signing)
    headers = {name.lower(): value for name, value in signed.items()} | sent
    query = headers.pop("query", signing.get("query", ""))
    request = HttpRequest(signing.get("method", "POST"), "/", query, headers, b"", 9960)
    return request, headers["authorization"]


def test_a_tilde_that_was_signed_encoded_is_believed() -> None:
    # The .NET client signs %7E and sends a bare tilde (clients.md, rule 19).
    request, authorization = signed_request(
        {"query": "Name=a~b"}, method="GET", query="Name=a%7Eb", content_type=FORM
    )

    assert matches(request, authorization, DEV_SECRET_KEY)


def test_a_boundary_that_was_not_signed_is_believed() -> None:
    # The Ruby client signs `multipart/form-data` alone (clients.md, rule 17).
    request, authorization = signed_request(
        {"content-type": "multipart/form-data; boundary=b"}, content_type="multipart/form-data"
    )

    assert matches(request, authorization, DEV_SECRET_KEY)


def test_another_content_type_is_not_believed() -> None:
    request, authorization = signed_request({"content-type": "text/plain"}, content_type=JSON)

    assert not matches(request, authorization, DEV_SECRET_KEY)
