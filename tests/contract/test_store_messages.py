# SPDX-License-Identifier: Apache-2.0
"""The definition of a store, of messages, links and codes. No test knows which backend it is on."""

import asyncio
from collections.abc import Sequence

import pytest

from yizhan.domain.model import Account, AuditEntry, Receiver, ReceiverDraft
from yizhan.domain.verification import Channel, MessagePlan, ResendRules, token_sha256
from yizhan.store.base import CreateLimits, Store
from yizhan.store.messages import (
    Addressed,
    AlreadyVerified,
    Issue,
    MessageMissing,
    Settlement,
    Suppressed,
    TooMany,
    TooSoon,
)
from yizhan.store.refusals import ReceiverMissing

NOW = 1_795_453_229
DAY = "2026-11-24"
HOUR = 3600
ROOMY = CreateLimits(per_day=1_000_000, per_account=1_000_000)
ADDRESS = "key of the address"
RULES = ResendRules(
    pause_seconds=60, per_day=5, per_address=10, day=DAY, day_begins=NOW - 10 * HOUR
)


def draft(name: str = "ops", **changes: str) -> ReceiverDraft:
    values = {"country_code": "86", "phone_number": "18123456789", "email": "demo@qq.com"}
    return ReceiverDraft(name=name, **(values | changes))


class Sender:
    """A worker's steps, one by one."""

    def __init__(self, store: Store, account: Account) -> None:
        self.store = store
        self.uin = account.uin

    async def create(self, name: str = "ops", now: int = NOW, phone_link: str = "") -> Receiver:
        plan = MessagePlan("zh-CN", phone_link and token_sha256(phone_link), now + 48 * HOUR)
        await self.store.create_receiver(
            self.uin, draft(name), day=DAY, limits=ROOMY, now=now, plan=plan
        )
        page = await self.store.list_receivers(self.uin, offset=0, limit=200)
        return next(each for each in page.receivers if each.name == name)

    async def claim(
        self,
        channel: Channel = "email",
        now: int = NOW,
        limit: int = 100,
        busy: Sequence[int] = (),
        latest: int = NOW + 10**6,
    ) -> list[Addressed]:
        claimed = await self.store.claim_messages(
            channel, now=now, lease_seconds=300, latest=latest, limit=limit, busy=busy
        )
        return list(claimed)

    async def issue(
        self,
        addressed: Addressed,
        now: int = NOW,
        address_key: str = ADDRESS,
        per_address: int = 10,
        hours: int = 48,
    ) -> bool:
        """Make the link ready; its token is `token ID`."""
        issue = Issue(
            addressed.message,
            token_sha256(f"token {addressed.message.id}"),
            address_key,
            now + hours * HOUR,
            now + 12 * HOUR,
        )
        (allowed,) = await self.store.issue_links(
            [issue], per_address=per_address, day=DAY, now=now
        )
        return allowed

    async def settle(self, addressed: Addressed, state: str = "sent", now: int = NOW) -> None:
        settlement = Settlement(addressed.message, state)  # type: ignore[arg-type] # as it is named
        await self.store.settle_messages([settlement], now=now)

    async def sent(self, channel: Channel = "email", now: int = NOW) -> str:
        """Send the one message that is due, and answer the hash of its token."""
        (addressed,) = await self.claim(channel, now)
        assert await self.issue(addressed, now)
        await self.settle(addressed, now=now)
        return token_sha256(f"token {addressed.message.id}")

    async def resend(
        self, receiver: Receiver, now: int, channel: Channel = "email", key: str = ADDRESS
    ) -> int:
        return await self.store.resend(
            self.uin, receiver.uid, channel, "en-US", key, rules=RULES, now=now
        )

    async def states(self) -> list[str]:
        found = await self.store.messages(uin=self.uin, channel="email", limit=100)
        return [each.message.state for each in found]

    async def receiver(self, uid: int) -> Receiver:
        found = await self.store.find_receiver(self.uin, uid)
        assert found is not None
        return found


@pytest.fixture
def sender(store: Store, account: Account) -> Sender:
    return Sender(store, account)


# ---- the outbox ----------------------------------------------------------------------------------


async def test_a_create_queues_a_message_to_each_address(store: Store, sender: Sender) -> None:
    receiver = await sender.create()

    found = await store.messages(limit=10)

    assert {(each.message.channel, each.message.state) for each in found} == {
        ("phone", "queued"),
        ("email", "queued"),
    }
    for each in found:
        assert each.receiver == receiver
        assert (each.message.language, each.message.reason) == ("zh-CN", "create")


