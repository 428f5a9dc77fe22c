# SPDX-License-Identifier: Apache-2.0
"""What the outbox page of `yizhan dev` shows of a captured message."""

import re
from typing import NamedTuple

from tests.support.console import Visitor
from tests.support.waiting import wait_until

LINK = re.compile(r"/verify/([0-9a-f]{32})")


class Captured(NamedTuple):
    id: int
    link: str
    """The path of it."""
    code: str
    page: str


def message_ids(visitor: Visitor, **filters: str | int) -> list[int]:
    page = visitor.get("/outbox", **filters).text
    return [int(found) for found in re.findall(r'href="/outbox/(\d+)"', page)]


def captured(visitor: Visitor, channel: str = "email", count: int = 1) -> Captured:
    """The newest captured message of the channel, once there are so many."""

    def ids() -> list[int]:
        return message_ids(visitor, channel=channel, state="captured")

    wait_until(lambda: len(ids()) >= count, 10, f"{count} captured messages")
    return read(visitor, ids()[0])


def read(visitor: Visitor, id_: int) -> Captured:
    page = visitor.get(f"/outbox/{id_}").text
    link, code = LINK.search(page), re.search(r"<code>(\d{6})</code>", page)
    assert link is not None
    assert code is not None
    return Captured(id_, link[0], code[1], page)
