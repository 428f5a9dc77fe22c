# SPDX-License-Identifier: Apache-2.0
"""Where a signature that somebody computed parts from ours."""

import base64
import hashlib
import hmac
import re
from collections.abc import Callable, Iterator
from itertools import zip_longest
from typing import Final

import msgspec

from yizhan.errors import ApiError
from yizhan.spec.model import Text
from yizhan.wire import tc3
from yizhan.wire.outgoing import Credentials, Outgoing
from yizhan.wire.signing_steps import Parts, is_v3, parts_of, v1_steps


class Finding(msgspec.Struct, frozen=True):
    """One part of a pasted Authorization header beside ours."""

    part: str
    theirs: str
    ours: str

    @property
    def same(self) -> bool:
        return self.theirs == self.ours


class Comparison(msgspec.Struct, frozen=True):
    findings: tuple[Finding, ...]
    verdict: Text
    cause: str
    """The part or step where they part; empty if they agree."""


def compare(
    pasted: str,
    outgoing: Outgoing,
    credentials: Credentials,
    *,
    their_canonical_request: str = "",
    their_string_to_sign: str = "",
) -> Comparison:
    """Hold what was pasted against what we would send.

    Args:
        pasted: an Authorization header, with or without its name; for v1 the value of Signature.
        their_canonical_request, their_string_to_sign: if the other side can show them.
    """
    if not is_v3(outgoing):
        return _compare_v1(pasted, outgoing, credentials)
    ours = parts_of(outgoing)
    texts = (
        ("CanonicalRequest", their_canonical_request, ours.canonical_request),
        ("StringToSign", their_string_to_sign, ours.string_to_sign),
    )
    for step, theirs, expected in texts:
        if theirs.strip():
            difference = _first_difference(step, _from_browser(theirs), _readable(expected))
            if difference is not None:
                return difference
    if not pasted.strip():
        return Comparison((), _TEXTS_AGREE, "")
    header = re.sub(r"(?i)^\s*authorization\s*:", "", pasted).strip()
    try:
        theirs_parsed = tc3.parse_authorization(header)
    except ApiError as refused:
        return Comparison((), _unreadable(refused), "Authorization")
    return _compare_v3(theirs_parsed, ours, credentials)


def _compare_v3(theirs: tc3.Authorization, ours: Parts, credentials: Credentials) -> Comparison:
    signature = ours.signature(credentials.secret_key)
    findings = (
        Finding("SecretId", theirs.secret_id, credentials.secret_id),
        Finding("Date", theirs.date, ours.date),
        Finding("Service", theirs.service, ours.service),
        Finding("SignedHeaders", ";".join(theirs.signed_headers), _names(ours)),
        Finding("Signature", theirs.signature.lower(), signature),
    )
    parting = [finding.part for finding in findings if not finding.same]
    if not parting:
        return Comparison(findings, _AGREES, "")
    if parting[0] == "Signature":
        return Comparison(findings, _named_mistake(theirs, ours, credentials), "Signature")
    # With their own scope and headers: is the rest of their computation right?
    adopted = _adopt(theirs, ours)
    rest_is_right = adopted is not None and _signs(adopted, credentials.secret_key, theirs)
    return Comparison(findings, _parts_at(parting[0], rest_is_right), parting[0])


def _names(parts: Parts) -> str:
    return ";".join(name for name, _ in parts.headers)


def _adopt(theirs: tc3.Authorization, ours: Parts) -> Parts | None:
    """Our request under their scope; None if they signed headers that we do not have."""
    sent = dict(ours.headers)
    if not set(theirs.signed_headers) <= set(sent):
        return None
    headers = tuple((name, sent[name]) for name in theirs.signed_headers)
    return msgspec.structs.replace(ours, headers=headers, date=theirs.date, service=theirs.service)


def _signs(parts: Parts, secret_key: str, theirs: tc3.Authorization) -> bool:
    return hmac.compare_digest(parts.signature(secret_key), theirs.signature.lower())


# ---- mistakes that are known -------------------------------------------------------------------

Mistake = Callable[[Parts, Credentials], Iterator[str]]
"""Gives the signatures that the mistake leads to."""


def _with_headers(parts: Parts, **changed: str) -> Parts:
    names = {name.replace("_", "-"): value for name, value in changed.items()}
    headers = tuple((name, names.get(name, value)) for name, value in parts.headers)
    return msgspec.structs.replace(parts, headers=headers)


