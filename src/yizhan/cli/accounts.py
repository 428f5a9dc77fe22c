# SPDX-License-Identifier: Apache-2.0
"""`yizhan account` and `yizhan user`: who may call."""

import secrets
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
import msgspec

from yizhan.cli.common import (
    OpenStore,
    Text,
    audit_entry,
    emit,
    require_account,
    store_options,
)
from yizhan.domain.model import Account, ReceiverDraft, SubUser
from yizhan.domain.receiver import check_draft
from yizhan.spec import CAM
from yizhan.store.base import (
    AccountExists,
    AccountMissing,
    NameTaken,
    Refused,
    Store,
    UserMissing,
)

UIN = NUMBER = click.IntRange(1, 2**53 - 1)


class Permission(click.ParamType[str]):
    """What a sub-user may be permitted: an action that we serve, or all."""

    name = "permission"
    known = frozenset({"*", f"{CAM.service}:*", *(f"{CAM.service}:{name}" for name in CAM.actions)})

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if value.removeprefix("name/") not in self.known:
            self.fail(f"{value!a} permits nothing: {', '.join(sorted(self.known))}", param, ctx)
        return value


def no_account(uin: int) -> dict[type[Refused], str]:
    return {AccountMissing: f"there is no account {uin}, or it is closed"}


def no_user(uin: int) -> dict[type[Refused], str]:
    return {UserMissing: f"there is no account or sub-user {uin}"}


def new_uin() -> int:
    """Twelve digits, as real ones have; a clash is refused by the store, so a guess will do."""
    return 100_000_000_000 + secrets.randbelow(900_000_000_000)


# ---- account -----------------------------------------------------------------------------------


@click.group()
def account() -> None:
    """Root accounts: create, change, list, close."""


@account.command("create")
@click.option("--name", type=Text(), required=True)
@click.option("--uin", type=UIN, help="Account number; made up if absent.")
@click.option("--app-id", type=NUMBER, help="Application id; made up if absent.")
@click.option("--real-name/--no-real-name", help="Has passed real-name authentication.")
@store_options
def account_create(
    name: str,
    uin: int | None,
    app_id: int | None,
    real_name: bool,
    config: Path | None,
    data: Path | None,
    as_json: bool,
) -> None:
    """Add a root account."""
    new = Account(
        uin=uin or new_uin(),
        app_id=app_id or 1_250_000_000 + secrets.randbelow(50_000_000),
        name=name,
        real_name=real_name,
        created_at=int(time.time()),
    )
    taken: dict[type[Refused], str] = {AccountExists: f"the uin {new.uin} is taken"}
    entry = audit_entry("account.create", new.uin, name, real_name=str(real_name))
    OpenStore(config, data).run(lambda store: store.add_account(new, audit=entry), taken, make=True)
    emit(_shown(new), as_json)


@account.command("list")
@store_options
def account_list(config: Path | None, data: Path | None, as_json: bool) -> None:
    """List all root accounts."""
    found = OpenStore(config, data).run(lambda store: store.accounts())
    emit([_shown(each) for each in found], as_json)


@account.command("update")
@click.argument("uin", type=UIN)
@click.option("--name", type=Text())
@click.option("--real-name/--no-real-name", default=None, help="Real-name authentication.")
@click.option(
    "--allow-create/--deny-create", default=None, help="May create receivers (InterfaceNotExist)."
)
@click.option("--close/--reopen", default=None, help="A closed account can write nothing.")
@store_options
def account_update(
    uin: int,
    name: str | None,
    real_name: bool | None,
    allow_create: bool | None,
    close: bool | None,
    config: Path | None,
    data: Path | None,
    as_json: bool,
) -> None:
    """Change what is named, leave the rest."""
    given = {"name": name, "real_name": real_name, "may_create": allow_create, "closed": close}
    changes = {field: str(value) for field, value in given.items() if value is not None}
    entry = audit_entry("account.change", uin, str(uin), **changes)
    changed = OpenStore(config, data).run(
        lambda store: store.change_account(
            uin,
            name=name,
            real_name=real_name,
            may_create=allow_create,
            closed=close,
            audit=entry,
        ),
        {AccountMissing: f"there is no account {uin}"},
    )
    emit(_shown(changed), as_json)


