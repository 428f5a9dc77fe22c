# SPDX-License-Identifier: Apache-2.0
"""The definition of a store. No test knows which backend it runs on."""

import asyncio
from collections import Counter
from dataclasses import dataclass

import pytest

from yizhan.domain.model import AccessKey, Account, Caller, ReceiverDraft, SubUser, token_hash
from yizhan.store.base import (
    AccountExists,
    AccountFull,
    AccountMissing,
    CreateLimits,
    DailyQuotaSpent,
    KeyExists,
    KeyMissing,
    NameTaken,
    ReceiverIsPrimary,
    ReceiverMissing,
    Refused,
    SeedAccount,
    SeedUser,
    Store,
    TooManyKeys,
    UserMissing,
)

NOW = 1_795_453_229
DAY = "2026-11-24"
ROOMY = CreateLimits(per_day=1_000_000, per_account=1_000_000)
OTHER = Account(uin=100000000888, app_id=1, name="other", real_name=False)


def draft(name: str = "tf-example") -> ReceiverDraft:
    return ReceiverDraft(
        name=name, country_code="86", phone_number="18123456789", email="demo@qq.com", remark="r"
    )


@dataclass
class Creator:
    store: Store
    uin: int

    async def __call__(self, name: str, *, day: str = DAY, limits: CreateLimits = ROOMY) -> None:
        await self.store.create_receiver(self.uin, draft(name), day=day, limits=limits, now=NOW)

    async def uid(self, name: str) -> int:
        page = await self.store.list_receivers(self.uin, offset=0, limit=200)
        (found,) = [receiver.uid for receiver in page.receivers if receiver.name == name]
        return found

    async def names(self, offset: int = 0, limit: int = 200) -> list[str]:
        page = await self.store.list_receivers(self.uin, offset=offset, limit=limit)
        return [receiver.name for receiver in page.receivers]


@pytest.fixture
def create(store: Store, account: Account) -> Creator:
    return Creator(store, account.uin)


def key(secret_id: str, owner: int, user: int | None = None, token: str = "") -> AccessKey:
    return AccessKey(
        secret_id=secret_id,
        secret_key=f"secret of {secret_id}",
        owner_uin=owner,
        user_uin=user or owner,
        token_sha256=token_hash(token) if token else "",
        expires_at=NOW + 60 if token else None,
        created_at=NOW,
    )


# ---- receivers -----------------------------------------------------------------------------------


async def test_a_created_receiver_is_listed_at_once(
    store: Store, account: Account, create: Creator
) -> None:
    await create("用户")

    page = await store.list_receivers(account.uin, offset=0, limit=20)

    (receiver,) = page.receivers
    assert page.total == 1
    assert (receiver.name, receiver.remark) == ("用户", "r")
    assert (receiver.country_code, receiver.phone_number) == ("86", "18123456789")
    assert (receiver.email, receiver.created_at) == ("demo@qq.com", NOW)
    assert (receiver.phone_verified, receiver.email_verified, receiver.primary) == (False,) * 3


async def test_pages_are_in_the_order_of_creation(
    store: Store, account: Account, create: Creator
) -> None:
    names = [f"receiver {number}" for number in (3, 1, 2, 5, 4)]
    for name in names:
        await create(name)

    uids = [await create.uid(name) for name in names]
    assert uids == sorted(uids)
    assert await create.names(0, 2) + await create.names(2, 2) + await create.names(4, 2) == names
    assert await create.names(5, 2) == []
    assert await create.names(0, 0) == []
    assert (await store.list_receivers(account.uin, offset=9, limit=0)).total == 5


async def test_an_offset_beyond_all_is_an_empty_page(create: Creator) -> None:
    await create("a")

    assert await create.names(offset=2**64 - 1) == []


async def test_an_account_that_is_not_there_has_an_empty_page(store: Store) -> None:
    page = await store.list_receivers(1, offset=0, limit=20)

    assert (page.total, page.receivers) == (0, [])


