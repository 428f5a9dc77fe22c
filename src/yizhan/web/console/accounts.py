# SPDX-License-Identifier: Apache-2.0
"""`/accounts`: accounts, users, real-name state, access keys and quota.

The API has no action for any of them. Each change is one form and one route; it is audited in the
transaction that makes it.
"""

import secrets
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from yizhan.clock import new_secret_id, new_secret_key
from yizhan.domain.model import AccessKey, Account, SubUser
from yizhan.domain.quota import quota_day, quota_resets_at
from yizhan.settings import Settings
from yizhan.spec import CAM
from yizhan.store.base import (
    AccountExists,
    AccountMissing,
    KeyMissing,
    NameTaken,
    Refused,
    TooManyKeys,
    UserMissing,
)
from yizhan.web.console.page import ConsolePage, back, form_of, uin_in
from yizhan.web.console.signed_calls import KEY_PREFIX
from yizhan.web.viewer import Gate, Viewer

LONGEST_NAME: Final = 64
MAX_UIN: Final = 2**53 - 1
PERMISSIONS: Final = tuple(f"{CAM.service}:{name}" for name in CAM.actions)
Change = Callable[[Viewer, int, Mapping[str, str]], Awaitable[None]]
_WORDS: Final[dict[type[Refused], str]] = {
    AccountExists: "refused_account_exists",
    AccountMissing: "refused_account_missing",
    KeyMissing: "refused_key_missing",
    NameTaken: "refused_name_taken",
    TooManyKeys: "refused_too_many_keys",
    UserMissing: "refused_user_missing",
}


