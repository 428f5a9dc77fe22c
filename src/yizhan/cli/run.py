# SPDX-License-Identifier: Apache-2.0
"""`yizhan dev` and `yizhan serve`."""

import json
import sys
import time
from pathlib import Path

import click
import msgspec

from yizhan.app import Profile
from yizhan.cli.common import CANNOT_START, config_option, fail, load_settings
from yizhan.dev_accounts import DEV_KEY
from yizhan.settings import Settings, SettingsError, is_loopback
from yizhan.store.base import StoreUnusable
from yizhan.wire import tc3


@click.command()
@click.option("--port", type=click.IntRange(0, 65535), help="TCP port; 0 takes a free one.")
@click.option("--host", help="Address to listen on; loopback, unless told twice.")
@click.option("--allow-remote", is_flag=True, help="The second time: listen beyond loopback.")
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    help="Keep everything in this folder; otherwise it is in memory and gone at the end.",
)
@click.option("--json", "as_json", is_flag=True, help="Say what is ready as one line of JSON.")
@config_option
def dev(
    port: int | None,
    host: str | None,
    allow_remote: bool,
    data: Path | None,
    as_json: bool,
    config: Path | None,
) -> None:
    """Run a server for tests: seeded accounts, fixed keys, nothing leaves this machine."""
    settings = _with_address(load_settings(config, "dev"), host, port)
    if not is_loopback(settings.server.host) and not allow_remote:
        fail(
            f"{settings.server.host}: the keys of `yizhan dev` are public, so it listens on"
            " loopback only; add --allow-remote if others shall reach it",
            CANNOT_START,
        )
    if data is not None:
        try:
            data.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            fail(f"{data}: cannot be made: {error.strerror}", CANNOT_START)
    _run("dev", settings, data, as_json)


@click.command()
@config_option
@click.option("--json", "as_json", is_flag=True, help="Say what is ready as one line of JSON.")
def serve(config: Path | None, as_json: bool) -> None:
    """Run the receiver registry: the operator's accounts, encrypted keys, a durable store."""
    _run("serve", load_settings(config, "serve"), None, as_json)


def _with_address(settings: Settings, host: str | None, port: int | None) -> Settings:
    server = msgspec.structs.replace(
        settings.server,
        host=host if host is not None else settings.server.host,
        port=port if port is not None else settings.server.port,
    )
    given = {"server.host": host, "server.port": port}
    origins = {name: "command line" for name, value in given.items() if value is not None}
    return msgspec.structs.replace(settings, server=server, origins=settings.origins | origins)


def _run(profile: Profile, settings: Settings, data: Path | None, as_json: bool) -> None:
    from yizhan.server import CannotListen, run  # heavy; `--help` does without

    def on_ready(endpoint: str) -> None:
        if as_json:
            ready: dict[str, str | None] = {"profile": profile, "endpoint": endpoint}
            if profile == "dev":
                ready |= {"secret_id": DEV_KEY.secret_id, "secret_key": DEV_KEY.secret_key}
            click.echo(json.dumps(ready))
        elif profile == "dev":
            click.echo(welcome(endpoint, data))
        else:
            click.echo(f"yizhan serve is ready at {endpoint}")
        sys.stdout.flush()

    try:
        run(profile, settings, data=data, on_ready=on_ready)
    except (CannotListen, StoreUnusable, SettingsError) as error:
        fail(str(error), CANNOT_START)


def welcome(endpoint: str, data: Path | None) -> str:
    """What `yizhan dev` prints: everything that a first call needs, ready to paste."""
    host = endpoint.partition("://")[2]
    where = f"kept in {data}" if data else "in memory, gone at the end"
    return f"""\
yizhan dev is ready ({where}). Ctrl-C ends it.

  Endpoint   {endpoint}
  SecretId   {DEV_KEY.secret_id}
  SecretKey  {DEV_KEY.secret_key}

Browser:       {endpoint}/docs (documentation, API Explorer)

In a shell:    eval "$(yizhan env)"

Python SDK:    from tencentcloud.common import credential
               from tencentcloud.common.profile.client_profile import ClientProfile
               from tencentcloud.common.profile.http_profile import HttpProfile
               from tencentcloud.cam.v20190116 import cam_client, models
               profile = ClientProfile(httpProfile=HttpProfile(protocol="http", endpoint="{host}"))
               key = credential.Credential("{DEV_KEY.secret_id}", "{DEV_KEY.secret_key}")
               client = cam_client.CamClient(key, "ap-guangzhou", profile)
               request = models.CreateMessageReceiverRequest()
               request.Name, request.CountryCode = "用户", "86"
               request.PhoneNumber, request.Email = "132****4539", "57****@qq.com"
               print(client.CreateMessageReceiver(request))

tccli:         tccli cam CreateMessageReceiver --endpoint {endpoint} --region ap-guangzhou \\
                 --secretId {DEV_KEY.secret_id} --secretKey {DEV_KEY.secret_key} \\
                 --Name 用户 --CountryCode 86 --PhoneNumber '132****4539' --Email '57****@qq.com'

curl (signed for the next five minutes):
               {curl(endpoint, int(time.time()))}
"""


def curl(endpoint: str, timestamp: int) -> str:
    """A signed ListReceiver call for a shell."""
    authorization = tc3.sign(
        secret_id=DEV_KEY.secret_id,
        secret_key=DEV_KEY.secret_key,
        service="cam",
        method="POST",
        host=endpoint.partition("://")[2],
        content_type="application/json",
        timestamp=timestamp,
        body=b"{}",
    )
    headers = (
        "Content-Type: application/json",
        "X-TC-Action: ListReceiver",
        "X-TC-Version: 2019-01-16",
        f"X-TC-Timestamp: {timestamp}",
        f"Authorization: {authorization}",
    )
    return f"curl {endpoint}/ -d '{{}}' " + " ".join(f"-H '{header}'" for header in headers)
