# SPDX-License-Identifier: Apache-2.0
"""The known mistakes of TC3-HMAC-SHA256, in words, the most usual first.

Source: public reports about the official SDKs and hand-written signers (read 2026-11); the rules
that they break are those of API 3.0, "Signature v3".
"""

import base64
import hashlib
from collections.abc import Sequence
from typing import Final

import msgspec

from yizhan.doctor import shared_mistakes as shared
from yizhan.doctor import tc3_changes as changes
from yizhan.doctor.findings import mistake
from yizhan.doctor.search import Known
from yizhan.doctor.tc3_changes import WINDOW, Change
from yizhan.doctor.tc3_computation import Computation
from yizhan.wire import tc3
from yizhan.wire.outgoing import Credentials
from yizhan.wire.request import HttpRequest


def other_key(other: Credentials) -> Known[Computation]:
    return Known(shared.other_key(other.secret_id), 1, changes.replaced(key=other.secret_key))


def _known(
    identity: str,
    stage: int,
    change: Change,
    title: tuple[str, str],
    mend: tuple[str, str],
    in_pairs: Change | None = None,
) -> Known[Computation]:
    return Known(mistake(identity, title, mend), stage, change, in_pairs)


def known(request: HttpRequest, other_keys: Sequence[Credentials]) -> list[Known[Computation]]:
    """All mistakes, the most usual first."""
    body = request.body
    named = request.header("authorization").partition("SignedHeaders=")[2].partition(",")[0]
    return [
        *_KEYS,
        *[other_key(each) for each in other_keys],
        *_HOSTS,
        *_CONTENT_TYPES,
        _known(
            "body-reserialised",
            2,
            changes.payload(body),
            (
                "签名的请求体与发送的不是同样的字节：签名后又重新序列化了 JSON。",
                "The body that was signed has other bytes than the one sent: the JSON was written"
                " anew in between.",
            ),
            (
                "只序列化一次，对同一串字节签名并发送。",
                "Serialise once; sign and send the very same bytes.",
            ),
        ),
        _known(
            "body-line-end",
            2,
            changes.body_ends(body),
            (
                "签名的请求体首尾多了或少了空白、换行或 BOM。",
                "The body that was signed has a blank, a line end or a BOM more or less.",
            ),
            ("对发送的字节原样签名。", "Sign the bytes just as they are sent."),
        ),
        *_payloads(request),
        *_TIMES,
        *_SCOPES,
        _known(
            "headers-not-sorted",
            6,
            changes.unsorted(named.lower().split(";")),
            ("参与签名的请求头没有按名称排序。", "The signed headers are not sorted by name."),
            (
                "CanonicalHeaders 和 SignedHeaders 都要按小写名称的 ASCII 顺序排列。",
                "Sort CanonicalHeaders and SignedHeaders by their lower-case names, in ASCII.",
            ),
        ),
        *_HEADERS,
        _known(
            "more-headers",
            7,
            changes.more_headers(request),
            (
                "签名的文字里有 SignedHeaders 没有列出的请求头。",
                "The text that was signed has a header that SignedHeaders does not name.",
            ),
            (
                "CanonicalHeaders 与 SignedHeaders 必须一致。",
                "CanonicalHeaders and SignedHeaders have to agree.",
            ),
        ),
        _known(
            "query",
            8,
            changes.queries(request),
            (
                "CanonicalQueryString 与实际的查询字符串不同。",
                "CanonicalQueryString is not the query string as it was sent.",
            ),
            (
                "POST 为空；GET 为问号之后、按发送时编码的原文，不排序、不解码。",
                "It is empty for POST; for GET it is what stands after the question mark, encoded"
                " as sent, neither sorted nor decoded.",
            ),
        ),
        _known(
            "path",
            9,
            changes.paths(request),
            ("CanonicalURI 不是 /。", "CanonicalURI is not /."),
            ("CanonicalURI 固定为 /。", "CanonicalURI is always /."),
        ),
        *_LAYOUTS,
    ]