async def test_creates_that_come_together_each_queue_theirs(store: Store, sender: Sender) -> None:
    await asyncio.gather(*(sender.create(f"name {number}") for number in range(40)))

    found = await store.messages(limit=200)

    assert len(found) == 80
    assert len({(each.message.receiver_uid, each.message.channel) for each in found}) == 80


async def test_creates_of_several_accounts_together_queue_each_for_its_own(
    store: Store, sender: Sender
) -> None:
    other = Account(uin=100000000888, app_id=1, name="other", real_name=True)
    await store.add_account(other)
    senders = (sender, Sender(store, other))
    await asyncio.gather(*(senders[number % 2].create(f"n {number}") for number in range(40)))

    found = await store.messages(limit=200)

    assert len(found) == 80
    for each in found:
        receiver = await store.find_receiver(each.message.uin, each.message.receiver_uid)
        assert receiver == each.receiver
        assert receiver is not None


async def test_a_refused_create_queues_nothing(store: Store, sender: Sender) -> None:
    await sender.create()
    done = await asyncio.gather(
        *(sender.create() for _ in range(5)), sender.create("other"), return_exceptions=True
    )

    assert len([each for each in done if isinstance(each, Exception)]) == 5
    assert len(await store.messages(limit=100)) == 4


async def test_only_one_of_two_workers_claims_a_message(sender: Sender) -> None:
    await sender.create("a")
    await sender.create("b")

    claims = await asyncio.gather(*(sender.claim(limit=1) for _ in range(6)))

    names = [each.receiver.name for claim in claims for each in claim if each.receiver]
    assert sorted(names) == ["a", "b"]


async def test_a_claim_that_ended_is_taken_by_the_next_and_lost_by_the_first(
    sender: Sender,
) -> None:
    await sender.create()
    (first,) = await sender.claim()
    assert await sender.claim(now=NOW + 299) == []

    (second,) = await sender.claim(now=NOW + 300)
    await sender.settle(first, "failed")
    assert await sender.issue(first) is False

    assert await sender.states() == ["queued"]
    assert second.message.attempts == first.message.attempts + 1
    assert await sender.issue(second, NOW + 300)
    await sender.settle(second, "sent")
    assert await sender.states() == ["sent"]


async def test_what_a_worker_has_at_hand_is_not_claimed_again_when_the_clock_jumps(
    sender: Sender,
) -> None:
    await sender.create()
    (first,) = await sender.claim()

    assert await sender.claim(now=NOW + 86400, busy=[first.message.id]) == []


async def test_what_a_clock_gone_wrong_put_far_ahead_is_due(sender: Sender) -> None:
    await sender.create(now=NOW + 86400)

    assert await sender.claim(latest=NOW + 90000) == []
    assert len(await sender.claim(latest=NOW + 80000)) == 1


async def test_a_message_to_be_tried_again_waits_until_then(store: Store, sender: Sender) -> None:
    await sender.create()
    (claimed,) = await sender.claim()
    again = Settlement(claimed.message, "queued", said="450 later", due_at=NOW + 1000)
    await store.settle_messages([again], now=NOW)

    assert await sender.claim(now=NOW + 999) == []
    (claimed,) = await sender.claim(now=NOW + 1000)
    assert (claimed.message.attempts, claimed.message.said) == (2, "450 later")


async def test_more_than_an_address_may_have_in_a_day_is_held(sender: Sender) -> None:
    for name in "abc":
        await sender.create(name)
    claimed = await sender.claim()

    assert [await sender.issue(each, per_address=2) for each in claimed] == [True, True, False]
    assert sorted(await sender.states()) == ["held", "queued", "queued"]


async def test_a_second_try_does_not_count_again_towards_the_cap(
    store: Store, sender: Sender
) -> None:
    await sender.create()
    for attempt in range(3):
        now = NOW + attempt * 300
        (claimed,) = await sender.claim(now=now)
        assert await sender.issue(claimed, now, per_address=1)


async def test_old_messages_and_links_are_forgotten(store: Store, sender: Sender) -> None:
    receiver = await sender.create()
    link = await sender.sent()
    later = NOW + 40 * 86400

    assert await store.forget_messages(before=NOW, day=DAY) == 0
    assert await store.forget_messages(before=later, day="2027-01-01") == 2
    assert (await store.find_link(link, now=NOW)).state == "unknown"
    assert [each.message.channel for each in await store.messages(limit=9)] == ["phone"]
    await sender.resend(receiver, NOW + 86400)  # its counter is gone


