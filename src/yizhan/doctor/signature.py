# SPDX-License-Identifier: Apache-2.0
"""Which mistake makes a signature match that fails: the known ones alone, then two together.

A finding is no guess: the signature that arrived is computed anew with the mistake in it, and an
HMAC of another text would not match.
"""

import hmac
import re
from collections.abc import Sequence
from typing import Final

import msgspec

from yizhan.doctor import tc3_computation, tc3_mistakes, v1_mistakes
from yizhan.doctor.findings import Diagnosis, Mistake, first_difference, mistake, readable
from yizhan.doctor.search import Effort, Found, search
from yizhan.errors import INVALID_COMMON_VALUE, ApiError
from yizhan.spec import CAM
from yizhan.spec.model import Text
from yizhan.wire import tc3, v1
from yizhan.wire.decode import decode
from yizhan.wire.outgoing import Credentials
from yizhan.wire.request import HttpRequest

SHORTEST_SECRET: Final = 8


def diagnose(
    request: HttpRequest, secret_key: str, *, other_keys: Sequence[Credentials] = ()
) -> Diagnosis:
    """Find out why a request's signature fails, or that it does not. Takes up to half a second.

    Args:
        secret_key: of the SecretId that the request names.
        other_keys: that it could have been signed with instead.
    """
    try:
        _require_latin1(request)
        pairs = decode(request).v1_pairs
        if pairs is None:
            found = _tc3(request, secret_key, other_keys)
        else:
            found = _v1(request, pairs, secret_key, other_keys)
    except ApiError as refused:
        note = Text(refused.message("zh-CN"), refused.message("en-US"))
        return Diagnosis("unreadable", (), "", "", "", None, note)
    return _without_secrets(found, [secret_key, *(each.secret_key for each in other_keys)])


def _require_latin1(request: HttpRequest) -> None:
    """Raises: ApiError, for header values that no wire carries as they stand."""
    for name, value in request.headers.items():
        if not f"{name}{value}".isascii():
            try:
                f"{name}{value}".encode("latin-1")
            except UnicodeEncodeError:
                raise ApiError(INVALID_COMMON_VALUE, name=name) from None


def _without_secrets(found: Diagnosis, secrets: Sequence[str]) -> Diagnosis:
    """Whoever sends a SecretKey as a parameter does not get it shown."""
    theirs, ours = found.theirs, found.ours
    for secret in secrets:
        if len(secret) >= SHORTEST_SECRET:
            # The SecretKeys of `dev` are the ends of their SecretIds.
            hidden = re.compile(f"(?<!AKID){re.escape(secret)}")
            theirs, ours = hidden.sub("****", theirs), hidden.sub("****", ours)
    if (theirs, ours) == (found.theirs, found.ours):
        return found
    place = None if found.first_difference is None else first_difference(theirs, ours)
    return msgspec.structs.replace(found, theirs=theirs, ours=ours, first_difference=place)


def _tc3(request: HttpRequest, key: str, others: Sequence[Credentials]) -> Diagnosis:
    authorization = tc3.parse_authorization(request.header("authorization"))
    timestamp = request.header("x-tc-timestamp")
    moment = int(timestamp) if timestamp.isdecimal() and len(timestamp) <= 11 else 0
    bases = tc3_computation.bases(request, key)
    names = {"region": request.header("x-tc-region"), "service": CAM.service}
    right = tc3.matches(request, authorization, key, moment, **names)
    ours = readable(bases[0].canonical_request)
    wrong_date = bool(moment) and authorization.date != tc3.utc_date(moment)
    if right and wrong_date:
        text = readable(bases[0].string_to_sign)
        return Diagnosis("mistake", (_SCOPE_DATE,), "", text, "StringToSign", None, _FOUND)
    if right:
        return Diagnosis("correct", (), ours, ours, "CanonicalRequest", None, _RIGHT)
    wanted = authorization.signature
    effort = Effort()

    def signs(made: tc3_computation.Computation) -> bool:
        effort.spend(len(made.query) + 400)
        return hmac.compare_digest(made.signature(), wanted)

    found = search(bases, tc3_mistakes.known(request, others), signs, effort)
    if found is None:
        return Diagnosis("unknown", (), "", ours, "CanonicalRequest", None, _UNKNOWN)
    extra = (_SCOPE_DATE,) if wrong_date and len(found.mistakes) == 1 else ()
    return _tc3_found(found, extra)


