# SPDX-License-Identifier: Apache-2.0
"""A `yizhan serve` that sends mail and text messages to real servers on loopback."""

import subprocess
from pathlib import Path

from tests.support.connection import Key
from tests.support.gateway import Gateway
from tests.support.live import run_yizhan
from tests.support.registry import NO_RATE_LIMIT, Registry
from tests.support.smtp import SmtpServer, free_port

UIN = 100000000001


class SendingRegistry(Registry):
    """Its `serve` listens on one port for good, as links lead there."""

    def __init__(self, folder: Path, smtp: SmtpServer, gateway: Gateway | None = None) -> None:
        super().__init__(folder)
        port = free_port()
        self.environ |= NO_RATE_LIMIT | smtp.environ()
        self.environ |= {
            "YIZHAN_SERVER_PORT": str(port),
            "YIZHAN_SERVER_PUBLIC_URL": f"http://127.0.0.1:{port}",
            "YIZHAN_LIMITS_CREATES_PER_DAY": "1000",
            "YIZHAN_RECEIVERS_PER_ACCOUNT": "1000",
        }
        if gateway is not None:
            self.environ |= {
                "YIZHAN_OUTBOX_SMS": "http",
                "YIZHAN_HTTP_SMS_URL": f"http://127.0.0.1:{gateway.port}/send",
                "YIZHAN_HTTP_SMS_ALLOW_PRIVATE": "true",
            }
        self.account(UIN, "--real-name")
        self.access_key: Key = self.key(UIN)

    def run(self, *words: str | Path) -> subprocess.CompletedProcess[str]:
        """In a process of its own: Playwright has an event loop running in this one."""
        return run_yizhan(*words, environ=self.environ, cwd=self.folder)