async def test_accounts_do_not_see_each_other(store: Store, create: Creator) -> None:
    await store.add_account(OTHER)
    other = Creator(store, OTHER.uin)
    await create("shared name")

    await other("shared name")
    await store.delete_receiver(OTHER.uin, "shared name", now=NOW)

    assert await create.names() == ["shared name"]
    assert await other.names() == []


async def test_names_are_unique_and_case_matters(create: Creator) -> None:
    await create("Jack")
    await create("jack")

    with pytest.raises(NameTaken):
        await create("Jack")

    assert await create.names() == ["Jack", "jack"]


async def test_a_sub_user_and_a_receiver_cannot_have_one_name(
    store: Store, account: Account, create: Creator
) -> None:
    await store.add_sub_user(SubUser(uin=7, owner_uin=account.uin, name="jack"))
    await create("jill")

    with pytest.raises(NameTaken):
        await create("jack")
    with pytest.raises(NameTaken):
        await store.add_sub_user(SubUser(uin=8, owner_uin=account.uin, name="jill"))


async def test_a_sub_user_s_name_is_taken_for_one_of_two_creates_at_once(
    store: Store, account: Account, create: Creator
) -> None:
    await store.add_sub_user(SubUser(uin=7, owner_uin=account.uin, name="jack"))

    outcomes = await asyncio.gather(create("jill"), create("jack"), return_exceptions=True)

    assert [type(outcome) for outcome in outcomes] == [type(None), NameTaken]
    assert await create.names() == ["jill"]


async def test_a_deleted_name_is_free_and_its_uid_is_not(
    store: Store, account: Account, create: Creator
) -> None:
    await create("jack")
    first = await create.uid("jack")
    await store.delete_receiver(account.uin, "jack", now=NOW)

    await create("jack")

    assert await create.uid("jack") > first
    assert (await store.list_receivers(account.uin, offset=0, limit=1)).total == 1


async def test_only_an_exact_name_is_deleted(
    store: Store, account: Account, create: Creator
) -> None:
    await create("jack")

    for name in ("Jack", "jack ", "", "jac%"):
        with pytest.raises(ReceiverMissing):
            await store.delete_receiver(account.uin, name, now=NOW)

    assert await create.names() == ["jack"]


async def test_an_account_has_room_for_so_many(
    store: Store, account: Account, create: Creator
) -> None:
    limits = CreateLimits(per_day=10, per_account=2)
    await create("a", limits=limits)
    await create("b", limits=limits)

    with pytest.raises(AccountFull):
        await create("c", limits=limits)
    await store.delete_receiver(account.uin, "a", now=NOW)
    await create("c", limits=limits)

    assert await create.names() == ["b", "c"]


async def test_a_closed_account_keeps_its_receivers_and_takes_no_change(
    store: Store, account: Account, create: Creator
) -> None:
    await create("jack")
    await store.change_account(account.uin, closed=True)

    with pytest.raises(AccountMissing):
        await create("jill")
    with pytest.raises(AccountMissing):
        await store.delete_receiver(account.uin, "jack", now=NOW)

    assert await create.names() == ["jack"]
    assert await store.creates_spent(account.uin, DAY) == 1


# ---- the daily quota -----------------------------------------------------------------------------

TWO = CreateLimits(per_day=2, per_account=100)


async def test_the_day_has_so_many_creates(store: Store, account: Account, create: Creator) -> None:
    await create("a", limits=TWO)
    await create("b", limits=TWO)

    with pytest.raises(DailyQuotaSpent):
        await create("c", limits=TWO)

    assert await create.names() == ["a", "b"]
    assert await store.creates_spent(account.uin, DAY) == 2


async def test_every_day_and_every_account_has_its_own(store: Store, create: Creator) -> None:
    await store.add_account(OTHER)
    one = CreateLimits(per_day=1, per_account=100)
    await create("a", limits=one)

    await create("b", day="2026-11-25", limits=one)
    await Creator(store, OTHER.uin)("a", limits=one)

    assert await store.creates_spent(OTHER.uin, DAY) == 1


