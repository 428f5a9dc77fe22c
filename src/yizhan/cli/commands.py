# SPDX-License-Identifier: Apache-2.0
"""All commands under one name."""

import click

from yizhan import __version__
from yizhan.cli.accounts import account, user
from yizhan.cli.doctor import doctor
from yizhan.cli.inspect import check, env, migrate, rotate_secrets, status
from yizhan.cli.keys import key
from yizhan.cli.logs import logs
from yizhan.cli.operators import audit, operator
from yizhan.cli.outbox import outbox
from yizhan.cli.platform import codegen, docs, openapi_command
from yizhan.cli.receivers import quota, receiver
from yizhan.cli.run import dev, serve
from yizhan.cli.transfer import export_command, import_command


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="yizhan")
def main() -> None:
    """A self-hosted server for Tencent Cloud message receivers.

    Exit codes: 0 done, 1 refused or failed, 2 wrong usage or cannot start.
    """


for command in (
    dev,
    serve,
    account,
    user,
    key,
    receiver,
    quota,
    outbox,
    operator,
    audit,
    logs,
    doctor,
    export_command,
    import_command,
    env,
    check,
    migrate,
    rotate_secrets,
    status,
    codegen,
    docs,
    openapi_command,
):
    main.add_command(command)
