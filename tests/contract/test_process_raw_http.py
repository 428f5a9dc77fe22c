# SPDX-License-Identifier: Apache-2.0
"""HTTP as clients, proxies and strangers really speak it, byte for byte on the socket."""

from collections.abc import Iterator

import pytest

from tests.support.connection import (
    Answer,
    Client,
    Connection,
    dev_key,
    head_bytes,
    receiver,
    signed_head,
)
from tests.support.live import LiveServer

FORM = "application/x-www-form-urlencoded"
# What OpenSSL sends first: a handshake record with a ClientHello in it.
CLIENT_HELLO = bytes.fromhex("16030100f8010000f403037b0a") + b"\x11" * 240


@pytest.fixture(scope="module")
def server() -> Iterator[LiveServer]:
    with LiveServer(environ={"YIZHAN_LIMITS_REQUESTS_PER_SECOND": "0"}) as running:
        yield running


def exchange(server: LiveServer, request: bytes) -> Answer:
    with Connection(server) as connection:
        connection.send(request)
        return connection.read()


def listing(
    server: LiveServer,
    *,
    line: str = "POST / HTTP/1.1",
    host: str | None = None,
    extra: dict[str, str] | None = None,
    body: bytes = b"{}",
) -> bytes:
    """A signed ListReceiver with another request line, Host or more headers."""
    headers = signed_head(host or server.host, dev_key(server), "ListReceiver", body)
    headers |= {"Content-Length": str(len(body)), **(extra or {})}
    return head_bytes(line, headers) + body


@pytest.mark.parametrize(
    "target",
    [
        "/",
        "/?",
        "//",
        "/cam",
        "/api/v3/",
        "/%7Ea%20b",
        "http://cam.tencentcloudapi.com/",
        "http://cam.tencentcloudapi.com",
        "http://cam.tencentcloudapi.com/?",
        "http://127.0.0.1:9960/cam",
        "https://cam.tencentcloudapi.com/",
    ],
)
def test_takes_any_target_of_a_post(server: LiveServer, target: str) -> None:
    answer = exchange(server, listing(server, line=f"POST {target} HTTP/1.1"))

    assert (answer.status, answer.code) == (200, "")


@pytest.mark.parametrize(
    "host",
    [
        "cam.tencentcloudapi.com",
        "cam.ap-guangzhou.tencentcloudapi.com",
        "CAM.example.test:8080",
        "127.0.0.1",
        "[::1]:9960",
        "http://127.0.0.1:9960",
        "http://127.0.0.1:9960/",
        "127.0.0.1:9960/cam",
        "http://",
        "a b",
    ],
)
def test_takes_any_host_that_was_signed(server: LiveServer, host: str) -> None:
    answer = exchange(server, listing(server, host=host))

    assert answer.code == ""


@pytest.mark.parametrize("change", [str.lower, str.upper, str.title, str.swapcase])
def test_takes_header_names_in_any_case(server: LiveServer, change: object) -> None:
    assert callable(change)
    headers = signed_head(server.host, dev_key(server), "ListReceiver", b"{}")
    headers = {change(name): value for name, value in (headers | {"Content-Length": "2"}).items()}

    answer = exchange(server, head_bytes("POST / HTTP/1.1", headers) + b"{}")

    assert answer.code == ""


@pytest.mark.parametrize("target", ["/?{}", "http://cam.tencentcloudapi.com/?{}", "/cam?{}"])
def test_takes_a_get_with_a_content_length_of_0(server: LiveServer, target: str) -> None:
    query = "Offset=0&Limit=20"
    headers = signed_head(
        server.host,
        dev_key(server),
        "ListReceiver",
        b"",
        method="GET",
        query=query,
        content_type=FORM,
    )
    headers["Content-Length"] = "0"

    answer = exchange(server, head_bytes(f"GET {target.format(query)} HTTP/1.1", headers))

    assert answer.code == ""


def test_keeps_the_connection_open(server: LiveServer) -> None:
    with Client(server) as client:
        answers = [client.call("ListReceiver") for _ in range(3)]

    assert [answer.code for answer in answers] == ["", "", ""]
    assert "connection" not in answers[0].headers


