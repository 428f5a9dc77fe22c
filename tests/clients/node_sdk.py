# SPDX-License-Identifier: Apache-2.0
"""The official Node.js SDK: installed once for each lock file, driven by node/driver.cjs."""

import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any, Final

import pytest

from tests.clients.keys import DEV_KEY, Key
from tests.support.live import LiveServer, clean_environment

PROJECT: Final = Path(__file__).parent / "node"
DRIVER: Final = PROJECT / "driver.cjs"
PACKAGE_FILES: Final = ("package.json", "package-lock.json", ".npmrc")
CACHE: Final = Path(__file__).parents[2] / ".cache" / "clients" / "node"
INSTALL_SECONDS: Final = 600


def install() -> Path:
    """The folder `node_modules` with the locked packages; skips the test where that cannot be.

    Where CI=true and Node.js is there, a failed installation fails the test instead.
    """
    for tool in ("node", "npm"):
        if shutil.which(tool) is None:
            pytest.skip(f"the Node.js SDK is not tested: `{tool}` is not on this machine")
    content = b"".join((PROJECT / name).read_bytes() for name in PACKAGE_FILES)
    installed = CACHE / hashlib.sha256(content).hexdigest()[:16]
    if not installed.is_dir():
        _install_into(installed)
    return installed / "node_modules"


def _install_into(installed: Path) -> None:
    """Install aside and move into place, so that of two runs at once either may win."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE, prefix="installing-") as folder:
        aside = Path(folder) / "project"
        aside.mkdir()
        for name in PACKAGE_FILES:
            shutil.copy(PROJECT / name, aside)
        fault = _npm_ci(aside)
        if fault:
            reason = f"the Node.js SDK could not be installed: {fault}"
            if os.environ.get("CI") == "true":
                pytest.fail(reason)
            pytest.skip(reason)
        try:
            aside.rename(installed)
        except OSError:
            # Another run was first; only its folder in our place explains the failure.
            if not installed.is_dir():
                raise


def _npm_ci(project: Path) -> str:
    """Install what the lock file says; answers what went wrong, or an empty text."""
    try:
        done = subprocess.run(
            ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
            cwd=project,
            capture_output=True,
            text=True,
            timeout=INSTALL_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        return str(error)
    return "" if done.returncode == 0 else f"npm ended with {done.returncode}: {done.stderr}"


class NodeSdk:
    """Runs calls through one client of the SDK; answers what came of each."""

    def __init__(self, server: LiveServer, modules: Path) -> None:
        self.server = server
        self.modules = modules

    def run(
        self,
        *calls: dict[str, Any],
        key: Key = DEV_KEY,
        sign_method: str = "TC3-HMAC-SHA256",
        http_method: str = "POST",
        language: str | None = None,
        version: str | None = None,
    ) -> list[dict[str, Any]]:
        """Each call is `{"action", "params"}` and more that driver.cjs tells of.

        Answers `{"response": ...}` or `{"error": {"code", "message", "requestId"}}` for
        each. With a version, the calls go through the SDK's generic client.
        """
        config = {
            "credential": {
                "secretId": key.secret_id,
                "secretKey": key.secret_key,
                "token": key.token,
            },
            "region": "ap-guangzhou",
            "profile": {
                "signMethod": sign_method,
                "language": language,
                "httpProfile": {
                    "endpoint": self.server.host,
                    "protocol": "http://",
                    "reqMethod": http_method,
                },
            },
        }
        job = {"config": config, "calls": calls} | ({"version": version} if version else {})
        done = subprocess.run(
            ["node", DRIVER],
            input=json.dumps(job),
            env=clean_environment({"NODE_PATH": str(self.modules)}),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        outcomes: list[dict[str, Any]] = json.loads(done.stdout)
        return outcomes