def _host_without_port(parts: Parts, key: Credentials) -> Iterator[str]:
    host = dict(parts.headers).get("host", "")
    yield _with_headers(parts, host=host.rpartition(":")[0] or host).signature(key.secret_key)


def _public_host(parts: Parts, key: Credentials) -> Iterator[str]:
    for host in ("cam.tencentcloudapi.com", "localhost"):
        yield _with_headers(parts, host=host).signature(key.secret_key)


def _key_with_blanks(parts: Parts, key: Credentials) -> Iterator[str]:
    for text in (f"{key.secret_key}\n", f"{key.secret_key} ", f" {key.secret_key}"):
        yield parts.signature(text)


def _other_charset(parts: Parts, key: Credentials) -> Iterator[str]:
    kind = dict(parts.headers).get("content-type", "").partition(";")[0]
    for text in (f"{kind}; charset=utf-8", f"{kind};charset=utf-8", kind):
        yield _with_headers(parts, content_type=text).signature(key.secret_key)


def _payload_of_nothing(parts: Parts, key: Credentials) -> Iterator[str]:
    for payload in (tc3.EMPTY_SHA256, hashlib.sha256(b"{}").hexdigest()):
        changed = msgspec.structs.replace(parts, payload_hash=payload)
        yield changed.signature(key.secret_key)


def _upper_case_hash(parts: Parts, key: Credentials) -> Iterator[str]:
    changed = msgspec.structs.replace(parts, payload_hash=parts.payload_hash.upper())
    yield changed.signature(key.secret_key)


def _other_timestamp(parts: Parts, key: Credentials) -> Iterator[str]:
    for offset in range(-60, 61):
        changed = msgspec.structs.replace(parts, timestamp=parts.timestamp + offset)
        yield changed.signature(key.secret_key)


def _without_tc3(parts: Parts, key: Credentials) -> Iterator[str]:
    signing = hmac.digest(key.secret_key.encode(), parts.date.encode(), "sha256")
    signing = hmac.digest(signing, parts.service.encode("latin-1"), "sha256")
    signing = hmac.digest(signing, tc3.TERMINATOR.encode(), "sha256")
    yield hmac.digest(signing, parts.string_to_sign.encode("latin-1"), "sha256").hex()


MISTAKES: Final[tuple[tuple[Mistake, Text], ...]] = (
    (
        _host_without_port,
        Text("参与签名的 host 缺少端口。", "The signed host lacks its port."),
    ),
    (
        _public_host,
        Text(
            "参与签名的 host 不是请求实际发往的主机。",
            "The signed host is not the one that the request goes to.",
        ),
    ),
    (
        _key_with_blanks,
        Text(
            "SecretKey 前后带有空格或换行。",
            "The SecretKey has a blank or a line end around it.",
        ),
    ),
    (
        _without_tc3,
        Text(
            "计算 SecretDate 时 SecretKey 前没有加 TC3。",
            "SecretDate was computed without TC3 before the SecretKey.",
        ),
    ),
    (
        _other_charset,
        Text(
            "参与签名的 content-type 与发送的不同，差别在 charset。",
            "The signed content-type differs from the one sent, in its charset.",
        ),
    ),
    (
        _payload_of_nothing,
        Text(
            "HashedRequestPayload 是空内容或 {} 的哈希，不是请求体的。",
            "HashedRequestPayload is that of nothing, or of {}, not that of the body.",
        ),
    ),
    (
        _upper_case_hash,
        Text(
            "HashedRequestPayload 用了大写的十六进制。",
            "HashedRequestPayload is in upper-case hexadecimal.",
        ),
    ),
    (
        _other_timestamp,
        Text(
            "StringToSign 里的时间戳与 X-TC-Timestamp 不是同一个值。",
            "The timestamp in StringToSign is not that of X-TC-Timestamp.",
        ),
    ),
)


def _named_mistake(theirs: tc3.Authorization, ours: Parts, credentials: Credentials) -> Text:
    wanted = theirs.signature.lower()
    for mistake, name in MISTAKES:
        if any(hmac.compare_digest(found, wanted) for found in mistake(ours, credentials)):
            return Text(f"找到原因：{name.zh}", f"Found: {name.en}")
    return _ONLY_SIGNATURE


# ---- v1 ----------------------------------------------------------------------------------------


