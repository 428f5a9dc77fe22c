# SPDX-License-Identifier: Apache-2.0
"""`yizhan outbox`, and what `yizhan receiver` can do about phone and mail."""

import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final, TypeVar, get_args

import click

from yizhan.cli.accounts import UIN, no_account
from yizhan.cli.common import (
    OpenStore,
    Text,
    audit_entry,
    emit,
    fail,
    require_account,
    store_options,
)
from yizhan.cli.receivers import receiver
from yizhan.clock import SystemClock
from yizhan.domain.model import Receiver
from yizhan.domain.receiver import mask_contact
from yizhan.domain.verification import CHANNELS, Channel, Language, LinkKey
from yizhan.outbox.addressing import Addressing
from yizhan.outbox.contacts import Contacts
from yizhan.outbox.messages import mail_parts, sms
from yizhan.settings import Settings
from yizhan.store.base import Refused, Store
from yizhan.store.messages import (
    Addressed,
    AlreadyVerified,
    MessageMissing,
    MessageState,
    Suppressed,
    TooMany,
    TooSoon,
)
from yizhan.store.refusals import ReceiverMissing

T = TypeVar("T")
ID: Final = click.IntRange(1, 2**53)
REFUSALS: Final[dict[type[Refused], str]] = {
    AlreadyVerified: "it is verified already",
    ReceiverMissing: "the account has no receiver of that name",
    Suppressed: "the owner of the address said `not me`: `yizhan receiver allow` lifts that",
    TooMany: "the day's messages to this contact or address are used up",
    TooSoon: "a message was sent a moment ago: wait a little",
}
channel_option = click.option(
    "--channel", type=click.Choice(CHANNELS), required=True, help="Which of the two."
)


@click.group()
def outbox() -> None:
    """Messages that ask receivers to confirm phone and mail."""


@outbox.command("list")
@click.option("--uin", type=UIN, help="Of one account alone.")
@click.option("--channel", type=click.Choice(CHANNELS))
@click.option("--state", type=click.Choice(get_args(MessageState)))
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True)
@store_options
def outbox_list(
    uin: int | None,
    channel: Channel | None,
    state: MessageState | None,
    limit: int,
    config: Path | None,
    data: Path | None,
    as_json: bool,
) -> None:
    """List messages, newest first."""
    found = OpenStore(config, data).run(
        lambda store: store.messages(uin=uin, channel=channel, state=state, limit=limit)
    )
    emit([_line(each) for each in found], as_json)


@outbox.command("show")
@click.argument("message_id", metavar="ID", type=ID)
@click.option("--text", "with_text", is_flag=True, help="With what it says; captured ones alone.")
@store_options
def outbox_show(
    message_id: int, with_text: bool, config: Path | None, data: Path | None, as_json: bool
) -> None:
    """Show one message. What it says holds link and code: to read it is audited."""
    opened = OpenStore(config, data)

    async def read(store: Store) -> dict[str, Any]:
        addressed = await store.message(message_id)
        if addressed is None:
            raise MessageMissing
        shown = _line(addressed) | {"said": addressed.message.said}
        if not with_text:
            return shown
        if addressed.message.state != "captured" or addressed.receiver is None:
            raise _NotReadable
        message = addressed.message
        await store.add_audit(audit_entry("message.reveal", message.uin, str(message.id)))
        outgoing = (await _addressing(store, opened.settings)).outgoing(addressed)
        text = sms(outgoing) if message.channel == "phone" else mail_parts(outgoing).text
        return shown | {"link": outgoing.link, "code": outgoing.code, "text": text}

    refusals: dict[type[Refused], str] = {
        MessageMissing: "there is no such message",
        _NotReadable: "what went out, or is on its way, is its reader's alone",
    }
    emit(opened.run(read, refusals), as_json)


class _NotReadable(Refused):
    """The message is not one that stayed here."""


@outbox.command("retry")
@click.argument("message_id", metavar="ID", type=ID)
@store_options
def outbox_retry(message_id: int, config: Path | None, data: Path | None, as_json: bool) -> None:
    """Try a message again now that waits, failed or was held."""
    _queue_again("retry", message_id, config, data, as_json)


@outbox.command("release")
@click.argument("message_id", metavar="ID", type=ID)
@store_options
def outbox_release(message_id: int, config: Path | None, data: Path | None, as_json: bool) -> None:
    """Send a captured message out through the SMTP server or gateway of the settings."""
    _queue_again("release", message_id, config, data, as_json)


def _queue_again(
    name: str, message_id: int, config: Path | None, data: Path | None, as_json: bool
) -> None:
    async def write(store: Store) -> None:
        found = await store.message(message_id)
        entry = audit_entry(
            f"message.{name}", found.message.uin if found else None, str(message_id)
        )
        do = store.release_message if name == "release" else store.retry_message
        await do(message_id, now=int(time.time()), audit=entry)

    refusals: dict[type[Refused], str] = {
        MessageMissing: f"message {message_id} is not there, or not in a state for that"
    }
    OpenStore(config, data).run(write, refusals)
    emit({"id": message_id, "state": "queued"}, as_json)


