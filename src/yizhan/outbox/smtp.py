# SPDX-License-Identifier: Apache-2.0
"""Mail by SMTP: connections are kept, and a refusal is told from a server that is not there.

Source: RFC 5321, sections 4.2.1 (replies) and 4.5.4.1 (trying again); RFC 3207 (STARTTLS).
"""

import asyncio
import ssl
from email.utils import parseaddr
from typing import Final

import aiosmtplib
from aiosmtplib import SMTPException, SMTPResponseException

from yizhan.outbox.messages import mail
from yizhan.outbox.transports import Outgoing, SendFailed
from yizhan.settings import SmtpSettings

CLOSING: Final = 421
PERMANENT: Final = 500


class SmtpTransport:
    """Sends mails through one server, with as many connections as there are mails on their way."""

    def __init__(self, settings: SmtpSettings) -> None:
        """Raises: ValueError, if the sender is no address or the certificates cannot be read."""
        self._settings = settings
        self._from = parseaddr(settings.sender)[1]
        if "@" not in self._from:
            raise ValueError(f"smtp.sender: {settings.sender!r} has no mail address")
        self._tls = tls_context(settings)
        self._idle: list[aiosmtplib.SMTP] = []

    async def send(self, message: Outgoing) -> str:
        """As `Transport.send`; a mail is permanently refused only by the word on its recipient."""
        client = await self._addressed_by_us(message)
        return await self._finish(client, message)

    async def close(self) -> None:
        while self._idle:
            await leave(self._idle.pop())

    async def _addressed_by_us(self, message: Outgoing) -> aiosmtplib.SMTP:
        """A connection whose server has taken MAIL FROM."""
        while self._idle:
            client = self._idle.pop()
            try:
                await self._mail_from(client, message)
            except (SMTPException, OSError):
                abandon(client)  # kept too long; nothing was said of the mail yet
            else:
                return client
        client = await connect(self._settings, self._tls)
        try:
            await self._mail_from(client, message)
        except (SMTPException, OSError) as error:
            abandon(client)
            raise SendFailed(f"MAIL FROM: {_said(error)}", unreachable=True) from None
        return client

    async def _mail_from(self, client: aiosmtplib.SMTP, message: Outgoing) -> None:
        options = []
        if not message.address.isascii():
            if not client.supports_extension("smtputf8"):
                await self._keep(client)
                raise SendFailed("the server takes no international addresses", permanent=True)
            options.append("SMTPUTF8")
        try:
            await client.mail(self._from, options=options)
        except SMTPResponseException as refused:
            if refused.code == CLOSING:
                raise
            await self._keep(client)
            # Whatever it is, it is not the recipient's fault: the settings name the sender.
            raise SendFailed(f"MAIL FROM: {_said(refused)}") from None
        except BaseException:
            abandon(client)
            raise

    async def _finish(self, client: aiosmtplib.SMTP, message: Outgoing) -> str:
        """RCPT TO and DATA; the connection is kept if the server goes on with it."""
        international = not message.address.isascii()
        content = mail(message, self._settings.sender).as_bytes()
        step = "RCPT TO"
        try:
            await client.rcpt(message.address, encoding="utf-8" if international else "ascii")
            step = "DATA"
            reply = await client.data(content)
        except SMTPResponseException as refused:
            if refused.code == CLOSING:
                abandon(client)
            else:
                await self._keep(client)
            permanent = refused.code >= PERMANENT
            raise SendFailed(f"{step}: {_said(refused)}", permanent=permanent) from None
        except (SMTPException, OSError) as error:
            # After DATA nobody knows whether it was taken; the same Message-ID will tell.
            abandon(client)
            raise SendFailed(f"{step}: {_said(error)}") from None
        except BaseException:
            abandon(client)
            raise
        self._idle.append(client)
        return f"{reply.code} {reply.message}"

    async def _keep(self, client: aiosmtplib.SMTP) -> None:
        """After a refusal, make the connection ready for the next mail, or drop it."""
        try:
            await client.rset()
        except (SMTPException, OSError):
            abandon(client)
        else:
            self._idle.append(client)


async def leave(client: aiosmtplib.SMTP) -> None:
    """End a connection politely, without waiting for the other side's end of TLS."""
    transport = client.transport
    try:
        await client.quit()
    except (SMTPException, OSError):
        client.close()
    _abort(transport)
    await asyncio.sleep(0)


def abandon(client: aiosmtplib.SMTP) -> None:
    """Let go of a connection at once: there is nothing left to say to each other."""
    transport = client.transport
    client.close()
    _abort(transport)


def _abort(transport: asyncio.BaseTransport | None) -> None:
    # Not by its class: those of uvloop have no base in common with those of asyncio.
    if transport is not None and hasattr(transport, "abort"):
        transport.abort()


def tls_context(settings: SmtpSettings) -> ssl.SSLContext:
    """Raises: ValueError."""
    context = ssl.create_default_context()
    if settings.ca_file:
        try:
            context.load_verify_locations(settings.ca_file)
        except (OSError, ssl.SSLError) as error:
            raise ValueError(f"smtp.ca_file: {settings.ca_file}: {error}") from None
    return context


async def connect(settings: SmtpSettings, tls: ssl.SSLContext) -> aiosmtplib.SMTP:
    """A connection that is ready for mail: encrypted as set, and logged in.

    Raises:
        SendFailed: always with `unreachable`, as none of it depends on a mail.
    """
    client = aiosmtplib.SMTP(
        hostname=settings.host,
        port=settings.port,
        timeout=settings.timeout_seconds,
        use_tls=settings.security == "tls",
        # True, not None: where the server offers none, nothing is sent in the clear.
        start_tls=settings.security == "starttls",
        tls_context=tls,
    )
    where = f"{settings.host}:{settings.port}"
    try:
        await client.connect()
        if settings.user:
            await client.login(settings.user, settings.password)
    except (SMTPException, OSError, ValueError) as error:
        abandon(client)
        raise SendFailed(f"{where}: {_said(error)}", unreachable=True) from None
    except BaseException:
        abandon(client)
        raise
    return client


async def try_smtp(settings: SmtpSettings) -> str:
    """Connect, log in and leave; answers in one line what was reached.

    Raises:
        SendFailed, ValueError.
    """
    client = await connect(settings, tls_context(settings))
    try:
        await client.noop()
    except (SMTPException, OSError) as error:
        abandon(client)
        raise SendFailed(f"{settings.host}:{settings.port}: {_said(error)}") from None
    await leave(client)
    secured = {"starttls": "STARTTLS", "tls": "TLS", "none": "not encrypted"}[settings.security]
    who = f"logged in as {settings.user}" if settings.user else "without log-in"
    return f"{settings.host}:{settings.port}, {secured}, {who}"


def _said(error: BaseException) -> str:
    if isinstance(error, SMTPResponseException):
        return f"{error.code} {error.message}"
    return str(error) or type(error).__name__
