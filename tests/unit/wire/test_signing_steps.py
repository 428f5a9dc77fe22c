# SPDX-License-Identifier: Apache-2.0
"""Every step, value by value, against the worked examples.

Origin: API 3.0, "Signature v3" and "Signature" (read 2026-11), and what was computed with the
documented algorithm, as protocol.md 3.6 to 3.9 and 3B mark it.
"""

import base64
import hashlib
import hmac

import pytest

from tests.support.signed import tc3_headers
from yizhan.wire.compare_signatures import compare
from yizhan.wire.outgoing import Credentials, Outgoing, sign_call
from yizhan.wire.signing_steps import steps

EXAMPLE = Credentials("AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE", "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE")
DESCRIBE = (
    rb'{"Limit": 1, "Filters": [{"Values": ["\u672a\u547d\u540d"], "Name": "instance-name"}]}'
)
CREATE = (
    b'{"Name": "tf-example", "CountryCode": "86", "PhoneNumber": "18123456789",'
    b' "Email": "demo@qq.com", "Remark": "remark."}'
)


def v3(
    *,
    method: str = "POST",
    target: str = "/",
    host: str,
    timestamp: int,
    scope: str,
    signed: str = "content-type;host",
    content_type: str = "application/json",
    body: bytes = b"",
    **more: str,
) -> Outgoing:
    authorization = (
        f"TC3-HMAC-SHA256 Credential=AKID/{scope}, SignedHeaders={signed}, Signature={'0' * 64}"
    )
    headers = {
        "Host": host,
        "Content-Type": content_type,
        "X-TC-Timestamp": str(timestamp),
        "Authorization": authorization,
    } | {name.replace("_", "-"): value for name, value in more.items()}
    return Outgoing("https", method, target, tuple(headers.items()), body)


def values(outgoing: Outgoing, credentials: Credentials) -> dict[str, str]:
    return {step.name: step.value for step in steps(outgoing, credentials)}


def test_the_current_example_of_the_document() -> None:
    outgoing = v3(
        host="cvm.tencentcloudapi.com",
        timestamp=1551113065,
        scope="2019-02-25/cvm/tc3_request",
        signed="content-type;host;x-tc-action",
        content_type="application/json; charset=utf-8",
        body=DESCRIBE,
        X_TC_Action="DescribeInstances",
    )

    assert values(outgoing, Credentials("AKID" + "*" * 32, "*" * 32)) == {
        "HashedRequestPayload": "35e9c5b0e3ae67532d3c9f17ead6c90222632e5b1ff7f6e89887f1398934f064",
        "CanonicalRequest": "POST\n/\n\ncontent-type:application/json; charset=utf-8\n"
        "host:cvm.tencentcloudapi.com\nx-tc-action:describeinstances\n\n"
        "content-type;host;x-tc-action\n"
        "35e9c5b0e3ae67532d3c9f17ead6c90222632e5b1ff7f6e89887f1398934f064",
        "HashedCanonicalRequest": (
            "7019a55be8395899b900fb5564e4200d984910f34794a27cb3fb7d10ff6a1e84"
        ),
        "CredentialScope": "2019-02-25/cvm/tc3_request",
        "StringToSign": "TC3-HMAC-SHA256\n1551113065\n2019-02-25/cvm/tc3_request\n"
        "7019a55be8395899b900fb5564e4200d984910f34794a27cb3fb7d10ff6a1e84",
        "SecretDate": "da98fb70dcf6b112dc21038d1eeeb3a95c74b4dcb12c1131f864f6066bd02be0",
        "SecretService": "8d70cbefb03939f929db64d32dc2ba89b1095620119fe3e050e2b18c5bd2752f",
        "SecretSigning": "b596b923aad85185e2d1f6659d2a062e0a86731226e021e61bfe06f7ed05f5af",
        "Signature": "10b1a37a7301a02ca19a647ad722d5e43b4b3cff309d421d85b46093f6ab6c4f",
        "Authorization": "TC3-HMAC-SHA256 Credential=AKID********************************/"
        "2019-02-25/cvm/tc3_request, SignedHeaders=content-type;host;x-tc-action, "
        "Signature=10b1a37a7301a02ca19a647ad722d5e43b4b3cff309d421d85b46093f6ab6c4f",
    }


