# SPDX-License-Identifier: Apache-2.0
"""The HTTP gateway: what it is asked, what it may answer, and whom we do not ask."""

import json
import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs

import pytest

from tests.support.gateway import Answer, Gateway
from tests.unit.outbox.samples import TOKEN, text_message
from yizhan.outbox.http_sms import HttpSmsTransport, is_public
from yizhan.outbox.transports import SendFailed
from yizhan.settings import HttpSmsSettings


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    with Gateway() as running:
        yield running


def settings(gateway: Gateway, **changes: Any) -> HttpSmsSettings:
    values: dict[str, Any] = {
        "url": f"http://127.0.0.1:{gateway.port}/send",
        "method": "POST",
        "headers": ("Content-Type: application/json", "X-Key: {secret}"),
        "body": '{"to": "{phone}", "text": "{text}", "id": "{message_id}"}',
        "secret": "the secret",
        "accepted": "",
        "allowed_hosts": (),
        "allow_private": True,
        "timeout_seconds": 5,
    }
    return HttpSmsSettings(**(values | changes))


async def send(gateway: Gateway, account: str = "team", **changes: Any) -> str:
    transport = HttpSmsTransport(settings(gateway, **changes))
    try:
        return await transport.send(text_message(account=account))
    finally:
        await transport.close()


async def failure(gateway: Gateway, **changes: Any) -> SendFailed:
    with pytest.raises(SendFailed) as failed:
        await send(gateway, **changes)
    return failed.value


async def test_a_text_message_is_asked_for_as_set(gateway: Gateway) -> None:
    assert await send(gateway) == '200 {"ok": true}'

    (asked,) = gateway.asked
    assert (asked.method, asked.path) == ("POST", "/send")
    assert asked.headers["x-key"] == "the secret"
    assert asked.headers["host"] == f"127.0.0.1:{gateway.port}"
    body = json.loads(asked.body)
    assert body["to"] == "+8618123456789"
    assert body["id"] == "<7.0123456789abcdef@example.com>"
    assert "042137" in body["text"]
    assert f"/verify/{TOKEN}" in body["text"]


HOSTILE = 'a"}\\{secret}{phone}& \n<é中>'


async def test_values_are_escaped_for_where_they_stand(gateway: Gateway) -> None:
    await send(gateway, account=HOSTILE)
    form = ("Content-Type: application/x-www-form-urlencoded",)
    await send(gateway, account=HOSTILE, headers=form, body="to={phone}&text={text}")
    await send(
        gateway,
        account=HOSTILE,
        method="GET",
        url=f"http://127.0.0.1:{gateway.port}/send?to={{phone}}&text={{text}}",
        body="",
    )

    as_json, as_form, as_query = gateway.asked
    shown = 'a"}\\{secret}{phone}& <é中>'
    assert shown in json.loads(as_json.body)["text"]
    fields = parse_qs(as_form.body.decode(), strict_parsing=True)
    assert fields["to"] == ["+8618123456789"]
    assert shown in fields["text"][0]
    query = parse_qs(as_query.path.partition("?")[2], strict_parsing=True)
    assert query["to"] == ["+8618123456789"]
    assert shown in query["text"][0]


@pytest.mark.parametrize(
    ("status", "permanent", "unreachable"),
    [
        (400, True, False),
        (401, False, True),
        (403, False, True),
        (404, True, False),
        (408, False, False),
        (429, False, False),
        (500, False, False),
        (503, False, False),
    ],
)
async def test_a_refusal_says_whether_it_is_for_good(
    gateway: Gateway, status: int, permanent: bool, unreachable: bool
) -> None:
    gateway.answer = lambda _: Answer(status, b"no\r\nreally")

    failed = await failure(gateway)

    assert (failed.permanent, failed.unreachable) == (permanent, unreachable)
    assert f"{status} no really" in failed.reason


async def test_an_answer_of_200_may_be_a_refusal(gateway: Gateway) -> None:
    gateway.answer = lambda _: Answer(200, b'{"code": 17}')

    failed = await failure(gateway, accepted=r'"code": 0\b')
    assert failed.permanent
    gateway.answer = lambda _: Answer(200, b'{"code": 0}')
    await send(gateway, accepted=r'"code": 0\b')


async def test_redirects_are_not_followed(gateway: Gateway) -> None:
    away = f"http://127.0.0.1:{gateway.port}/elsewhere"
    gateway.answer = lambda _: Answer(302, b"", (("Location", away),))

    failed = await failure(gateway)

    assert failed.permanent
    assert [asked.path for asked in gateway.asked] == ["/send"]


async def test_a_gateway_that_does_not_answer_is_given_up(gateway: Gateway) -> None:
    released = threading.Event()

    def wait(_: object) -> Answer:
        released.wait(10)
        return Answer()

    gateway.answer = wait
    failed = await failure(gateway, timeout_seconds=0.3)
    released.set()

    assert (failed.permanent, failed.unreachable) == (False, False)


async def test_an_endless_answer_is_given_up(gateway: Gateway) -> None:
    gateway.answer = lambda _: Answer(200, b"x" * 200_000)

    assert "64 KB" in (await failure(gateway)).reason


async def test_a_gateway_that_is_not_there_is_unreachable() -> None:
    with Gateway() as gone:
        pass

    failed = await failure(gone)

    assert (failed.permanent, failed.unreachable) == (False, True)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0x7f000001", "2130706433"])
async def test_private_addresses_are_not_asked_unless_told(gateway: Gateway, host: str) -> None:
    url = f"http://{host}:{gateway.port}/send"

    failed = await failure(gateway, url=url, allow_private=False)

    assert failed.unreachable
    assert gateway.asked == []


async def test_only_named_hosts_are_asked(gateway: Gateway) -> None:
    varies = f"http://{{number}}:{gateway.port}/send"
    with pytest.raises(ValueError, match="allowed_hosts"):
        HttpSmsTransport(settings(gateway, url=varies))

    failed = await failure(gateway, url=varies, allowed_hosts=("127.0.0.1",))

    assert "allowed_hosts" in failed.reason
    assert gateway.asked == []


async def test_no_proxy_of_the_environment_comes_between(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")

    assert await send(gateway) == '200 {"ok": true}'


@pytest.mark.parametrize(
    "change",
    [
        {"url": "ftp://example.com"},
        {"url": "example.com/send"},
        {"headers": ("no colon",)},
        {"headers": ("bad name\n: x",)},
        {"accepted": "("},
    ],
)
def test_settings_that_cannot_be_used_are_told_at_once(
    gateway: Gateway, change: dict[str, Any]
) -> None:
    with pytest.raises(ValueError, match=f"http_sms.{next(iter(change))}"):
        HttpSmsTransport(settings(gateway, **change))


@pytest.mark.parametrize(
    "address",
    [
        "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.1.2.3",
        "224.0.0.1", "::1", "fe80::1%eth0", "fc00::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1",
        "2002:7f00:1::",
    ],
)  # fmt: skip
def test_what_is_not_of_the_internet_is_private(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["1.1.1.1", "2606:4700:4700::1111", "64:ff9b::101:101"])
def test_what_is_of_the_internet_is_public(address: str) -> None:
    assert is_public(address)
