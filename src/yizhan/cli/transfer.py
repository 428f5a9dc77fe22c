# SPDX-License-Identifier: Apache-2.0
"""`yizhan export` and `yizhan import`: the receivers of an account as a file."""

import os
import stat
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import click

from yizhan.cli.accounts import UIN, no_account
from yizhan.cli.common import OpenStore, audit_entry, emit, fail, require_account, store_options
from yizhan.domain.model import AuditEntry, Receiver
from yizhan.store.base import Imported, Store
from yizhan.transfer.export import as_csv, as_json, as_terraform
from yizhan.transfer.formats import Unreadable, parse
from yizhan.transfer.plan import Plan, PlannedLine, plan

READ_AT_ONCE = 500
PORTION = 200
OVERTAKEN: dict[Imported, str] = {
    "differs": "A sub-user has the name, or a receiver that was made meanwhile.",
    "full": "No place was left in the account.",
}
WRITERS: dict[str, Callable[[Sequence[Receiver]], str]] = {
    "json": as_json,
    "csv": as_csv,
    "terraform": as_terraform,
}


@click.command("export")
@click.argument("uin", type=UIN)
@click.option("--format", "kind", type=click.Choice(list(WRITERS)), default="json")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="File.")
@store_options
def export_command(
    uin: int,
    kind: str,
    output: Path | None,
    config: Path | None,
    data: Path | None,
    as_json: bool,
) -> None:
    """Write all receivers of the account UIN, phone and mail in clear. This is audited."""

    async def read(store: Store) -> list[Receiver]:
        found = await _all(store, uin)
        entry = audit_entry(
            "receiver.export", uin, str(uin), format=kind, receivers=str(len(found))
        )
        await store.add_audit(entry)
        return found

    receivers = OpenStore(config, data).run(read, no_account(uin))
    text = WRITERS[kind](receivers)
    if output is None:
        click.echo(text, nl=not text.endswith("\n"))
        return
    try:
        # The mark makes spreadsheets read UTF-8.
        _write_private(output, text.encode("utf-8-sig" if kind == "csv" else "utf-8"))
    except OSError as error:
        fail(f"{output}: cannot be written: {error.strerror}")
    emit({"file": str(output), "receivers": len(receivers)}, as_json)


def _write_private(file: Path, content: bytes) -> None:
    """A file of people's numbers is for its owner alone, also if it was there with wider rights."""
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as stream:
        if stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
            os.fchmod(stream.fileno(), 0o600)
            stream.truncate()
        stream.write(content)


@click.command("import")
@click.argument("uin", type=UIN)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--format", "kind", type=click.Choice(["auto", "json", "csv"]), default="auto")
@click.option("--dry-run", is_flag=True, help="Say what each line would do, and change nothing.")
@store_options
def import_command(
    uin: int,
    file: Path,
    kind: Literal["auto", "json", "csv"],
    dry_run: bool,
    config: Path | None,
    data: Path | None,
    as_json: bool,
) -> None:
    """Add the receivers of FILE to the account UIN, past the daily quota.

    What is there already with the same values is left alone, so an import that was interrupted goes
    on when it is repeated. Exit code 1, if a line could not be taken.
    """
    try:
        content = file.read_bytes()
    except OSError as error:
        fail(f"{file}: cannot be read: {error.strerror}")
    opened = OpenStore(config, data)

    async def work(store: Store) -> tuple[Plan, list[Imported]]:
        settings = opened.settings.receivers
        planned = plan(
            parse(content, kind=kind),
            await _all(store, uin),
            per_account=settings.per_account,
            accept_masked=settings.accept_masked_samples,
        )
        if dry_run:
            return planned, []
        return planned, await _carry_out(store, uin, planned, settings.per_account)

    try:
        planned, outcomes = opened.run(work, no_account(uin))
    except Unreadable as error:
        fail(f"{file}: {error}")
    left_out = [*_refused(planned), *_overtaken(planned, outcomes)]
    report = {
        "uin": uin,
        "planned": {verdict: count for verdict, count in planned.counts.items() if count},
        "refused": left_out,
        "imported": outcomes.count("created"),
        "dry_run": dry_run,
    }
    if as_json:
        emit(report, as_json)
    else:
        _print(report)
    if left_out:
        raise click.exceptions.Exit(1)


def _refused(planned: Plan) -> list[dict[str, Any]]:
    return [
        {"line": step.number, "verdict": step.verdict, "why": step.why.en}
        for step in planned.steps
        if step.verdict not in ("create", "same")
    ]


def _overtaken(planned: Plan, outcomes: Sequence[Imported]) -> list[dict[str, Any]]:
    """What the plan had room for and the store had not."""
    return [
        {"line": step.number, "verdict": outcome, "why": OVERTAKEN[outcome]}
        for step, outcome in zip(_to_create(planned), outcomes, strict=False)
        if outcome in OVERTAKEN
    ]


def _print(report: dict[str, Any]) -> None:
    for line in report["refused"]:
        click.echo(f"line {line['line']}: {line['verdict']}: {line['why']}")
    words = [f"{count} {verdict}" for verdict, count in report["planned"].items()]
    click.echo(f"planned: {', '.join(words) or 'nothing'}")
    if not report["dry_run"]:
        click.echo(f"imported: {report['imported']}")


def _to_create(planned: Plan) -> list[PlannedLine]:
    return [step for step in planned.steps if step.draft is not None]


async def _carry_out(store: Store, uin: int, planned: Plan, per_account: int) -> list[Imported]:
    """Import portion by portion; answers what became of each line that was to be created."""
    drafts = [step.draft for step in _to_create(planned) if step.draft is not None]
    outcomes: list[Imported] = []
    await store.add_audit(_import_entry(uin, "begun", planned.counts))
    with click.progressbar(
        range(0, len(drafts), PORTION),
        label="importing",
        file=sys.stderr,
        hidden=not sys.stderr.isatty(),
    ) as parts:
        for begin in parts:
            portion = drafts[begin : begin + PORTION]
            now = int(time.time())
            outcomes += await store.import_receivers(uin, portion, per_account=per_account, now=now)
    await store.add_audit(_import_entry(uin, "done", Counter(outcomes)))
    return outcomes


def _import_entry(uin: int, state: str, counts: Mapping[Any, int]) -> AuditEntry:
    details = {str(name): str(count) for name, count in counts.items() if count}
    return audit_entry("receiver.import", uin, str(uin), state=state, **details)


async def _all(store: Store, uin: int) -> list[Receiver]:
    """Every receiver, though others are deleted meanwhile."""
    await require_account(store, uin)
    found: list[Receiver] = []
    while True:
        # The last one is read again: where it is no longer in its place, one before it was deleted
        # and the next page would begin too late.
        place = max(len(found) - 1, 0)
        page = (await store.list_receivers(uin, offset=place, limit=READ_AT_ONCE)).receivers
        if found and page[:1] != found[-1:]:
            found = []
            continue
        found[place:] = page
        if len(page) < READ_AT_ONCE:
            return found
