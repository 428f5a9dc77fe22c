# SPDX-License-Identifier: Apache-2.0
"""An SMTP server that takes every mail, forgets it, and counts: `python -m bench.peers.smtp_sink`.

It takes a set time over each mail, as a server does that writes them to its queue. `VRFY count`
answers how many mails it has taken.
"""

import asyncio
import sys

count = 0


class Conversation(asyncio.Protocol):
    def __init__(self, pause: float) -> None:
        self._pause = pause
        self._buffer = b""
        self._in_data = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(b"220 sink ESMTP\r\n")

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while True:
            end = b"\r\n.\r\n" if self._in_data else b"\r\n"
            piece, found, rest = self._buffer.partition(end)
            if not found:
                return
            self._buffer = rest
            if self._in_data:
                self._in_data = False
                asyncio.get_running_loop().call_later(self._pause, self._taken)
            else:
                self._command(piece.upper())

    def _taken(self) -> None:
        global count
        count += 1
        self._transport.write(b"250 taken\r\n")

    def _command(self, line: bytes) -> None:
        if line.startswith(b"DATA"):
            self._in_data = True
            self._transport.write(b"354 go on\r\n")
        elif line.startswith(b"VRFY"):
            self._transport.write(b"252 %d\r\n" % count)
        elif line.startswith(b"QUIT"):
            self._transport.write(b"221 bye\r\n")
            self._transport.close()
        else:
            self._transport.write(b"250 sink\r\n")


async def main(port: int, pause_ms: float) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Conversation(pause_ms / 1000), "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), float(sys.argv[2])))