def _payloads(request: HttpRequest) -> list[Known[Computation]]:
    body = request.body
    query = request.query.encode("latin-1")
    return [
        _known(
            "payload-of-other",
            3,
            changes.payload_of(b"", b"{}", b"null", query, *([body] if body else [])),
            (
                "HashedRequestPayload 不是请求体的哈希，而是空内容、{} 或查询字符串的。",
                "HashedRequestPayload is that of nothing, of {} or of the query, not of the body.",
            ),
            (
                "POST 取请求体的 SHA-256，GET 取空字符串的。",
                "For POST it is the SHA-256 of the body, for GET that of the empty string.",
            ),
        ),
        _known(
            "payload-upper-case",
            4,
            changes.upper_payload,
            (
                "HashedRequestPayload 用了大写的十六进制。",
                "HashedRequestPayload is in upper-case hexadecimal.",
            ),
            ("用小写的十六进制。", "Write it in lower-case hexadecimal."),
        ),
        _known(
            "payload-not-sha256",
            3,
            lambda made: iter(
                [
                    msgspec.structs.replace(made, payload_hash=text)
                    for text in (
                        hashlib.md5(body, usedforsecurity=False).hexdigest(),
                        hashlib.sha1(body, usedforsecurity=False).hexdigest(),
                        base64.b64encode(hashlib.sha256(body).digest()).decode(),
                        tc3.UNSIGNED_PAYLOAD,
                        body.decode("latin-1"),
                    )
                ]
            ),
            (
                "HashedRequestPayload 不是十六进制的 SHA-256。",
                "HashedRequestPayload is no SHA-256 in hexadecimal.",
            ),
            (
                "用请求体的 SHA-256 的小写十六进制；不签名请求体时用"
                " UNSIGNED-PAYLOAD 这个词的 SHA-256。",
                "Use the SHA-256 of the body in lower-case hexadecimal; for an unsigned payload it"
                " is the SHA-256 of the word UNSIGNED-PAYLOAD.",
            ),
        ),
    ]


