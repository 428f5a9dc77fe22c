# SPDX-License-Identifier: Apache-2.0
"""`yizhan codegen`, `docs` and `openapi`: what the portal knows, on the command line."""

import json
import time
from pathlib import Path
from urllib.parse import urlsplit

import click

from yizhan.cli.common import config_option, emit, fail, json_option, load_settings
from yizhan.codegen import FORMS, TENCENT_CLOUD, ApiCall, CannotRender, Target, render
from yizhan.dev_accounts import DEV_KEY
from yizhan.spec import CAM
from yizhan.wire.outgoing import Credentials, Outgoing, sign_call
from yizhan.wire.parameters import INTEGER

SIGNED_FORMS = ("curl", "http")


@click.command()
@click.argument("action")
@click.option("--language", required=True, metavar="FORM", help=f"One of: {', '.join(FORMS)}.")
@click.option("--param", "params", multiple=True, metavar="NAME=VALUE", help="May be repeated.")
@click.option("--endpoint", help="Where the program calls; by default this server's address.")
@click.option("--tencent-cloud", is_flag=True, help="Call the real service instead.")
@click.option("--region", default="", help="Such as ap-guangzhou; none is needed.")
@click.option("--reply-language", type=click.Choice(["zh-CN", "en-US"]), help="Of the answers.")
@click.option(
    "--sign-method",
    type=click.Choice(["TC3-HMAC-SHA256", "HmacSHA256", "HmacSHA1"]),
    default="TC3-HMAC-SHA256",
    show_default=True,
)
@click.option("--http-method", type=click.Choice(["POST", "GET"]), default="POST")
@click.option("--secret-id", envvar="TENCENTCLOUD_SECRET_ID", help="Signs curl and http.")
@click.option("--secret-key", envvar="TENCENTCLOUD_SECRET_KEY", help="Better by the variable.")
@json_option
@config_option
def codegen(
    action: str,
    language: str,
    params: tuple[str, ...],
    endpoint: str | None,
    tencent_cloud: bool,
    region: str,
    reply_language: str | None,
    sign_method: str,
    http_method: str,
    secret_id: str | None,
    secret_key: str | None,
    as_json: bool,
    config: Path | None,
) -> None:
    """Print ACTION as a program, a command line or a Terraform block.

    curl and http are signed with TENCENTCLOUD_SECRET_ID and TENCENTCLOUD_SECRET_KEY, or with the
    key of `yizhan dev`; the other forms read the key when they run.
    """
    target = TENCENT_CLOUD if tencent_cloud else _target(endpoint, config)
    call = ApiCall(
        action=action,
        values=_values(action, params),
        target=target,
        region=region,
        reply_language=reply_language or "",
        sign_method=sign_method,
        http_method=http_method,
    )
    signed = None
    if language in SIGNED_FORMS and action in CAM.actions:
        signed = _sign(call, _credentials(secret_id, secret_key))
    try:
        source = render(call, language, signed=signed)
    except CannotRender as error:
        fail(str(error))
    if as_json:
        notes = [note.en for note in source.notes]
        emit(
            {
                "file_name": source.file_name,
                "install": source.install,
                "notes": notes,
                "text": source.text,
            },
            as_json,
        )
        return
    click.echo(source.text, nl=False)
    for note in source.notes:
        click.echo(f"yizhan: note: {note.en}", err=True)


def _credentials(secret_id: str | None, secret_key: str | None) -> Credentials:
    if not secret_id and not secret_key:
        return Credentials(DEV_KEY.secret_id, DEV_KEY.secret_key)
    if not secret_id or not secret_key:
        raise click.UsageError("SecretId and SecretKey: give both or neither")
    return Credentials(secret_id, secret_key)


def _target(endpoint: str | None, config: Path | None) -> Target:
    if endpoint is None:
        server = load_settings(config, "dev").server
        return Target(f"127.0.0.1:{server.port}", plain_http=not server.tls_certificate)
    url = urlsplit(endpoint if "://" in endpoint else f"http://{endpoint}")
    if url.scheme not in ("http", "https") or not url.netloc or url.path not in ("", "/"):
        raise click.UsageError("--endpoint is an address such as http://127.0.0.1:9960")
    return Target(url.netloc, plain_http=url.scheme == "http")


def _values(action: str, params: tuple[str, ...]) -> dict[str, str | int]:
    """NAME=VALUE in the types that the spec declares; `render` refuses what does not fit."""
    types = {}
    if action in CAM.actions:
        types = {parameter.name: parameter.type for parameter in CAM.actions[action].input}
    values: dict[str, str | int] = {}
    for param in params:
        name, equals, value = param.partition("=")
        if not equals:
            raise click.UsageError(f"--param {param}: is not NAME=VALUE")
        is_integer = types.get(name) in ("uint64", "int64") and INTEGER.fullmatch(value)
        values[name] = int(value) if is_integer else value
    return values


def _sign(call: ApiCall, key: Credentials) -> Outgoing:
    return sign_call(
        action=call.action,
        values=call.values,
        credentials=key,
        host=call.target.host,
        scheme="http" if call.target.plain_http else "https",
        timestamp=int(time.time()),
        region=call.region,
        language=call.reply_language,
        sign_method=call.sign_method,
        http_method=call.http_method,
    )


@click.group()
def docs() -> None:
    """Read the API platform without a browser."""


@docs.command("search")
@click.argument("words", nargs=-1, required=True)
@click.option("--lang", type=click.Choice(["zh-CN", "en-US"]), default="en-US", show_default=True)
@json_option
def docs_search(words: tuple[str, ...], lang: str, as_json: bool) -> None:
    """Find actions, parameters, error codes, settings and pages; WORDS in either language.

    The addresses are paths of a running server. Exit code 1 if nothing is found.
    """
    # The portal's parts are heavy; other commands do without.
    from yizhan.web.documents import Library
    from yizhan.web.search import build_index, localised

    query = " ".join(words)
    index = build_index(Library())
    found = index.search(query)
    if not found:
        near = index.near(query)
        fail(f"nothing found for {query}" + (f"; near: {', '.join(near)}" if near else ""))
    emit([localised(entry, "zh-CN" if lang == "zh-CN" else "en-US") for entry in found], as_json)


@click.command("openapi")
@click.option("--lang", type=click.Choice(["zh-CN", "en-US"]), default="en-US", show_default=True)
@click.option("--endpoint", default="http://127.0.0.1:9960", show_default=True)
def openapi_command(lang: str, endpoint: str) -> None:
    """Print the three actions as OpenAPI 3.1, as /openapi.json answers it."""
    from yizhan.web.openapi import openapi  # heavy, as above

    described = openapi("zh-CN" if lang == "zh-CN" else "en-US", endpoint)
    click.echo(json.dumps(described, ensure_ascii=False, indent=2))
