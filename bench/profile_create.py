# SPDX-License-Identifier: Apache-2.0
"""Where does the time of one create go? `.venv-bench/bin/python -m bench.profile_create`

Two views. The real server under wrk: what each of its threads costs, from /proc. Then the event
loop's share by parts: the same application in this process, behind the same HTTP protocol but with
no sockets and no store, with a stopwatch around the functions that a call goes through.
"""

import asyncio
import contextlib
import gc
import importlib
import inspect
import itertools
import sys
import tempfile
import time
import types
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Coroutine,
    Generator,
    Iterator,
    Sequence,
)
from pathlib import Path
from typing import Any, Final, NamedTuple

import uvicorn
import uvloop
from uvicorn.server import ServerState

from bench import wrk
from bench.peers import static_app
from bench.processes import BenchError, ServerProcess
from bench.subjects import ENVIRONMENT, default_executable, fetch, yizhan
from bench.traffic import BenchAccount, CreateRequests, bench_accounts, seed_body
from yizhan import app as yizhan_app
from yizhan import settings
from yizhan.http_protocol import BoundedHttpProtocol
from yizhan.store.sqlite import SqliteStore

LIVE_SECONDS: Final = 5
CALLS: Final = 5_000
PASSES: Final = 7
AUTHORITY: Final = "127.0.0.1:9960"

# What is timed: the attribute as its caller looks it up. What one of them calls is its own part.
PARTS: Final = {
    "request id": ("yizhan.clock", "SystemIds.request_id"),
    "head": ("yizhan.wire.endpoint", "request_head"),
    "body": ("yizhan.wire.endpoint", "read_request"),
    "decode": ("yizhan.wire.endpoint", "decode"),
    "authorization header": ("yizhan.wire.tc3", "parse_authorization"),
    "key lookup": ("yizhan.store.identity_cache", "IdentityCache.find"),
    "signature": ("yizhan.wire.tc3", "matches"),
    "parameters": ("yizhan.wire.endpoint", "check_parameters"),
    "order of checks": ("yizhan.wire.endpoint", "Endpoint.perform"),
    "handler": ("yizhan.actions", "Action.run"),
    "name, phone, mail": ("yizhan.actions.create_message_receiver", "check_draft"),
    "encode": ("yizhan.wire.encode", "success"),
    "uvicorn: send": ("yizhan.wire.encode", "send_envelope"),
    "metrics": ("yizhan.ops.metrics", "Metrics.count"),
    "uvicorn: receive, parse": ("yizhan.http_protocol", "BoundedHttpProtocol.data_received"),
}


class Stopwatch:
    """Exclusive time by part. The steps of coroutines are timed, their waiting is not."""

    def __init__(self) -> None:
        self.seconds = dict.fromkeys(PARTS, 0.0)
        self._inner = [0.0]

    @contextlib.contextmanager
    def around_all(self) -> Iterator[None]:
        """Every part is timed inside the block."""
        with contextlib.ExitStack() as stack:
            for part, (module, path) in PARTS.items():
                stack.enter_context(self._around(part, module, path))
            yield

    @contextlib.contextmanager
    def _around(self, part: str, module: str, path: str) -> Iterator[None]:
        # The package's actions have the names of their modules, so an attribute would not do.
        importlib.import_module(module)
        owner: Any = sys.modules[module]
        *outer, name = path.split(".")
        for step in outer:
            owner = getattr(owner, step)
        original = getattr(owner, name)
        setattr(owner, name, self._timed(part, original))
        try:
            yield
        finally:
            setattr(owner, name, original)

    def _timed(self, part: str, function: Callable[..., Any]) -> Callable[..., Any]:
        if inspect.iscoroutinefunction(function):

            async def timed_coroutine(*args: Any, **kwargs: Any) -> Any:
                return await self._steps(part, function(*args, **kwargs))

            return timed_coroutine

        def timed(*args: Any, **kwargs: Any) -> Any:
            begun = self._begin()
            try:
                return function(*args, **kwargs)
            finally:
                self._end(part, begun)

        return timed

    @types.coroutine
    def _steps(self, part: str, coroutine: Coroutine[Any, Any, Any]) -> Generator[Any, Any, Any]:
        value = None
        while True:
            begun = self._begin()
            try:
                waits_for = coroutine.send(value)
            except StopIteration as stop:
                return stop.value
            finally:
                self._end(part, begun)
            value = yield waits_for

    def _begin(self) -> float:
        self._inner.append(0.0)
        return time.perf_counter()

    def _end(self, part: str, begun: float) -> None:
        whole = time.perf_counter() - begun
        self.seconds[part] += whole - self._inner.pop()
        self._inner[-1] += whole


