# SPDX-License-Identifier: Apache-2.0
"""A real SMTP server over a socket (aiosmtpd) that takes mail, or does what a test tells it to."""

import asyncio
import socket
import ssl
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any, Literal, Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.support.waiting import wait_until
from yizhan.settings import SmtpSettings

Step = Literal["MAIL", "RCPT", "DATA"]
HANG, DROP = "hang", "drop"
USER, PASSWORD = "sender", "the password"


def certificate(folder: Path, host: str = "localhost") -> tuple[Path, Path]:
    """A certificate that signs itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    cert_file, key_file = folder / "cert.pem", folder / "key.pem"
    cert_file.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return cert_file, key_file


def free_port() -> int:
    """aiosmtpd wants to know its port beforehand."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Handler:
    """Keeps what arrives; `script` may answer otherwise."""

    def __init__(self) -> None:
        self.taken: list[bytes] = []
        self.seen = 0
        self.transports: set[asyncio.Transport] = set()
        self.logins: list[tuple[str, str]] = []
        self.script: Callable[[Step, int], str | None] = lambda _step, _number: None
        """Given the step and how often it was come to: a reply, HANG, DROP or None to take it."""
        self.on_data: Callable[[bytes], None] = lambda _content: None
        """Is given each mail, also one that is not taken."""
        self._steps: dict[str, int] = {}

    async def handle_EHLO(  # noqa: N802 - aiosmtpd's name
        self,
        server: SMTP,
        session: Session,
        envelope: Envelope,
        hostname: str,
        responses: list[str],
    ) -> list[str]:
        assert isinstance(server.transport, asyncio.Transport)
        self.transports.add(server.transport)
        session.host_name = hostname
        return responses

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        told = await self._told("MAIL", server)
        if told:
            return told
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        told = await self._told("RCPT", server)
        if told:
            return told
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        assert isinstance(envelope.original_content, bytes)
        self.seen += 1
        self.on_data(envelope.original_content)
        told = await self._told("DATA", server)
        if told:
            return told
        self.taken.append(envelope.original_content)
        return f"250 taken as {len(self.taken)}"

    async def _told(self, step: Step, server: SMTP) -> str | None:
        number = self._steps[step] = self._steps.get(step, 0) + 1
        told = self.script(step, number)
        if told == HANG:
            await asyncio.sleep(60)
        if told == DROP:
            assert isinstance(server.transport, asyncio.Transport)
            server.transport.abort()
            return "421 gone"
        return told

    def authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any
    ) -> AuthResult:
        assert isinstance(data, LoginPassword)
        given = data.login.decode(), data.password.decode()
        self.logins.append(given)
        return AuthResult(success=given == (USER, PASSWORD), handled=given == (USER, PASSWORD))


class SmtpServer:
    """`with SmtpServer(folder) as server:`; localhost, STARTTLS and log-in as real ones want."""

    def __init__(
        self,
        folder: Path,
        *,
        starttls: bool = True,
        auth: bool = True,
        port: int = 0,
        smtputf8: bool = True,
        host: str = "localhost",
    ) -> None:
        self.certificate, key = certificate(folder, host)
        self.handler = Handler()
        self._stopped = False
        self.port = port or free_port()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, key)
        options: dict[str, Any] = {"enable_SMTPUTF8": smtputf8}
        if starttls:
            options |= {"tls_context": context, "require_starttls": True}
        if auth:
            options |= {
                "authenticator": self.handler.authenticate,
                "auth_required": True,
                "auth_require_tls": starttls,
            }
        self._controller = Controller(
            self.handler, hostname="127.0.0.1", port=self.port, ready_timeout=10, **options
        )

    def settings(self, **changes: Any) -> SmtpSettings:
        values: dict[str, Any] = {
            "host": "localhost",
            "port": self.port,
            "security": "starttls",
            "ca_file": str(self.certificate),
            "user": USER,
            "password": PASSWORD,
            "sender": "Receivers <no-reply@example.com>",
            "timeout_seconds": 5,
        }
        return SmtpSettings(**(values | changes))

    def environ(self, **changes: Any) -> dict[str, str]:
        """The same as variables for a server."""
        settings = self.settings(**changes)
        fields = {
            f"YIZHAN_SMTP_{name.upper()}": str(getattr(settings, name))
            for name in settings.__struct_fields__
        }
        return fields | {"YIZHAN_OUTBOX_MAIL": "smtp"}

    def mails(self) -> list[EmailMessage]:
        """What was taken, parsed by the strict parser of the standard library."""
        found = [message_from_bytes(each, policy=policy.default) for each in self.handler.taken]
        return [each for each in found if isinstance(each, EmailMessage)]

    def wait_for(self, count: int, seconds: float = 20) -> list[EmailMessage]:
        wait_until(lambda: len(self.handler.taken) >= count, seconds, f"{count} mails")
        return self.mails()

    def stop(self) -> None:
        if not self._stopped:
            self._stopped = True
            loop = self._controller.loop
            for transport in self.handler.transports:
                loop.call_soon_threadsafe(transport.abort)
            self._controller.stop(no_assert=True)

    def __enter__(self) -> Self:
        self._controller.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