@account.command("contact")
@click.argument("uin", type=UIN)
@click.option("--name", type=Text(), required=True)
@click.option("--country-code", type=Text(), required=True)
@click.option("--phone-number", type=Text(), required=True)
@click.option("--email", type=Text(), required=True)
@click.option("--remark", type=Text(), default=None)
@store_options
def account_contact(
    uin: int,
    name: str,
    country_code: str,
    phone_number: str,
    email: str,
    remark: str | None,
    config: Path | None,
    data: Path | None,
    as_json: bool,
) -> None:
    """Set the account's primary contact: it is listed with IsReceiverOwner 1."""
    draft = ReceiverDraft(
        name=name,
        country_code=country_code,
        phone_number=phone_number,
        email=email,
        remark=remark or "",
    )
    opened = OpenStore(config, data)

    async def put(store: Store) -> int:
        accept = opened.settings.receivers.accept_masked_samples
        checked = check_draft(draft, accept_masked_samples=accept)
        entry = audit_entry("contact.set", uin, name)
        now = int(time.time())
        return (await store.set_primary_contact(uin, checked, now=now, audit=entry)).uid

    taken: dict[type[Refused], str] = {NameTaken: f"the name {name} is in use in the account"}
    emit({"uid": opened.run(put, no_account(uin) | taken), "name": name}, as_json)


def _shown(each: Account) -> dict[str, Any]:
    return {
        "uin": each.uin,
        "app_id": each.app_id,
        "name": each.name,
        "real_name": each.real_name,
        "may_create": each.may_create,
        "closed": each.closed,
    }


# ---- user --------------------------------------------------------------------------------------


@click.group()
def user() -> None:
    """Sub-users of an account and what they may do."""


permit_option = click.option(
    "--permit",
    "permissions",
    type=Permission(),
    multiple=True,
    help="cam:CreateMessageReceiver, cam:ListReceiver, cam:DeleteMessageReceiver or cam:*;"
    " may be repeated.",
)


@user.command("create")
@click.argument("owner_uin", metavar="UIN", type=UIN)
@click.option("--name", type=Text(), required=True)
@click.option("--uin", type=UIN, help="Number of the sub-user; made up if absent.")
@permit_option
@store_options
def user_create(
    owner_uin: int,
    name: str,
    uin: int | None,
    permissions: tuple[str, ...],
    config: Path | None,
    data: Path | None,
    as_json: bool,
) -> None:
    """Add a sub-user to the account UIN; without --permit it may do nothing."""
    new = SubUser(
        uin=uin or new_uin(),
        owner_uin=owner_uin,
        name=name,
        permissions=permissions,
        created_at=int(time.time()),
    )
    refusals: dict[type[Refused], str] = {
        AccountExists: f"the uin {new.uin} is taken",
        NameTaken: f"a sub-user or receiver of the account has the name {name}",
    }
    entry = audit_entry(
        "user.create", owner_uin, name, user=str(new.uin), permissions=" ".join(new.permissions)
    )
    OpenStore(config, data).run(
        lambda store: store.add_sub_user(new, audit=entry), no_account(owner_uin) | refusals
    )
    emit(_user_shown(new), as_json)


@user.command("list")
@click.argument("owner_uin", metavar="UIN", type=UIN)
@store_options
def user_list(owner_uin: int, config: Path | None, data: Path | None, as_json: bool) -> None:
    """List the sub-users of the account UIN."""

    async def read(store: Store) -> Sequence[SubUser]:
        await require_account(store, owner_uin)
        return await store.sub_users(owner_uin)

    found = OpenStore(config, data).run(read, no_account(owner_uin))
    emit([_user_shown(each) for each in found], as_json)


@user.command("permit")
@click.argument("uin", metavar="USER_UIN", type=UIN)
@permit_option
@store_options
def user_permit(
    uin: int, permissions: tuple[str, ...], config: Path | None, data: Path | None, as_json: bool
) -> None:
    """Replace a sub-user's permissions; without --permit it may do nothing."""

    async def replace(store: Store) -> None:
        words = " ".join(permissions)
        entry = audit_entry("user.permit", await store.owner_of(uin), str(uin), permissions=words)
        await store.set_permissions(uin, permissions, audit=entry)

    OpenStore(config, data).run(replace, {UserMissing: f"there is no sub-user {uin}"})
    emit({"uin": uin, "permissions": list(permissions)}, as_json)


@user.command("delete")
@click.argument("uin", metavar="USER_UIN", type=UIN)
@store_options
def user_delete(uin: int, config: Path | None, data: Path | None, as_json: bool) -> None:
    """Delete a sub-user and its keys."""

    async def delete(store: Store) -> None:
        entry = audit_entry("user.delete", await store.owner_of(uin), str(uin))
        await store.delete_sub_user(uin, audit=entry)

    OpenStore(config, data).run(delete, {UserMissing: f"there is no sub-user {uin}"})
    emit({"deleted": uin}, as_json)


def _user_shown(each: SubUser) -> dict[str, Any]:
    shown: dict[str, Any] = msgspec.to_builtins(each)
    del shown["created_at"]
    return shown