async def test_a_refused_name_spends_a_create_and_so_does_a_full_account(
    store: Store, account: Account, create: Creator
) -> None:
    await create("a")
    with pytest.raises(NameTaken):
        await create("a")
    with pytest.raises(AccountFull):
        await create("b", limits=CreateLimits(per_day=10, per_account=1))

    assert await store.creates_spent(account.uin, DAY) == 3


async def test_of_several_refusals_quota_comes_first_then_room_then_name(create: Creator) -> None:
    await create("a")

    with pytest.raises(AccountFull):
        await create("a", limits=CreateLimits(per_day=10, per_account=1))
    with pytest.raises(DailyQuotaSpent):
        await create("a", limits=CreateLimits(per_day=0, per_account=1))


async def test_a_create_can_be_spent_alone_but_not_beyond_the_limit(
    store: Store, account: Account
) -> None:
    for _ in range(3):
        await store.spend_create(account.uin, day=DAY, per_day=2)
    await store.spend_create(account.uin, day="2026-11-25", per_day=0)

    assert await store.creates_spent(account.uin, DAY) == 2
    assert await store.creates_spent(account.uin, "2026-11-25") == 0


async def test_a_day_can_be_given_back(store: Store, account: Account, create: Creator) -> None:
    await create("a", limits=TWO)

    await store.reset_creates(account.uin, DAY)

    assert await store.creates_spent(account.uin, DAY) == 0


@pytest.mark.parametrize("callers", [2, 64])
async def test_at_nine_of_ten_only_one_of_many_gets_through(
    store: Store, account: Account, create: Creator, callers: int
) -> None:
    ten = CreateLimits(per_day=10, per_account=1000)
    for number in range(9):
        await create(f"before {number}", limits=ten)

    outcomes = await asyncio.gather(
        *(create(f"at once {number}", limits=ten) for number in range(callers)),
        return_exceptions=True,
    )

    kinds = Counter(type(outcome) for outcome in outcomes)
    assert kinds == {type(None): 1, DailyQuotaSpent: callers - 1}
    assert await store.creates_spent(account.uin, DAY) == 10
    assert len(await create.names()) == 10


@pytest.mark.parametrize("callers", [2, 64])
async def test_with_room_for_one_only_one_of_many_is_created(
    store: Store, account: Account, create: Creator, callers: int
) -> None:
    ten = CreateLimits(per_day=1000, per_account=10)
    for number in range(9):
        await create(f"before {number}", limits=ten)

    outcomes = await asyncio.gather(
        *(create(f"at once {number}", limits=ten) for number in range(callers)),
        return_exceptions=True,
    )

    kinds = Counter(type(outcome) for outcome in outcomes)
    assert kinds == {type(None): 1, AccountFull: callers - 1}
    assert (await store.list_receivers(account.uin, offset=0, limit=0)).total == 10
    assert await store.creates_spent(account.uin, DAY) == 9 + callers


async def test_of_many_with_one_name_only_one_is_created(create: Creator) -> None:
    outcomes = await asyncio.gather(*(create("jack") for _ in range(32)), return_exceptions=True)

    assert Counter(type(outcome) for outcome in outcomes) == {type(None): 1, NameTaken: 31}
    assert await create.names() == ["jack"]