# ---- yizhan receiver -----------------------------------------------------------------------------


@receiver.command("contacts")
@click.argument("uin", type=UIN)
@click.argument("name", type=Text())
@store_options
def receiver_contacts(
    uin: int, name: str, config: Path | None, data: Path | None, as_json: bool
) -> None:
    """How it stands with phone and mail of the receiver NAME of the account UIN."""

    async def read(contacts: Contacts, found: Receiver) -> list[dict[str, Any]]:
        return [
            {
                "channel": state.channel,
                "address": mask_contact(found, state.channel),
                "verified_at": state.verified_at,
                "suppressed": state.suppressed,
                "message": state.last.state if state.last else None,
                "message_id": state.last.id if state.last else None,
                "at": (state.last.settled_at or state.last.created_at) if state.last else None,
                "said": state.last.said if state.last else "",
            }
            for state in await contacts.states(uin, found)
        ]

    emit(_with_receiver(uin, name, config, data, read), as_json)


@receiver.command("resend")
@click.argument("uin", type=UIN)
@click.argument("name", type=Text())
@channel_option
@click.option("--language", type=click.Choice(get_args(Language)), default="zh-CN")
@store_options
def receiver_resend(
    uin: int,
    name: str,
    channel: Channel,
    language: Language,
    config: Path | None,
    data: Path | None,
    as_json: bool,
) -> None:
    """Send another message, within the caps that hold for everybody."""

    async def write(contacts: Contacts, found: Receiver) -> int:
        entry = audit_entry("contact.resend", uin, name, uid=str(found.uid), channel=channel)
        return await contacts.resend(uin, found, channel, language, entry)

    emit({"id": _with_receiver(uin, name, config, data, write), "state": "queued"}, as_json)


@receiver.command("verify")
@click.argument("uin", type=UIN)
@click.argument("name", type=Text())
@channel_option
@click.option("--code", help="The code that the receiver tells; without it, take it as verified.")
@store_options
def receiver_verify(
    uin: int,
    name: str,
    channel: Channel,
    code: str | None,
    config: Path | None,
    data: Path | None,
    as_json: bool,
) -> None:
    """Mark a contact as verified, by the receiver's code or on your own word; audited."""

    async def write(contacts: Contacts, found: Receiver) -> bool:
        details = {"uid": str(found.uid), "channel": channel}
        if code is None:
            entry = audit_entry("contact.verify", uin, name, **details)
            await contacts.set_verified(uin, found, channel, entry)
            return True
        right = await contacts.give_code(uin, found.uid, channel, code)
        await contacts.tell(audit_entry("contact.code", uin, name, **details, right=str(right)))
        return right

    if not _with_receiver(uin, name, config, data, write):
        fail("the code is not right, or no longer good")
    emit({"name": name, "channel": channel, "verified": True}, as_json)


@receiver.command("allow")
@click.argument("uin", type=UIN)
@click.argument("name", type=Text())
@channel_option
@store_options
def receiver_allow(
    uin: int, name: str, channel: Channel, config: Path | None, data: Path | None, as_json: bool
) -> None:
    """Let messages go again to an address whose owner said `not me`; audited."""

    async def write(contacts: Contacts, found: Receiver) -> bool:
        entry = audit_entry("contact.allow", uin, name, uid=str(found.uid), channel=channel)
        return await contacts.allow(found, channel, entry)

    lifted = _with_receiver(uin, name, config, data, write)
    emit({"name": name, "channel": channel, "was_suppressed": lifted}, as_json)


def _with_receiver(
    uin: int,
    name: str,
    config: Path | None,
    data: Path | None,
    work: Callable[[Contacts, Receiver], Awaitable[T]],
) -> T:
    opened = OpenStore(config, data)

    async def run(store: Store) -> T:
        await require_account(store, uin)
        found = await _named(store, uin, name)
        addressing = await _addressing(store, opened.settings)
        return await work(Contacts(store, addressing, opened.settings, SystemClock()), found)

    return opened.run(run, no_account(uin) | REFUSALS)


async def _named(store: Store, uin: int, name: str) -> Receiver:
    """Raises: ReceiverMissing."""
    offset = 0
    while page := (await store.find_receivers(uin, name, offset=offset, limit=200)).receivers:
        for each in page:
            if each.name == name:
                return each
        offset += len(page)
    raise ReceiverMissing


async def _addressing(store: Store, settings: Settings) -> Addressing:
    server = settings.server
    public_url = server.public_url or f"http://{server.host}:{server.port}"
    return Addressing(LinkKey(await store.link_key()), settings, public_url)


def _line(addressed: Addressed) -> dict[str, Any]:
    message, found = addressed.message, addressed.receiver
    return {
        "id": message.id,
        "at": message.created_at,
        "uin": message.uin,
        "receiver": found.name if found else None,
        "channel": message.channel,
        "to": mask_contact(found, message.channel) if found else None,
        "state": message.state,
        "attempts": message.attempts,
        "due_at": message.due_at if message.state == "queued" else None,
        "settled_at": message.settled_at,
    }
