# SPDX-License-Identifier: Apache-2.0
"""What messages say, from templates/: a mail as text and HTML, a text message as a line.

Nothing in them was chosen by a caller of the API, so that nobody can send words of their own to
strangers: of the account it is the name that the operator gave.
"""

import hashlib
from datetime import UTC, datetime
from email.header import Header
from email.message import Message
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.policy import SMTPUTF8, Compat32
from email.utils import format_datetime, formataddr, parseaddr
from functools import cache
from typing import Final

import jinja2
import msgspec

from yizhan.domain.verification import Language
from yizhan.outbox.transports import Outgoing

WIRE: Final = Compat32(linesep="\r\n")


class MailParts(msgspec.Struct, frozen=True):
    subject: str
    text: str
    html: str


def mail(message: Outgoing, sender: str) -> Message:
    """The whole mail, ready for the wire; the same bytes at each call, so that a repeat shows."""
    parts = mail_parts(message)
    # The newer policies of `email` parse each header anew, at three times the cost; they are needed
    # where a mailbox is written in UTF-8.
    international = not message.address.isascii()
    policy = SMTPUTF8 if international else WIRE
    email = MIMEMultipart(
        "alternative",
        f"=_{hashlib.sha256(message.message_id.encode()).hexdigest()[:32]}",
        [
            MIMEText(parts.text, "plain", "utf-8", policy=policy),
            MIMEText(parts.html, "html", "utf-8", policy=policy),
        ],
        policy=policy,
    )
    subject = parts.subject
    email["From"] = formataddr(parseaddr(sender))
    email["To"] = message.address
    email["Subject"] = subject if international else Header(subject, "utf-8").encode()
    email["Date"] = format_datetime(datetime.fromtimestamp(message.created_at, UTC))
    email["Message-ID"] = message.message_id
    email["Content-Language"] = message.language
    email["Auto-Submitted"] = "auto-generated"
    email["X-Auto-Response-Suppress"] = "All"
    return email


def mail_parts(message: Outgoing) -> MailParts:
    """Subject and bodies of a mail."""
    subject, _, text = _rendered(message, "mail.txt.j2").partition("\n")
    return MailParts(subject, text.lstrip("\n"), _rendered(message, "mail.html.j2"))


def sms(message: Outgoing) -> str:
    """A text message, in one line."""
    return _rendered(message, "sms.txt.j2").strip()


def _rendered(message: Outgoing, name: str) -> str:
    values = msgspec.structs.asdict(message)
    values["account"] = " ".join(message.account.split())
    return _environment(message.language).get_template(name).render(values)


@cache
def _environment(language: Language) -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.PackageLoader("yizhan.outbox", f"templates/{language}"),
        autoescape=jinja2.select_autoescape(["html.j2"], default=False),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