async def test_creates_at_once_are_what_they_are_one_after_the_other(
    store: Store, account: Account, create: Creator
) -> None:
    await store.add_account(OTHER)
    await store.add_sub_user(SubUser(uin=7, owner_uin=account.uin, name="taken"))
    other = Creator(store, OTHER.uin)
    limits = CreateLimits(per_day=5, per_account=4)
    names = ["a", "b", "taken", "a", "c", "d", "e", "f"]

    outcomes = await asyncio.gather(
        *(creator(name, limits=limits) for name in names for creator in (create, other)),
        return_exceptions=True,
    )

    kinds = [type(outcome) for outcome in outcomes]
    fine, quota = type(None), DailyQuotaSpent
    assert kinds[0::2] == [fine, fine, NameTaken, NameTaken, fine, quota, quota, quota]
    assert kinds[1::2] == [fine, fine, fine, NameTaken, fine, quota, quota, quota]
    assert await create.names() == ["a", "b", "c"]
    assert await other.names() == ["a", "b", "taken", "c"]
    assert await store.creates_spent(account.uin, DAY) == 5
    assert (await store.list_receivers(OTHER.uin, offset=0, limit=0)).total == 4


async def test_many_creates_at_once_keep_every_value_and_the_order(
    store: Store, account: Account, create: Creator
) -> None:
    names = [f"名 {number} \"'\\ 👩‍👩‍👧" for number in range(50)]

    await asyncio.gather(*(create(name) for name in names))

    page = await store.list_receivers(account.uin, offset=0, limit=200)
    assert [receiver.name for receiver in page.receivers] == names
    assert {(r.phone_number, r.email, r.remark, r.created_at) for r in page.receivers} == {
        ("18123456789", "demo@qq.com", "r", NOW)
    }
    assert page.total == 50
    assert await store.creates_spent(account.uin, DAY) == 50


async def test_creates_at_once_at_midnight_count_for_their_own_day(
    store: Store, account: Account, create: Creator
) -> None:
    days = [DAY, "2026-11-25"] * 4

    await asyncio.gather(*(create(f"r{n}", day=day) for n, day in enumerate(days)))

    assert await store.creates_spent(account.uin, DAY) == 4
    assert await store.creates_spent(account.uin, "2026-11-25") == 4


async def test_creates_at_once_for_a_closed_account_leave_others_alone(
    store: Store, account: Account, create: Creator
) -> None:
    await store.add_account(OTHER)
    await store.change_account(OTHER.uin, closed=True)
    other = Creator(store, OTHER.uin)

    outcomes = await asyncio.gather(
        *(creator(f"r{n}") for n in range(5) for creator in (create, other)),
        return_exceptions=True,
    )

    assert [type(outcome) for outcome in outcomes] == [type(None), AccountMissing] * 5
    assert await store.creates_spent(OTHER.uin, DAY) == 0


async def test_the_total_is_that_of_the_rows_after_many_changes_at_once(
    store: Store, account: Account, create: Creator
) -> None:
    async def come_and_go(number: int) -> None:
        await create(f"stays {number}")
        await create(f"goes {number}")
        await store.delete_receiver(account.uin, f"goes {number}", now=NOW)

    await asyncio.gather(*(come_and_go(number) for number in range(40)))

    page = await store.list_receivers(account.uin, offset=0, limit=200)
    assert page.total == len(page.receivers) == 40


# ---- accounts, users, keys -----------------------------------------------------------------------


async def test_an_account_is_changed_where_asked(store: Store, account: Account) -> None:
    changed = await store.change_account(account.uin, real_name=False, may_create=False)

    assert (changed.name, changed.real_name, changed.may_create) == ("team", False, False)
    assert list(await store.accounts()) == [changed]
    with pytest.raises(AccountMissing):
        await store.change_account(1, name="x")


async def test_a_uin_belongs_to_one(store: Store, account: Account) -> None:
    await store.add_sub_user(SubUser(uin=7, owner_uin=account.uin, name="jack"))

    with pytest.raises(AccountExists):
        await store.add_account(account)
    with pytest.raises(AccountExists):
        await store.add_account(Account(uin=7, app_id=1, name="x", real_name=True))
    with pytest.raises(AccountExists):
        await store.add_sub_user(SubUser(uin=7, owner_uin=account.uin, name="jill"))
    with pytest.raises(AccountExists):
        await store.add_sub_user(SubUser(uin=account.uin, owner_uin=account.uin, name="jill"))
    with pytest.raises(AccountMissing):
        await store.add_sub_user(SubUser(uin=8, owner_uin=1, name="jill"))


