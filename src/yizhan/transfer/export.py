# SPDX-License-Identifier: Apache-2.0
"""Receivers as texts. Phones and mails come out as they are given: mask them before, if need be.

`parse` gives the values of JSON and CSV back as they were.
"""

import csv
import io
import re
from collections.abc import Iterable, Sequence

import msgspec

from yizhan.codegen.literals import terraform as literal
from yizhan.domain.model import Receiver
from yizhan.transfer.cells import guarded


class _Row(msgspec.Struct, frozen=True, rename="pascal"):
    """A receiver as a file shows it; the members are also the columns of CSV."""

    name: str
    country_code: str
    phone_number: str
    email: str
    remark: str
    uid: int
    phone_flag: int
    email_flag: int


def _row(receiver: Receiver) -> _Row:
    return _Row(
        name=receiver.name,
        country_code=receiver.country_code,
        phone_number=receiver.phone_number,
        email=receiver.email,
        remark=receiver.remark,
        uid=receiver.uid,
        phone_flag=int(receiver.phone_verified),
        email_flag=int(receiver.email_verified),
    )


def as_json(receivers: Iterable[Receiver]) -> str:
    """An array of objects."""
    rows = [_row(receiver) for receiver in receivers]
    return msgspec.json.format(msgspec.json.encode(rows), indent=2).decode() + "\n"


def as_csv(receivers: Iterable[Receiver]) -> str:
    """A header and a record for each receiver, by RFC 4180; formulas are guarded (`cells.py`).

    Encode it as `utf-8-sig` for spreadsheets, which take Chinese for gibberish without that mark.
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(_Row.__struct_encode_fields__)
    for receiver in receivers:
        values = msgspec.structs.astuple(_row(receiver))
        writer.writerow(guarded(each) if isinstance(each, str) else each for each in values)
    return out.getvalue()


# ---- Terraform ---------------------------------------------------------------------------------

_HEAD = """\
# Put this beside a file that configures the provider tencentcloudstack/tencentcloud.
# ListReceiver answers phones and mails masked, so changes of them are ignored.
"""


def as_terraform(receivers: Sequence[Receiver], *, imports: bool = True) -> str:
    """A resource for each receiver, with attributes as `codegen/templates/terraform` writes them.

    Args:
        imports: write an `import` block for each as well, so that `terraform apply` takes over what
            is there. Without, it creates them: for another account.
    """
    blocks: list[str] = []
    taken: set[str] = set()
    for receiver in receivers:
        label = _label(receiver, taken)
        taken.add(label)
        if imports:
            blocks.append(_import(receiver, label))
        blocks.append(_resource(receiver, label))
    return "\n".join([_HEAD, *blocks])


def _label(receiver: Receiver, taken: set[str]) -> str:
    """A name of a resource that can be read, is valid, and is not taken yet.

    The Uid tells the like apart, not a running number: labels stay when receivers are deleted.
    """
    label = re.sub(r"[^A-Za-z0-9_-]+", "_", receiver.name).strip("_-")
    if not label or not label[0].isalpha():
        label = f"receiver_{label or receiver.uid}"
    while label in taken:
        label = f"{label}_{receiver.uid}"
    return label


def _import(receiver: Receiver, label: str) -> str:
    return f"""\
import {{
  to = tencentcloud_cam_message_receiver.{label}
  id = {literal(receiver.name)}
}}
"""


def _resource(receiver: Receiver, label: str) -> str:
    remark = f"  remark       = {literal(receiver.remark)}\n" if receiver.remark else ""
    return f"""\
resource "tencentcloud_cam_message_receiver" "{label}" {{
  name         = {literal(receiver.name)}
  country_code = {literal(receiver.country_code)}
  phone_number = {literal(receiver.phone_number)}
  email        = {literal(receiver.email)}
{remark}
  lifecycle {{
    ignore_changes = [email, phone_number]
  }}
}}
"""