class NoSocket(asyncio.Transport):
    """A connection whose client sends the next request as soon as it has the answer."""

    def __init__(self, answered: Callable[[], None]) -> None:
        super().__init__({"peername": ("127.0.0.1", 1), "sockname": ("127.0.0.1", 9960)})
        self._answered = answered

    def write(self, data: bytes | bytearray | memoryview) -> None:
        if bytes(data).endswith(b"}"):  # the end of an envelope, with or without its head
            self._answered()

    def is_closing(self) -> bool:
        return False

    def resume_reading(self) -> None:
        pass


async def drive(app: Any, requests: Sequence[bytes]) -> float:
    """Microseconds for one request, 32 of them under way at any time."""
    config = uvicorn.Config(
        app,
        http=BoundedHttpProtocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
    )
    config.load()
    loop = asyncio.get_running_loop()
    all_done = loop.create_future()
    waiting, left = iter(requests), itertools.count(len(requests) - 1, -1)

    def connect() -> Callable[[bytes], None]:
        protocol = BoundedHttpProtocol(config=config, server_state=ServerState(), app_state={})

        def answered() -> None:
            if next(left) == 0:
                all_done.set_result(None)
            elif (request := next(waiting, None)) is not None:
                loop.call_soon(protocol.data_received, request)

        protocol.connection_made(NoSocket(answered))
        return protocol.data_received

    connections = [connect() for _ in range(wrk.CONNECTIONS)]
    begun = time.perf_counter()
    for receive in connections:
        loop.call_soon(receive, next(waiting))
    await all_done
    return (time.perf_counter() - begun) / len(requests) * 1e6


class LoopShare(NamedTuple):
    """Microseconds of the event loop for one call, with neither sockets nor store."""

    static: float
    """A static answer."""
    whole: float
    """A create."""
    timed: float
    """The same under the stopwatch, which costs something itself."""
    parts: dict[str, float]


async def in_process(accounts: Sequence[BenchAccount]) -> LoopShare:
    """Drive the application in this process.

    Of several passes the quickest counts, as whatever disturbs one can only make it slower.
    """
    requests = CreateRequests(AUTHORITY, accounts)
    static = min([await drive(static_app.app, requests.take(CALLS)) for _ in range(PASSES)])
    async with _application(accounts) as app:
        whole = min([await drive(app, requests.take(CALLS)) for _ in range(PASSES)])
    timed = []
    stopwatch = Stopwatch()
    with stopwatch.around_all():  # before the application is built, which keeps bound methods
        async with _application(accounts) as app:
            for _ in range(PASSES):
                stopwatch.seconds = dict.fromkeys(PARTS, 0.0)
                timed.append((await drive(app, requests.take(CALLS)), stopwatch.seconds))
    total, seconds = min(timed, key=lambda pair: pair[0])
    parts = {part: spent / CALLS * 1e6 for part, spent in seconds.items()}
    return LoopShare(static, whole, total, parts)


@contextlib.asynccontextmanager
async def _application(accounts: Sequence[BenchAccount]) -> AsyncIterator[Any]:
    """The application with its accounts, in a folder of its own, its log in a file."""
    read = settings.load(ENVIRONMENT, None, profile="dev")
    with (
        tempfile.TemporaryDirectory(prefix="yizhan-bench-") as folder,
        tempfile.TemporaryFile("w") as log,
        contextlib.redirect_stderr(log),
    ):
        app = await yizhan_app.build("dev", read, data=Path(folder))
        try:
            seeded = await _post(app, "/_lab/seed", seed_body(accounts))
            if b"seeded" not in seeded:
                raise BenchError(f"seeding failed: {seeded.decode()}")
            # As the server does when it is ready.
            gc.collect()
            gc.freeze()
            yield app
        finally:
            await app.close()
            gc.unfreeze()


