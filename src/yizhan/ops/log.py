# SPDX-License-Identifier: Apache-2.0
"""The log: a line for every call and for whatever else is worth telling, off the hot path.

A call's line says who called what and how it ended. It has no place for parameters, so that no
secret, phone or mail address can get into it.

Lines wait in memory for a moment and one thread writes them. Whoever reads the stream may be slow
or stand still: no call waits for it. What does not fit any more is dropped and counted.
"""

import asyncio
import logging
import sys
import threading
from collections import deque
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final, Literal, TextIO

import msgspec

from yizhan.clock import Clock
from yizhan.wire.endpoint import CallRecord

FLUSH_SECONDS: Final = 0.05
MAX_WAITING: Final = 20_000
CLOSE_SECONDS: Final = 2.0
"""How long the end of the server waits for the last lines to be read."""


_encoder = msgspec.json.Encoder()


class _CallLine(msgspec.Struct, rename="pascal"):
    time: str
    request_id: str
    action: str
    uin: int | None
    code: str
    milliseconds: float


class _EventLine(msgspec.Struct, rename="pascal"):
    time: str
    level: str
    logger: str
    message: str


# A call's record holds its whole request; what waits here holds the little that a line says.
_Call = tuple[str, str, int | None, str, float]
_Line = _Call | _EventLine


class Log:
    """Takes lines on the event loop's thread or any other; begins to write with the first."""

    def __init__(
        self, style: Literal["json", "text"], clock: Clock, stream: TextIO | None = None
    ) -> None:
        self._as_json = style == "json"
        self._clock = clock
        self._stream = stream or sys.stderr
        self._waiting: deque[tuple[float, _Line]] = deque()
        self._wake = threading.Event()
        self._closing = False
        self._flusher: asyncio.TimerHandle | None = None
        # A daemon: a stream that nobody reads must not keep the process from ending.
        self._thread = threading.Thread(target=self._work, name="log-writer", daemon=True)
        self._thread.start()
        self.dropped = 0

    def add_call(self, record: CallRecord) -> None:
        """Keep a call's line; on the event loop's thread."""
        self._add((record.request_id, record.action, record.uin, record.code, record.seconds))
        if self._flusher is None:
            # Many lines, one wake-up of the writer.
            self._flusher = asyncio.get_running_loop().call_later(FLUSH_SECONDS, self._flush)

    def add_event(self, level: str, logger: str, message: str) -> None:
        """Keep any other line; on any thread."""
        self._add(_EventLine("", level, logger, message))
        self._wake.set()

    def close(self) -> None:
        """Write what waits, if somebody reads it."""
        if self._flusher is not None:
            self._flusher.cancel()
        self._closing = True
        self._wake.set()
        self._thread.join(CLOSE_SECONDS)

    def _add(self, line: _Line) -> None:
        if len(self._waiting) >= MAX_WAITING:
            self.dropped += 1
        else:
            self._waiting.append((self._clock.now(), line))

    def _flush(self) -> None:
        self._flusher = None
        self._wake.set()

    def _work(self) -> None:
        closing = False
        while not closing:
            self._wake.wait()
            self._wake.clear()
            closing = self._closing
            # In portions: what waits for a slow reader stays in `_waiting`, which is bounded.
            while self._waiting:
                self._write([self._waiting.popleft() for _ in range(min(len(self._waiting), 500))])

    def _write(self, lines: list[tuple[float, _Line]]) -> None:
        shown = [_with_time(when, line) for when, line in lines]
        if self._as_json:
            text = _encoder.encode_lines(shown).decode()
        else:
            text = "".join(_as_text(line) for line in shown)
        try:
            self._stream.write(text)
            self._stream.flush()
        except (OSError, ValueError):  # the reader has gone; calls go on without it
            self.dropped += len(lines)


class EventHandler(logging.Handler):
    """Takes what libraries and our own modules say through `logging`."""

    def __init__(self, log: Log) -> None:
        super().__init__(logging.WARNING)
        self.setFormatter(logging.Formatter("%(message)s"))
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        self._log.add_event(record.levelname, record.name, self.format(record))


@lru_cache(maxsize=4)
def _second_text(second: int) -> str:
    return f"{datetime.fromtimestamp(second, UTC):%Y-%m-%dT%H:%M:%S}"


def _with_time(when: float, line: _Line) -> _CallLine | _EventLine:
    second = int(when)
    time = f"{_second_text(second)}.{int((when - second) * 1000):03d}Z"
    if isinstance(line, _EventLine):
        return _EventLine(time, line.level, line.logger, line.message)
    request_id, action, uin, code, seconds = line
    return _CallLine(time, request_id, action, uin, code, round(seconds * 1000, 3))


def _as_text(line: _CallLine | _EventLine) -> str:
    if isinstance(line, _EventLine):
        return f"{line.time[11:]} {line.level} {line.message}\n"
    return (
        f"{line.time[11:]} {line.action or '-'} {line.code} {line.milliseconds:.1f}ms"
        f" uin={line.uin or '-'} {line.request_id}\n"
    )
