# SPDX-License-Identifier: Apache-2.0
"""`/_lab/...`: reset, seed and clock by JSON. Each call answers with what it did.

A refused call answers with status 400 and `{"error": "..."}`, and has changed nothing.
"""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Literal, TypeVar

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from yizhan.calls.journal import Journal
from yizhan.clock import LabClock
from yizhan.dev_accounts import DEV_ACCOUNTS
from yizhan.domain.model import AccessKey, Account, ReceiverDraft, SubUser, token_hash
from yizhan.domain.receiver import check_draft
from yizhan.domain.verification import CHANNELS, Channel
from yizhan.errors import ApiError
from yizhan.lab.transitions import Rule, Transitions
from yizhan.limits.base import RateLimiter
from yizhan.store.base import AccountExists, KeyExists, NameTaken, SeedAccount, SeedUser, Store
from yizhan.store.identity_cache import IdentityCache

T = TypeVar("T")
Uin = Annotated[int, msgspec.Meta(ge=1, le=2**53 - 1)]
Text = Annotated[str, msgspec.Meta(min_length=1)]


class _Body(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a call may be given; anything else in it is refused."""


class ResetBody(_Body, frozen=True):
    pass


class ClockBody(_Body, frozen=True):
    now: Annotated[float, msgspec.Meta(ge=0, lt=10**11)] | None
    """Unix seconds to stand still at; null for real time."""


class KeyBody(_Body, frozen=True):
    secret_id: Text
    secret_key: Text
    token: str | None = None
    """Absent or empty for a long-term key."""
    expires_at: int | None = None
    enabled: bool = True


class UserBody(_Body, frozen=True):
    name: Text
    uin: Uin
    permissions: tuple[str, ...] = ()
    keys: tuple[KeyBody, ...] = ()


class ContactBody(_Body, frozen=True):
    name: Text
    country_code: Text
    phone_number: Text
    email: Text
    remark: str = ""


class AccountBody(_Body, frozen=True):
    name: Text
    uin: Uin
    real_name: bool = True
    app_id: int | None = None
    may_create: bool = True
    closed: bool = False
    keys: tuple[KeyBody, ...] = ()
    users: tuple[UserBody, ...] = ()
    contact: ContactBody | None = None


class SeedBody(_Body, frozen=True):
    accounts: tuple[AccountBody, ...]


class VerificationBody(_Body, frozen=True):
    mode: Literal["manual", "at_once", "after_seconds", "after_lists"]
    n: Annotated[int, msgspec.Meta(ge=0, le=10**9)] = 0
    channels: Annotated[tuple[Channel, ...], msgspec.Meta(min_length=1)] = CHANNELS


class VerifyBody(_Body, frozen=True):
    uin: Uin
    name: Text
    channels: Annotated[tuple[Channel, ...], msgspec.Meta(min_length=1)] = CHANNELS


class LabError(Exception):
    """The call cannot be done; the message says why."""


class Lab:
    """What the calls do."""

    def __init__(
        self,
        store: Store,
        identities: IdentityCache,
        limiter: RateLimiter,
        clock: LabClock,
        journal: Journal,
        transitions: Transitions,
    ) -> None:
        self._transitions = transitions
        self._store = store
        self._identities = identities
        self._limiter = limiter
        self._clock = clock
        self._journal = journal

    async def start(self) -> None:
        """Put the dev accounts into an empty store; one that was kept stays as it is."""
        if not await self._store.accounts():
            await self._store.seed(DEV_ACCOUNTS, now=int(self._clock.now()))
        self._identities.clear()

    async def reset(self, _: ResetBody) -> dict[str, Any]:
        """All as after the first start: dev accounts, no receivers, full quotas, real time."""
        self._clock.freeze(None)
        await self._store.clear()
        await self._limiter.reset()
        await self._journal.clear()
        self._transitions.set(Rule())
        await self.start()
        accounts = [account.uin for account in await self._store.accounts()]
        return {
            "reset": [
                "accounts",
                "receivers",
                "quotas",
                "rates",
                "clock",
                "calls",
                "outbox",
                "verification",
            ],
            "accounts": accounts,
        }

    async def set_clock(self, body: ClockBody) -> dict[str, Any]:
        """Stand still at a moment, or go back to real time."""
        self._clock.freeze(body.now)
        return {"now": self._clock.now(), "frozen": self._clock.frozen}

    async def seed(self, body: SeedBody) -> dict[str, Any]:
        """Add accounts with users and keys; those that exist take the given state."""
        now = int(self._clock.now())
        for account in body.accounts:
            if account.contact is not None:
                _check_contact(account.contact)
        try:
            await self._store.seed(
                [_seed_account(account, now) for account in body.accounts], now=now
            )
        except KeyExists:
            raise LabError("a secret_id is given twice or belongs to another user") from None
        except NameTaken:
            raise LabError("a name is given twice within its account") from None
        except AccountExists:
            raise LabError("a uin belongs to another account or user") from None
        self._identities.clear()
        return {"seeded": [account.uin for account in body.accounts]}

    async def set_verification(self, body: VerificationBody) -> dict[str, Any]:
        """Say when contacts become verified that nobody confirms."""
        self._transitions.set(Rule(body.mode, body.n, body.channels))
        return {"verification": msgspec.to_builtins(self._transitions.rule)}

    async def verify(self, body: VerifyBody) -> dict[str, Any]:
        """Make contacts of one receiver verified now."""
        page = await self._store.find_receivers(body.uin, body.name, offset=0, limit=10_000)
        found = next((each for each in page.receivers if each.name == body.name), None)
        if found is None:
            raise LabError("the account has no receiver of that name")
        now = int(self._clock.now())
        await self._store.set_verified(body.uin, found.uid, body.channels, now=now)
        return {"verified": list(body.channels), "uid": found.uid}


def lab_routes(lab: Lab) -> list[Route]:
    return [
        Route("/_lab/reset", _json_call(ResetBody, lab.reset), methods=["POST"]),
        Route("/_lab/clock", _json_call(ClockBody, lab.set_clock), methods=["POST"]),
        Route(
            "/_lab/verification",
            _json_call(VerificationBody, lab.set_verification),
            methods=["POST"],
        ),
        Route("/_lab/verify", _json_call(VerifyBody, lab.verify), methods=["POST"]),
        Route("/_lab/seed", _json_call(SeedBody, lab.seed), methods=["POST"]),
    ]


def _json_call(
    body_type: type[T], do: Callable[[T], Awaitable[dict[str, Any]]]
) -> Callable[[Request], Awaitable[Response]]:
    decoder = msgspec.json.Decoder(body_type, strict=False)  # a uin may come as text

    async def respond(request: Request) -> Response:
        try:
            return JSONResponse(await do(decoder.decode(await request.body() or b"{}")))
        except (msgspec.DecodeError, UnicodeDecodeError, LabError) as error:
            return JSONResponse({"error": str(error)}, status_code=400)

    return respond


def _check_contact(body: ContactBody) -> None:
    try:
        check_draft(_draft(body), accept_masked_samples=True)
    except ApiError as error:
        raise LabError(error.message()) from None


def _draft(body: ContactBody) -> ReceiverDraft:
    return ReceiverDraft(**msgspec.structs.asdict(body))


def _seed_account(body: AccountBody, now: int) -> SeedAccount:
    return SeedAccount(
        account=Account(
            uin=body.uin,
            app_id=body.app_id if body.app_id is not None else 1250000000 + body.uin % 10**6,
            name=body.name,
            real_name=body.real_name,
            may_create=body.may_create,
            closed=body.closed,
            created_at=now,
        ),
        keys=tuple(_key(key, body.uin, body.uin, now) for key in body.keys),
        users=tuple(
            SeedUser(
                SubUser(
                    uin=user.uin,
                    owner_uin=body.uin,
                    name=user.name,
                    permissions=user.permissions,
                    created_at=now,
                ),
                tuple(_key(key, body.uin, user.uin, now) for key in user.keys),
            )
            for user in body.users
        ),
        contact=_draft(body.contact) if body.contact else None,
    )


def _key(body: KeyBody, owner_uin: int, user_uin: int, now: int) -> AccessKey:
    return AccessKey(
        secret_id=body.secret_id,
        secret_key=body.secret_key,
        owner_uin=owner_uin,
        user_uin=user_uin,
        enabled=body.enabled,
        token_sha256=token_hash(body.token) if body.token else "",
        expires_at=body.expires_at,
        created_at=now,
    )