@pytest.mark.parametrize("value", ["close", "Close", "CLOSE"])
def test_answers_and_closes_when_asked_to(server: LiveServer, value: str) -> None:
    with Connection(server) as connection:
        connection.send(listing(server, extra={"Connection": value}))
        answer = connection.read()

        assert connection.is_closed()
    assert answer.code == ""
    assert answer.headers["connection"] == "close"


def test_answers_http_1_0_and_closes(server: LiveServer) -> None:
    with Connection(server) as connection:
        connection.send(listing(server, line="POST / HTTP/1.0"))
        answer = connection.read()

        assert connection.is_closed()
    assert answer.code == ""


def test_answers_requests_that_come_together_in_their_order(server: LiveServer) -> None:
    with Client(server) as client:
        client.send(
            client.request("CreateMessageReceiver", receiver("together"))
            + client.request("ListReceiver", {})
            + client.request("DeleteMessageReceiver", {"Name": "together"})
            + client.request("ListReceiver", {})
        )
        received = b""
        while received.count(b'"RequestId"') < 4:
            received += client.socket.recv(65536)

    answers = received.split(b"HTTP/1.1 200 OK")[1:]
    assert [b'"Error"' in answer for answer in answers] == [False] * 4
    assert [b'"TotalCount":1' in answer for answer in answers] == [False, True, False, False]


def test_reads_a_request_that_comes_byte_by_byte(server: LiveServer) -> None:
    with Connection(server) as connection:
        for byte in listing(server):
            connection.send(bytes([byte]))
        answer = connection.read()

    assert answer.code == ""


def test_reads_a_chunked_body(server: LiveServer) -> None:
    body = b'{"Limit": 20}'
    headers = signed_head(server.host, dev_key(server), "ListReceiver", body)
    headers["Transfer-Encoding"] = "chunked"
    chunks = b"".join(b"1\r\n%c\r\n" % byte for byte in body) + b"0\r\n\r\n"

    answer = exchange(server, head_bytes("POST / HTTP/1.1", headers) + chunks)

    assert answer.code == ""


def test_bids_a_client_with_a_large_body_continue(server: LiveServer) -> None:
    body = b"{" + b" " * 1_500_000 + b"}"
    with Connection(server) as connection:
        whole = listing(server, body=body, extra={"Expect": "100-continue"})
        connection.send(whole[: -len(body)])

        interim = connection.socket.recv(65536)
        connection.send(body)
        answer = connection.read()

    assert interim == b"HTTP/1.1 100 Continue\r\n\r\n"
    assert answer.code == ""


def test_closes_at_once_upon_a_tls_client_hello(server: LiveServer) -> None:
    with Connection(server, seconds=2) as connection:
        connection.send(CLIENT_HELLO)

        connection.rest()  # ends, or runs into the two seconds


@pytest.mark.parametrize(
    "garbage",
    [b"\r\n\r\n\r\nnonsense\r\n\r\n", b"GET\r\n\r\n", b"POST / HTTP/9.9\r\n\r\n", b"\0" * 64],
)
def test_closes_upon_what_is_not_http(server: LiveServer, garbage: bytes) -> None:
    with Connection(server, seconds=2) as connection:
        connection.send(garbage)

        connection.rest()


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS"])
def test_answers_other_methods_with_an_envelope(server: LiveServer, method: str) -> None:
    answer = exchange(server, head_bytes(f"{method} / HTTP/1.1", {"Host": server.host}))

    assert answer.status == 200
    assert answer.code == "UnsupportedProtocol"


@pytest.mark.parametrize(
    "head",
    [
        {"Content-Length": "-1"},
        {"Content-Length": "ten"},
        {"Content-Length": "2", "Transfer-Encoding": "chunked"},
    ],
    ids=str,
)
def test_takes_no_body_of_doubtful_length(server: LiveServer, head: dict[str, str]) -> None:
    """What could be read in two ways is not passed on to be smuggled."""
    with Connection(server, seconds=5) as connection:
        connection.send(head_bytes("POST / HTTP/1.1", {"Host": server.host} | head) + b"{}")

        received = connection.rest()

    assert not received.startswith(b"HTTP/1.1 200")


def test_survives_clients_that_hang_up_at_any_place(server: LiveServer) -> None:
    whole = listing(server)
    for cut in range(0, len(whole), 7):
        with Connection(server) as connection:
            connection.send(whole[:cut])
    with Connection(server) as connection:
        connection.send(whole)
        answer = connection.read()

    assert answer.code == ""
