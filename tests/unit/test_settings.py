# SPDX-License-Identifier: Apache-2.0
"""Settings: defaults, file, environment, and what is refused."""

from pathlib import Path

import pytest

from yizhan.settings import Settings, SettingsError, load, masked


def faults(environ: dict[str, str], config: Path | None = None) -> list[str]:
    with pytest.raises(SettingsError) as refused:
        load(environ, config, profile="serve")
    return refused.value.faults


def serve(environ: dict[str, str], config: Path | None = None) -> Settings:
    return load(environ, config, profile="serve")


def test_the_documented_limits_are_the_defaults() -> None:
    limits = serve({}).limits

    assert (limits.requests_per_second, limits.creates_per_day) == (20, 10)
    assert limits.day_utc_offset_hours == 8


def test_the_environment_wins_over_the_file_and_the_file_over_the_defaults(tmp_path: Path) -> None:
    config = tmp_path / "yizhan.toml"
    config.write_text("[server]\nport = 1\nhost = '::1'\n[wire]\nregions = ['ap-tokyo']\n")

    settings = serve({"YIZHAN_SERVER_PORT": "2"}, config)

    assert (settings.server.port, settings.server.host) == (2, "::1")
    assert settings.wire.regions == ("ap-tokyo",)


def test_texts_of_the_environment_become_what_the_setting_is() -> None:
    settings = serve(
        {
            "YIZHAN_RECEIVERS_ACCEPT_MASKED_SAMPLES": "true",
            "YIZHAN_SECURITY_KEY_CACHE_SECONDS": "0.5",
            "YIZHAN_WIRE_REGIONS": "ap-tokyo, ap-seoul",
        }
    )

    assert settings.receivers.accept_masked_samples is True
    assert settings.security.key_cache_seconds == 0.5
    assert settings.wire.regions == ("ap-tokyo", "ap-seoul")


def test_a_secret_may_come_from_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "master.key"
    secret.write_text("the key\n")

    settings = serve({"YIZHAN_SECURITY_MASTER_KEY_FILE": str(secret)})

    assert settings.security.master_key == "the key"
    assert masked(settings)["security"]["master_key"] == "(set)"
    assert masked(serve({}))["security"]["master_key"] == ""


def test_a_secret_file_that_cannot_be_read_is_a_fault(tmp_path: Path) -> None:
    (fault,) = faults({"YIZHAN_SECURITY_MASTER_KEY_FILE": str(tmp_path / "absent")})

    assert "YIZHAN_SECURITY_MASTER_KEY_FILE" in fault
    assert "cannot be read" in fault


def test_only_secrets_come_from_files(tmp_path: Path) -> None:
    assert faults({"YIZHAN_SERVER_PORT_FILE": str(tmp_path)}) == [
        "YIZHAN_SERVER_PORT_FILE: unknown setting"
    ]


def test_all_faults_are_reported_at_once(tmp_path: Path) -> None:
    config = tmp_path / "yizhan.toml"
    config.write_text("[server]\nprot = 1\n[limits]\ncreates_per_day = -1\n[nothing]\na = 1\n")

    found = faults({"YIZHAN_SERVER_PORT": "many", "YIZHAN_NO_SUCH": "1"}, config)

    assert [fault.partition(": ")[2].partition(":")[0] for fault in found] == [
        "unknown setting server.prot",
        "unknown setting nothing",
        "unknown setting",
        "Expected `int`, got `str`",
        "Expected `int` >= 0",
    ]


@pytest.mark.parametrize("content", ["[server", "\xff", "server = 1"])
def test_a_file_that_is_no_settings_file_is_a_fault(tmp_path: Path, content: str) -> None:
    config = tmp_path / "yizhan.toml"
    config.write_text(content, encoding="latin-1")

    assert all(str(config) in fault for fault in faults({}, config))


def test_a_file_that_is_not_there_is_a_fault(tmp_path: Path) -> None:
    (fault,) = faults({}, tmp_path / "absent.toml")

    assert "cannot be read" in fault


def test_a_certificate_wants_its_key() -> None:
    (fault,) = faults({"YIZHAN_SERVER_TLS_CERTIFICATE": "a.pem"})

    assert "set both or neither" in fault


def test_what_env_exports_is_no_setting() -> None:
    assert serve({"YIZHAN_ENDPOINT": "http://127.0.0.1:1", "YIZHAN_UIN": "1"}) == serve({})
