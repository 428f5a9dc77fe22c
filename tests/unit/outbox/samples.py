# SPDX-License-Identifier: Apache-2.0
"""Messages as a worker hands them to a transport."""

from typing import Any

from yizhan.outbox.transports import Outgoing

TOKEN = "81bf4ca3537447af3bcba315cd2a12d1"
"""The form of a real one. Source: cam API documentation, AddUser (read 2026-11)."""


def outgoing(**changes: Any) -> Outgoing:
    values: dict[str, Any] = {
        "id": 7,
        "message_id": "<7.0123456789abcdef@example.com>",
        "channel": "email",
        "language": "en-US",
        "address": "demo@example.com",
        "account": "team",
        "link": f"https://receivers.example.com/verify/{TOKEN}",
        "token": TOKEN,
        "code": "042137",
        "link_hours": 48,
        "code_hours": 12,
        "created_at": 1_795_453_229,
    }
    return Outgoing(**(values | changes))


def text_message(**changes: Any) -> Outgoing:
    return outgoing(
        **({"channel": "phone", "country_code": "86", "address": "18123456789"} | changes)
    )
