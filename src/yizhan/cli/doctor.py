# SPDX-License-Identifier: Apache-2.0
"""`yizhan doctor`: what is wrong with a call, or with this installation."""

import sys
import time
from contextlib import closing
from pathlib import Path

import click
import msgspec

from yizhan.app import calls_path, open_store
from yizhan.calls import database
from yizhan.calls.model import ALL, LoggedCall
from yizhan.cli.common import OpenStore, fail, store_options
from yizhan.dev_accounts import DEV_ACCOUNTS
from yizhan.doctor.consult import Report, of_call, of_code, of_request, secret_id_of
from yizhan.doctor.recognise import (
    CodeAsked,
    ErrorText,
    NotUnderstood,
    RequestAsked,
    RequestIdAsked,
    recognise,
)
from yizhan.ops.installation import look
from yizhan.spec.model import Text
from yizhan.store.base import Store
from yizhan.wire.outgoing import Credentials

FAILED = 1
LARGEST = 1024 * 1024


@click.command()
@click.argument("what", nargs=-1)
@click.option(
    "--secret-key-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Holds the SecretKey that the request should be signed with.",
)
@click.option("--chinese", is_flag=True, help="Answer in Chinese.")
@store_options
def doctor(
    what: tuple[str, ...],
    secret_key_file: Path | None,
    chinese: bool,
    config: Path | None,
    data: Path | None,
    as_json: bool,
) -> None:
    """Say what is wrong with WHAT, or without it with this installation.

    WHAT is a RequestId, an error code, what an SDK printed, a curl line, a raw HTTP request, the
    name of a file that holds one of these, or - for standard input. Signatures are checked with the
    key of the store, with the fixed keys of `yizhan dev`, or with --secret-key-file.
    """
    opened = OpenStore(config, data)
    if not what:
        _installation(opened, as_json)
        return
    text = _text(what)
    report = _consult(opened, text, secret_key_file)
    if report is None:
        fail("this is no RequestId, code, error text, curl line or HTTP request")
    if as_json:
        click.echo(msgspec.json.encode(report).decode())
    else:
        _print(report, chinese)
    wrong = report.code or (report.diagnosis and report.diagnosis.verdict != "correct")
    if wrong:
        raise click.exceptions.Exit(FAILED)


def _text(what: tuple[str, ...]) -> str:
    if what == ("-",):
        return sys.stdin.read(LARGEST)
    if len(what) == 1 and len(what[0]) < 4096 and "\n" not in what[0]:
        file = Path(what[0])
        try:
            if file.is_file():
                return file.read_text("utf-8", "surrogateescape")[:LARGEST]
        except OSError as error:
            fail(f"{file}: cannot be read: {error.strerror}")
    return " ".join(what)


def _consult(opened: OpenStore, text: str, key_file: Path | None) -> Report | None:
    question = recognise(text)
    if isinstance(question, NotUnderstood):
        return None
    if isinstance(question, CodeAsked):
        return of_code(question.code)
    if isinstance(question, RequestAsked):
        key, others = _keys(opened, secret_id_of(question.request), key_file)
        return of_request(question.request, key, others, now=time.time())
    call = _logged(opened, question.request_id)
    if call is not None:
        return of_call(call, None, None)
    if isinstance(question, RequestIdAsked):
        fail(f"the request log has no {question.request_id}; that of `yizhan dev` is at /doctor")
    assert isinstance(question, ErrorText)  # noqa: S101 - the one that is left
    return of_code(question.code, question.message, question.request_id)


def _logged(opened: OpenStore, request_id: str) -> LoggedCall | None:
    path = calls_path(opened.settings, opened.path)
    if not request_id or path is None or not path.exists():
        return None
    try:
        with closing(database.open_log(path, read_only=True)) as db:
            return database.find(db, request_id, ALL)
    except database.LogUnusable as error:
        fail(str(error))


def _keys(
    opened: OpenStore, secret_id: str, key_file: Path | None
) -> tuple[Credentials | None, list[Credentials]]:
    """The key that the request names, and the others of its account."""
    if key_file is not None:
        # As it is: a line end too many is one of the mistakes, but of the file's, not of a client.
        return Credentials(secret_id, key_file.read_text("utf-8").strip()), []
    for account in DEV_ACCOUNTS:
        keys = [*account.keys, *(key for user in account.users for key in user.keys)]
        found = [Credentials(key.secret_id, key.secret_key) for key in keys]
        own = next((each for each in found if each.secret_id == secret_id), None)
        if own is not None:
            return own, [each for each in found if each is not own]
    if not opened.path.exists() or not secret_id:
        return None, []

    async def read(store: Store) -> tuple[Credentials | None, list[Credentials]]:
        identity = await store.find_identity(secret_id)
        if identity is None:
            return None, []
        owner = identity.key.owner_uin
        users = [owner, *(user.uin for user in await store.sub_users(owner))]
        keys = [key for uin in users for key in await store.keys(uin)]
        others = [Credentials(k.secret_id, k.secret_key) for k in keys if k.secret_id != secret_id]
        return Credentials(secret_id, identity.key.secret_key), others

    return opened.run(read)


def _print(report: Report, chinese: bool) -> None:
    def say(text: Text) -> str:
        return text.zh if chinese else text.en

    diagnosis = report.diagnosis
    if diagnosis is not None:
        for mistake in diagnosis.mistakes:
            click.echo(f"found: {say(mistake.title)}\n       {say(mistake.mend)}")
        click.echo(f"signature: {diagnosis.verdict}. {say(diagnosis.note)}")
        if diagnosis.first_difference is not None:
            click.echo(f"\n{diagnosis.step}, from byte {diagnosis.first_difference} on:")
            click.echo(_indented("signed", diagnosis.theirs))
            click.echo(_indented("right", diagnosis.ours))
    for note in report.notes:
        click.echo(say(note))
    if report.code:
        click.echo(f"\n{report.code}: {report.message}".rstrip(": "))
        if report.refused is not None:
            click.echo(f"refused by: {report.refused.check} ({report.refused.value})")
        guide = report.guide
        if guide is not None:
            click.echo(say(guide.meaning))
            for each in guide.mend:
                click.echo(f"- {say(each)}")


def _indented(name: str, text: str) -> str:
    lines = text.split("\n")
    return "\n".join(f"  {name:<7}| {line}" for line in lines)


def _installation(opened: OpenStore, as_json: bool) -> None:
    make = None
    if opened.path.exists():

        def make() -> Store:
            return open_store(opened.profile, opened.settings, opened.path)

    failed = False
    for finding in look(opened.settings, opened.path, make):
        failed = failed or finding.state == "failed"
        if as_json:
            click.echo(msgspec.json.encode(finding).decode())
        else:
            click.echo(f"{finding.state:<8} {finding.check:<15} {finding.text}")
    if failed:
        raise click.exceptions.Exit(FAILED)
