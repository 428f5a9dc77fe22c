# SPDX-License-Identifier: Apache-2.0
"""A small signing client on a plain socket, and the raw connection below it.

It sends whatever bytes a test wants, in whatever pieces; no client library could.
"""

import http.client
import json
import socket
import time
from types import TracebackType
from typing import Any, NamedTuple, Self

from tests.support.live import LiveServer
from yizhan.wire import tc3

VERSION = "2019-01-16"
JSON = "application/json"
SECONDS = 15.0
"""Longer than any answer takes; who waits longer has found a fault."""


class Key(NamedTuple):
    secret_id: str
    secret_key: str
    token: str = ""


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def response(self) -> dict[str, Any]:
        """What the envelope holds."""
        envelope = json.loads(self.body)
        assert list(envelope) == ["Response"]
        found: dict[str, Any] = envelope["Response"]
        return found

    @property
    def code(self) -> str:
        """Of the error; empty for a success."""
        error = self.response.get("Error")
        return str(error["Code"]) if error else ""


def dev_key(server: LiveServer) -> Key:
    """The key pair that `yizhan dev` says is ready."""
    return Key(server.ready["secret_id"], server.ready["secret_key"])


def receiver(name: str, number: int = 0) -> dict[str, str]:
    """Parameters of a create, with a phone and a mail address of their own for each number."""
    return {
        "Name": name,
        "CountryCode": "86",
        "PhoneNumber": str(13800000000 + number),
        "Email": f"mail{number}@example.com",
    }


def signed_head(
    host: str,
    key: Key,
    action: str,
    body: bytes,
    *,
    method: str = "POST",
    query: str = "",
    content_type: str = JSON,
    timestamp: int | None = None,
    version: str = VERSION,
) -> dict[str, str]:
    """The headers of a call as a client signs it, `Host` and `Content-Type` among them."""
    when = int(time.time()) if timestamp is None else timestamp
    headers = {
        "Host": host,
        "Content-Type": content_type,
        "X-TC-Action": action,
        "X-TC-Version": version,
        "X-TC-Timestamp": str(when),
        "Authorization": tc3.sign(
            secret_id=key.secret_id,
            secret_key=key.secret_key,
            service="cam",
            method=method,
            host=host,
            content_type=content_type,
            timestamp=when,
            query=query,
            body=body,
        ),
    }
    return headers | ({"X-TC-Token": key.token} if key.token else {})


def head_bytes(line: str, headers: dict[str, str]) -> bytes:
    lines = [line, *(f"{name}: {value}" for name, value in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


class Connection:
    """A TCP connection that sends bytes and reads HTTP answers."""

    def __init__(self, server: LiveServer, seconds: float = SECONDS) -> None:
        self.socket = socket.create_connection(("127.0.0.1", server.port), timeout=seconds)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def read(self, method: str = "POST") -> Answer:
        """One answer. Raises: OSError or HTTPException, if the connection ends before it does."""
        incoming = http.client.HTTPResponse(self.socket, method=method)
        try:
            incoming.begin()
            headers = {name.lower(): value for name, value in incoming.getheaders()}
            return Answer(incoming.status, headers, incoming.read())
        finally:
            incoming.close()

    def rest(self) -> bytes:
        """Everything that comes until the server ends the connection."""
        pieces = []
        try:
            while piece := self.socket.recv(65536):
                pieces.append(piece)
        except ConnectionError:
            pass
        return b"".join(pieces)

    def is_closed(self) -> bool:
        """Wait for the server to end the connection; False if it sends something instead."""
        try:
            return self.socket.recv(1) == b""
        except ConnectionError:
            return True

    def close(self) -> None:
        self.socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class Client(Connection):
    """One caller on one kept connection."""

    def __init__(
        self, server: LiveServer, key: Key | None = None, *, timestamp: int | None = None
    ) -> None:
        """Args: `timestamp` stands for the time of every call, for a server whose clock stands."""
        super().__init__(server)
        self.host = server.host
        self.key = key or dev_key(server)
        self._timestamp = timestamp

    def request(self, action: str, parameters: dict[str, Any]) -> bytes:
        """A whole signed request."""
        body = json.dumps(parameters, ensure_ascii=False).encode()
        headers = signed_head(self.host, self.key, action, body, timestamp=self._timestamp)
        headers["Content-Length"] = str(len(body))
        return head_bytes("POST / HTTP/1.1", headers) + body

    def call(self, action: str, parameters: dict[str, Any] | None = None) -> Answer:
        self.send(self.request(action, parameters or {}))
        answer = self.read()
        assert answer.status == 200, answer
        return answer

    def create(self, name: str, number: int = 0) -> str:
        """The error code of the create; empty if the receiver is there now."""
        return self.call("CreateMessageReceiver", receiver(name, number)).code

    def delete(self, name: str) -> str:
        return self.call("DeleteMessageReceiver", {"Name": name}).code

    def page(self, offset: int, limit: int = 200) -> tuple[int, list[dict[str, Any]]]:
        """TotalCount and Receivers."""
        answer = self.call("ListReceiver", {"Offset": offset, "Limit": limit})
        assert not answer.code, answer.body
        return answer.response["TotalCount"], answer.response["Receivers"]

    def all_receivers(self) -> list[dict[str, Any]]:
        """Every receiver, through pages of 200."""
        found: list[dict[str, Any]] = []
        while True:
            total, page = self.page(len(found))
            found += page
            if not page:
                assert len(found) == total
                return found