def test_the_earlier_example_of_the_document() -> None:
    outgoing = v3(
        host="cvm.tencentcloudapi.com",
        timestamp=1551113065,
        scope="2019-02-25/cvm/tc3_request",
        content_type="application/json; charset=utf-8",
        body=DESCRIBE,
    )

    found = values(outgoing, EXAMPLE)
    assert found["HashedCanonicalRequest"] == (
        "5ffe6a04c0664d6b969fab9a13bdab201d63ee709638e2749d62a09ca18d7031"
    )
    assert found["SecretDate"] == (
        "d1308c81fe71cfd4e06437bbc067b2b8a3d2d8c0e375d547f15c41d5214b395a"
    )
    assert found["SecretService"] == (
        "3c7cb7c7795393edc14fd2e0e6434a518564b4504b88e94f5d11bf59ba3e7050"
    )
    assert found["SecretSigning"] == (
        "ac658d5dde49e9bfdd14e04e062f66b05d9f637d44b8a8d845327d4a77f666b1"
    )
    assert found["Signature"] == (
        "72e494ea809ad7a8c8f7a4507b9bddcbaa8e581f516e8da2f66e2c5a96525168"
    )


def test_the_get_example_of_the_document() -> None:
    outgoing = v3(
        method="GET",
        target="/?Limit=10&Offset=0",
        host="cvm.tencentcloudapi.com",
        timestamp=1539084154,
        scope="2018-10-09/cvm/tc3_request",
        content_type="application/x-www-form-urlencoded",
    )

    found = values(outgoing, EXAMPLE)
    assert found["HashedCanonicalRequest"] == (
        "91c9c192c14460df6c1ffc69e34e6c5e90708de2a6d282cccf957dbf1aa7f3a7"
    )
    assert found["SecretDate"] == (
        "e476728ff6d7bacfa7847b3d3d6d3a9e6f536992367701d4533354ca7b5d0fa5"
    )
    assert found["SecretService"] == (
        "6e3d6d4854b8adc273db620fefefebecb11004f335f9991439eba3c231030714"
    )
    assert found["SecretSigning"] == (
        "39c4cf287fdff993dc407e649450ae4a0f1e1fd75aedb08d8160e47372e9b62d"
    )
    assert found["Signature"] == (
        "5da7a33f6993f0614b047e5df4582db9e9bf4672ba50567dba16c6ccf174c474"
    )


@pytest.mark.parametrize(
    ("more", "hashed", "signature"),
    [
        (
            {},
            "6cc2d96bd3a8c90d166a071df8c6ee7cd92249c04e3d9e2eb919689ad6e63542",
            "abc0089921ee8d16cd3be1f7e74ddeb454c4398887b312787d5be8dd4facbe97",
        ),
        (
            {"X_TC_Content_SHA256": "UNSIGNED-PAYLOAD"},
            "7213b0eb9ea5a3da3ece905875e59773dc4337ce5137d2c79e1385a16a72c2b2",
            "b89097c56872b114f3bfa28a0e7248fa30a7f5df3e1e0be822dce84a4a9321e0",
        ),
        (
            {"signed": "content-type;host;x-tc-action", "X_TC_Action": "CreateMessageReceiver"},
            "bb1092b0401289bf5f5755c4d6ac76a8c668d8bfb3cc8088b1ae104bff3d3014",
            "524ddd3e2c34943c85666f3ad8c3236dd5d9ca9f159cb4d4ac2dccc75459ca00",
        ),
    ],
)
def test_the_examples_of_cam(more: dict[str, str], hashed: str, signature: str) -> None:
    outgoing = v3(
        host="cam.tencentcloudapi.com",
        timestamp=1551113065,
        scope="2019-02-25/cam/tc3_request",
        body=CREATE,
        **more,
    )

    found = values(outgoing, EXAMPLE)
    assert found["SecretService"] == (
        "495a9f02574c029f1878586371fd4b505186e8449d8cc535512fa1c32e3cd29d"
    )
    assert found["HashedCanonicalRequest"] == hashed
    assert found["Signature"] == signature


