# SPDX-License-Identifier: Apache-2.0
"""All settings, read and checked once at start.

`defaults.toml` is the list of settings and the source of their defaults; this module gives them
types, lays a file and the environment over them and reports every fault at once. No other module
reads the environment.
"""

import ipaddress
import tomllib
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Final, Literal, get_type_hints

import msgspec

PREFIX: Final = "YIZHAN_"
# `yizhan env` exports these for clients; they are not settings.
FOREIGN: Final = frozenset({"YIZHAN_ENDPOINT", "YIZHAN_UIN"})
SECRETS: Final = frozenset(
    {
        ("security", "master_key"),
        ("smtp", "password"),
        ("tencent_sms", "secret_key"),
        ("http_sms", "secret"),
    }
)
DEV_DEFAULTS: Final[dict[str, dict[str, Any]]] = {
    "receivers": {"accept_masked_samples": True},
    "outbox": {"messages_per_address": 1000},
    "log": {"format": "text"},
}

Port = Annotated[int, msgspec.Meta(ge=0, le=65535)]
NotNegative = Annotated[int, msgspec.Meta(ge=0, le=10**12)]
Positive = Annotated[int, msgspec.Meta(ge=1, le=10**9)]
Seconds = Annotated[float, msgspec.Meta(ge=0, le=10**9)]
Timeout = Annotated[float, msgspec.Meta(gt=0, le=600)]


Origins = dict[str, str]
"""By `section.key`: `profile`, `file PATH`, `environment NAME` or `command line`."""


class ServerSettings(msgspec.Struct, frozen=True):
    host: str
    port: Port
    tls_certificate: str
    tls_key: str
    drain_seconds: NotNegative
    public_url: Annotated[str, msgspec.Meta(pattern=r"^(https?://[^/\s?#@]+(/[^\s?#]*)?)?$")]


class StoreSettings(msgspec.Struct, frozen=True):
    path: Annotated[str, msgspec.Meta(min_length=1)]


class SecuritySettings(msgspec.Struct, frozen=True):
    master_key: str
    key_cache_seconds: Seconds


class LimitSettings(msgspec.Struct, frozen=True):
    requests_per_second: NotNegative
    creates_per_day: NotNegative
    day_utc_offset_hours: Annotated[int, msgspec.Meta(ge=-12, le=14)]


class ReceiverSettings(msgspec.Struct, frozen=True):
    per_account: NotNegative
    masking: Literal["tencent", "none"]
    accept_masked_samples: bool
    uin: Literal["account", "zero"]
    real_name_for_all_actions: bool
    return_phone_verify_link: bool


class WireSettings(msgspec.Struct, frozen=True):
    regions: tuple[str, ...]


class CallSettings(msgspec.Struct, frozen=True):
    keep: NotNegative
    keep_days: Annotated[float, msgspec.Meta(gt=0, le=36500)]
    path: str


class OutboxSettings(msgspec.Struct, frozen=True):
    mail: Literal["capture", "smtp"]
    sms: Literal["capture", "tencent", "http"]
    language: Literal["caller", "zh-CN", "en-US"]
    connections: Annotated[int, msgspec.Meta(ge=1, le=64)]
    lease_seconds: Positive
    retry_seconds: Annotated[tuple[Positive, ...], msgspec.Meta(min_length=1)]
    link_hours: Positive
    code_hours: Positive
    resend_pause_seconds: NotNegative
    resends_per_day: NotNegative
    messages_per_address: NotNegative
    keep_days: Positive

    @property
    def is_live(self) -> bool:
        """Does anything leave this machine?"""
        return self.mail != "capture" or self.sms != "capture"


class SmtpSettings(msgspec.Struct, frozen=True):
    host: str
    port: Annotated[int, msgspec.Meta(ge=1, le=65535)]
    security: Literal["starttls", "tls", "none"]
    ca_file: str
    user: str
    password: str
    sender: str
    timeout_seconds: Timeout


class TencentSmsSettings(msgspec.Struct, frozen=True):
    secret_id: str
    secret_key: str
    region: str
    endpoint: Annotated[str, msgspec.Meta(pattern=r"^https?://[^/\s]+$")]
    app_id: str
    sign_name: str
    template_id: str
    template_params: tuple[Literal["code", "link", "token", "account", "code_hours"], ...]
    timeout_seconds: Timeout


class HttpSmsSettings(msgspec.Struct, frozen=True):
    url: str
    method: Literal["POST", "PUT", "GET"]
    headers: tuple[str, ...]
    body: str
    secret: str
    accepted: str
    allowed_hosts: tuple[str, ...]
    allow_private: bool
    timeout_seconds: Timeout


class LogSettings(msgspec.Struct, frozen=True):
    format: Literal["json", "text"]


class Settings(msgspec.Struct, frozen=True):
    server: ServerSettings
    store: StoreSettings
    security: SecuritySettings
    limits: LimitSettings
    receivers: ReceiverSettings
    wire: WireSettings
    calls: CallSettings
    outbox: OutboxSettings
    smtp: SmtpSettings
    tencent_sms: TencentSmsSettings
    http_sms: HttpSmsSettings
    log: LogSettings
    origins: Origins
    """Where each value comes from, by `section.key`; what is absent is the default."""


