# SPDX-License-Identifier: Apache-2.0
"""Sign-in for `serve`: an access key opens its account's own view, an operator's token all.

What was wrong is not told: whoever guesses learns no SecretId and no name.
"""

import asyncio
import hmac
import secrets
from collections import OrderedDict
from typing import Final
from urllib.parse import urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from yizhan.clock import Clock
from yizhan.domain.model import AuditEntry, Session
from yizhan.domain.operator_token import hash_token, name_in, verify_token
from yizhan.store.base import Store
from yizhan.web.frame import Frame
from yizhan.web.reader import reader_of
from yizhan.web.same_origin import require_same_origin
from yizhan.web.viewer import COOKIE, Gate, cookie_hash

SESSION_SECONDS: Final = 12 * 3600
MAX_FAILURES: Final = 10
FAILURE_SECONDS: Final = 15 * 60
MOST_REMEMBERED: Final = 10_000
AT_ONCE: Final = 2
"""Tokens that are verified at a time; each takes 19 MiB."""
AFTER: Final = "/receivers"


class Attempts:
    """Failures of late, by whom they came from and by what they tried."""

    def __init__(self) -> None:
        self._failures: OrderedDict[str, list[float]] = OrderedDict()

    def allowed(self, who: str, now: float) -> bool:
        recent = [at for at in self._failures.get(who, ()) if at > now - FAILURE_SECONDS]
        return len(recent) < MAX_FAILURES

    def failed(self, who: str, now: float) -> None:
        recent = [at for at in self._failures.pop(who, ()) if at > now - FAILURE_SECONDS]
        self._failures[who] = [*recent, now][-MAX_FAILURES:]
        while len(self._failures) > MOST_REMEMBERED:
            self._failures.popitem(last=False)