@pytest.mark.parametrize(
    ("http_method", "sign_method", "signature"),
    [
        ("GET", "HmacSHA1", "oMACd/jt4xgDDd85tYSM9oNGpO4="),
        ("GET", "HmacSHA256", "97B4K74to0HAgklNENeAJdRzDgFLilntohz9NN1GJUQ="),
        ("POST", "HmacSHA1", "XViFh6jIdxJfaZoyK3oUrK3564s="),
        ("POST", "HmacSHA256", "o6d+qzju3kln0avcyuelc73QO+0UhRFev92nIqoPLOo="),
    ],
)
def test_the_v1_examples_of_cam(http_method: str, sign_method: str, signature: str) -> None:
    pairs = (
        "Action=CreateMessageReceiver&CountryCode=86&Email=demo%40qq.com&Name=%E7%94%A8%E6%88%B7"
        "&Nonce=11886&PhoneNumber=18123456789&SecretId=AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE"
        + ("&SignatureMethod=HmacSHA256" if sign_method == "HmacSHA256" else "")
        + "&Timestamp=1465185768&Version=2019-01-16&Signature=x"
    )
    outgoing = Outgoing(
        "https",
        http_method,
        f"/?{pairs}" if http_method == "GET" else "/",
        (("Host", "cam.tencentcloudapi.com"),),
        b"" if http_method == "GET" else pairs.encode(),
    )

    assert values(outgoing, EXAMPLE)["Signature"] == signature


def test_the_v1_example_of_the_document() -> None:
    pairs = (
        "Action=DescribeInstances&InstanceIds.0=ins-09dx96dg&Limit=20&Nonce=11886&Offset=0"
        "&Region=ap-guangzhou&SecretId=AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE&Timestamp=1465185768"
        "&Version=2017-03-12"
    )
    outgoing = Outgoing("https", "GET", f"/?{pairs}", (("Host", "cvm.tencentcloudapi.com"),), b"")

    found = values(outgoing, EXAMPLE)
    assert found["SourceText"] == f"GETcvm.tencentcloudapi.com/?{pairs}"
    assert found["Signature"] == "EliP9YW3pW28FpsEdkXt/+WcGeI="


# ---- comparing ---------------------------------------------------------------------------------

OURS = v3(
    host="cam.tencentcloudapi.com",
    timestamp=1551113065,
    scope="2019-02-25/cam/tc3_request",
    body=CREATE,
)
RIGHT = (
    "TC3-HMAC-SHA256 Credential=AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE/2019-02-25/cam/tc3_request, "
    "SignedHeaders=content-type;host, "
    "Signature=abc0089921ee8d16cd3be1f7e74ddeb454c4398887b312787d5be8dd4facbe97"
)


def foreign(key: Credentials = EXAMPLE, timestamp: int = 1551113065, **changes: str) -> str:
    """The Authorization of somebody who signs the same values otherwise."""
    signed = sign_call(
        action="ListReceiver",
        values={},
        credentials=key,
        timestamp=timestamp,
        host=changes.pop("host", "cam.tencentcloudapi.com"),
        **changes,  # type: ignore[arg-type]
    )
    return dict(signed.headers)["Authorization"]


LIST = sign_call(
    action="ListReceiver",
    values={},
    credentials=EXAMPLE,
    host="cam.tencentcloudapi.com",
    timestamp=1551113065,
)


def test_the_documented_signature_agrees() -> None:
    for pasted in (RIGHT, f"Authorization: {RIGHT}", f"  {RIGHT}\r\n"):
        comparison = compare(pasted, OURS, EXAMPLE)

        assert comparison.cause == ""
        assert all(finding.same for finding in comparison.findings)


def test_an_unreadable_header_is_told_by_its_part() -> None:
    comparison = compare("TC3-HMAC-SHA256 Credential=AKID/cam", OURS, EXAMPLE)

    assert comparison.cause == "Authorization"
    assert "`Credential`" in comparison.verdict.en


def test_another_service_is_named_and_the_rest_is_said_to_be_right() -> None:
    comparison = compare(foreign(service="127"), LIST, EXAMPLE)

    assert comparison.cause == "Service"
    assert comparison.verdict.en.startswith("Only Service differs")