async def test_failed_messages_are_tried_again_and_captured_ones_released(
    store: Store, sender: Sender
) -> None:
    await sender.create()
    (claimed,) = await sender.claim()
    id_ = claimed.message.id
    with pytest.raises(MessageMissing):
        await store.release_message(id_, now=NOW)
    await sender.settle(claimed, "failed")

    await store.retry_message(id_, now=NOW)
    (claimed,) = await sender.claim()
    await sender.settle(claimed, "captured")
    with pytest.raises(MessageMissing):
        await store.retry_message(id_, now=NOW)
    await store.release_message(id_, now=NOW)

    (claimed,) = await sender.claim()
    assert claimed.message.released
    with pytest.raises(MessageMissing):
        await store.retry_message(999, now=NOW)


async def test_messages_are_counted_and_chosen(store: Store, sender: Sender) -> None:
    await sender.create("a")
    await sender.create("b", NOW + 1)
    (first, second) = await sender.claim(now=NOW + 1)
    await sender.settle(first, "failed")

    assert await store.messages_waiting() == 3
    (found,) = await store.messages(state="failed", limit=9)
    assert found.message.id == first.message.id
    older = await store.messages(channel="email", before=second.message.id, limit=9)
    assert [each.message.id for each in older] == [first.message.id]
    assert await store.messages(uin=1, limit=9) == []
    assert await store.message(999) is None


# ---- links ---------------------------------------------------------------------------------------


async def test_a_link_confirms_once_and_says_so_afterwards(store: Store, sender: Sender) -> None:
    receiver = await sender.create()
    link = await sender.sent()

    looked = await store.find_link(link, now=NOW + 1)
    assert (looked.state, looked.account, looked.receiver) == ("open", "team", receiver)
    assert (await sender.receiver(receiver.uid)).email_verified_at is None

    assert (await store.confirm_link(link, now=NOW + 2)).state == "open"
    assert (await store.confirm_link(link, now=NOW + 3)).state == "confirmed"
    confirmed = await sender.receiver(receiver.uid)
    assert (confirmed.email_verified_at, confirmed.phone_verified_at) == (NOW + 2, None)
    again = await store.find_link(link, now=NOW + 3)
    assert (again.state, again.account, again.receiver) == ("confirmed", "", None)


async def test_many_confirmations_at_once_are_one(store: Store, sender: Sender) -> None:
    await sender.create()
    link = await sender.sent()

    found = await asyncio.gather(*(store.confirm_link(link, now=NOW) for _ in range(20)))

    assert sorted(each.state for each in found) == ["confirmed"] * 19 + ["open"]


async def test_a_link_lives_from_when_it_was_sent(store: Store, sender: Sender) -> None:
    await sender.create()
    (claimed,) = await sender.claim()
    await sender.issue(claimed)
    await sender.settle(claimed, now=NOW + HOUR)
    link = token_sha256(f"token {claimed.message.id}")

    assert (await store.find_link(link, now=NOW + 49 * HOUR - 1)).state == "open"
    assert (await store.find_link(link, now=NOW + 49 * HOUR)).state == "expired"
    assert (await store.confirm_link(link, now=NOW + 49 * HOUR)).state == "expired"


async def test_a_newer_link_ends_the_older(store: Store, sender: Sender) -> None:
    receiver = await sender.create()
    old = await sender.sent()
    await sender.resend(receiver, NOW + 60)
    new = await sender.sent(now=NOW + 60)

    assert (await store.confirm_link(old, now=NOW + 61)).state == "replaced"
    assert (await sender.receiver(receiver.uid)).email_verified_at is None
    assert (await store.confirm_link(new, now=NOW + 61)).state == "open"
    assert (await store.find_link(old, now=NOW + 62)).state == "replaced"


async def test_an_older_message_never_ends_a_newer_link(sender: Sender) -> None:
    receiver = await sender.create()
    (old,) = await sender.claim()
    await sender.resend(receiver, NOW + 60)
    new = await sender.sent(now=NOW + 60)

    assert await sender.issue(old, NOW + 61) is False
    assert (await sender.store.find_link(new, now=NOW + 62)).state == "open"
    assert await sender.states() == ["sent", "replaced"]


async def test_links_of_a_deleted_receiver_say_so_and_its_messages_stay_here(
    store: Store, sender: Sender
) -> None:
    await sender.create()
    link = await sender.sent()
    await store.delete_receiver(sender.uin, "ops", now=NOW)

    found = await store.confirm_link(link, now=NOW)
    assert (found.state, found.account, found.receiver) == ("deleted", "", None)
    assert await sender.claim("phone") == []


