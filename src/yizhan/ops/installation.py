# SPDX-License-Identifier: Apache-2.0
"""Looks at an installation as an operator would, and says what is wrong with it.

It asks this machine, and the SMTP server if one is set; no message is sent. Whether the clock is
right is what the kernel says of it.
"""

import asyncio
import ctypes
import os
import shutil
import socket
import stat
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, Literal
from urllib.parse import urlsplit

import msgspec

from yizhan.outbox.configured import transports
from yizhan.outbox.smtp import try_smtp
from yizhan.outbox.transports import SendFailed
from yizhan.settings import Settings, SettingsError, is_loopback
from yizhan.store.base import Store, StoreUnusable

State = Literal["ok", "warning", "failed"]
MUCH_SPACE: Final = 1024**3
LITTLE_SPACE: Final = 64 * 1024**2
TIME_ERROR: Final = 5
"""What adjtimex answers for a clock that nothing keeps right. Source: adjtimex(2)."""
OLDEST_MOMENT: Final = 1_767_225_600  # 2026-01-01, before any version of this
SECONDS: Final = 2.0


class Finding(msgspec.Struct, frozen=True):
    check: str
    state: State
    text: str


def look(
    settings: Settings, path: Path, open_store: Callable[[], Store] | None
) -> Iterator[Finding]:
    """Every check, whatever the others say.

    Args:
        path: the store's file.
        open_store: None if there is no store yet.
    """
    yield _port(settings)
    yield from _files(settings, path)
    yield _clock()
    yield _master_key(settings, open_store)
    yield _address(settings)
    yield _public_address(settings)
    yield _mail(settings)
    yield _text_messages(settings)
    yield _space(path)


def _port(settings: Settings) -> Finding:
    host, port = settings.server.host, settings.server.port
    where = f"{host}:{port}"
    if port == 0:
        return Finding("port", "ok", "a free one is taken at each start")
    try:
        with socket.create_connection((_reachable(host), port), timeout=SECONDS):
            return Finding("port", "ok", f"{where} answers: a server runs there")
    except OSError:
        pass
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except OSError as error:
        return Finding("port", "failed", f"{where} cannot be used: {error.strerror or error}")
    return Finding("port", "ok", f"{where} is free")


def _reachable(host: str) -> str:
    """Whom to ask for what listens on every address."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared, not bound


def _files(settings: Settings, path: Path) -> Iterator[Finding]:
    folder = path.parent
    if not folder.is_dir():
        yield Finding("files", "failed", f"there is no folder {folder}")
        return
    if not os.access(folder, os.W_OK | os.X_OK):
        yield Finding("files", "failed", f"{folder} cannot be written to")
        return
    tls_key = settings.server.tls_key
    for file in (path, *([Path(tls_key)] if tls_key else [])):
        if not file.exists():
            yield Finding("files", "ok", f"{file} is not there yet")
            continue
        mode = stat.S_IMODE(file.stat().st_mode)
        if not os.access(file, os.R_OK):
            yield Finding("files", "failed", f"{file} cannot be read")
        elif mode & 0o077:
            yield Finding("files", "warning", f"{file} is open to others ({mode:o}): chmod 600")
        else:
            yield Finding("files", "ok", f"{file} is its owner's alone")


def _clock() -> Finding:
    if time.time() < OLDEST_MOMENT:
        return Finding("clock", "failed", "the clock is years behind: every signature would expire")
    state = _kernel_clock()
    if state is None:
        return Finding("clock", "ok", "plausible; this system does not say whether NTP keeps it")
    if state == TIME_ERROR:
        return Finding(
            "clock", "warning", "nothing keeps it right (NTP): signatures expire 300 s off"
        )
    return Finding("clock", "ok", "kept right by NTP")


def _kernel_clock() -> int | None:
    """What adjtimex says, without changing anything; None where there is none."""
    try:
        # The struct is read, not written: its first member, modes, is 0.
        buffer = ctypes.create_string_buffer(512)
        return int(ctypes.CDLL(None, use_errno=True).adjtimex(buffer))
    except (OSError, AttributeError):
        return None


def _master_key(settings: Settings, open_store: Callable[[], Store] | None) -> Finding:
    if open_store is None:
        if settings.security.master_key:
            return Finding("master key", "ok", "set; there is no store yet to try it on")
        return Finding("master key", "failed", "not set: `yizhan key master` makes one")

    async def try_it() -> None:
        store = open_store()
        try:
            await store.check_keys()
        finally:
            await store.close()

    try:
        asyncio.run(try_it())
    except StoreUnusable as error:
        return Finding("master key", "failed", str(error))
    return Finding("master key", "ok", "decrypts every SecretKey of the store")


def _address(settings: Settings) -> Finding:
    host = settings.server.host
    if settings.server.tls_certificate:
        return Finding("address", "ok", f"{host}, with TLS")
    if is_loopback(host):
        return Finding("address", "ok", f"{host}: for this machine, or a proxy on it")
    return Finding("address", "warning", f"{host} without TLS: put a proxy that ends TLS before it")


def _public_address(settings: Settings) -> Finding:
    url = settings.server.public_url
    parts = urlsplit(url)
    if not url:
        return Finding("public address", "ok", "not set: messages stay in the outbox, links in it")
    if is_loopback(parts.hostname or ""):
        text = f"{url}: links in messages reach nobody but this machine"
        return Finding("public address", "warning", text)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        socket.getaddrinfo(parts.hostname, port)
    except OSError as error:
        return Finding("public address", "failed", f"{url}: {error.strerror or error}")
    if parts.scheme == "http":
        return Finding("public address", "warning", f"{url}: links without TLS can be read")
    return Finding("public address", "ok", url)


def _mail(settings: Settings) -> Finding:
    if not settings.smtp.host:
        return Finding("mail", "ok", "no SMTP server is set: mail stays in the outbox")
    try:
        reached = asyncio.run(try_smtp(settings.smtp))
    except (SendFailed, ValueError) as error:
        return Finding("mail", "failed", " ".join(str(error).split()))
    if settings.smtp.security == "none" and not is_loopback(settings.smtp.host):
        return Finding("mail", "warning", reached)
    return Finding("mail", "ok", reached)


def _text_messages(settings: Settings) -> Finding:
    """Whether what is set can be used; nothing is sent to find out."""
    try:
        there = transports(settings)["phone"] is not None
    except SettingsError as error:
        return Finding("text messages", "failed", str(error))
    if not there:
        return Finding("text messages", "ok", "no gateway is set: they stay in the outbox")
    return Finding("text messages", "ok", f"a gateway is set, outbox.sms is {settings.outbox.sms}")


def _space(path: Path) -> Finding:
    folder = path.parent if path.parent.is_dir() else Path()
    free = shutil.disk_usage(folder).free
    shown = f"{free / 1024**3:.1f} GB free in {folder}"
    if free < LITTLE_SPACE:
        return Finding("disk space", "failed", shown)
    return Finding("disk space", "ok" if free > MUCH_SPACE else "warning", shown)
