# SPDX-License-Identifier: Apache-2.0
"""`yizhan operator` and `yizhan audit`: who runs the registry, and what was done."""

import secrets
import time
from pathlib import Path

import click

from yizhan.cli.accounts import UIN
from yizhan.cli.common import OpenStore, Text, audit_entry, emit, store_options
from yizhan.domain.model import Operator
from yizhan.domain.operator_token import NAME, hash_token, make_token
from yizhan.store.base import OperatorExists, OperatorMissing, Refused

OPERATOR_NAME = Text(NAME.pattern)


@click.group()
def operator() -> None:
    """Operators, who sign in to the console of `serve` and see all accounts."""


@operator.command("create")
@click.argument("name", type=OPERATOR_NAME)
@store_options
def operator_create(name: str, config: Path | None, data: Path | None, as_json: bool) -> None:
    """Make the operator NAME. The token to sign in with is shown once, here."""
    token = make_token(name, secrets.token_urlsafe(32))
    new = Operator(name=name, token_hash=hash_token(token), created_at=int(time.time()))
    taken: dict[type[Refused], str] = {OperatorExists: f"there is an operator {name} already"}
    OpenStore(config, data).run(
        lambda store: store.add_operator(new, audit=audit_entry("operator.create", target=name)),
        taken,
        make=True,
    )
    emit({"operator": name, "token": token}, as_json)


@operator.command("list")
@store_options
def operator_list(config: Path | None, data: Path | None, as_json: bool) -> None:
    """List all operators; never their tokens."""
    found = OpenStore(config, data).run(lambda store: store.operators())
    emit([{"operator": each.name, "created_at": each.created_at} for each in found], as_json)


@operator.command("delete")
@click.argument("name", type=OPERATOR_NAME)
@store_options
def operator_delete(name: str, config: Path | None, data: Path | None, as_json: bool) -> None:
    """Delete the operator NAME and end its sessions at once."""
    missing: dict[type[Refused], str] = {OperatorMissing: f"there is no operator {name}"}
    OpenStore(config, data).run(
        lambda store: store.delete_operator(
            name, audit=audit_entry("operator.delete", target=name)
        ),
        missing,
    )
    emit({"deleted": name}, as_json)


@click.command()
@click.option("--uin", type=UIN, help="Only what concerns this account.")
@click.option("-n", "--limit", type=click.IntRange(1, 10_000), default=50, show_default=True)
@store_options
def audit(
    uin: int | None, limit: int, config: Path | None, data: Path | None, as_json: bool
) -> None:
    """Print what was done that no API call shows, newest first."""
    found = OpenStore(config, data).run(lambda store: store.audit_entries(uin, limit=limit))
    shown = [
        {
            "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(each.at)),
            "actor": each.actor,
            "operation": each.operation,
            "uin": each.uin,
            "target": each.target,
            "details": each.details
            if as_json
            else " ".join(f"{name}={value}" for name, value in each.details.items()),
        }
        for each in found
    ]
    emit(shown, as_json)
