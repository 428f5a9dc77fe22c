# SPDX-License-Identifier: Apache-2.0
"""Who looks at a page, and what they may see and do.

`dev`: anybody may do everything. `serve`: an operator sees all accounts; the holder of an access
key sees the account that it belongs to, and if it is a sub-user's, only what that sub-user did.
"""

import hashlib
import secrets
import string
from collections.abc import Awaitable, Callable
from typing import Final, Literal

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from yizhan.calls.model import Seen
from yizhan.clock import Clock
from yizhan.domain.model import Session
from yizhan.store.base import Store

COOKIE: Final = "yizhan_session"
TRACE_COOKIE: Final = "yizhan_console"


class NotSignedIn(Exception):
    """The page is for somebody who is signed in."""


class Viewer(msgspec.Struct, frozen=True, kw_only=True):
    kind: Literal["dev", "operator", "account"]
    actor: str
    """As the audit names them."""
    name: str
    """As the page names them."""
    trace_id: str
    """Of the calls that they make in the console."""
    owner_uin: int | None = None
    """The one account that they see; None for all."""
    uin: int | None = None
    """Of the key's user, whose calls alone they see if it is a sub-user."""
    secret_id: str = ""

    @property
    def operates(self) -> bool:
        return self.kind != "account"

    @property
    def is_sub_user(self) -> bool:
        return self.uin != self.owner_uin

    @property
    def seen(self) -> Seen:
        return Seen(self.owner_uin, self.uin if self.is_sub_user else None)

    def may_see(self, uin: int) -> bool:
        """Is it an account that they see?"""
        return self.owner_uin in (None, uin)


Page = Callable[[Request, Viewer], Awaitable[Response]]


class Gate:
    """Lets requests through to pages, and says who they are of."""

    def __init__(self, profile: str, store: Store, clock: Clock) -> None:
        self._is_dev = profile == "dev"
        self._store = store
        self._clock = clock

    async def viewer(self, request: Request) -> Viewer | None:
        """None if nobody is signed in."""
        if self._is_dev:
            trace_id = request.cookies.get(TRACE_COOKIE, "")
            known = trace_id.startswith("console-") and trace_id[8:].isalpha()
            trace_id = trace_id[:40] if known else new_trace_id()
            return Viewer(kind="dev", actor="dev", name="dev", trace_id=trace_id)
        cookie = request.cookies.get(COOKIE)
        if not cookie:
            return None
        session = await self._store.find_session(cookie_hash(cookie), now=int(self._clock.now()))
        return await self._of(session) if session else None

    async def _of(self, session: Session) -> Viewer | None:
        trace_id = trace_id_of(session.cookie_sha256)
        if session.operator is not None:
            actor, name = f"operator:{session.operator}", session.operator
            return Viewer(kind="operator", actor=actor, name=name, trace_id=trace_id)
        identity = await self._store.find_identity(session.secret_id or "")
        if identity is None:
            return None
        return Viewer(
            kind="account",
            actor=f"key:{identity.key.secret_id}",
            name=str(identity.caller.uin),
            trace_id=trace_id,
            owner_uin=identity.caller.account.uin,
            uin=identity.caller.uin,
            secret_id=identity.key.secret_id,
        )

    def for_all(self, page: Page) -> Callable[[Request], Awaitable[Response]]:
        """For whoever is signed in."""

        async def guarded(request: Request) -> Response:
            viewer = await self.viewer(request)
            if viewer is None:
                raise NotSignedIn
            response = await page(request, viewer)
            if self._is_dev and request.cookies.get(TRACE_COOKIE) != viewer.trace_id:
                response.set_cookie(TRACE_COOKIE, viewer.trace_id, httponly=True, samesite="strict")
            return response

        return guarded

    def for_operators(self, page: Page) -> Callable[[Request], Awaitable[Response]]:
        """For who runs the registry; others learn no more than that there is nothing for them."""

        async def only(request: Request, viewer: Viewer) -> Response:
            if not viewer.operates:
                raise HTTPException(404)
            return await page(request, viewer)

        return self.for_all(only)


def cookie_hash(cookie: str) -> str:
    return hashlib.sha256(cookie.encode("utf-8", "surrogateescape")).hexdigest()


def new_trace_id() -> str:
    """Letters alone, so that nothing takes it for a number of somebody."""
    return "console-" + "".join(secrets.choice(string.ascii_lowercase) for _ in range(16))


def trace_id_of(cookie_sha256: str) -> str:
    """The same for all of a session, and no help to who wants its cookie."""
    letters = hashlib.sha256(f"trace {cookie_sha256}".encode()).digest()[:16]
    return "console-" + "".join(string.ascii_lowercase[byte % 26] for byte in letters)