def _compare_v1(pasted: str, outgoing: Outgoing, credentials: Credentials) -> Comparison:
    text, signature = (step.value for step in v1_steps(outgoing, credentials))
    theirs = pasted.strip()
    finding = Finding("Signature", theirs, signature)
    if finding.same:
        return Comparison((finding,), _AGREES, "")
    key = credentials.secret_key.encode()
    for digest, name in (("sha1", "HmacSHA1"), ("sha256", "HmacSHA256")):
        if theirs == base64.b64encode(hmac.digest(key, text.encode(), digest)).decode():
            verdict = Text(
                f"找到原因：实际用的是 {name}，与 SignatureMethod 不一致。",
                f"Found: it was computed with {name}, which is not what SignatureMethod says.",
            )
            return Comparison((finding,), verdict, "SignatureMethod")
    return Comparison((finding,), _ONLY_V1_SIGNATURE, "Signature")


# ---- words -------------------------------------------------------------------------------------


def _from_browser(text: str) -> str:
    return text.replace("\r\n", "\n").strip("\n")


def _readable(carried: str) -> str:
    return carried.encode("latin-1").decode("utf-8", "backslashreplace")


def _first_difference(step: str, theirs: str, ours: str) -> Comparison | None:
    """By line and character, counted from one; None if there is none."""
    if theirs == ours:
        return None
    lines = list(zip_longest(theirs.split("\n"), ours.split("\n"), fillvalue=""))
    at = next((at for at, (one, other) in enumerate(lines) if one != other), len(lines) - 1)
    their_line, our_line = lines[at]
    pairs = enumerate(zip(their_line, our_line, strict=False))
    shorter = min(len(their_line), len(our_line))
    column = next((place for place, (one, other) in pairs if one != other), shorter) + 1
    number = at + 1
    verdict = Text(
        f"{step} 从第 {number} 行第 {column} 个字符开始不同：粘贴的是“{their_line}”，"
        f"应为“{our_line}”。",
        f"{step} differs from line {number}, character {column} on: pasted is “{their_line}”,"
        f" expected “{our_line}”.",
    )
    return Comparison((Finding(f"{step}, {number}", their_line, our_line),), verdict, step)


def _unreadable(refused: ApiError) -> Text:
    return Text(refused.message("zh-CN"), refused.message("en-US"))


def _parts_at(part: str, rest_is_right: bool) -> Text:
    why = _WHY[part]
    if rest_is_right and part != "SecretId":
        return Text(
            f"只有 {part} 不同，其余计算都是对的。{why.zh}",
            f"Only {part} differs; the rest of the computation is right. {why.en}",
        )
    return Text(f"从 {part} 开始不同。{why.zh}", f"They part at {part}. {why.en}")


_WHY: Final = {
    "SecretId": Text(
        "用的是另一个密钥，两边的签名没有可比性。",
        "It is another key, so the signatures cannot be compared.",
    ),
    "Date": Text(
        "日期必须是时间戳对应的 UTC 日期。",
        "The date has to be the UTC date of the timestamp.",
    ),
    "Service": Text(
        "产品名应为 cam；有的 SDK 从接入点的文字中取产品名，本服务接受，真实服务不接受。",
        "The service is cam. Some SDKs take it from the endpoint's text, which this server accepts"
        " and the real service does not.",
    ),
    "SignedHeaders": Text(
        "参与签名的请求头不同；本服务接受任意请求头，只要包含 content-type 和 host。",
        "Other headers are signed; this server takes any, as long as content-type and host are"
        " among them.",
    ),
}
_AGREES: Final = Text("完全一致。", "They agree in every part.")
_TEXTS_AGREE: Final = Text("粘贴的内容与应有的一致。", "What was pasted is as expected.")
_ONLY_SIGNATURE: Final = Text(
    "只有 Signature 不同，且不是已知的常见错误：请检查请求体、时间戳和 SecretKey，"
    "或粘贴 CanonicalRequest 与 StringToSign 以定位。",
    "Only the Signature differs, and by none of the usual mistakes: look at the body, the timestamp"
    " and the SecretKey, or paste CanonicalRequest and StringToSign to find the place.",
)
_ONLY_V1_SIGNATURE: Final = Text(
    "签名不同：请把自己的签名原文与上面的 SourceText 逐字比较，包括 Nonce 和 Timestamp。",
    "The signatures differ: hold your source text against SourceText letter by letter, Nonce and"
    " Timestamp included.",
)
