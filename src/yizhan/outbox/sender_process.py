# SPDX-License-Identifier: Apache-2.0
"""Sends from a process of its own, so that mail is written and spoken without the API's waiting.

To write a mail and to speak SMTP costs more of a processor than to answer a call. The process gets
one message a line on standard input and answers one line on standard output; it ends when its input
does, so it never outlives the server. What was on its way when it died is tried again.
"""

import asyncio
import logging
import os
import sys
from typing import Final

import msgspec

from yizhan.outbox.configured import transports
from yizhan.outbox.transports import Outgoing, SendFailed, Transport
from yizhan.settings import Settings

log = logging.getLogger(__name__)

LINE_LIMIT: Final = 64 * 1024
NICENESS: Final = 19
"""Where both want the processor, whoever calls the API comes first."""
MODULE: Final = "yizhan.outbox.sender_process"


class Sent(msgspec.Struct, frozen=True, omit_defaults=True):
    """What became of one message."""

    id: int
    said: str = ""
    failed: bool = False
    permanent: bool = False
    unreachable: bool = False


class SenderProcess:
    """A `Transport` for every channel, in front of the process that has the real ones."""

    def __init__(self, settings: Settings) -> None:
        # Not as arguments, which anybody on the machine can read.
        self._settings = msgspec.json.encode(settings)
        self._process: asyncio.subprocess.Process | None = None
        self._starting = asyncio.Lock()
        self._reader: asyncio.Task[None] | None = None
        self._waiting: dict[int, asyncio.Future[Sent]] = {}

    async def send(self, message: Outgoing) -> str:
        """As `Transport.send`."""
        process = await self._running()
        future: asyncio.Future[Sent] = asyncio.get_running_loop().create_future()
        self._waiting[message.id] = future
        try:
            assert process.stdin is not None  # noqa: S101 - it was made with a pipe
            process.stdin.write(msgspec.json.encode(message) + b"\n")
            await process.stdin.drain()
            sent = await future
        except (ConnectionError, RuntimeError):  # as uvloop says that a pipe is closed
            raise SendFailed("the sending process has ended", unreachable=True) from None
        finally:
            del self._waiting[message.id]
        if sent.failed:
            raise SendFailed(sent.said, permanent=sent.permanent, unreachable=sent.unreachable)
        return sent.said

    async def close(self) -> None:
        """End the process: it lets go of its connections first."""
        if self._process is None or self._process.stdin is None:
            return
        self._process.stdin.close()
        await self._process.wait()
        if self._reader is not None:
            await self._reader

    async def _running(self) -> asyncio.subprocess.Process:
        async with self._starting:
            if self._process is None or self._process.returncode is not None:
                self._process = await asyncio.create_subprocess_exec(
                    sys.executable,
                    "-m",
                    MODULE,
                    stdin=asyncio.subprocess.PIPE,
                    stdout=asyncio.subprocess.PIPE,
                    limit=LINE_LIMIT,
                    start_new_session=True,  # a Ctrl-C is the server's to deal with
                )
                assert self._process.stdin is not None  # noqa: S101 - as above
                self._process.stdin.write(self._settings + b"\n")
                self._reader = asyncio.create_task(self._read(self._process))
            return self._process

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None  # noqa: S101 - it was made with a pipe
        decoder = msgspec.json.Decoder(Sent)
        async for line in process.stdout:
            sent = decoder.decode(line)
            future = self._waiting.get(sent.id)
            if future is not None and not future.done():
                future.set_result(sent)
        code = await process.wait()
        if self._waiting:
            log.warning("the sending process ended with %d", code)
        for future in self._waiting.values():
            if not future.done():
                # Whether it was taken nobody knows; the same Message-ID will tell.
                future.set_exception(SendFailed("the sending process has ended", unreachable=True))


# ---- the process's own part ----------------------------------------------------------------------


async def main() -> None:
    """Read the settings, then messages, from standard input; send until there are no more."""
    os.nice(NICENESS)
    loop = asyncio.get_running_loop()
    lines = asyncio.StreamReader(limit=LINE_LIMIT)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin.buffer)
    by_channel = transports(msgspec.json.decode(await lines.readline(), type=Settings))
    decoder = msgspec.json.Decoder(Outgoing)
    tasks: set[asyncio.Task[None]] = set()
    async for line in lines:
        message = decoder.decode(line)
        task = asyncio.create_task(_see_off(message, by_channel[message.channel]))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
    # The server is gone or ends: what is still on its way would be settled by nobody.
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    for transport in by_channel.values():
        if transport is not None:
            await transport.close()


async def _see_off(message: Outgoing, transport: Transport | None) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(await _sent(message, transport)) + b"\n")
    sys.stdout.buffer.flush()


async def _sent(message: Outgoing, transport: Transport | None) -> Sent:
    try:
        if transport is None:
            raise SendFailed(f"nothing is set that takes messages to a {message.channel}")
        return Sent(message.id, await transport.send(message))
    except SendFailed as failed:
        return Sent(
            message.id,
            failed.reason,
            failed=True,
            permanent=failed.permanent,
            unreachable=failed.unreachable,
        )
    except Exception as error:
        return Sent(message.id, f"unexpected: {type(error).__name__}", failed=True)


if __name__ == "__main__":
    asyncio.run(main())
