# SPDX-License-Identifier: Apache-2.0
"""Runs the application on a socket until it is told to stop."""

import asyncio
import contextlib
import gc
import logging
import signal
import socket
import ssl
import sys
from collections.abc import Callable, Generator
from pathlib import Path
from types import FrameType
from urllib.parse import urlsplit

import uvicorn
import uvloop

from yizhan.app import App, Profile, build
from yizhan.http_protocol import BoundedHttpProtocol
from yizhan.ops.log import EventHandler
from yizhan.settings import ServerSettings, Settings, is_loopback

KEEP_ALIVE_SECONDS = 75
"""For an idle connection: longer than clients keep theirs; they repeat no call on a dead one."""
BACKLOG = 2048
GC_THRESHOLD = 20_000
SWITCH_SECONDS = 0.0001


class CannotListen(Exception):
    """The address cannot be used; the message says why, in one line."""


class Server(uvicorn.Server):
    """uvicorn's server, which ends with exit code 0 when it was told to stop."""

    def __init__(
        self, config: uvicorn.Config, on_ready: Callable[[], None], on_exit: Callable[[], None]
    ) -> None:
        super().__init__(config)
        self._on_ready = on_ready
        self._on_exit = on_exit

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        # uvicorn's own raises the signal again afterwards, so that a drained server looks killed.
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self.handle_exit, number, None)
        yield

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._on_exit()
        super().handle_exit(sig, frame)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._on_ready()


def run(
    profile: Profile,
    settings: Settings,
    *,
    data: Path | None = None,
    on_ready: Callable[[str], None],
) -> None:
    """Serve until SIGTERM or SIGINT; then finish the requests in flight, refusing new ones.

    Nothing listens before the store is open, so a fault leaves nothing half-started.

    Args:
        data: as in `app.build`.
        on_ready: is given the endpoint's address when requests are taken.

    Raises:
        CannotListen, StoreUnusable, SettingsError.
    """
    uvloop.run(_serve(profile, settings, data, on_ready))


async def _serve(
    profile: Profile, settings: Settings, data: Path | None, on_ready: Callable[[str], None]
) -> None:
    listener = bind(settings.server)
    try:
        _check_tls(settings.server)
        app = await build(profile, settings, data=data, address=address(settings.server, listener))
    except BaseException:
        listener.close()
        raise
    logging.basicConfig(handlers=[EventHandler(app.log)], level=logging.WARNING, force=True)
    _warn_of_loopback(settings)
    try:
        await _server(app, settings.server, listener, on_ready).serve(sockets=[listener])
    finally:
        await app.close()


def _warn_of_loopback(settings: Settings) -> None:
    host = urlsplit(settings.server.public_url).hostname or ""
    if settings.outbox.is_live and is_loopback(host):
        logging.getLogger(__name__).warning(
            "server.public_url is %s: links in messages reach nobody but this machine",
            settings.server.public_url,
        )


def _server(
    app: App, settings: ServerSettings, listener: socket.socket, on_ready: Callable[[str], None]
) -> Server:
    config = uvicorn.Config(
        app,
        http=BoundedHttpProtocol,
        ws="none",
        lifespan="off",
        loop="none",
        log_config=None,
        access_log=False,
        server_header=False,  # the real gateway sends none
        proxy_headers=False,
        backlog=BACKLOG,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=settings.drain_seconds,
        ssl_certfile=settings.tls_certificate or None,
        ssl_keyfile=settings.tls_key or None,
    )

    def ready() -> None:
        # What lives now lives to the end: the collector need not look at it again and again.
        gc.collect()
        gc.freeze()
        # A call leaves next to no cycles behind; the default looks for them every third call.
        gc.set_threshold(GC_THRESHOLD)
        # The thread that waits for the disk wants the interpreter for an instant, to say that it is
        # done; the default lets the event loop keep it for 5 ms, which is ten times an fsync.
        sys.setswitchinterval(SWITCH_SECONDS)
        on_ready(address(settings, listener))

    return Server(config, ready, app.end_streams)


def bind(settings: ServerSettings) -> socket.socket:
    """A socket that holds the address; nobody accepts from it yet. Raises: CannotListen."""
    try:
        family, kind, protocol, _, where = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except (socket.gaierror, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or "is no host name"
        raise CannotListen(f"{settings.host}: {reason}") from None
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(where)
        # Two servers that both hold the port would otherwise only find out when they listen.
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        reason = error.strerror or str(error)
        raise CannotListen(f"{settings.host}:{settings.port}: {reason}") from None
    return listener


def address(settings: ServerSettings, listener: socket.socket) -> str:
    """`http://127.0.0.1:9960`, with the port that was really taken."""
    scheme = "https" if settings.tls_certificate else "http"
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"{scheme}://{host}:{listener.getsockname()[1]}"


def _check_tls(settings: ServerSettings) -> None:
    if not settings.tls_certificate:
        return
    try:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        # An encrypted key would otherwise be asked for at the terminal.
        context.load_cert_chain(settings.tls_certificate, settings.tls_key, password=lambda: "")
    except (OSError, ssl.SSLError) as error:
        raise CannotListen(f"{settings.tls_certificate}: not usable for TLS: {error}") from None