class AccountPages:
    def __init__(
        self,
        page: ConsolePage,
        gate: Gate,
        settings: Settings,
        forget_identities: Callable[[], None],
    ) -> None:
        self._page = page
        self._gate = gate
        self._store = page.store
        self._limits = settings.limits
        self._forget_identities = forget_identities
        # What the operator alone may do, and what an account's own root key may do as well.
        self._operator_changes: dict[str, Change] = {
            "account.change": self._change,
            "quota.reset": self._reset_quota,
        }
        self._changes: dict[str, Change] = {
            "user.create": self._create_user,
            "user.permit": self._permit,
            "user.delete": self._delete_user,
            "key.enable": self._enable_key,
            "key.disable": self._disable_key,
            "key.delete": self._delete_key,
        }

    def routes(self) -> list[Route]:
        gate = self._gate
        return [
            Route("/accounts", gate.for_all(self.all), methods=["GET"]),
            Route("/accounts", gate.for_operators(self.create), methods=["POST"]),
            Route("/accounts/{uin:int}", gate.for_all(self.one), methods=["GET"]),
            Route("/accounts/{uin:int}/key.create", gate.for_all(self.new_key), methods=["POST"]),
            Route("/accounts/{uin:int}/{change}", gate.for_all(self.change), methods=["POST"]),
        ]

    async def all(self, request: Request, viewer: Viewer) -> Response:
        if not viewer.operates:
            return back(f"/accounts/{viewer.owner_uin}")
        return await self._all(request, viewer)

    async def _all(self, request: Request, viewer: Viewer, problem: str = "") -> Response:
        accounts = await self._page.accounts(viewer)
        day = self._day()
        spent = {each.uin: await self._store.creates_spent(each.uin, day) for each in accounts}
        return await self._page.show(
            request,
            viewer,
            "console/accounts.html",
            title=self._page.texts(request).accounts,
            status=400 if problem else 200,
            address="/accounts",
            accounts=accounts,
            spent=spent,
            per_day=self._limits.creates_per_day,
            problem=problem,
        )

    async def create(self, request: Request, viewer: Viewer) -> Response:
        form = await form_of(request)
        texts = self._page.texts(request)
        name = form.get("name", "").strip()[:LONGEST_NAME]
        given = form.get("uin", "").strip()
        uin = uin_in(given) if given else 100_000_000_000 + secrets.randbelow(900_000_000_000)
        if not name.isprintable() or not name or uin is None or not 0 < uin <= MAX_UIN:
            return await self._all(request, viewer, texts.refused_values)
        account = Account(
            uin=uin,
            app_id=1_250_000_000 + secrets.randbelow(50_000_000),
            name=name,
            real_name="real_name" in form,
            created_at=int(self._page.clock.now()),
        )
        entry = self._page.entry(
            viewer, "account.create", uin, name, real_name=str(account.real_name)
        )
        try:
            await self._store.add_account(account, audit=entry)
        except AccountExists:
            return await self._all(request, viewer, texts.refused_account_exists)
        return back(f"/accounts/{uin}?told=account.create")

    async def one(self, request: Request, viewer: Viewer) -> Response:
        account = await self._page.account(viewer, request.path_params["uin"])
        return await self._one(request, viewer, account)

    async def change(self, request: Request, viewer: Viewer) -> Response:
        """Any change of an account that has nothing to show afterwards but that it was done."""
        form = await form_of(request)
        account = await self._page.account(viewer, request.path_params["uin"])
        name = request.path_params["change"]
        do = self._changes.get(name)
        if do is None and viewer.operates:
            do = self._operator_changes.get(name)
        if do is None or not _manages(viewer):
            raise HTTPException(404)
        try:
            await do(viewer, account.uin, form)
        except Refused as refused:
            problem = self._page.texts(request)[_WORDS.get(type(refused), "refused_values")]
            return await self._one(request, viewer, account, problem=problem)
        except ValueError:
            problem = self._page.texts(request).refused_values
            return await self._one(request, viewer, account, problem=problem)
        self._forget_identities()
        return back(f"/accounts/{account.uin}?told={name}")

    async def new_key(self, request: Request, viewer: Viewer) -> Response:
        """The answer shows the SecretKey, which nothing shows again."""
        form = await form_of(request)
        account = await self._page.account(viewer, request.path_params["uin"])
        if not _manages(viewer):
            raise HTTPException(404)
        user_uin = uin_in(form.get("user", "")) or account.uin
        new = AccessKey(
            secret_id=new_secret_id(),
            secret_key=new_secret_key(),
            owner_uin=account.uin,
            user_uin=user_uin,
            created_at=int(self._page.clock.now()),
        )
        entry = self._page.entry(
            viewer, "key.create", account.uin, new.secret_id, user=str(user_uin)
        )
        texts = self._page.texts(request)
        try:
            await self._store.add_key(new, audit=entry)
        except (TooManyKeys, UserMissing) as refused:
            problem = texts[_WORDS[type(refused)]]
            return await self._one(request, viewer, account, problem=problem)
        return await self._one(request, viewer, account, new_key=new)

    async def _one(
        self,
        request: Request,
        viewer: Viewer,
        account: Account,
        *,
        problem: str = "",
        new_key: AccessKey | None = None,
    ) -> Response:
        store, now = self._store, self._page.clock.now()
        # A sub-user's key shows the account's state, and of keys and users nothing.
        manages = _manages(viewer)
        users = list(await store.sub_users(account.uin)) if manages else []
        keys: dict[int, Any] = {}
        for uin in [account.uin, *(user.uin for user in users)] if manages else []:
            # What the console made for itself is in the audit.
            found = await store.keys(uin)
            keys[uin] = [each for each in found if not each.secret_id.startswith(KEY_PREFIX)]
        return await self._page.show(
            request,
            viewer,
            "console/account.html",
            title=account.name,
            status=400 if problem else 200,
            address=f"/accounts/{account.uin}",
            account=account,
            users=users,
            keys=keys,
            manages=manages,
            permissions=PERMISSIONS,
            spent=await store.creates_spent(account.uin, self._day()),
            per_day=self._limits.creates_per_day,
            resets_at=quota_resets_at(now, self._limits.day_utc_offset_hours),
            resets_in=quota_resets_at(now, self._limits.day_utc_offset_hours) - int(now),
            problem=problem,
            new_key=new_key,
        )

    # ---- changes ---------------------------------------------------------------------------------

    async def _change(self, viewer: Viewer, uin: int, form: Mapping[str, str]) -> None:
        changed: dict[str, bool] = {
            name: form[name] == "yes"
            for name in ("real_name", "may_create", "closed")
            if form.get(name) in ("yes", "no")
        }
        name = form.get("name", "").strip()[:LONGEST_NAME]
        if not name.isprintable() or not (changed or name):
            raise ValueError
        details = {each: str(value) for each, value in changed.items()}
        if name:
            details["name"] = name
        entry = self._page.entry(viewer, "account.change", uin, str(uin), **details)
        await self._store.change_account(uin, name=name or None, **changed, audit=entry)

    async def _reset_quota(self, viewer: Viewer, uin: int, _: Mapping[str, str]) -> None:
        day = self._day()
        entry = self._page.entry(viewer, "quota.reset", uin, str(uin), day=day)
        await self._store.reset_creates(uin, day, audit=entry)

    async def _create_user(self, viewer: Viewer, uin: int, form: Mapping[str, str]) -> None:
        name = form.get("name", "").strip()[:LONGEST_NAME]
        if not name or not name.isprintable():
            raise ValueError
        permissions = _permissions(form)
        user = SubUser(
            uin=100_000_000_000 + secrets.randbelow(900_000_000_000),
            owner_uin=uin,
            name=name,
            permissions=permissions,
            created_at=int(self._page.clock.now()),
        )
        entry = self._page.entry(
            viewer, "user.create", uin, name, user=str(user.uin), permissions=" ".join(permissions)
        )
        await self._store.add_sub_user(user, audit=entry)

    async def _permit(self, viewer: Viewer, uin: int, form: Mapping[str, str]) -> None:
        user = await self._user(uin, form)
        permissions = _permissions(form)
        entry = self._page.entry(
            viewer, "user.permit", uin, str(user), permissions=" ".join(permissions)
        )
        await self._store.set_permissions(user, permissions, audit=entry)

    async def _delete_user(self, viewer: Viewer, uin: int, form: Mapping[str, str]) -> None:
        user = await self._user(uin, form)
        entry = self._page.entry(viewer, "user.delete", uin, str(user))
        await self._store.delete_sub_user(user, audit=entry)

    async def _enable_key(self, viewer: Viewer, uin: int, form: Mapping[str, str]) -> None:
        secret_id = await self._key(uin, form)
        entry = self._page.entry(viewer, "key.enable", uin, secret_id)
        await self._store.set_key_enabled(secret_id, True, audit=entry)

    async def _disable_key(self, viewer: Viewer, uin: int, form: Mapping[str, str]) -> None:
        secret_id = await self._key(uin, form)
        entry = self._page.entry(viewer, "key.disable", uin, secret_id)
        await self._store.set_key_enabled(secret_id, False, audit=entry)

    async def _delete_key(self, viewer: Viewer, uin: int, form: Mapping[str, str]) -> None:
        secret_id = await self._key(uin, form)
        entry = self._page.entry(viewer, "key.delete", uin, secret_id)
        await self._store.delete_key(secret_id, audit=entry)

    async def _user(self, uin: int, form: Mapping[str, str]) -> int:
        """A sub-user of this account and no other. Raises: UserMissing."""
        user = uin_in(form.get("user", ""))
        if user is None or user == uin or await self._store.owner_of(user) != uin:
            raise UserMissing
        return user

    async def _key(self, uin: int, form: Mapping[str, str]) -> str:
        """A key of this account and no other. Raises: KeyMissing."""
        identity = await self._store.find_identity(form.get("secret_id", ""))
        if identity is None or identity.key.owner_uin != uin:
            raise KeyMissing
        return identity.key.secret_id

    def _day(self) -> str:
        return quota_day(self._page.clock.now(), self._limits.day_utc_offset_hours)


def _manages(viewer: Viewer) -> bool:
    """Users and keys are the operator's and the root account's own."""
    return viewer.operates or not viewer.is_sub_user


def _permissions(form: Mapping[str, str]) -> tuple[str, ...]:
    """One field for each action, so that the browser's form needs no script."""
    return tuple(each for each in PERMISSIONS if each in form)