def test_the_date_of_beijing_is_told_from_that_of_utc() -> None:
    """It was past midnight there already."""
    pasted = tc3_headers(
        "ListReceiver",
        b"{}",
        secret_id=EXAMPLE.secret_id,
        secret_key=EXAMPLE.secret_key,
        timestamp=1551113065,
        date="2019-02-26",
        host="cam.tencentcloudapi.com",
    )["Authorization"]

    comparison = compare(pasted, LIST, EXAMPLE)

    assert comparison.cause == "Date"
    assert comparison.verdict.en.startswith("Only Date differs")


def test_another_key_is_named() -> None:
    comparison = compare(foreign(Credentials("AKIDother", "x")), LIST, EXAMPLE)

    assert comparison.cause == "SecretId"


def test_other_signed_headers_are_named() -> None:
    comparison = compare(RIGHT.replace("content-type;host", "content-type;host;x-a"), OURS, EXAMPLE)

    assert comparison.cause == "SignedHeaders"


@pytest.mark.parametrize(
    ("pasted", "words"),
    [
        (foreign(host="localhost"), "signed host is not"),
        (foreign(Credentials(EXAMPLE.secret_id, EXAMPLE.secret_key + "\n")), "line end around"),
        (foreign(timestamp=1551113064), "timestamp in StringToSign"),
    ],
)
def test_a_usual_mistake_is_named(pasted: str, words: str) -> None:
    comparison = compare(pasted, LIST, EXAMPLE)

    assert comparison.cause == "Signature"
    assert words in comparison.verdict.en


def test_a_key_without_tc3_is_named() -> None:
    """The signature was computed by hand, as Signature v4 of another cloud would."""
    text = values(LIST, EXAMPLE)["StringToSign"]
    key = EXAMPLE.secret_key.encode()
    for part in ("2019-02-25", "cam", "tc3_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    wrong = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    pasted = dict(LIST.headers)["Authorization"].rpartition("=")[0] + f"={wrong}"

    assert "without TC3" in compare(pasted, LIST, EXAMPLE).verdict.en


def test_an_unknown_mistake_asks_for_the_texts() -> None:
    comparison = compare(foreign(Credentials(EXAMPLE.secret_id, "other")), LIST, EXAMPLE)

    assert "none of the usual mistakes" in comparison.verdict.en


def test_the_first_difference_of_a_pasted_text_is_pointed_at() -> None:
    canonical = values(LIST, EXAMPLE)["CanonicalRequest"]
    theirs = canonical.replace("application/json", "application/xml").replace("\n", "\r\n")

    comparison = compare("", LIST, EXAMPLE, their_canonical_request=theirs)

    assert comparison.cause == "CanonicalRequest"
    assert "line 4, character 26" in comparison.verdict.en


def test_a_pasted_text_that_agrees_is_said_to_agree() -> None:
    found = values(LIST, EXAMPLE)

    comparison = compare(
        "",
        LIST,
        EXAMPLE,
        their_canonical_request=found["CanonicalRequest"] + "\r\n",
        their_string_to_sign=found["StringToSign"].replace("\n", "\r\n"),
    )

    assert comparison.cause == ""


def test_v1_with_the_other_hash_is_named() -> None:
    sha1, sha256 = (
        sign_call(
            action="ListReceiver",
            values={},
            credentials=EXAMPLE,
            host="h",
            timestamp=1,
            nonce=1,
            sign_method=method,
        )
        for method in ("HmacSHA1", "HmacSHA256")
    )
    right = values(sha1, EXAMPLE)["Signature"]

    assert compare(right, sha1, EXAMPLE).cause == ""
    assert compare("x", sha1, EXAMPLE).cause == "Signature"

    text = values(sha256, EXAMPLE)["SourceText"]
    wrong = base64.b64encode(
        hmac.new(EXAMPLE.secret_key.encode(), text.encode(), hashlib.sha1).digest()
    ).decode()
    assert compare(wrong, sha256, EXAMPLE).cause == "SignatureMethod"


def test_no_text_holds_the_secret_key() -> None:
    for outgoing in (LIST, OURS):
        for step in steps(outgoing, EXAMPLE):
            assert EXAMPLE.secret_key not in step.value + step.formula
