# SPDX-License-Identifier: Apache-2.0
"""Accounts, and the signed requests that are sent for them, as complete HTTP messages."""

import itertools
import json
import time
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from yizhan.spec import CAM
from yizhan.wire import tc3

ACCOUNTS: Final = 200
CONTENT_TYPE: Final = "application/json"
CLIENT: Final = "SDK_PYTHON_3.1.195"


class BenchAccount(NamedTuple):
    """A root account with one long-term key."""

    uin: int
    secret_id: str
    secret_key: str


def bench_accounts(count: int = ACCOUNTS) -> list[BenchAccount]:
    return [
        BenchAccount(200000000001 + index, f"AKIDbench{index:027}", f"benchkey{index:024}")
        for index in range(count)
    ]


def seed_body(accounts: Sequence[BenchAccount]) -> bytes:
    """For `POST /_lab/seed`."""
    return json.dumps(
        {
            "accounts": [
                {
                    "name": f"bench-{account.uin}",
                    "uin": account.uin,
                    "real_name": True,
                    "keys": [{"secret_id": account.secret_id, "secret_key": account.secret_key}],
                }
                for account in accounts
            ]
        }
    ).encode()


class CreateRequests:
    """Signed CreateMessageReceiver requests for one server, each for another receiver."""

    def __init__(self, authority: str, accounts: Sequence[BenchAccount], *, first: int = 0) -> None:
        self._authority = authority
        self._accounts = itertools.cycle(accounts)
        self._serials = itertools.count(first)

    def take(self, count: int) -> list[bytes]:
        """The next ones, signed now: they are good for the five minutes of a timestamp."""
        now = int(time.time())
        return [
            signed_request(
                self._authority, account, "CreateMessageReceiver", create_body(serial), now
            )
            for account, serial in itertools.islice(
                zip(self._accounts, self._serials, strict=False), count
            )
        ]


def create_body(serial: int) -> bytes:
    """Some 130 bytes; every value but the remark and the country is this receiver's alone."""
    return (
        f'{{"Name":"receiver-{serial:09}","CountryCode":"86",'
        f'"PhoneNumber":"138{serial % 10**8:08}","Email":"r{serial:09}@qq.com","Remark":"bench"}}'
    ).encode()


def list_requests(authority: str, accounts: Sequence[BenchAccount]) -> Iterator[bytes]:
    """A ListReceiver for each account in turn, without an end; signed when it is taken."""
    for account in itertools.cycle(accounts):
        yield signed_request(authority, account, "ListReceiver", b"{}", int(time.time()))


def signed_request(
    authority: str, account: BenchAccount, action: str, body: bytes, timestamp: int
) -> bytes:
    """A POST with the headers that the official Python SDK sends."""
    authorization = tc3.sign(
        secret_id=account.secret_id,
        secret_key=account.secret_key,
        service=CAM.service,
        method="POST",
        host=authority,
        content_type=CONTENT_TYPE,
        timestamp=timestamp,
        body=body,
    )
    head = (
        f"POST / HTTP/1.1\r\nHost: {authority}\r\nContent-Type: {CONTENT_TYPE}\r\n"
        f"X-TC-Action: {action}\r\nX-TC-Version: {CAM.version}\r\nX-TC-Timestamp: {timestamp}\r\n"
        f"X-TC-RequestClient: {CLIENT}\r\nAuthorization: {authorization}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