class SettingsError(Exception):
    """The settings cannot be used; `faults` has one line each."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


def defaults() -> dict[str, dict[str, Any]]:
    """The content of defaults.toml."""
    return tomllib.loads(resources.files("yizhan").joinpath("defaults.toml").read_text("utf-8"))


def load(
    environ: Mapping[str, str], config: Path | None = None, *, profile: Literal["dev", "serve"]
) -> Settings:
    """Lay the profile's defaults, the file and the environment over each other, and check all.

    Raises:
        SettingsError: with every fault that was found, not the first alone.
    """
    values = defaults()
    faults: list[str] = []
    origins: Origins = {}
    if profile == "dev":
        for section, overrides in DEV_DEFAULTS.items():
            values[section].update(overrides)
            origins |= {f"{section}.{key}": "profile" for key in overrides}
    if config is not None:
        _overlay_file(values, config, faults, origins)
    _overlay_environment(values, environ, faults, origins)

    sections: dict[str, Any] = {}
    for section, kind in get_type_hints(Settings).items():
        if section == "origins":
            continue
        fields = {}
        for key, hint in get_type_hints(kind, include_extras=True).items():
            try:
                fields[key] = msgspec.convert(values[section][key], hint, strict=False)
            except msgspec.ValidationError as error:
                faults.append(f"{section}.{key}: {error}")
        if len(fields) == len(values[section]):
            sections[section] = kind(**fields)
    server = sections.get("server")
    if server is not None and bool(server.tls_certificate) != bool(server.tls_key):
        faults.append("server.tls_certificate and server.tls_key: set both or neither")
    if not faults:
        faults += _sending_faults(Settings(**sections, origins=origins), profile)
    if faults:
        raise SettingsError(faults)
    return Settings(**sections, origins=origins)


def _sending_faults(settings: Settings, profile: str) -> list[str]:
    """What is missing for messages to go out as the settings say."""
    outbox, smtp, tencent = settings.outbox, settings.smtp, settings.tencent_sms
    needed: dict[str, str] = {}
    if outbox.mail == "smtp":
        needed |= {"smtp.host": smtp.host, "smtp.sender": smtp.sender}
    if outbox.sms == "http":
        needed |= {"http_sms.url": settings.http_sms.url}
    if outbox.sms == "tencent":
        names = ("secret_id", "secret_key", "app_id", "template_id")
        needed |= {f"tencent_sms.{name}": getattr(tencent, name) for name in names}
    faults = [f"{name}: is needed to send messages" for name, value in needed.items() if not value]
    if profile == "serve" and outbox.is_live and not settings.server.public_url:
        faults.append("server.public_url: is needed to send messages: their links begin with it")
    return faults


def is_loopback(host: str) -> bool:
    """Does the name or address reach nobody but this machine?"""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def masked(settings: Settings) -> dict[str, dict[str, Any]]:
    """The effective settings for printing, secrets replaced."""
    shown: dict[str, dict[str, Any]] = msgspec.to_builtins(settings)
    del shown["origins"]
    for section, key in SECRETS:
        shown[section][key] = "(set)" if shown[section][key] else ""
    return shown


def _overlay_file(
    values: dict[str, dict[str, Any]], config: Path, faults: list[str], origins: Origins
) -> None:
    try:
        given = tomllib.loads(config.read_text("utf-8"))
    except OSError as error:
        faults.append(f"{config}: cannot be read: {error.strerror}")
        return
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        faults.append(f"{config}: is not TOML: {error}")
        return
    for section, fields in given.items():
        if section not in values or not isinstance(fields, dict):
            faults.append(f"{config}: unknown setting {section}")
            continue
        for key, value in fields.items():
            if key not in values[section]:
                faults.append(f"{config}: unknown setting {section}.{key}")
            else:
                values[section][key] = value
                origins[f"{section}.{key}"] = f"file {config}"


def _overlay_environment(
    values: dict[str, dict[str, Any]],
    environ: Mapping[str, str],
    faults: list[str],
    origins: Origins,
) -> None:
    names = {
        f"{PREFIX}{section}_{key}".upper(): (section, key)
        for section, fields in values.items()
        for key in fields
    }
    # A value wins over the file of the same setting only if no file is named, so files go last.
    for variable in sorted(environ, key=lambda name: name.endswith("_FILE")):
        if not variable.startswith(PREFIX) or variable in FOREIGN:
            continue
        if variable in names:
            section, key = names[variable]
            values[section][key] = _from_text(environ[variable], values[section][key])
            origins[f"{section}.{key}"] = f"environment {variable}"
            continue
        section, key = names.get(variable.removesuffix("_FILE"), ("", ""))
        if (section, key) not in SECRETS:
            faults.append(f"{variable}: unknown setting")
            continue
        try:
            values[section][key] = Path(environ[variable]).read_text("utf-8").strip()
            origins[f"{section}.{key}"] = f"environment {variable}"
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "is not text"
            faults.append(f"{variable}: {environ[variable]} cannot be read: {reason}")


def _from_text(text: str, default: Any) -> Any:
    if isinstance(default, list):
        return [item.strip() for item in text.split(",") if item.strip()]
    return text
