# SPDX-License-Identifier: Apache-2.0
"""What importing a file would do, line by line, before anything is done.

An import that was cut off is continued by planning it again: what it has created is "same".
"""

from collections import Counter
from collections.abc import Sequence
from typing import Final, Literal, get_args

import msgspec

from yizhan.domain.model import Receiver, ReceiverDraft
from yizhan.domain.receiver import check_draft
from yizhan.errors import MISSING_PARAMETER, ApiError
from yizhan.spec import Text
from yizhan.transfer.formats import REQUIRED, Line

Verdict = Literal["create", "same", "differs", "repeated", "invalid", "full"]
VERDICTS: Final[tuple[Verdict, ...]] = get_args(Verdict)

_CREATE: Final = Text("将会创建。", "It will be created.")
_SAME: Final = Text("已经存在，各项取值相同。", "It is there already, with the same values.")


class PlannedLine(msgspec.Struct, frozen=True, kw_only=True):
    number: int
    """As in `Line`."""
    name: str
    """As the file says it, valid or not; empty if it says none."""
    verdict: Verdict
    draft: ReceiverDraft | None = None
    """The receiver to be; with "create" alone."""
    why: Text
    """Shows no phone, no mail and no name."""


class Plan(msgspec.Struct, frozen=True):
    steps: tuple[PlannedLine, ...]
    """One for each line, in their order."""

    @property
    def counts(self) -> dict[Verdict, int]:
        """How many lines have each verdict; all verdicts are there."""
        found = Counter(step.verdict for step in self.steps)
        return {verdict: found[verdict] for verdict in VERDICTS}


def plan(
    lines: Sequence[Line], existing: Sequence[Receiver], *, per_account: int, accept_masked: bool
) -> Plan:
    """Judge each line.

    Args:
        existing: all receivers of the account, its primary contact too.
        per_account: how many receivers the account may have.
        accept_masked: may masked samples be values? (`receivers.accept_masked_samples`)
    """
    by_name = {receiver.name: receiver for receiver in existing}
    first_at: dict[str, int] = {}
    room = per_account - len(existing)
    steps: list[PlannedLine] = []
    for line in lines:
        name = line.values.get("Name", "")
        earlier = first_at.get(name)
        if earlier is not None:
            step = _repeated(line, earlier)
        else:
            step = _judge(line, by_name.get(name), room, per_account, accept_masked)
        steps.append(step)
        room -= step.verdict == "create"
        # Lines without a name have none in common.
        if name.strip():
            first_at.setdefault(name, line.number)
    return Plan(tuple(steps))


def _judge(
    line: Line, there: Receiver | None, room: int, per_account: int, accept_masked: bool
) -> PlannedLine:
    draft = _draft(line)
    differing = _differing(draft, there) if there else ()
    # First of all, as what is there may be older than a rule that refuses it now.
    if there and not differing:
        return _step(line, "same", _SAME)
    refused = _refusal(line, draft, accept_masked)
    if refused:
        return _step(line, "invalid", Text(refused.message("zh-CN"), refused.message("en-US")))
    if there:
        return _step(line, "differs", _why_differs(differing))
    if room <= 0:
        return _step(line, "full", _why_full(per_account))
    return _step(line, "create", _CREATE, draft)


def _draft(line: Line) -> ReceiverDraft:
    """Not checked yet."""
    return ReceiverDraft(
        name=line.values.get("Name", ""),
        country_code=line.values.get("CountryCode", ""),
        phone_number=line.values.get("PhoneNumber", ""),
        email=line.values.get("Email", ""),
        remark=line.values.get("Remark", ""),
    )


def _differing(draft: ReceiverDraft, there: Receiver) -> tuple[str, ...]:
    same = {
        "CountryCode": draft.country_code == there.country_code,
        "PhoneNumber": draft.phone_number == there.phone_number,
        "Email": draft.email == there.email,
        "Remark": draft.remark == there.remark,
    }
    return tuple(name for name, equal in same.items() if not equal)


def _refusal(line: Line, draft: ReceiverDraft, accept_masked: bool) -> ApiError | None:
    """What CreateMessageReceiver would answer to these values."""
    for name in REQUIRED:
        if name not in line.values:
            return ApiError(MISSING_PARAMETER, name=name)
    try:
        check_draft(draft, accept_masked_samples=accept_masked)
    except ApiError as error:
        return error
    return None


def _repeated(line: Line, earlier: int) -> PlannedLine:
    zh = f"该名称在文件的第 {earlier} 条已经出现。"
    why = Text(zh, f"The name stands in the file already, at {earlier}.")
    return _step(line, "repeated", why)


def _why_differs(names: tuple[str, ...]) -> Text:
    told = ", ".join(f"`{name}`" for name in names)
    return Text(
        f"已有同名的接收人，但 {told} 不同；它将保持原样。",
        f"A receiver of that name is there already, with another {told}; it stays as it is.",
    )


def _why_full(per_account: int) -> Text:
    return Text(
        f"账号最多有 {per_account} 个接收人，已无名额。",
        f"The account may have {per_account} receivers, and no place is left.",
    )


def _step(
    line: Line, verdict: Verdict, why: Text, draft: ReceiverDraft | None = None
) -> PlannedLine:
    name = line.values.get("Name", "")
    return PlannedLine(number=line.number, name=name, verdict=verdict, draft=draft, why=why)
