# SPDX-License-Identifier: Apache-2.0
"""Builds everything once and hands each part to the next; alone names the implementations."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Literal

from starlette.applications import Starlette
from starlette.routing import Mount, Route

from yizhan.actions import bind
from yizhan.calls.database import LogUnusable
from yizhan.calls.journal import Journal
from yizhan.clock import LabClock, SystemClock, SystemIds
from yizhan.domain.verification import Channel, LinkKey
from yizhan.limits.memory import MemoryRateLimiter
from yizhan.ops.log import Log
from yizhan.ops.metrics import Metrics
from yizhan.ops.routes import ops_routes
from yizhan.outbox.addressing import Addressing
from yizhan.outbox.configured import transports
from yizhan.outbox.contacts import Contacts
from yizhan.outbox.sender_process import SenderProcess
from yizhan.outbox.transports import Transport
from yizhan.outbox.worker import Worker
from yizhan.settings import Settings
from yizhan.store.base import StoreUnusable
from yizhan.store.identity_cache import IdentityCache
from yizhan.store.sealing import MasterKeySealer, PlainSealer, Sealer
from yizhan.store.sqlite import SqliteStore
from yizhan.web.site import Portal, wants_portal
from yizhan.wire.endpoint import CallRecord, Endpoint, FindIdentity, ServedAction
from yizhan.wire.request import Receive, Scope, Send

Profile = Literal["dev", "serve"]
DEV_FILE: Final = "yizhan.db"


class App:
    """The whole server as one ASGI application, open until `close`."""

    def __init__(
        self,
        endpoint: Endpoint,
        portal: Portal,
        routes: Sequence[Mount | Route],
        store: SqliteStore,
        log: Log,
        journal: Journal,
        worker: Worker,
    ) -> None:
        self._endpoint = endpoint
        routes = [*portal.routes, *routes]
        self._portal = portal
        self._site = Starlette(routes=routes, exception_handlers=portal.exception_handlers)
        paths = [f"{route.path}/" if isinstance(route, Mount) else route.path for route in routes]
        self._site_paths = frozenset(paths)
        self._site_folders = frozenset(first_part(path) for path in paths if "/" in path[1:])
        self._store = store
        self._journal = journal
        self._worker = worker
        self.log = log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # All but the site's own paths and what lies below its folders is the API: clients send the
        # path of their endpoint setting.
        path = scope["path"]
        if path == "/":
            is_site = wants_portal(scope)
        else:
            is_site = path in self._site_paths or first_part(path) in self._site_folders
        await (self._site if is_site else self._endpoint)(scope, receive, send)

    def end_streams(self) -> None:
        """The server is about to end: no connection is kept open for what may come."""
        self._portal.end_streams()

    async def close(self) -> None:
        """Finish writing, then let go of the store."""
        await self._portal.stop()
        await self._worker.stop()
        await self._journal.close()
        await self._store.close()
        self.log.close()


def first_part(path: str) -> str:
    """`docs` of `/docs/errors`."""
    return path[1:].partition("/")[0]


def sealer_for(profile: Profile, settings: Settings) -> Sealer:
    """Raises: StoreUnusable, if `serve` has no usable master key."""
    return PlainSealer() if profile == "dev" else MasterKeySealer(settings.security.master_key)


def open_store(
    profile: Profile, settings: Settings, path: Path | None, metrics: Metrics | None = None
) -> SqliteStore:
    """Raises: StoreUnusable."""
    return SqliteStore.open(
        path,
        sealer_for(profile, settings),
        profile=profile,
        now=int(time.time()),
        on_commit=metrics.count_commit if metrics else None,
    )


def calls_path(settings: Settings, store: Path | None) -> Path | None:
    """The request log's file: beside the store, unless the settings name another."""
    if settings.calls.path:
        return Path(settings.calls.path)
    return store and store.with_name(f"{store.stem}-calls{store.suffix}")


def open_journal(settings: Settings, store: Path | None, find_identity: FindIdentity) -> Journal:
    """Raises: StoreUnusable."""
    calls = settings.calls
    path = calls_path(settings, store) if calls.keep else None
    try:
        return Journal(
            path,
            keep=calls.keep,
            keep_days=calls.keep_days,
            clock=SystemClock(),
            find_identity=find_identity,
        )
    except LogUnusable as error:
        raise StoreUnusable(str(error)) from None


def senders(profile: Profile, settings: Settings) -> dict[Channel, Transport | None]:
    """What takes messages out: in `serve` a process of its own, so that no caller waits for it.

    Raises:
        SettingsError.
    """
    found = transports(settings)
    if profile == "dev":
        return found
    process = SenderProcess(settings)
    return {channel: process if transport else None for channel, transport in found.items()}


async def build(
    profile: Profile,
    settings: Settings,
    *,
    data: Path | None = None,
    address: str = "http://127.0.0.1:9960",
) -> App:
    """Open the store and put the server together.

    Args:
        data: for `dev`, the folder that keeps the store; None keeps it in memory.
        address: where the server listens; links begin with it if there is no public address.

    Raises:
        StoreUnusable, SettingsError.
    """
    metrics = Metrics()
    path = Path(settings.store.path) if profile == "serve" else data and data / DEV_FILE
    store = open_store(profile, settings, path, metrics)
    try:
        await store.check_keys()  # a wrong master key is told now, not to the first caller
        lab_clock = LabClock() if profile == "dev" else None
        clock = lab_clock or SystemClock()
        identities = IdentityCache(store, settings.security.key_cache_seconds)
        limiter = MemoryRateLimiter()
        log = Log(settings.log.format, SystemClock())  # real time, whatever the lab does
        journal = open_journal(settings, path, identities.find)
        metrics.watch(
            queue_depth=store.depth,
            log_dropped=lambda: log.dropped,
            calls_dropped=lambda: journal.dropped,
            calls_written=lambda: journal.written,
        )
        public_url = (settings.server.public_url or address).rstrip("/")
        addressing = Addressing(LinkKey(await store.link_key()), settings, public_url)
        worker = Worker(
            store, senders(profile, settings), addressing, settings, clock, metrics.count_message
        )
        contacts = Contacts(store, addressing, settings, clock, worker.wake)
        portal = Portal(profile, settings, store, clock, identities.clear, journal, contacts)
        routes = ops_routes(store, metrics)
        actions: dict[str, ServedAction] = {**bind(store, settings, public_url)}
        if lab_clock is not None:
            # Imported here, so that the lab is not in the process of `serve` at all.
            from yizhan.lab.routes import Lab, lab_routes
            from yizhan.lab.transitions import Transitions

            transitions = Transitions(store, lab_clock)
            actions = transitions.around(actions)
            lab = Lab(store, identities, limiter, lab_clock, journal, transitions)
            await lab.start()
            routes += lab_routes(lab)

        def observe(record: CallRecord) -> None:
            metrics.count(record)
            log.add_call(record)
            journal.add(record)
            if record.action == "CreateMessageReceiver" and record.code == "OK":
                worker.wake()

        endpoint = Endpoint(
            actions=actions,
            find_identity=identities.find,
            limiter=limiter,
            clock=clock,
            ids=SystemIds(),
            settings=settings,
            observe=observe,
        )
        worker.start()
        return App(endpoint, portal, routes, store, log, journal, worker)
    except BaseException:
        await store.close()
        raise
