# SPDX-License-Identifier: Apache-2.0
"""From what is known of a failure to what to do about it; page and command show the same report."""

import re
from collections.abc import Sequence
from typing import Final

import msgspec

from yizhan.calls.model import CheckSeen, LoggedCall
from yizhan.doctor.findings import Diagnosis
from yizhan.doctor.signature import diagnose
from yizhan.errors import SIGNATURE_FAILURE, ApiError
from yizhan.spec.error_guide import ERROR_GUIDE, ErrorGuide
from yizhan.spec.model import Text
from yizhan.wire import tc3
from yizhan.wire.decode import decode
from yizhan.wire.endpoint import TIMESTAMP_WINDOW_SECONDS
from yizhan.wire.outgoing import Credentials
from yizhan.wire.request import HttpRequest

REQUEST_ID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What the doctor says. Nothing in it is secret."""

    code: str = ""
    """Empty if there is none: the request may well be right."""
    message: str = ""
    request_id: str = ""
    call: LoggedCall | None = None
    """As the request log has it."""
    diagnosis: Diagnosis | None = None
    """Of the signature."""
    notes: tuple[Text, ...] = ()

    @property
    def guide(self) -> ErrorGuide | None:
        return ERROR_GUIDE.get(self.code)

    @property
    def refused(self) -> CheckSeen | None:
        """The check that gave the error, with its values."""
        trail = self.call.trail if self.call else ()
        return next((each for each in trail if each.refused), None)


def secret_id_of(request: HttpRequest) -> str:
    """Which key the request names; empty if it names none that can be read."""
    try:
        if request.header("authorization"):
            return tc3.parse_authorization(request.header("authorization")).secret_id
        return (decode(request).v1_pairs or {}).get("SecretId", "")
    except ApiError:
        return ""


def of_code(code: str, message: str = "", request_id: str = "", *notes: Text) -> Report:
    return Report(code=code, message=message, request_id=request_id, notes=notes)


def of_call(
    call: LoggedCall,
    original: HttpRequest | None,
    key: Credentials | None,
    other_keys: Sequence[Credentials] = (),
) -> Report:
    """What became of a logged call.

    Args:
        original: the request as it came, if it is still known.
        key: the one that it names, if it may be used.
    """
    notes: list[Text] = []
    diagnosis = None
    if call.ok:
        notes.append(_SUCCEEDED)
    if call.unserved:
        notes.append(_UNSERVED[call.unserved])
    if call.code == SIGNATURE_FAILURE.code:
        if original is None:
            notes.append(_NO_LONGER_KNOWN)
        elif key is None:
            notes.append(_NO_KEY)
        else:
            diagnosis = diagnose(original, key.secret_key, other_keys=other_keys)
    return Report(
        code="" if call.ok else call.code,
        message=call.message,
        request_id=call.request_id,
        call=call,
        diagnosis=diagnosis,
        notes=tuple(notes),
    )


def of_request(
    request: HttpRequest,
    key: Credentials | None,
    other_keys: Sequence[Credentials] = (),
    *,
    now: float,
) -> Report:
    """What would become of a request that was pasted, as far as can be said without making it."""
    try:
        call = decode(request)
        if call.v1_pairs is None:
            tc3.parse_authorization(request.header("authorization"))
    except ApiError as refused:
        return Report(code=refused.code, message=refused.message("en-US"), notes=(_AS_PASTED,))
    notes: list[Text] = []
    age = int(now) - call.common.timestamp
    if abs(age) > TIMESTAMP_WINDOW_SECONDS:
        notes.append(_expired(age))
    if key is None:
        return Report(notes=(*notes, _NO_KEY))
    diagnosis = diagnose(request, key.secret_key, other_keys=other_keys)
    wrong = diagnosis.verdict in ("mistake", "unknown")
    return Report(
        code=SIGNATURE_FAILURE.code if wrong else "", diagnosis=diagnosis, notes=tuple(notes)
    )


def _expired(age: int) -> Text:
    if age > 0:
        return Text(
            f"时间戳是 {age} 秒以前的：超过 300 秒即为 AuthFailure.SignatureExpire。"
            "若这是刚签的请求，请校准时钟。",
            f"Its timestamp is {age} seconds old: after 300 the answer is"
            " AuthFailure.SignatureExpire. If it was signed just now, set the clock right.",
        )
    return Text(
        f"时间戳比现在早了 {-age} 秒到来：本机或对方的时钟不准。",
        f"Its timestamp lies {-age} seconds ahead: one of the two clocks is wrong.",
    )


_SUCCEEDED: Final = Text("这次调用成功了。", "This call succeeded.")
_UNSERVED: Final = {
    "known": Text(
        "真实的 cam 有这个接口，本服务没有实现。",
        "The real cam has this action; this server does not.",
    ),
    "unknown": Text(
        "cam 没有这个名称的接口，请检查拼写和大小写。",
        "cam has no action of this name: look at its spelling and capitals.",
    ),
}
_NO_LONGER_KNOWN: Final = Text(
    "日志不保留完整的请求，而它已不在内存中：请粘贴原始请求或 curl 命令，以找出签名错在哪里。",
    "The log keeps no request in full, and this one is no longer in memory: paste it, or the curl"
    " line, to find where its signature goes wrong.",
)
_NO_KEY: Final = Text(
    "要检查签名，还需要 SecretKey：请一并填写，它只用于这一次检查，不会保存。",
    "To check the signature the SecretKey is needed: put it in beside the request. It is used for"
    " this check alone and kept nowhere.",
)
_AS_PASTED: Final = Text(
    "按粘贴的样子，请求在检查签名之前就会被拒绝。",
    "As it was pasted, the request is refused before its signature is looked at.",
)
