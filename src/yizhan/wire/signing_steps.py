# SPDX-License-Identifier: Apache-2.0
"""Every value on the way to a signature, for whoever looks for the step that goes wrong.

Source: API 3.0, "Signature v3" and "Signature" (read 2026-11); the usual mistakes are those of
public reports about the SDKs.
"""

import hashlib
import hmac
from collections.abc import Sequence
from typing import Final
from urllib.parse import parse_qsl

import msgspec

from yizhan.spec.model import Text
from yizhan.wire import tc3, v1
from yizhan.wire.outgoing import Credentials, Outgoing


class Step(msgspec.Struct, frozen=True):
    """One value."""

    name: str
    formula: str
    value: str
    """Keys in lower-case hexadecimal."""
    trap: Text
    """Where mistakes usually happen."""


class Parts(msgspec.Struct, frozen=True):
    """What a v3 signature is computed from."""

    method: str
    query: str
    headers: tuple[tuple[str, str], ...]
    """The signed ones: lower-case names, in order."""
    payload_hash: str
    timestamp: int
    date: str
    service: str

    @property
    def canonical_request(self) -> str:
        return tc3.canonical_request(self.method, "/", self.query, self.headers, self.payload_hash)

    @property
    def string_to_sign(self) -> str:
        return tc3.string_to_sign(self.timestamp, self.date, self.service, self.canonical_request)

    def signature(self, secret_key: str) -> str:
        return tc3.signature(
            secret_key, self.timestamp, self.date, self.service, self.canonical_request
        )


def steps(outgoing: Outgoing, credentials: Credentials) -> tuple[Step, ...]:
    """The steps of the request's signature method, in order."""
    if is_v3(outgoing):
        return tc3_steps(outgoing, credentials)
    return v1_steps(outgoing, credentials)


def is_v3(outgoing: Outgoing) -> bool:
    return any(name == "Authorization" for name, _ in outgoing.headers)


def parts_of(outgoing: Outgoing) -> Parts:
    """Read out of a signed v3 request what was signed.

    Header values are lower-cased unless they are content type and host, as the SDKs do it.
    """
    sent = {name.lower(): value for name, value in outgoing.headers}
    authorization = tc3.parse_authorization(sent["authorization"])
    if sent.get("x-tc-content-sha256") == tc3.UNSIGNED_PAYLOAD:
        payload_hash = tc3.UNSIGNED_PAYLOAD_SHA256
    elif outgoing.method == "GET":
        payload_hash = tc3.EMPTY_SHA256
    else:
        payload_hash = hashlib.sha256(outgoing.body).hexdigest()
    headers = tuple(
        (name, sent[name] if name in ("content-type", "host") else sent[name].lower())
        for name in sorted(authorization.signed_headers)
    )
    return Parts(
        method=outgoing.method,
        query=outgoing.target.partition("?")[2] if outgoing.method == "GET" else "",
        headers=headers,
        payload_hash=payload_hash,
        timestamp=int(sent["x-tc-timestamp"]),
        date=authorization.date,
        service=authorization.service,
    )


def tc3_steps(outgoing: Outgoing, credentials: Credentials) -> tuple[Step, ...]:
    """HashedRequestPayload to Authorization."""
    parts = parts_of(outgoing)
    canonical = parts.canonical_request
    key = credentials.secret_key
    secret_date = _hmac(f"TC3{key}".encode(), parts.date)
    secret_service = _hmac(secret_date, parts.service)
    secret_signing = _hmac(secret_service, tc3.TERMINATOR)
    signature = parts.signature(key)
    scope = f"{parts.date}/{parts.service}/{tc3.TERMINATOR}"
    names = ";".join(name for name, _ in parts.headers)
    authorization = (
        f"{tc3.ALGORITHM} Credential={credentials.secret_id}/{scope}, "
        f"SignedHeaders={names}, Signature={signature}"
    )
    hashed = hashlib.sha256(canonical.encode("latin-1")).hexdigest()
    values = (
        parts.payload_hash,
        _shown(canonical),
        hashed,
        scope,
        _shown(parts.string_to_sign),
        secret_date.hex(),
        secret_service.hex(),
        secret_signing.hex(),
        signature,
        authorization,
    )
    return tuple(
        Step(name, formula, value, trap)
        for (name, formula, trap), value in zip(_TC3_STEPS, values, strict=True)
    )


def v1_steps(outgoing: Outgoing, credentials: Credentials) -> tuple[Step, ...]:
    """SourceText and Signature."""
    pairs = v1_pairs(outgoing)
    host = dict(outgoing.headers)["Host"]
    text = v1.text_to_sign(outgoing.method, host, "/", pairs)
    method = pairs.get("SignatureMethod", "HmacSHA1")
    signature = v1.signature(credentials.secret_key, text, method)
    digest = "SHA256" if method == "HmacSHA256" else "SHA1"
    return (
        Step("SourceText", 'Method + Host + "/?" + sorted("Name=Value").join("&")', text, _SOURCE),
        Step(
            "Signature", f"Base64(HMAC_{digest}(SecretKey, SourceText))", signature, _V1_SIGNATURE
        ),
    )