def _tc3_found(found: Found[tc3_computation.Computation], extra: tuple[Mistake, ...]) -> Diagnosis:
    step, theirs, ours = (
        "CanonicalRequest",
        found.made.canonical_request,
        found.base.canonical_request,
    )
    if theirs == ours:
        step, theirs, ours = "StringToSign", found.made.string_to_sign, found.base.string_to_sign
    theirs, ours = readable(_as_latin1(theirs)), readable(ours)
    return Diagnosis(
        "mistake",
        (*found.mistakes, *extra),
        theirs,
        ours,
        step,
        first_difference(theirs, ours),
        _FOUND if theirs != ours else _TEXTS_AGREE,
    )


def _as_latin1(text: str) -> str:
    """What a mistake put in may hold characters that the wire does not carry."""
    return text.encode("latin-1", "replace").decode("latin-1")


def _v1(
    request: HttpRequest, pairs: dict[str, str], key: str, others: Sequence[Credentials]
) -> Diagnosis:
    bases = v1_mistakes.bases(request, pairs, key)
    ours = bases[0].text
    names = {"region": pairs.get("Region", ""), "service": CAM.service}
    if v1.matches(request, pairs, key, **names):
        return Diagnosis("correct", (), ours, ours, "SourceText", None, _RIGHT)
    # A blank at its beginning may be a lost plus sign; at its end there is "=" and a line feed.
    given = pairs["Signature"].rstrip()
    mended = given.replace(" ", "+")
    if mended != given and v1.matches(request, pairs | {"Signature": mended}, key, **names):
        return Diagnosis("mistake", (_PLUS_LOST,), ours, ours, "SourceText", None, _TEXTS_AGREE)
    effort = Effort()
    wanted = mended.encode()

    def signs(made: v1_mistakes.Computation) -> bool:
        effort.spend(len(made.text))
        return hmac.compare_digest(made.signature().encode(), wanted)

    found = search(bases, v1_mistakes.known(request, pairs, others), signs, effort)
    # The lost plus sign is a mistake of its own, so with it there is room for one more.
    if found is None or (mended != given and len(found.mistakes) > 1):
        return Diagnosis("unknown", (), "", ours, "SourceText", None, _UNKNOWN)
    theirs, ours = found.made.text, found.base.text
    extra = (_PLUS_LOST,) if mended != given else ()
    return Diagnosis(
        "mistake",
        (*found.mistakes, *extra),
        theirs,
        ours,
        "SourceText",
        first_difference(theirs, ours),
        _FOUND if theirs != ours else _TEXTS_AGREE,
    )


_SCOPE_DATE: Final = mistake(
    "scope-date",
    (
        "凭证范围里的日期不是时间戳对应的 UTC 日期：多半用了本地日期。",
        "The date of the scope is not the UTC date of the timestamp: most likely the local one.",
    ),
    (
        "用 X-TC-Timestamp 对应的 UTC 日期。",
        "Use the UTC date of X-TC-Timestamp.",
    ),
)
_PLUS_LOST: Final = mistake(
    "plus-lost",
    (
        "Signature 里的加号变成了空格：发送时没有做 URL 编码。",
        "The plus signs of Signature became blanks: it was not URL-encoded for sending.",
    ),
    (
        "像其他参数一样对 Signature 做 URL 编码，+ 要写成 %2B。",
        "URL-encode Signature like any other value; a plus sign is %2B.",
    ),
)
_RIGHT: Final = Text("签名与请求和密钥相符。", "The signature fits the request and the key.")
_FOUND: Final = Text(
    "按这个错误重新计算，得到的正是请求里的签名。",
    "Computed anew with this mistake, it gives the very signature of the request.",
)
_TEXTS_AGREE: Final = Text(
    "签名的原文没有错，错在密钥、派生或最后的写法。",
    "The text that was signed is right; the key, its derivation or the way it is written is not.",
)
_UNKNOWN: Final = Text(
    "试过所有已知的错误，以及它们的两两组合，都得不到这个签名。最可能的原因是 SecretKey"
    " 不属于这个 SecretId，或请求在途中被改动。",
    "None of the known mistakes gives this signature, nor any two of them. Most likely the"
    " SecretKey is not that of the SecretId, or something changed the request on its way.",
)