async def _post(app: Any, path: str, body: bytes) -> bytes:
    """One request straight to the ASGI application."""
    received: list[bytes] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body}

    async def send(message: dict[str, Any]) -> None:
        received.append(message.get("body", b""))

    scope = {"type": "http", "method": "POST", "path": path, "raw_path": path.encode()}
    await app(scope | {"query_string": b"", "headers": []}, receive, send)
    return b"".join(received)


async def _no_store(self: SqliteStore, *_: object, **__: object) -> None:
    """In the place of `create_receiver`: gives way to the loop once, as waiting does."""
    await asyncio.sleep(0)


def live(accounts: Sequence[BenchAccount]) -> dict[str, float]:
    """CPU microseconds a create by thread of the real server; size and time of its groups."""
    with tempfile.TemporaryDirectory(prefix="yizhan-bench-") as name:
        folder = Path(name)
        (folder / "data").mkdir()
        with yizhan(default_executable(), folder / "data", accounts=accounts) as server:
            requests = CreateRequests(server.authority, accounts).take(20_000 * LIVE_SECONDS)
            before = _thread_seconds(server), _metrics(server)
            load = wrk.drive(server.authority, requests, seconds=LIVE_SECONDS, folder=folder)
            after = _thread_seconds(server), _metrics(server)
    creates = load.requests
    spent = {
        thread: (seconds - before[0].get(thread, 0.0)) / creates * 1e6
        for thread, seconds in after[0].items()
    }
    groups, in_groups = (
        after[1][key] - before[1].get(key, 0.0)
        for key in ("yizhan_commit_group_size_count", "yizhan_commit_seconds_sum")
    )
    return {**spent, "group size": creates / groups, "group ms": in_groups / groups * 1000}


def _thread_seconds(server: ServerProcess) -> dict[str, float]:
    """CPU seconds of the event loop, of the next busiest thread (it writes), and of the rest."""
    spent = {
        int(task.name): int((task / "schedstat").read_text().split()[0]) / 1e9
        for task in Path(f"/proc/{server.process.pid}/task").iterdir()
    }
    loop = spent.pop(server.process.pid)
    writer = max(spent.values(), default=0.0)
    return {"event loop": loop, "commit": writer, "others": sum(spent.values()) - writer}


def _metrics(server: ServerProcess) -> dict[str, float]:
    lines = fetch(server, "/metrics").decode().splitlines()
    return {line.split()[0]: float(line.split()[1]) for line in lines if not line.startswith("#")}


def _run(main: Awaitable[Any]) -> Any:
    async def wrapped() -> Any:
        return await main

    return uvloop.run(wrapped())


def main() -> None:
    accounts = bench_accounts()
    threads = live(accounts)
    print("The real server under wrk, CPU microseconds for one create:")
    for name in ("event loop", "commit", "others"):
        print(f"  {name:<28}{threads[name]:>8.1f}")
    print(f"  {threads['group size']:.1f} creates a commit, {threads['group ms']:.2f} ms each\n")

    setattr(SqliteStore, "create_receiver", _no_store)  # noqa: B010 - mypy refuses an assignment
    share: LoopShare = _run(in_process(accounts))
    print("The event loop without sockets and store, microseconds for one create:")
    for part, microseconds in sorted(share.parts.items(), key=lambda pair: -pair[1]):
        print(f"  {part:<28}{microseconds:>8.1f}")
    rest = share.timed - sum(share.parts.values())
    print(f"  {'tasks, loop, the stopwatch':<28}{rest:>8.1f}")
    print(f"  {'in all':<28}{share.timed:>8.1f}")
    print(f"Without the stopwatch: {share.whole:.1f}; a static answer: {share.static:.1f}")
    rest = threads["event loop"] - share.whole
    print(f"Sockets, statements, hand-over to the commit thread, waking up: {rest:.1f}")


if __name__ == "__main__":
    main()
