# SPDX-License-Identifier: Apache-2.0
"""The server, or its sending process, dies while mail is on its way. Nothing is lost."""

import contextlib
import os
import signal
from collections import Counter
from collections.abc import Iterator
from email import message_from_bytes, policy
from http.client import HTTPException
from pathlib import Path

import pytest

from tests.support.connection import Client
from tests.support.live import LiveServer
from tests.support.sending import SendingRegistry
from tests.support.smtp import SmtpServer
from tests.support.waiting import wait_until

MAILS = 30
LEASE = {"YIZHAN_OUTBOX_LEASE_SECONDS": "3", "YIZHAN_OUTBOX_CONNECTIONS": "2"}

pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@pytest.fixture
def smtp(tmp_path: Path) -> Iterator[SmtpServer]:
    with SmtpServer(tmp_path) as running:
        yield running


@pytest.fixture
def registry(tmp_path: Path, smtp: SmtpServer) -> SendingRegistry:
    made = SendingRegistry(tmp_path, smtp)
    made.environ |= LEASE
    return made


def create(server: LiveServer, registry: SendingRegistry) -> None:
    with Client(server, registry.access_key) as client:
        for number in range(MAILS):
            assert client.create(f"name {number}", number) == ""


def message_ids(contents: list[bytes]) -> Counter[str]:
    parsed = [message_from_bytes(each, policy=policy.default) for each in contents]
    return Counter(str(each["Message-ID"]) for each in parsed)


def test_a_server_killed_between_send_and_settle_doubles_that_mail_alone(
    registry: SendingRegistry, smtp: SmtpServer
) -> None:
    seen: list[bytes] = []
    server = registry.serve()

    def take(content: bytes) -> None:
        seen.append(content)
        if len(seen) == 10:
            os.killpg(server.process.pid, signal.SIGKILL)

    smtp.handler.on_data = take
    with server:
        create_until_killed(server, registry)
        server.process.communicate()

    with registry.serve() as again:
        create_rest(again, registry)
        wait_until(lambda: len(message_ids(seen)) == MAILS, 40, "every mail")

    ids = message_ids(seen)
    doubled = [id_ for id_, times in ids.items() if times > 1]
    assert len(doubled) <= 2  # as many as were on their way
    for id_ in doubled:
        assert ids[id_] == 2
    assert {state["state"] for state in mails(registry)} == {"sent"}


def create_until_killed(server: LiveServer, registry: SendingRegistry) -> None:
    with contextlib.suppress(OSError, HTTPException, AssertionError):
        create(server, registry)


def create_rest(server: LiveServer, registry: SendingRegistry) -> None:
    """Those creates that the dead server did not acknowledge."""
    with Client(server, registry.access_key) as client:
        for number in range(MAILS):
            assert client.create(f"name {number}", number) in (
                "",
                "InvalidParameter.SubUserNameInUse",
            )


def mails(registry: SendingRegistry) -> list[dict[str, str]]:
    found: list[dict[str, str]] = registry.json("outbox", "list", "--channel", "email")
    return found


def test_a_sending_process_that_dies_is_begun_again(
    registry: SendingRegistry, smtp: SmtpServer
) -> None:
    registry.environ["YIZHAN_OUTBOX_RETRY_SECONDS"] = "1,1,1,1,1"
    seen: list[bytes] = []
    with registry.serve() as server:

        def take(content: bytes) -> None:
            seen.append(content)
            if len(seen) == 10:
                os.kill(sender_of(server), signal.SIGKILL)

        smtp.handler.on_data = take
        create(server, registry)
        wait_until(lambda: {each["state"] for each in mails(registry)} == {"sent"}, 40, "all sent")
        assert "the sending process ended with -9" in server.logged()

    ids = message_ids(seen)
    assert len(ids) == MAILS
    assert ids.total() <= MAILS + 2


def test_the_sending_process_ends_with_its_server(
    registry: SendingRegistry, smtp: SmtpServer
) -> None:
    with registry.serve() as server:
        with Client(server, registry.access_key) as client:
            client.create("ops", 7)
        smtp.wait_for(1)
        sender = sender_of(server)
        server.kill()
    wait_until(lambda: not alive(sender), 10, "the end of the sending process")


def sender_of(server: LiveServer) -> int:
    pid = server.process.pid
    (child,) = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return int(child)


def alive(pid: int) -> bool:
    """Dead ones may wait for init to collect them."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0]
    except OSError:
        return False
    return state != "Z"
