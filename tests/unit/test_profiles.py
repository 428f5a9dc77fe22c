# SPDX-License-Identifier: Apache-2.0
"""What is in the process of which profile."""

import subprocess
import sys

PROGRAM = """
import asyncio, sys
from yizhan.app import build
from yizhan.cli import main
from yizhan.settings import load
from yizhan.store.sealing import new_master_key
import yizhan.server

environ = {"YIZHAN_STORE_PATH": sys.argv[1], "YIZHAN_SECURITY_MASTER_KEY": new_master_key()}

async def start():
    app = await build("serve", load(environ, profile="serve"))
    await app.close()

asyncio.run(start())
print([name for name in sys.modules if name.startswith("yizhan.lab")])
"""


def test_the_lab_is_not_in_the_process_of_serve(tmp_path: object) -> None:
    found = subprocess.run(
        [sys.executable, "-c", PROGRAM, f"{tmp_path}/yizhan.db"],
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )

    assert found.stdout == "[]\n"