class SignIn:
    def __init__(self, frame: Frame, gate: Gate, store: Store, clock: Clock) -> None:
        self._frame = frame
        self._gate = gate
        self._store = store
        self._clock = clock
        self._attempts = Attempts()
        self._verifying = asyncio.Semaphore(AT_ONCE)
        # So that a name that does not exist takes as long as one that does.
        self._nobody = ""

    def routes(self) -> list[Route]:
        return [
            Route("/sign-in", self.page, methods=["GET"]),
            Route("/sign-in", self.sign_in, methods=["POST"]),
            Route("/sign-out", self.sign_out, methods=["POST"]),
        ]

    async def page(self, request: Request) -> Response:
        if await self._gate.viewer(request) is not None:
            return RedirectResponse(_after(request.query_params.get("next", "")), 303)
        return self._form(request)

    async def sign_in(self, request: Request) -> Response:
        require_same_origin(request)
        async with request.form(max_files=0) as form:
            given = {name: value for name, value in form.items() if isinstance(value, str)}
        now = self._clock.now()
        token = given.get("token", "").strip()
        secret_id = given.get("secret_id", "").strip()
        tried = f"operator {name_in(token)}" if token else f"key {secret_id}"
        address = f"address {request.client.host if request.client else ''}"
        texts = self._frame.texts(reader_of(request))
        if not (self._attempts.allowed(address, now) and self._attempts.allowed(tried, now)):
            await self._tell("sign-in.blocked", int(now), tried)
            return self._form(request, texts.sign_in_blocked, 429)
        if token:
            session = await self._as_operator(token, int(now))
        else:
            session = await self._as_account(
                secret_id, given.get("secret_key", "").strip(), int(now)
            )
        if session is None:
            self._attempts.failed(address, now)
            self._attempts.failed(tried, now)
            await self._tell("sign-in.failed", int(now), tried)
            return self._form(request, texts.sign_in_failed, 403)
        return await self._begin(request, session, given.get("next", ""))

    async def _begin(self, request: Request, session: Session, after: str) -> Response:
        cookie = secrets.token_urlsafe(32)
        actor = f"operator:{session.operator}" if session.operator else f"key:{session.secret_id}"
        entry = AuditEntry(at=session.created_at, actor=actor, operation="sign-in", uin=session.uin)
        begun = Session(
            cookie_sha256=cookie_hash(cookie),
            operator=session.operator,
            uin=session.uin,
            secret_id=session.secret_id,
            created_at=session.created_at,
            expires_at=session.expires_at,
        )
        await self._store.add_session(begun, audit=entry)
        response = RedirectResponse(_after(after), 303)
        response.set_cookie(
            COOKIE,
            cookie,
            max_age=SESSION_SECONDS,
            httponly=True,
            samesite="lax",
            secure=_is_tls(request),
        )
        return response

    async def sign_out(self, request: Request) -> Response:
        require_same_origin(request)
        viewer = await self._gate.viewer(request)
        cookie = request.cookies.get(COOKIE, "")
        if viewer is not None and cookie:
            now = int(self._clock.now())
            entry = AuditEntry(
                at=now, actor=viewer.actor, operation="sign-out", uin=viewer.owner_uin
            )
            await self._store.delete_session(cookie_hash(cookie), audit=entry)
        response = RedirectResponse("/sign-in", 303)
        response.delete_cookie(COOKIE)
        return response

    # ---- who is it? ------------------------------------------------------------------------------

    async def _as_operator(self, token: str, now: int) -> Session | None:
        name = name_in(token)
        found = {each.name: each.token_hash for each in await self._store.operators()}
        async with self._verifying:
            if not self._nobody:
                self._nobody = await asyncio.to_thread(hash_token, "nobody:at all")
            right = await asyncio.to_thread(verify_token, token, found.get(name, self._nobody))
        return self._session(now, operator=name) if right and name in found else None

    async def _as_account(self, secret_id: str, secret_key: str, now: int) -> Session | None:
        identity = await self._store.find_identity(secret_id) if secret_id else None
        # A temporary key ends within hours and wants its Token; the console takes long-term ones.
        if identity is None or not identity.key.enabled or identity.key.temporary:
            return None
        given, right = secret_key.encode("utf-8", "replace"), identity.key.secret_key.encode()
        if not hmac.compare_digest(given, right):
            return None
        return self._session(now, secret_id=secret_id, uin=identity.caller.account.uin)

    def _session(
        self,
        now: int,
        *,
        operator: str | None = None,
        secret_id: str | None = None,
        uin: int | None = None,
    ) -> Session:
        return Session(
            cookie_sha256="",
            operator=operator,
            uin=uin,
            secret_id=secret_id,
            created_at=now,
            expires_at=now + SESSION_SECONDS,
        )

    async def _tell(self, operation: str, now: int, tried: str) -> None:
        # What was typed as a SecretId may well be a secret, so only its beginning is kept.
        kind, _, name = tried.partition(" ")
        shown = name if kind == "operator" else name[:8]
        entry = AuditEntry(
            at=now, actor="anonymous", operation=operation, target=f"{kind} {shown}".strip()
        )
        await self._store.add_audit(entry)

    def _form(self, request: Request, problem: str = "", status: int = 200) -> Response:
        texts = self._frame.texts(reader_of(request))
        return self._frame.page(
            request,
            "sign-in.html",
            title=texts.sign_in,
            status=status,
            section="console",
            address="/sign-in",
            problem=problem,
            after=_after(request.query_params.get("next", "")),
        )


def to_sign_in(request: Request) -> Response:
    """Where somebody is led who is not signed in."""
    if request.method != "GET" or "text/html" not in request.headers.get("accept", "text/html"):
        return Response("sign in first", 401, media_type="text/plain")
    here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return RedirectResponse(f"/sign-in?{urlencode({'next': here})}", 303)


def _after(address: str) -> str:
    """Only a path of our own: anything else could lead away from here."""
    parts = urlsplit(address)
    own = not parts.scheme and not parts.netloc and address.startswith("/")
    return address if own and not address.startswith(("//", "/\\")) else AFTER


def _is_tls(request: Request) -> bool:
    """Behind a proxy that ends TLS, the browser's Origin says what it sees."""
    return request.url.scheme == "https" or request.headers.get("origin", "").startswith("https:")
