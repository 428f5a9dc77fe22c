# SPDX-License-Identifier: Apache-2.0
# Generated from spec/cam-2019-01-16.json by tools/generate_shapes.py; do not edit.
"""Request and response shapes of the actions, with the names of the wire."""

import msgspec
from msgspec import UNSET, UnsetType


class Shape(msgspec.Struct, frozen=True, rename="pascal"):
    """Members are PascalCase on the wire; those left unset are not sent."""


class Receiver(Shape, frozen=True, kw_only=True):
    """One message receiver."""

    uid: int
    name: str
    remark: str | None
    phone_number: str
    phone_flag: int
    email: str
    email_flag: int
    is_receiver_owner: int
    wechat_flag: int
    uin: int
    country_code: str | UnsetType = UNSET


class CreateMessageReceiverRequest(Shape, frozen=True, kw_only=True):
    """What CreateMessageReceiver is given."""

    name: str
    country_code: str
    phone_number: str
    email: str
    remark: str | None = None


class CreateMessageReceiverResponse(Shape, frozen=True, kw_only=True):
    """What CreateMessageReceiver answers."""

    phone_num_verify_link: str | UnsetType = UNSET


class ListReceiverRequest(Shape, frozen=True, kw_only=True):
    """What ListReceiver is given."""

    offset: int = 0
    limit: int = 20


class ListReceiverResponse(Shape, frozen=True, kw_only=True):
    """What ListReceiver answers."""

    total_count: int
    receivers: list[Receiver]


class DeleteMessageReceiverRequest(Shape, frozen=True, kw_only=True):
    """What DeleteMessageReceiver is given."""

    name: str


class DeleteMessageReceiverResponse(Shape, frozen=True, kw_only=True):
    """What DeleteMessageReceiver answers."""