async def test_a_key_is_found_with_its_owner(store: Store, account: Account) -> None:
    user = SubUser(uin=7, owner_uin=account.uin, name="jack", permissions=("cam:*",))
    await store.add_sub_user(user)
    root_key, user_key = key("AKIDroot", account.uin), key("AKIDuser", account.uin, 7, "token")
    await store.add_key(root_key)
    await store.add_key(user_key)

    of_root = await store.find_identity("AKIDroot")
    of_user = await store.find_identity("AKIDuser")

    assert of_root is not None
    assert of_user is not None
    assert (of_root.key, of_root.caller) == (root_key, Caller(account=account))
    assert (of_user.key, of_user.caller) == (user_key, Caller(account=account, sub_user=user))
    assert await store.find_identity("AKIDnobody") is None


async def test_a_user_has_two_long_term_keys_at_most(store: Store, account: Account) -> None:
    await store.add_key(key("AKID1", account.uin))
    await store.add_key(key("AKID2", account.uin))

    with pytest.raises(TooManyKeys):
        await store.add_key(key("AKID3", account.uin))
    await store.add_key(key("AKID4", account.uin, token="token"))
    await store.delete_key("AKID1")
    await store.add_key(key("AKID3", account.uin))

    ids = [found.secret_id for found in await store.keys(account.uin)]
    assert ids == ["AKID2", "AKID3", "AKID4"]


async def test_a_secret_id_belongs_to_one(store: Store, account: Account) -> None:
    await store.add_key(key("AKID1", account.uin))

    with pytest.raises(KeyExists):
        await store.add_key(key("AKID1", account.uin))
    with pytest.raises(UserMissing):
        await store.add_key(key("AKID2", account.uin, 12345))


async def test_a_uin_has_an_owner(store: Store, account: Account) -> None:
    await store.add_sub_user(SubUser(uin=7, owner_uin=account.uin, name="jack"))

    assert await store.owner_of(account.uin) == account.uin
    assert await store.owner_of(7) == account.uin
    assert await store.owner_of(8) is None


async def test_a_key_can_be_disabled_enabled_and_deleted(store: Store, account: Account) -> None:
    await store.add_key(key("AKID1", account.uin))

    await store.set_key_enabled("AKID1", False)
    disabled = await store.find_identity("AKID1")
    await store.set_key_enabled("AKID1", True)
    enabled = await store.find_identity("AKID1")
    await store.delete_key("AKID1")

    assert disabled is not None
    assert not disabled.key.enabled
    assert enabled is not None
    assert enabled.key.enabled
    assert await store.find_identity("AKID1") is None
    for refused in (store.set_key_enabled("AKID1", True), store.delete_key("AKID1")):
        with pytest.raises(KeyMissing):
            await refused


async def test_a_sub_user_goes_with_its_keys(store: Store, account: Account) -> None:
    await store.add_sub_user(SubUser(uin=7, owner_uin=account.uin, name="jack"))
    await store.add_key(key("AKIDuser", account.uin, 7))
    await store.set_permissions(7, ["cam:ListReceiver"])
    (listed,) = await store.sub_users(account.uin)

    await store.delete_sub_user(7)

    assert listed.permissions == ("cam:ListReceiver",)
    assert await store.find_identity("AKIDuser") is None
    assert await store.sub_users(account.uin) == []
    for refused in (store.delete_sub_user(7), store.set_permissions(7, [])):
        with pytest.raises(UserMissing):
            await refused


