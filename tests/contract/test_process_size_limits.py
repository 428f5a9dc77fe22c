# SPDX-License-Identifier: Apache-2.0
"""Oversize requests are refused while they are read, and cost no memory.

Limits: API 3.0, "Request structure" (read 2026-11): GET 32 KB, POST 1 MB (v1) or 10 MB (v3).
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.connection import Answer, Connection, dev_key, head_bytes, signed_head
from tests.support.live import LiveServer

KB = 1024
MB = 1024 * KB
TOO_LARGE = "RequestSizeLimitExceeded"
TOO_LARGE_FOR_V1 = "AuthFailure.SignatureFailure"
FLOOD = 64 * MB
FORM = "application/x-www-form-urlencoded"


@pytest.fixture(scope="module")
def server() -> Iterator[LiveServer]:
    with LiveServer(environ={"YIZHAN_LIMITS_REQUESTS_PER_SECOND": "0"}) as running:
        yield running


def resident_kilobytes(server: LiveServer) -> int:
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    assert found
    return int(found[1])


def v3_head(server: LiveServer, body: bytes = b"{}", **more: str) -> bytes:
    headers = signed_head(server.host, dev_key(server), "ListReceiver", body)
    more = {name.replace("_", "-"): value for name, value in more.items()}
    return head_bytes("POST / HTTP/1.1", headers | more)


def v1_head(server: LiveServer, **more: str) -> bytes:
    more = {name.replace("_", "-"): value for name, value in more.items()}
    return head_bytes("POST / HTTP/1.1", {"Host": server.host, "Content-Type": FORM} | more)


def answer_to(server: LiveServer, *pieces: bytes) -> Answer:
    with Connection(server) as connection:
        for piece in pieces:
            connection.send(piece)
        return connection.read()


def spaces(size: int) -> bytes:
    """A JSON object of that many bytes."""
    return b"{" + b" " * (size - 2) + b"}"


@pytest.mark.parametrize("announced", [10 * MB + 1, 10**12, 10**18])
def test_refuses_an_announced_v3_body_before_it_comes(server: LiveServer, announced: int) -> None:
    answer = answer_to(server, v3_head(server, Content_Length=str(announced)), b"{")

    assert answer.code == TOO_LARGE


def test_refuses_an_announced_v1_body_before_it_comes(server: LiveServer) -> None:
    answer = answer_to(server, v1_head(server, Content_Length=str(MB + 1)), b"Action=")

    assert answer.code == TOO_LARGE_FOR_V1
    assert "exceeding request size limit" in answer.response["Error"]["Message"]


def test_does_not_bid_a_client_continue_whose_body_is_too_large(server: LiveServer) -> None:
    head = v3_head(server, Content_Length=str(10 * MB + 1), Expect="100-continue")
    with Connection(server) as connection:
        connection.send(head)

        received = b""
        while not received.endswith(b"}}"):
            received += connection.socket.recv(65536)

    assert received.startswith(b"HTTP/1.1 200 OK\r\n")
    assert TOO_LARGE.encode() in received


def test_refuses_a_chunked_v3_body_when_it_passes_the_limit(server: LiveServer) -> None:
    chunk = b"%x\r\n%s\r\n" % (MB, b" " * MB)

    answer = answer_to(server, v3_head(server, Transfer_Encoding="chunked"), *[chunk] * 11)

    assert answer.code == TOO_LARGE


def test_refuses_a_chunked_v1_body_when_it_passes_the_limit(server: LiveServer) -> None:
    chunk = b"%x\r\n%s\r\n" % (MB // 2, b"a" * (MB // 2))

    answer = answer_to(server, v1_head(server, Transfer_Encoding="chunked"), *[chunk] * 3)

    assert answer.code == TOO_LARGE_FOR_V1


def test_takes_a_v3_body_of_just_10_mb(server: LiveServer) -> None:
    body = spaces(10 * MB)

    answer = answer_to(server, v3_head(server, body, Content_Length=str(len(body))), body)

    assert answer.code == ""


def test_takes_a_v1_body_of_just_1_mb(server: LiveServer) -> None:
    body = b"Action=" + b"a" * (MB - 7)

    answer = answer_to(server, v1_head(server, Content_Length=str(MB)), body)

    assert answer.code == "MissingParameter"


@pytest.mark.parametrize("size", [32 * KB + 1, 60 * KB, 300 * KB, 3 * MB])
def test_refuses_a_query_above_32_kb(server: LiveServer, size: int) -> None:
    line = f"GET /?{'a' * size} HTTP/1.1"

    v1 = answer_to(server, head_bytes(line, {"Host": server.host}))
    v3 = answer_to(server, head_bytes(line, {"Host": server.host, "Authorization": "TC3"}))

    assert (v1.code, v3.code) == ("AuthFailure.SignatureFailure", TOO_LARGE)


def test_takes_a_query_of_just_32_kb(server: LiveServer) -> None:
    line = f"GET /?Action={'a' * (32 * KB - 7)} HTTP/1.1"

    answer = answer_to(server, head_bytes(line, {"Host": server.host}))

    assert answer.code == "MissingParameter"


def test_answers_the_next_request_after_a_refused_body(server: LiveServer) -> None:
    """A client that sends its body to the end, whatever was answered, is not lost."""
    body = b" " * (10 * MB + 1)
    with Connection(server) as connection:
        connection.send(v3_head(server, Content_Length=str(len(body))))
        first = connection.read()
        connection.send(body)
        connection.send(v3_head(server, Content_Length="2") + b"{}")
        second = connection.read()

    assert first.code == TOO_LARGE
    assert second.code == ""


def flood(server: LiveServer, begin: bytes, piece: bytes) -> tuple[int, int]:
    """Send pieces without an end: how many bytes were taken, and by how many KB memory grew."""
    before = resident_kilobytes(server)
    block = piece * (MB // len(piece))
    sent = 0
    with Connection(server, seconds=5) as connection:
        try:
            connection.send(begin)
            while sent < FLOOD:
                connection.send(block)
                sent += len(block)
        except ConnectionError:
            pass
        return sent, resident_kilobytes(server) - before


POST = b"POST / HTTP/1.1\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    ("begin", "piece"),
    [
        pytest.param(POST, b"X-Many: " + b"a" * 1000 + b"\r\n", id="many headers"),
        pytest.param(POST, b"X: y\r\n" * 100, id="many short headers"),
        pytest.param(POST + b"X-One: ", b"a" * 1000, id="one header"),
        pytest.param(POST + b"X-", b"a" * 1000, id="one name"),
        pytest.param(CHUNKED + b"0\r\nX-T: ", b"a" * 1000, id="a trailer"),
    ],
)
def test_closes_upon_a_head_without_an_end(begin: bytes, piece: bytes) -> None:
    with LiveServer() as server:
        sent, grown = flood(server, begin, piece)

    assert grown < 8 * KB
    assert sent < FLOOD


@pytest.mark.parametrize(
    "begin",
    [
        pytest.param(b"GET /", id="a path"),
        pytest.param(b"GET /?", id="a query"),
        pytest.param(CHUNKED + b"1;", id="a chunk extension"),
    ],
)
def test_keeps_nothing_of_a_line_without_an_end(begin: bytes) -> None:
    with LiveServer() as server:
        _, grown = flood(server, begin, b"a" * 1000)

    assert grown < 8 * KB


def test_holds_no_more_of_a_body_than_the_limit(server: LiveServer) -> None:
    head = v3_head(server, Content_Length=str(10**12))
    before = resident_kilobytes(server)
    with Connection(server) as connection:
        connection.send(head)
        answer = connection.read()
        try:
            for _ in range(64):
                connection.send(b" " * MB)
        except ConnectionError:
            pass
        grown = resident_kilobytes(server) - before

    assert answer.code == TOO_LARGE
    assert grown < 24 * KB