def v1_pairs(outgoing: Outgoing) -> dict[str, str]:
    """The decoded parameters of a v1 request."""
    if outgoing.method == "GET":
        encoded = outgoing.target.partition("?")[2]
    else:
        encoded = outgoing.body.decode()
    return dict(parse_qsl(encoded, keep_blank_values=True))


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.digest(key, text.encode("latin-1"), "sha256")


def _shown(carried: str) -> str:
    """Latin-1 carries the bytes; readers want the characters."""
    return carried.encode("latin-1").decode("utf-8", "backslashreplace")


_TC3_STEPS: Final[Sequence[tuple[str, str, Text]]] = (
    (
        "HashedRequestPayload",
        "Lowercase(HexEncode(SHA256(RequestPayload)))",
        Text(
            "要对实际发出的字节求哈希：先序列化一次，再用同一份内容签名和发送。"
            "GET 请求取空字符串的哈希。",
            "Hash the very bytes that are sent: serialise once, sign that and send that. A GET"
            " takes the hash of the empty string.",
        ),
    ),
    (
        "CanonicalRequest",
        'HTTPMethod + "\\n" + "/" + "\\n" + QueryString + "\\n" + CanonicalHeaders + "\\n"'
        ' + SignedHeaders + "\\n" + HashedRequestPayload',
        Text(
            "请求头之后有一个空行；content-type 必须与实际发送的完全一致，"
            "有的 HTTP 库会自行加上 charset；host 带端口时端口也要参与签名。",
            "An empty line follows the headers. content-type must be what is really sent, and some"
            " HTTP libraries add a charset; a port in Host is signed, too.",
        ),
    ),
    (
        "HashedCanonicalRequest",
        "Lowercase(HexEncode(SHA256(CanonicalRequest)))",
        Text(
            "十六进制要用小写。换行是单个 LF，不是 CRLF。",
            "Hexadecimal in lower case. Line ends are a single LF, not CRLF.",
        ),
    ),
    (
        "CredentialScope",
        'Date + "/" + Service + "/tc3_request"',
        Text(
            "日期是时间戳对应的 UTC 日期：用北京时间的日期，每天 0 点到 8 点会失败。",
            "The date is the UTC date of the timestamp: with that of Beijing it fails from 0 to 8"
            " o'clock there.",
        ),
    ),
    (
        "StringToSign",
        '"TC3-HMAC-SHA256" + "\\n" + Timestamp + "\\n" + CredentialScope + "\\n"'
        " + HashedCanonicalRequest",
        Text(
            "时间戳以秒为单位，且与 X-TC-Timestamp 是同一个值，不要取两次当前时间。",
            "The timestamp is in seconds and the very value of X-TC-Timestamp: do not ask the clock"
            " twice.",
        ),
    ),
    (
        "SecretDate",
        'HMAC_SHA256("TC3" + SecretKey, Date)',
        Text(
            "SecretKey 前要加 TC3；从控制台复制的密钥不要带空格或换行。",
            "TC3 goes before the SecretKey; a pasted key must bring no blank or line end.",
        ),
    ),
    (
        "SecretService",
        "HMAC_SHA256(SecretDate, Service)",
        Text(
            "上一步的结果以原始字节作为密钥，不是它的十六进制文本。",
            "The key is the raw bytes of the step before, not their hexadecimal text.",
        ),
    ),
    (
        "SecretSigning",
        'HMAC_SHA256(SecretService, "tc3_request")',
        Text(
            "参数的顺序是（密钥，消息），有的库相反。",
            "The order is key, then message; some libraries have it the other way round.",
        ),
    ),
    (
        "Signature",
        "Lowercase(HexEncode(HMAC_SHA256(SecretSigning, StringToSign)))",
        Text(
            "只有最后一步才转成十六进制。",
            "Only this last step is turned into hexadecimal.",
        ),
    ),
    (
        "Authorization",
        "Algorithm + Credential + SignedHeaders + Signature",
        Text(
            "三部分用逗号和空格分隔；SignedHeaders 与 CanonicalRequest 中的名称和顺序一致。",
            "Three parts, with a comma and a blank between; SignedHeaders has the names of the"
            " canonical request in their order.",
        ),
    ),
)
_SOURCE: Final = Text(
    "按参数名的 ASCII 顺序排序，值不做 URL 编码；Signature 自身不参与。公共参数也要参与。",
    "Sorted by name in byte order, values not URL-encoded, without Signature itself. Common"
    " parameters are part of it.",
)
_V1_SIGNATURE: Final = Text(
    "发送时 Signature 要做 URL 编码；SignatureMethod 不是 HmacSHA256 时一律按 HmacSHA1 验证。",
    "Signature is URL-encoded when it is sent; any SignatureMethod but HmacSHA256 is judged as"
    " HmacSHA1.",
)
