# SPDX-License-Identifier: Apache-2.0
"""`yizhan key`: access keys."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from yizhan.cli.accounts import UIN, no_user
from yizhan.cli.common import (
    OpenStore,
    Text,
    audit_entry,
    emit,
    fail,
    json_option,
    store_options,
)
from yizhan.clock import new_secret_id, new_secret_key, new_token
from yizhan.domain.model import AccessKey, AuditEntry, token_hash
from yizhan.store.base import (
    KeyExists,
    KeyMissing,
    Refused,
    Store,
    TooManyKeys,
    UserMissing,
)
from yizhan.store.sealing import new_master_key

TEN_YEARS_SECONDS = 10 * 366 * 86400
# What no client can put into a credential scope is no SecretId.
SECRET_ID = Text(r"[!-+\--.0-~]+")


@click.group()
def key() -> None:
    """Access keys: at most two for each user, and temporary ones."""


@key.command("create")
@click.argument("uin", type=UIN)
@click.option(
    "--secret-id", type=SECRET_ID, help="Bring in an existing pair; with --secret-key-file."
)
@click.option("--secret-key-file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--temporary", is_flag=True, help="With a Token and an expiry.")
@click.option(
    "--expires-in",
    type=click.IntRange(1, TEN_YEARS_SECONDS),
    default=7200,
    show_default=True,
    help="Seconds.",
)
@store_options
def key_create(
    uin: int,
    secret_id: str | None,
    secret_key_file: Path | None,
    temporary: bool,
    expires_in: int,
    config: Path | None,
    data: Path | None,
    as_json: bool,
) -> None:
    """Make a key pair for the account or sub-user UIN. The SecretKey is shown once, here."""
    if (secret_id is None) != (secret_key_file is None):
        raise click.UsageError("--secret-id and --secret-key-file go together")
    now = int(time.time())
    token = new_token() if temporary else ""
    secret_key = _read_secret(secret_key_file) if secret_key_file else new_secret_key()

    async def add(store: Store) -> AccessKey:
        owner_uin = await store.owner_of(uin)
        if owner_uin is None:
            raise UserMissing
        new = AccessKey(
            secret_id=secret_id or new_secret_id(),
            secret_key=secret_key,
            owner_uin=owner_uin,
            user_uin=uin,
            token_sha256=token_hash(token) if token else "",
            expires_at=now + expires_in if token else None,
            created_at=now,
        )
        entry = audit_entry("key.create", owner_uin, new.secret_id, user=str(uin))
        await store.add_key(new, audit=entry)
        return new

    refusals: dict[type[Refused], str] = no_user(uin) | {
        TooManyKeys: f"{uin} has two keys already: delete one first",
        KeyExists: f"the SecretId {secret_id} is taken",
    }
    new = OpenStore(config, data).run(add, refusals)
    shown: dict[str, Any] = {"uin": uin, "secret_id": new.secret_id}
    if secret_key_file is None:
        shown["secret_key"] = new.secret_key
    if token:
        shown |= {"token": token, "expires_at": new.expires_at}
    emit(shown, as_json)


def _read_secret(file: Path) -> str:
    try:
        secret = file.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        fail(f"{file}: cannot be read: {error}")
    if not secret or not secret.isprintable() or " " in secret:
        fail(f"{file}: does not hold a SecretKey")
    return secret


@key.command("list")
@click.argument("uin", type=UIN)
@store_options
def key_list(uin: int, config: Path | None, data: Path | None, as_json: bool) -> None:
    """List the keys of the account or sub-user UIN; never their secrets."""

    async def read(store: Store) -> Sequence[AccessKey]:
        if await store.owner_of(uin) is None:
            raise UserMissing
        return await store.keys(uin)

    found = OpenStore(config, data).run(read, no_user(uin))
    shown = [
        {
            "secret_id": each.secret_id,
            "enabled": each.enabled,
            "temporary": each.temporary,
            "expires_at": each.expires_at,
        }
        for each in found
    ]
    emit(shown, as_json)


@key.command("enable")
@click.argument("secret_id", type=Text())
@store_options
def key_enable(secret_id: str, config: Path | None, data: Path | None, as_json: bool) -> None:
    """Let the key pass again."""
    _set_enabled(secret_id, True, OpenStore(config, data), as_json)


@key.command("disable")
@click.argument("secret_id", type=Text())
@store_options
def key_disable(secret_id: str, config: Path | None, data: Path | None, as_json: bool) -> None:
    """Refuse the key; a running server follows within `security.key_cache_seconds`."""
    _set_enabled(secret_id, False, OpenStore(config, data), as_json)


def _set_enabled(secret_id: str, enabled: bool, store: OpenStore, as_json: bool) -> None:
    async def change(opened: Store) -> None:
        entry = await _entry(opened, "key.enable" if enabled else "key.disable", secret_id)
        await opened.set_key_enabled(secret_id, enabled, audit=entry)

    store.run(change, {KeyMissing: f"there is no key {secret_id}"})
    emit({"secret_id": secret_id, "enabled": enabled}, as_json)


async def _entry(store: Store, operation: str, secret_id: str) -> AuditEntry:
    identity = await store.find_identity(secret_id)
    return audit_entry(operation, identity.key.owner_uin if identity else None, secret_id)


@key.command("delete")
@click.argument("secret_id", type=Text())
@store_options
def key_delete(secret_id: str, config: Path | None, data: Path | None, as_json: bool) -> None:
    """Delete the key; a running server follows within `security.key_cache_seconds`."""

    async def delete(store: Store) -> None:
        entry = await _entry(store, "key.delete", secret_id)
        await store.delete_key(secret_id, audit=entry)

    OpenStore(config, data).run(delete, {KeyMissing: f"there is no key {secret_id}"})
    emit({"deleted": secret_id}, as_json)


@key.command("master")
@json_option
def key_master(as_json: bool) -> None:
    """Print a new master key, for YIZHAN_SECURITY_MASTER_KEY or its file."""
    made = new_master_key()
    if as_json:
        emit({"master_key": made}, as_json)
    else:
        click.echo(made)  # alone, so that it can go straight into a file