_KEYS: Final = (
    Known(shared.KEY_WITH_BLANKS, 1, changes.key_with_blanks),
    Known(shared.KEY_IN_QUOTES, 1, changes.key_in_quotes),
)
_HOSTS: Final = (
    Known(shared.HOST_WITHOUT_PORT, 5, changes.without_port),
    Known(shared.HOST_WITH_PORT, 5, changes.with_port),
    Known(shared.HOST_WITH_SCHEME, 5, changes.with_scheme),
    _known(
        "host-with-path",
        5,
        changes.host_with_path,
        (
            "参与签名的 host 末尾多了 / 或句点。",
            "The signed host has a slash or a full stop at its end.",
        ),
        ("host 只是主机名和端口。", "A host is a name and a port, nothing else."),
    ),
    Known(shared.OTHER_HOST, 5, changes.other_host),
)
_CONTENT_TYPES: Final = (
    _known(
        "content-type-charset",
        5,
        changes.charset,
        (
            "参与签名的 content-type 与发送的不同，差别在 charset。",
            "The signed content-type differs from the one sent, in its charset.",
        ),
        (
            "HTTP 库在签名之后加上或去掉了 charset：自己写全 Content-Type 再签名。",
            "The HTTP library added or dropped a charset after signing: set the whole Content-Type"
            " yourself, then sign.",
        ),
    ),
    _known(
        "other-content-type",
        5,
        changes.other_content_type,
        (
            "参与签名的 content-type 不是发送的那个。",
            "The signed content-type is not the one that was sent.",
        ),
        ("对实际发送的 Content-Type 签名。", "Sign the Content-Type that is really sent."),
    ),
)
_TIMES: Final = (
    _known(
        "other-timestamp",
        10,
        changes.timestamps(range(-WINDOW, WINDOW + 1)),
        (
            "StringToSign 里的时间戳与 X-TC-Timestamp 不是同一个值。",
            "The timestamp in StringToSign is not that of X-TC-Timestamp.",
        ),
        (
            "只取一次当前时间，两处用同一个值。",
            "Take the time once and use the one value in both places.",
        ),
        changes.timestamps(range(-5, 6)),
    ),
    _known(
        "timestamp-milliseconds",
        10,
        changes.milliseconds,
        (
            "StringToSign 里的时间戳不是整数秒。",
            "The timestamp in StringToSign is not in whole seconds.",
        ),
        ("时间戳以秒为单位，没有小数。", "Timestamps are whole seconds."),
    ),
)
_SCOPES: Final = (
    _known(
        "without-tc3",
        12,
        changes.replaced(prefix=""),
        (
            "计算 SecretDate 时 SecretKey 前没有加 TC3。",
            "SecretDate was computed without TC3 before the SecretKey.",
        ),
        (
            'SecretDate = HMAC_SHA256("TC3" + SecretKey, Date)。',
            'SecretDate = HMAC_SHA256("TC3" + SecretKey, Date).',
        ),
    ),
    _known(
        "other-date",
        11,
        changes.other_date_in_both,
        (
            "签名用的日期与 Authorization 里的不同：多半是本地日期，不是 UTC。",
            "Another date was signed than Authorization says: most likely the local one.",
        ),
        (
            "日期必须是时间戳对应的 UTC 日期，三处都用它。",
            "The date is the UTC date of the timestamp, in all three places.",
        ),
    ),
    _known(
        "key-of-other-date",
        11,
        changes.key_of_other_date,
        (
            "派生密钥用的日期与凭证范围里的不同。",
            "The key was derived for another date than the scope's.",
        ),
        (
            "派生 SecretDate 时用凭证范围里的日期。",
            "Derive SecretDate with the date of the scope.",
        ),
    ),
    _known(
        "other-date-in-text",
        11,
        changes.other_date_in_text,
        (
            "StringToSign 里的日期与 Authorization 里的不同。",
            "The date in StringToSign is not that of Authorization.",
        ),
        (
            "StringToSign 和 Authorization 用同一个凭证范围。",
            "Use one CredentialScope in StringToSign and Authorization.",
        ),
    ),
    _known(
        "other-service",
        13,
        changes.other_service_in_both,
        (
            "签名用的产品名与 Authorization 里的不同。",
            "Another service was signed than Authorization says.",
        ),
        ("产品名为 cam，三处一致。", "The service is cam, the same in all three places."),
    ),
    _known(
        "key-of-other-service",
        13,
        changes.key_of_other_service,
        (
            "派生密钥用的产品名与凭证范围里的不同。",
            "The key was derived for another service than the scope's.",
        ),
        (
            "派生 SecretService 时用凭证范围里的产品名。",
            "Derive SecretService with the service of the scope.",
        ),
    ),
    _known(
        "other-service-in-text",
        13,
        changes.other_service_in_text,
        (
            "StringToSign 里的产品名与 Authorization 里的不同。",
            "The service in StringToSign is not that of Authorization.",
        ),
        (
            "StringToSign 和 Authorization 用同一个凭证范围。",
            "Use one CredentialScope in StringToSign and Authorization.",
        ),
    ),
    _known(
        "key-terminator",
        14,
        changes.terminators_of_key,
        (
            "派生密钥的最后一步不是 tc3_request。",
            "The last step of the key's derivation is not tc3_request.",
        ),
        (
            'SecretSigning = HMAC_SHA256(SecretService, "tc3_request")。',
            'SecretSigning = HMAC_SHA256(SecretService, "tc3_request").',
        ),
    ),
    _known(
        "text-terminator",
        14,
        changes.terminators_in_text,
        (
            "StringToSign 的凭证范围不是以 tc3_request 结尾。",
            "The scope in StringToSign does not end with tc3_request.",
        ),
        ("凭证范围是 日期/产品/tc3_request。", "The scope is DATE/SERVICE/tc3_request."),
    ),
)
_HEADERS: Final = (
    _known(
        "names-in-capitals",
        7,
        changes.names_in_capitals,
        ("参与签名的请求头名称没有转为小写。", "The names of signed headers are not lower-cased."),
        ("请求头的名称一律小写。", "Lower-case the names of headers."),
    ),
    _known(
        "value-in-other-case",
        6,
        changes.value_in_other_case,
        (
            "参与签名的请求头的值与发送的大小写不同。",
            "A header's value was signed in another case than it was sent in.",
        ),
        ("content-type 和 host 按发送的原样签名。", "Sign content-type and host as they are sent."),
    ),
    _known(
        "values-not-trimmed",
        7,
        changes.values_not_trimmed,
        ("请求头的值前后带有空格。", "The values of signed headers have blanks around them."),
        ("冒号后没有空格，值去掉首尾空白。", "No blank after the colon, and values stripped."),
    ),
    _known(
        "header-missing",
        7,
        changes.fewer_headers,
        (
            "SignedHeaders 列出的请求头没有全部参与签名。",
            "Not all headers that SignedHeaders names were signed.",
        ),
        (
            "CanonicalHeaders 与 SignedHeaders 必须一致。",
            "CanonicalHeaders and SignedHeaders have to agree.",
        ),
    ),
)
_LAYOUTS: Final = (
    Known(shared.OTHER_METHOD, 9, changes.methods),
    _known(
        "no-empty-line",
        9,
        changes.layouts,
        (
            "CanonicalHeaders 与 SignedHeaders 之间少了空行。",
            "The empty line between CanonicalHeaders and SignedHeaders is missing.",
        ),
        (
            "每个请求头后都有一个换行，之后再用换行连接 SignedHeaders。",
            "Each header ends with a line feed, and one more joins SignedHeaders to them.",
        ),
    ),
    _known(
        "crlf",
        15,
        changes.replaced(line_end="\r\n"),
        ("换行用了 CRLF。", "Lines end with CRLF."),
        ("换行只用 LF。", "Lines end with LF alone."),
    ),
    _known(
        "algorithm",
        15,
        changes.algorithms,
        (
            "StringToSign 的第一行不是 TC3-HMAC-SHA256。",
            "The first line of StringToSign is not TC3-HMAC-SHA256.",
        ),
        ("第一行固定为 TC3-HMAC-SHA256。", "The first line is always TC3-HMAC-SHA256."),
    ),
    _known(
        "canonical-upper-case",
        15,
        changes.replaced(hashed="upper"),
        (
            "HashedCanonicalRequest 用了大写的十六进制。",
            "HashedCanonicalRequest is in upper-case hexadecimal.",
        ),
        ("用小写的十六进制。", "Write it in lower-case hexadecimal."),
    ),
    _known(
        "canonical-not-hashed",
        15,
        changes.replaced(hashed="plain"),
        (
            "StringToSign 里是 CanonicalRequest 本身，不是它的哈希。",
            "StringToSign holds the CanonicalRequest itself, not its hash.",
        ),
        (
            "最后一行是 CanonicalRequest 的 SHA-256。",
            "The last line is the SHA-256 of CanonicalRequest.",
        ),
    ),
    _known(
        "canonical-signed",
        15,
        changes.replaced(signed="canonical"),
        (
            "直接对 CanonicalRequest 签名，没有 StringToSign。",
            "The CanonicalRequest was signed at once, without a StringToSign.",
        ),
        ("对 StringToSign 签名。", "Sign the StringToSign."),
    ),
    _known(
        "key-not-derived",
        12,
        lambda made: iter(
            [msgspec.structs.replace(made, derived="none", prefix=prefix) for prefix in ("", "TC3")]
        ),
        (
            "直接用 SecretKey 签名，没有派生密钥，像旧版签名那样。",
            "The SecretKey itself signed, as in signature v1, without derivation.",
        ),
        (
            "依次派生 SecretDate、SecretService、SecretSigning。",
            "Derive SecretDate, SecretService and SecretSigning, one from the other.",
        ),
    ),
    _known(
        "key-in-hexadecimal",
        12,
        changes.replaced(derived="hex"),
        (
            "派生的中间结果用了十六进制文本。",
            "The steps of the derivation pass on hexadecimal text.",
        ),
        (
            "中间结果用二进制的摘要，只有最后的签名是十六进制。",
            "Pass on the digest's bytes; only the signature itself is hexadecimal.",
        ),
    ),
)