async def test_the_primary_contact_is_one_can_be_replaced_and_not_deleted(
    store: Store, account: Account, create: Creator
) -> None:
    await create("jack")
    first = await store.set_primary_contact(account.uin, draft("owner"), now=NOW)
    second = await store.set_primary_contact(account.uin, draft("new owner"), now=NOW)

    with pytest.raises(ReceiverIsPrimary):
        await store.delete_receiver(account.uin, "new owner", now=NOW)
    with pytest.raises(NameTaken):
        await store.set_primary_contact(account.uin, draft("jack"), now=NOW)
    with pytest.raises(AccountMissing):
        await store.set_primary_contact(1, draft("x"), now=NOW)

    page = await store.list_receivers(account.uin, offset=0, limit=9)
    assert [(r.name, r.primary) for r in page.receivers] == [("jack", False), ("new owner", True)]
    assert page.total == 2
    assert first.primary
    assert second.uid == first.uid


async def test_keys_can_be_sealed_again(store: Store, account: Account) -> None:
    await store.add_key(key("AKID1", account.uin))

    assert await store.reseal_keys() == 1

    found = await store.find_identity("AKID1")
    assert found is not None
    assert found.key.secret_key == "secret of AKID1"


# ---- seeds ---------------------------------------------------------------------------------------


def seed(name: str = "seeded", key_id: str = "AKIDseed") -> SeedAccount:
    user = SubUser(uin=9, owner_uin=OTHER.uin, name="sub")
    return SeedAccount(
        account=Account(uin=OTHER.uin, app_id=1, name=name, real_name=True),
        keys=(key(key_id, OTHER.uin),),
        users=(SeedUser(user, (key("AKIDsub", OTHER.uin, 9),)),),
        contact=draft("owner"),
    )


async def test_a_seed_is_there_whatever_was_before(store: Store) -> None:
    await store.seed([seed()], now=NOW)
    await store.seed([seed("again", "AKIDanother")], now=NOW)

    (account,) = await store.accounts()
    assert account.name == "again"
    assert await store.find_identity("AKIDseed") is None
    assert await store.find_identity("AKIDanother") is not None
    assert await store.find_identity("AKIDsub") is not None
    assert (await store.list_receivers(OTHER.uin, offset=0, limit=9)).total == 1


async def test_a_seed_that_clashes_leaves_nothing(store: Store, account: Account) -> None:
    await store.add_key(key("AKIDseed", account.uin))
    fine = SeedAccount(account=Account(uin=5, app_id=1, name="fine", real_name=True))

    with pytest.raises(KeyExists):
        await store.seed([fine, seed()], now=NOW)

    assert [found.uin for found in await store.accounts()] == [account.uin]


async def test_a_seed_takes_no_uin_from_others(store: Store, account: Account) -> None:
    await store.add_sub_user(SubUser(uin=9, owner_uin=account.uin, name="jack"))
    as_account = SeedAccount(account=Account(uin=9, app_id=1, name="x", real_name=True))
    as_itself = SeedAccount(
        account=OTHER, users=(SeedUser(SubUser(uin=OTHER.uin, owner_uin=OTHER.uin, name="x")),)
    )

    for clash in (seed(), as_account, as_itself):
        with pytest.raises(AccountExists):
            await store.seed([clash], now=NOW)

    assert [found.uin for found in await store.accounts()] == [account.uin]


async def test_clear_leaves_nothing_and_begins_again(
    store: Store, account: Account, create: Creator
) -> None:
    await create("a")
    first = await create.uid("a")
    await store.add_key(key("AKID1", account.uin))

    await store.clear()

    assert await store.accounts() == []
    assert await store.find_identity("AKID1") is None
    assert await store.creates_spent(account.uin, DAY) == 0
    await store.add_account(account)
    await create("a")
    assert await create.uid("a") == first


async def test_a_store_that_is_open_takes_writes(store: Store) -> None:
    await store.ping()


def test_refusals_are_told_apart() -> None:
    kinds = [NameTaken, AccountFull, DailyQuotaSpent, AccountMissing, ReceiverMissing]

    assert all(kind.__mro__[1] is Refused for kind in kinds)
