# SPDX-License-Identifier: Apache-2.0
"""What the commands share: options, opening the store, printing, and how they fail."""

import asyncio
import getpass
import json
import os
import re
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import click

from yizhan.app import DEV_FILE, Profile, open_store
from yizhan.domain.model import AuditEntry
from yizhan.errors import ApiError
from yizhan.settings import Settings, SettingsError, load
from yizhan.store.base import AccountMissing, Refused, Store, StoreUnusable

T = TypeVar("T")
CANNOT_START = 2
# What a terminal would obey instead of showing it: control and line characters, changes of the
# writing direction, and halves of characters, which cannot be printed at all.
_COMMANDS = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def fail(message: str, code: int = 1) -> NoReturn:
    """One line on standard error for each line of the message, then the exit code."""
    for line in message.splitlines():
        click.echo(f"yizhan: {line}", err=True)
    raise click.exceptions.Exit(code)


def load_settings(config: Path | None, profile: Profile) -> Settings:
    try:
        return load(os.environ, config, profile=profile)
    except SettingsError as error:
        fail("\n".join(error.faults), CANNOT_START)


config_option = click.option(
    "--config",
    type=click.Path(path_type=Path),
    help="Settings file (TOML); the environment overrides it.",
)
data_option = click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    help="Work on the store of `yizhan dev --data DIR` instead of that of `yizhan serve`.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def store_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """--config, --data and --json, for commands that work on the store."""
    return config_option(data_option(json_option(command)))


class Text(click.ParamType[str]):
    """Words that can be stored and printed: no bytes that are not UTF-8, no control characters."""

    name = "text"

    def __init__(self, pattern: str = r"[^\x00-\x1f\x7f\ud800-\udfff]+") -> None:
        self._pattern = re.compile(pattern)

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if not self._pattern.fullmatch(value):
            self.fail(f"{value!a} cannot be used", param, ctx)
        return value


class OpenStore:
    """Which store a command works on, and the settings that go with it."""

    def __init__(self, config: Path | None, data: Path | None) -> None:
        self.profile: Profile = "dev" if data else "serve"
        self.settings = load_settings(config, self.profile)
        self.path = data / DEV_FILE if data else Path(self.settings.store.path)

    def run(
        self,
        work: Callable[[Store], Awaitable[T]],
        refusals: dict[type[Refused], str] | None = None,
        *,
        make: bool = False,
    ) -> T:
        """Open the store, do the work, close it.

        Args:
            refusals: what to say when the store refuses for that reason; exit code 1.
            make: make the file if it is not there; otherwise that is a refusal.
        """

        async def opened() -> T:
            store = open_store(self.profile, self.settings, self.path)
            try:
                return await work(store)
            finally:
                await store.close()

        if not make and not self.path.exists():
            fail(f"{self.path}: there is no store yet: `yizhan account create` makes one")
        try:
            return asyncio.run(opened())
        except StoreUnusable as error:
            fail(str(error), CANNOT_START)
        except ApiError as error:
            fail(error.message())
        except Refused as refused:
            for reason, message in (refusals or {}).items():
                if isinstance(refused, reason):
                    fail(message)
            raise


def audit_entry(
    operation: str, uin: int | None = None, target: str = "", **details: str
) -> AuditEntry:
    """What a command tells of itself: who ran it on this machine, and what it did."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = str(os.getuid())
    # It may come from the environment, which holds any bytes.
    user = plain(user)
    return AuditEntry(
        at=int(time.time()),
        actor=f"cli:{user}",
        operation=operation,
        uin=uin,
        target=target,
        details=details,
    )


def plain(text: str) -> str:
    """The text in one line that no terminal obeys; within JSON it stays the same JSON."""
    return _COMMANDS.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


async def require_account(store: Store, uin: int) -> None:
    """Raises: AccountMissing, if `uin` is not that of a root account."""
    if await store.owner_of(uin) != uin:
        raise AccountMissing


def emit(value: Any, as_json: bool) -> None:
    """Print a record or a list of records, as JSON or as text that aligns."""
    if as_json:
        click.echo(plain(json.dumps(value, ensure_ascii=False)))
    elif isinstance(value, dict):
        width = max(map(len, value), default=0)
        for name, shown in value.items():
            click.echo(f"{name:<{width}}  {_text(shown)}")
    elif not value:
        click.echo("none")
    else:
        rows = [list(value[0]), *([_text(cell) for cell in record.values()] for record in value)]
        widths = [max(_width(row[i]) for row in rows) for i in range(len(rows[0]))]
        for row in rows:
            cells = (padded(cell, width) for cell, width in zip(row, widths, strict=True))
            click.echo("  ".join(cells).rstrip())


def padded(text: str, width: int) -> str:
    """The text with blanks up to so many columns."""
    return text + " " * (width - _width(text))


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (list, tuple)):
        return plain(", ".join(map(str, value))) or "-"
    return "-" if value is None or value == "" else plain(str(value))


def _width(text: str) -> int:
    """Columns on a terminal: Chinese characters and full-width marks take two."""
    return len(text) + len(
        re.findall("[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uff00-\uff60]", text)
    )
