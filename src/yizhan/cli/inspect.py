# SPDX-License-Identifier: Apache-2.0
"""`yizhan env`, `check`, `migrate`, `rotate-secrets` and `status`."""

import http.client
import json
import shlex
import time
import urllib.error
import urllib.request
from pathlib import Path

import click

from yizhan.app import Profile, sealer_for
from yizhan.cli.common import (
    CANNOT_START,
    OpenStore,
    audit_entry,
    config_option,
    emit,
    fail,
    json_option,
    store_options,
)
from yizhan.cli.common import load_settings as load_settings_or_fail
from yizhan.dev_accounts import DEV_KEY, REAL_NAME_UIN
from yizhan.settings import masked
from yizhan.store.base import Store, StoreUnusable


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), help="Of the running `yizhan dev`.")
@click.option("--dotenv", is_flag=True, help="Lines for a .env file, without `export`.")
@json_option
@config_option
def env(port: int | None, dotenv: bool, as_json: bool, config: Path | None) -> None:
    """Print what clients of `yizhan dev` need: eval "$(yizhan env)"."""
    settings = load_settings_or_fail(config, "dev").server
    endpoint = f"http://127.0.0.1:{port or settings.port}"
    if as_json:
        emit(
            {
                "endpoint": endpoint,
                "uin": REAL_NAME_UIN,
                "secret_id": DEV_KEY.secret_id,
                "secret_key": DEV_KEY.secret_key,
            },
            as_json,
        )
        return
    variables = {
        "TENCENTCLOUD_SECRET_ID": DEV_KEY.secret_id,
        "TENCENTCLOUD_SECRET_KEY": DEV_KEY.secret_key,
        "TENCENTCLOUD_REGION": "ap-guangzhou",
        "TENCENTCLOUD_PROTOCOL": "HTTP",  # the Terraform provider's
        "YIZHAN_ENDPOINT": endpoint,
        "YIZHAN_UIN": str(REAL_NAME_UIN),
    }
    for name, value in variables.items():
        click.echo(f"{'' if dotenv else 'export '}{name}={shlex.quote(value)}")


@click.command()
@click.option("--profile", type=click.Choice(["dev", "serve"]), default="serve", show_default=True)
@json_option
@config_option
def check(profile: Profile, as_json: bool, config: Path | None) -> None:
    """Check the settings and print what is in force, secrets masked."""
    settings = load_settings_or_fail(config, profile)
    try:
        sealer_for(profile, settings)
    except StoreUnusable as error:
        fail(str(error), CANNOT_START)
    shown = masked(settings)
    if as_json:
        emit(shown, as_json)
        return
    for section, values in shown.items():
        click.echo(f"[{section}]")
        for key, value in values.items():
            click.echo(f"{key} = {json.dumps(value, ensure_ascii=False)}")


@click.command()
@store_options
def migrate(config: Path | None, data: Path | None, as_json: bool) -> None:
    """Bring the store to this version's schema; makes it if it is not there.

    `yizhan serve` does the same when it starts.
    """
    opened = OpenStore(config, data)

    async def applied(store: Store) -> list[str]:
        return list(store.applied)

    emit({"store": str(opened.path), "applied": opened.run(applied, make=True)}, as_json)


@click.command("rotate-secrets")
@store_options
def rotate_secrets(config: Path | None, data: Path | None, as_json: bool) -> None:
    """Encrypt every SecretKey anew with the first master key, so that older ones can go."""
    opened = OpenStore(config, data)
    entry = audit_entry("secrets.rotate")
    emit({"encrypted": opened.run(lambda store: store.reseal_keys(audit=entry))}, as_json)


@click.command()
@click.option("--url", help="Of the server; by default as the settings have it.")
@click.option("--wait", type=click.FloatRange(0, 60), default=0, help="Seconds to wait for it.")
@json_option
@config_option
def status(url: str | None, wait: float, as_json: bool, config: Path | None) -> None:
    """Ask a running server whether it takes requests; exit code 1 if it does not."""
    settings = load_settings_or_fail(config, "serve").server
    scheme = "https" if settings.tls_certificate else "http"
    base = (url or f"{scheme}://{settings.host}:{settings.port}").rstrip("/")
    deadline = time.monotonic() + wait
    while True:
        ready, reason = _ask(f"{base}/readyz")
        if ready or time.monotonic() >= deadline:
            break
        time.sleep(0.05)
    emit({"url": base, "ready": ready} | ({} if ready else {"reason": reason}), as_json)
    if not ready:
        raise click.exceptions.Exit(1)


def _ask(url: str) -> tuple[bool, str]:
    """Is the server ready? If not: why not, as far as it can be told."""
    if not url.startswith(("http://", "https://")):
        raise click.UsageError("--url begins with http:// or https://")
    # No proxy: the server is ours, and HTTP_PROXY may well name this very server.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=5) as answer:
            said = json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            said = {"reason": str(error)} | _object(error.read())
    except (OSError, http.client.HTTPException, ValueError) as error:
        return False, str(getattr(error, "reason", error))
    if not isinstance(said, dict) or "ready" not in said:
        said = {"reason": "what answers there is not yizhan"}
    return bool(said.get("ready")), str(said.get("reason", ""))


def _object(raw: bytes) -> dict[str, object]:
    try:
        found = json.loads(raw)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