async def test_links_to_an_address_that_changed_say_so(store: Store, sender: Sender) -> None:
    old = await store.set_primary_contact(sender.uin, draft("owner"), now=NOW)
    await store.set_verified(sender.uin, old.uid, ["phone"], now=NOW)
    await sender.resend(old, NOW)
    link = await sender.sent()

    changed = await store.set_primary_contact(
        sender.uin, draft("owner", email="new@qq.com"), now=NOW + 1
    )

    assert (await store.confirm_link(link, now=NOW + 1)).state == "changed"
    assert (changed.uid, changed.phone_verified_at) == (old.uid, NOW)
    assert changed.email_verified_at is None


async def test_a_changed_address_is_not_confirmed_any_more(store: Store, sender: Sender) -> None:
    old = await store.set_primary_contact(sender.uin, draft("owner"), now=NOW)
    await store.set_verified(sender.uin, old.uid, ["phone", "email"], now=NOW)

    new = await store.set_primary_contact(
        sender.uin, draft("owner", phone_number="18123456780"), now=NOW
    )

    assert (new.phone_verified_at, new.email_verified_at) == (None, NOW)


async def test_not_me_ends_links_and_suppresses_the_address_for_all(
    store: Store, sender: Sender
) -> None:
    receiver = await sender.create()
    link = await sender.sent()

    assert (await store.refuse_link(link, ADDRESS, now=NOW)).state == "open"

    assert (await store.confirm_link(link, now=NOW)).state == "refused"
    with pytest.raises(Suppressed):
        await sender.resend(receiver, NOW + 60)
    await sender.create("other")
    (claimed,) = await sender.claim()
    assert await sender.issue(claimed) is False
    assert await sender.states() == ["suppressed", "sent"]
    phone, email = await store.contact_states(sender.uin, receiver.uid, ["another", ADDRESS])
    assert (phone.suppressed, email.suppressed) == (False, True)

    assert await store.lift_suppression(ADDRESS) is True
    assert await store.lift_suppression(ADDRESS) is False
    await sender.resend(receiver, NOW + 60)


async def test_a_link_of_an_answer_neither_confirms_nor_refuses(
    store: Store, sender: Sender
) -> None:
    receiver = await sender.create(phone_link="of the answer")
    link = token_sha256("of the answer")

    found = await store.confirm_link(link, now=NOW)
    await store.refuse_link(link, ADDRESS, now=NOW)

    assert (found.state, found.channel, found.message_id) == ("open", "phone", None)
    assert (await sender.receiver(receiver.uid)).phone_verified_at is None
    assert (await store.find_link(link, now=NOW)).state == "open"
    message = await sender.sent("phone")
    assert (await store.find_link(link, now=NOW)).state == "open"
    await store.confirm_link(message, now=NOW)
    assert (await store.find_link(link, now=NOW)).state == "confirmed"


async def test_what_is_not_a_link_is_unknown(store: Store) -> None:
    for verb in (store.find_link, store.confirm_link):
        assert (await verb(token_sha256("never given out"), now=NOW)).state == "unknown"


# ---- codes ---------------------------------------------------------------------------------------


async def test_a_right_code_confirms(store: Store, sender: Sender) -> None:
    receiver = await sender.create()
    link = await sender.sent()

    due = await store.find_code(sender.uin, receiver.uid, "email", now=NOW)
    assert due is not None
    assert due.token_sha256 == link
    assert await store.try_code(link, True, now=NOW)
    assert (await sender.receiver(receiver.uid)).email_verified_at == NOW
    assert await store.find_code(sender.uin, receiver.uid, "email", now=NOW) is None


async def test_after_five_wrong_codes_the_right_one_is_refused_and_the_link_is_not(
    store: Store, sender: Sender
) -> None:
    receiver = await sender.create()
    link = await sender.sent()

    tries = [store.try_code(link, False, now=NOW) for _ in range(1000)]
    assert not any(await asyncio.gather(*tries))

    assert await store.try_code(link, True, now=NOW) is False
    assert await store.find_code(sender.uin, receiver.uid, "email", now=NOW) is None
    assert (await store.confirm_link(link, now=NOW)).state == "open"


async def test_a_code_lives_shorter_than_its_link(store: Store, sender: Sender) -> None:
    receiver = await sender.create()
    link = await sender.sent()
    late = NOW + 12 * HOUR

    assert await store.find_code(sender.uin, receiver.uid, "email", now=late - 1)
    assert await store.find_code(sender.uin, receiver.uid, "email", now=late) is None
    assert await store.try_code(link, True, now=late) is False


