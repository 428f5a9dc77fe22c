# SPDX-License-Identifier: Apache-2.0
"""`yizhan receiver` and `yizhan quota`."""

import time
from pathlib import Path

import click

from yizhan.cli.accounts import UIN, no_account
from yizhan.cli.common import OpenStore, Text, audit_entry, emit, require_account, store_options
from yizhan.domain.model import ReceiverPage
from yizhan.domain.quota import quota_day
from yizhan.domain.receiver import mask_email, mask_phone
from yizhan.store.base import ReceiverIsPrimary, ReceiverMissing, Refused, Store


@click.group()
def receiver() -> None:
    """The message receivers of an account, as the operator sees them."""


@receiver.command("list")
@click.argument("uin", type=UIN)
@click.option("--offset", type=click.IntRange(0), default=0, show_default=True)
@click.option("--limit", type=click.IntRange(1, 10_000), default=200, show_default=True)
@click.option("--reveal", is_flag=True, help="Show phone and mail in clear; audited.")
@store_options
def receiver_list(
    uin: int,
    offset: int,
    limit: int,
    reveal: bool,
    config: Path | None,
    data: Path | None,
    as_json: bool,
) -> None:
    """List the receivers of the account UIN in the order of creation."""

    async def read(store: Store) -> ReceiverPage:
        await require_account(store, uin)
        if reveal:
            await store.add_audit(audit_entry("receiver.reveal", uin, str(uin)))
        return await store.list_receivers(uin, offset=offset, limit=limit)

    page = OpenStore(config, data).run(read, no_account(uin))
    shown = [
        {
            "uid": each.uid,
            "name": each.name,
            "country_code": each.country_code,
            "phone_number": each.phone_number if reveal else mask_phone(each.phone_number),
            "email": each.email if reveal else mask_email(each.email),
            "phone_verified": each.phone_verified,
            "email_verified": each.email_verified,
            "primary": each.primary,
            "remark": each.remark,
        }
        for each in page.receivers
    ]
    if as_json:
        emit({"total": page.total, "receivers": shown}, as_json)
    else:
        emit(shown, as_json)
        click.echo(f"{len(shown)} of {page.total}")


@receiver.command("delete")
@click.argument("uin", type=UIN)
@click.argument("name", type=Text())
@store_options
def receiver_delete(
    uin: int, name: str, config: Path | None, data: Path | None, as_json: bool
) -> None:
    """Delete the receiver NAME of the account UIN."""
    refusals: dict[type[Refused], str] = {
        ReceiverMissing: f"the account has no receiver named {name}",
        ReceiverIsPrimary: f"{name} is the primary contact: `yizhan account contact` replaces it",
    }
    OpenStore(config, data).run(
        lambda store: store.delete_receiver(
            uin, name, now=int(time.time()), audit=audit_entry("receiver.delete", uin, name)
        ),
        no_account(uin) | refusals,
    )
    emit({"deleted": name}, as_json)


@click.group()
def quota() -> None:
    """The day's creates of an account."""


@quota.command("show")
@click.argument("uin", type=UIN)
@store_options
def quota_show(uin: int, config: Path | None, data: Path | None, as_json: bool) -> None:
    """How many creates of today are spent."""
    opened = OpenStore(config, data)
    limits = opened.settings.limits
    day = quota_day(time.time(), limits.day_utc_offset_hours)

    async def read(store: Store) -> int:
        await require_account(store, uin)
        return await store.creates_spent(uin, day)

    spent = opened.run(read, no_account(uin))
    emit({"uin": uin, "day": day, "spent": spent, "limit": limits.creates_per_day}, as_json)


@quota.command("reset")
@click.argument("uin", type=UIN)
@store_options
def quota_reset(uin: int, config: Path | None, data: Path | None, as_json: bool) -> None:
    """Give the account its whole day back."""
    opened = OpenStore(config, data)
    day = quota_day(time.time(), opened.settings.limits.day_utc_offset_hours)

    async def write(store: Store) -> None:
        await require_account(store, uin)
        await store.reset_creates(uin, day, audit=audit_entry("quota.reset", uin, day))

    opened.run(write, no_account(uin))
    emit({"uin": uin, "day": day, "spent": 0}, as_json)
