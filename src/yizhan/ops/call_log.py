# SPDX-License-Identifier: Apache-2.0
"""One line for every call, gathered for a moment and written beside the hot path.

The line says who called what and how it ended. It has no place for parameters, so that no secret,
phone or mail address can get into it.
"""

import asyncio
import sys
from datetime import UTC, datetime
from typing import Final, Literal, TextIO

import msgspec

from yizhan.clock import Clock
from yizhan.wire.endpoint import CallRecord

FLUSH_SECONDS: Final = 0.05
MAX_WAITING: Final = 20_000
"""Lines beyond these are dropped and counted; a slow log never slows a call."""


class _Line(msgspec.Struct, rename="pascal"):
    time: str
    request_id: str
    action: str
    uin: int | None
    code: str
    milliseconds: float


class CallLog:
    def __init__(
        self, style: Literal["json", "text"], clock: Clock, stream: TextIO | None = None
    ) -> None:
        self._render = _as_json if style == "json" else _as_text
        self._clock = clock
        self._stream = stream or sys.stderr
        self._waiting: list[tuple[float, CallRecord]] = []
        self._flusher: asyncio.TimerHandle | None = None
        self._writing: set[asyncio.Future[None]] = set()
        self.dropped = 0

    def add(self, record: CallRecord) -> None:
        if len(self._waiting) >= MAX_WAITING:
            self.dropped += 1
            return
        self._waiting.append((self._clock.now(), record))
        if self._flusher is None:
            self._flusher = asyncio.get_running_loop().call_later(FLUSH_SECONDS, self._hand_over)

    def _hand_over(self) -> None:
        """Let a thread render and write, since whoever reads the stream may be slow."""
        self._flusher = None
        lines, self._waiting = self._waiting, []
        writing = asyncio.get_running_loop().run_in_executor(None, self._write, lines)
        self._writing.add(writing)
        writing.add_done_callback(self._writing.discard)

    def _write(self, lines: list[tuple[float, CallRecord]]) -> None:
        text = "".join(self._render(_line(when, record)) + "\n" for when, record in lines)
        try:
            self._stream.write(text)
            self._stream.flush()
        except (OSError, ValueError):  # the reader has gone; calls go on without it
            self.dropped += len(lines)

    def close(self) -> None:
        """Write what waits."""
        if self._flusher is not None:
            self._flusher.cancel()
        lines, self._waiting = self._waiting, []
        self._write(lines)


def _line(when: float, record: CallRecord) -> _Line:
    return _Line(
        time=f"{datetime.fromtimestamp(when, UTC):%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "Z",
        request_id=record.request_id,
        action=record.action,
        uin=record.uin,
        code=record.code,
        milliseconds=round(record.seconds * 1000, 3),
    )


def _as_json(line: _Line) -> str:
    return msgspec.json.encode(line).decode()


def _as_text(line: _Line) -> str:
    return (
        f"{line.time[11:]} {line.action or '-'} {line.code} {line.milliseconds:.1f}ms"
        f" uin={line.uin or '-'} {line.request_id}"
    )