# ---- asking again --------------------------------------------------------------------------------


async def test_a_pause_lies_between_two_messages(sender: Sender) -> None:
    receiver = await sender.create()

    with pytest.raises(TooSoon) as refused:
        await sender.resend(receiver, NOW + 59)
    assert refused.value.until == NOW + 60
    assert await sender.resend(receiver, NOW + 60)
    with pytest.raises(TooSoon):
        await sender.resend(receiver, NOW + 119)


async def test_the_pause_holds_for_the_same_address_elsewhere(sender: Sender) -> None:
    one, other = await sender.create("one"), await sender.create("other")
    await sender.resend(one, NOW + 60)

    with pytest.raises(TooSoon):
        await sender.resend(other, NOW + 119)
    await sender.resend(other, NOW + 119, key="another address")


async def test_pause_and_cap_of_an_address_hold_over_all_accounts(
    store: Store, sender: Sender
) -> None:
    other = Account(uin=100000000888, app_id=1, name="other", real_name=True)
    await store.add_account(other)
    theirs = Sender(store, other)
    ours, also = await sender.create(), await theirs.create()
    await sender.resend(ours, NOW + 60)

    with pytest.raises(TooSoon):
        await theirs.resend(also, NOW + 119)
    for number in range(2, 11):
        # Five for each of the two contacts, as neither may have more.
        is_theirs = number % 2 == 1 or number == 10
        asking, receiver = (theirs, also) if is_theirs else (sender, ours)
        await asking.resend(receiver, NOW + 60 * number)
    with pytest.raises(TooMany):
        await theirs.resend(also, NOW + 3600)


async def test_a_day_has_only_so_many(sender: Sender) -> None:
    receiver = await sender.create()
    for number in range(5):
        await sender.resend(receiver, NOW + 60 * (number + 1), key=f"address {number}")

    with pytest.raises(TooMany):
        await sender.resend(receiver, NOW + 3600, key="another")
    await sender.resend(receiver, NOW + 3600, "phone", key="phone")


async def test_an_address_has_only_so_many_a_day_over_all_receivers(sender: Sender) -> None:
    receivers = [await sender.create(f"name {number}") for number in range(11)]
    for number, receiver in enumerate(receivers[:10]):
        await sender.resend(receiver, NOW + 60 * (number + 1))

    with pytest.raises(TooMany):
        await sender.resend(receivers[10], NOW + 3600)


async def test_a_message_that_waits_is_replaced_by_the_one_asked_for(sender: Sender) -> None:
    receiver = await sender.create()
    id_ = await sender.resend(receiver, NOW + 60)

    (claimed,) = await sender.claim(now=NOW + 60)

    assert claimed.message.id == id_
    assert (claimed.message.reason, claimed.message.language) == ("resend", "en-US")
    assert await sender.states() == ["queued", "replaced"]


async def test_what_is_verified_or_not_there_cannot_be_asked(store: Store, sender: Sender) -> None:
    receiver = await sender.create()
    entry = AuditEntry(at=NOW, actor="operator:ann", operation="contact.verify", uin=sender.uin)
    await store.set_verified(sender.uin, receiver.uid, ["email"], now=NOW, audit=entry)

    with pytest.raises(AlreadyVerified):
        await sender.resend(receiver, NOW + 60)
    (told,) = await store.audit_entries(sender.uin, limit=9)
    assert told.operation == "contact.verify"
    assert await sender.claim() == []
    for missing in (
        store.set_verified(sender.uin, 1, ["email"], now=NOW),
        store.set_verified(1, receiver.uid, ["email"], now=NOW),
        store.contact_states(1, receiver.uid, ["a", "b"]),
    ):
        with pytest.raises(ReceiverMissing):
            await missing


async def test_how_it_stands_with_a_contact(store: Store, sender: Sender) -> None:
    receiver = await sender.create()
    await sender.sent()
    await store.set_verified(sender.uin, receiver.uid, ["phone"], now=NOW + 5)

    phone, email = await store.contact_states(sender.uin, receiver.uid, ["a", "b"])

    assert (phone.verified_at, email.verified_at) == (NOW + 5, None)
    assert phone.last is not None
    assert email.last is not None
    assert (phone.last.state, email.last.state) == ("dropped", "sent")


async def test_the_link_key_stays_the_same(store: Store) -> None:
    first, *others = [await store.link_key() for _ in range(3)]

    assert len(first) == 32
    assert others == [first, first]
    await store.reseal_keys()
    assert await store.link_key() == first
    await store.check_keys()
