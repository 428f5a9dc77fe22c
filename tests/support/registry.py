# SPDX-License-Identifier: Apache-2.0
"""The folder and settings of a `yizhan serve`, and its operator at the command line."""

import json
import os
import subprocess
import traceback
from contextlib import chdir
from pathlib import Path
from typing import Any

from click.testing import CliRunner
from cryptography.fernet import Fernet

from tests.support.connection import Key
from tests.support.live import LiveServer, clean_environment, run_yizhan
from yizhan.cli import main

NO_RATE_LIMIT = {"YIZHAN_LIMITS_REQUESTS_PER_SECOND": "0"}


def master_key() -> str:
    return Fernet.generate_key().decode()


class Registry:
    """One store with its master key; `environ` holds the settings and may be changed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.database = folder / "registry.db"
        self.environ = {
            "YIZHAN_STORE_PATH": str(self.database),
            "YIZHAN_SECURITY_MASTER_KEY": master_key(),
            "YIZHAN_SERVER_PORT": "0",
        }

    def run(self, *words: str | Path) -> subprocess.CompletedProcess[str]:
        """Run a command of the operator in this process: a tenth of the time of a new one."""
        arguments = [str(word) for word in words]
        wanted = clean_environment(self.environ)
        changes = {name: wanted.get(name) for name in {*os.environ, *wanted}}
        with chdir(self.folder):
            done = CliRunner().invoke(main, arguments, env=changes, prog_name="yizhan")
        errors = done.stderr
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            errors += "".join(traceback.format_exception(done.exception))
        return subprocess.CompletedProcess(arguments, done.exit_code, done.stdout, errors)

    def start(self, *words: str | Path) -> subprocess.CompletedProcess[str]:
        """Run `yizhan serve` in a process of its own, to its end."""
        return run_yizhan("serve", *words, environ=self.environ, cwd=self.folder)

    def text(self, *words: str | Path) -> str:
        """What a command that succeeds prints."""
        done = self.run(*words)
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout

    def json(self, *words: str | Path) -> Any:
        """What a command that succeeds prints with `--json`: one line."""
        printed = self.text(*words, "--json")
        assert printed.count("\n") == 1
        return json.loads(printed)

    def account(self, uin: int, *words: str) -> None:
        self.text("account", "create", "--name", f"account-{uin}", "--uin", str(uin), *words)

    def key(self, uin: int, *words: str) -> Key:
        made = self.json("key", "create", str(uin), *words)
        return Key(made["secret_id"], made["secret_key"], made.get("token", ""))

    def serve(self) -> LiveServer:
        return LiveServer(command="serve", environ=self.environ, cwd=self.folder)


def assert_one_line(done: subprocess.CompletedProcess[str], exit_code: int, said: str) -> None:
    """The command failed with that code, and said why in one line that holds `said`."""
    assert done.returncode == exit_code, done.stderr
    assert done.stdout == ""
    assert done.stderr.startswith("yizhan: ")
    assert done.stderr.count("\n") == 1
    assert said in done.stderr


def assert_wrong_usage(done: subprocess.CompletedProcess[str], said: str) -> None:
    """The command was not understood: usage, the way to help, and one line that says why."""
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    lines = done.stderr.splitlines()
    assert lines[0].startswith("Usage: yizhan")
    assert [line for line in lines if line.startswith("Error: ")] == [lines[-1]]
    assert said in lines[-1]
