# SPDX-License-Identifier: Apache-2.0
"""From what the endpoint saw of a call to what the request log keeps of it."""

from collections.abc import Iterator
from typing import Final

import msgspec

from yizhan.calls.client_name import client_name
from yizhan.calls.masking import Mask
from yizhan.calls.model import CheckSeen, LoggedCall
from yizhan.calls.said import LONGEST_BODY, LONGEST_NUMBER, Said, masked_text, message, said
from yizhan.calls.unserved import unserved
from yizhan.domain.model import Caller
from yizhan.spec import CAM
from yizhan.trail import Check
from yizhan.wire.endpoint import CallRecord
from yizhan.wire.signed_host import product_of

LONGEST_NAME: Final = 64
"""Characters kept of a name that the caller made up."""
LONGEST_TEXT: Final = 16 * 1024
"""Characters kept of a request or an answer."""


def describe(record: CallRecord, at: float) -> LoggedCall:
    """Mask a call and put its trail into words. Takes some 50 µs: not for the hot path."""
    spoken = said(record)
    caller = record.identity.caller if record.identity else None
    mask = Mask(
        secrets=[spoken.token, *([record.identity.key.secret_key] if record.identity else [])],
        harmless=_harmless(record, spoken, caller),
    )
    if len(record.request.body) > LONGEST_BODY:
        spoken = msgspec.structs.replace(spoken, parameters={})
    parameters = mask.value("", spoken.parameters)
    refused_by = _refused_by(record)
    answer = masked_text(record.answer, mask)

    def name(text: str) -> str:
        return mask.text(text)[:LONGEST_NAME]

    return LoggedCall(
        at=at,
        request_id=record.request_id,
        trace_id=name(spoken.trace_id),
        action=name(spoken.action),
        unserved=unserved(spoken.action),
        uin=caller.uin if caller else None,
        owner_uin=caller.account.uin if caller else None,
        secret_id=name(spoken.secret_id),
        client=name(client_name(spoken.request_client, record.request.header("user-agent"))),
        region=name(spoken.region),
        language=name(spoken.language),
        sign_method=name(spoken.sign_method),
        http_method=name(record.request.method),
        code=record.code,
        message=_refusal(answer),
        seconds=record.seconds,
        refused_by=refused_by,
        parameters=parameters,
        masked=parameters != spoken.parameters,
        request=message(record, spoken, parameters, mask)[:LONGEST_TEXT],
        response=answer[:LONGEST_TEXT],
        trail=tuple(_checks(record, spoken, mask, refused_by)),
    )


def _harmless(record: CallRecord, spoken: Said, caller: Caller | None) -> list[int]:
    """Numbers of the call that are no phone's."""
    found = [int(record.now)]
    if spoken.timestamp.isdecimal() and len(spoken.timestamp) <= LONGEST_NUMBER:
        timestamp = int(spoken.timestamp)
        found += [timestamp, abs(int(record.now) - timestamp)]
    if caller is not None:
        found += [caller.uin, caller.account.uin]
    return found


class _Error(msgspec.Struct, rename="pascal"):
    message: str = ""


class _Response(msgspec.Struct, rename="pascal"):
    error: _Error | None = None


class _Envelope(msgspec.Struct, rename="pascal"):
    response: _Response


def _refusal(answer: str) -> str:
    error = msgspec.json.decode(answer, type=_Envelope).response.error
    return error.message if error else ""


# ---- the trail in words ------------------------------------------------------------------------


def _refused_by(record: CallRecord) -> Check | None:
    if record.code == "OK":
        return None
    return record.trail.refused_by or record.trail.marks[-1][0]


def _checks(
    record: CallRecord, spoken: Said, mask: Mask, refused_by: Check | None
) -> Iterator[CheckSeen]:
    marks = record.trail.marks
    ends = [begun for _, begun, _ in marks[1:]] + [record.trail.ended]
    for (check, begun, value), end in zip(marks, ends, strict=True):
        words = mask.text(_value(check, record, spoken, value))
        yield CheckSeen(check, round(end - begun, 7), words, check == refused_by)
        if check == refused_by:
            return


def _value(check: Check, record: CallRecord, spoken: Said, value: object) -> str:
    """What mattered in a check, as `name=value; name=value`."""
    request, identity = record.request, record.identity
    caller = identity.caller if identity else None
    account = caller.account if caller else None
    match check:
        case "parse":
            kind = request.header("content-type") or "-"
            return f"method={request.method}; content-type={kind}; bytes={len(request.body)}"
        case "common":
            return f"version={spoken.version}; timestamp={spoken.timestamp}"
        case "action":
            product = product_of(request.header("host")) or CAM.service
            return f"product={product}; version={spoken.version}; action={spoken.action}"
        case "scope":
            scope = spoken.scope or "-"
            return f"scope={scope}; signed={spoken.signed_headers or spoken.sign_method}"
        case "timestamp":
            behind = int(record.now) - int(spoken.timestamp or 0)
            return f"timestamp={spoken.timestamp}; server={int(record.now)}; behind={behind} s"
        case "key" if identity:
            state = "enabled" if identity.key.enabled else "disabled"
            return f"secret_id={spoken.secret_id}; {state}; uin={identity.caller.uin}"
        case "key":
            return f"secret_id={spoken.secret_id}; not found"
        case "token" if identity:
            kind = "temporary" if identity.key.temporary else "long-term"
            until = f"; expires={identity.key.expires_at}" if identity.key.expires_at else ""
            return f"key={kind}; token={'given' if spoken.token else 'none'}{until}"
        case "signature":
            return f"method={spoken.sign_method}; host={request.header('host')}"
        case "region":
            return f"region={spoken.region or '-'}"
        case "schema":
            return f"given={', '.join(spoken.parameters) or '-'}"
        case "rate":
            return f"action={record.action}; limit={value} a second"
        case "quota":
            return f"limit={value} a day"
        case "permission" if caller:
            who = "sub-user" if caller.sub_user else "root account"
            return f"operation={CAM.service}:{record.action}; caller={who}"
        case "account" if account:
            return f"uin={account.uin}; may_create={account.may_create}; closed={account.closed}"
        case "real_name" if account:
            return f"uin={account.uin}; real_name={account.real_name}"
        case _:
            return ""
