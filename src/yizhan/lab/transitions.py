# SPDX-License-Identifier: Apache-2.0
"""Lets contacts become verified by themselves, for programs that wait until they are."""

from collections import Counter
from typing import Any, Literal

import msgspec

from yizhan.clock import LabClock
from yizhan.domain.model import Caller, Receiver
from yizhan.domain.verification import CHANNELS, Channel, Language
from yizhan.spec.model import ActionSpec
from yizhan.store.base import Store
from yizhan.trail import Trail
from yizhan.wire.endpoint import ServedAction

PAGE = 200


class Rule(msgspec.Struct, frozen=True):
    """When contacts that nobody confirms become verified."""

    mode: Literal["manual", "at_once", "after_seconds", "after_lists"] = "manual"
    n: int = 0
    """Seconds since the create, or ListReceiver calls that still show the contact unverified."""
    channels: tuple[Channel, ...] = CHANNELS


class Transitions:
    """Applies the rule around the actions; the actions know nothing of it."""

    def __init__(self, store: Store, clock: LabClock) -> None:
        self._store = store
        self._clock = clock
        self._lists: Counter[int] = Counter()
        self._rule = Rule()

    @property
    def rule(self) -> Rule:
        return self._rule

    def set(self, rule: Rule) -> None:
        """Another rule; lists count from now."""
        self._rule = rule
        self._lists.clear()

    def around(self, actions: dict[str, ServedAction]) -> dict[str, ServedAction]:
        create, list_ = actions["CreateMessageReceiver"], actions["ListReceiver"]
        return actions | {
            create.name: _Create(create, self),
            list_.name: _List(list_, self),
        }

    async def created(self, uin: int, name: str) -> None:
        if self._rule.mode == "at_once":
            for receiver in await self._unverified(uin):
                if receiver.name == name:
                    await self._verify(uin, receiver)

    async def listed(self, uin: int) -> None:
        """Before a list is answered."""
        rule, now = self._rule, self._clock.now()
        if rule.mode not in ("after_seconds", "after_lists"):
            return
        for receiver in await self._unverified(uin):
            if rule.mode == "after_seconds":
                due = receiver.created_at + rule.n <= now
            else:
                due = self._lists[receiver.uid] >= rule.n
                self._lists[receiver.uid] += 1
            if due:
                await self._verify(uin, receiver)

    async def _verify(self, uin: int, receiver: Receiver) -> None:
        now = int(self._clock.now())
        await self._store.set_verified(uin, receiver.uid, self._rule.channels, now=now)

    async def _unverified(self, uin: int) -> list[Receiver]:
        """Those of the account that the rule still has something to do for."""
        found: list[Receiver] = []
        offset = 0
        while True:
            page = await self._store.list_receivers(uin, offset=offset, limit=PAGE)
            found += [each for each in page.receivers if self._is_unverified(each)]
            offset += PAGE
            if len(page.receivers) < PAGE:
                return found

    def _is_unverified(self, receiver: Receiver) -> bool:
        verified = {"phone": receiver.phone_verified, "email": receiver.email_verified}
        return not all(verified[channel] for channel in self._rule.channels)


class _Around:
    """An action with something before or after it."""

    def __init__(self, action: ServedAction, transitions: Transitions) -> None:
        self._action = action
        self._transitions = transitions

    @property
    def name(self) -> str:
        return self._action.name

    @property
    def spec(self) -> ActionSpec:
        return self._action.spec


class _Create(_Around):
    async def run(
        self, values: dict[str, Any], caller: Caller, now: float, language: Language, trail: Trail
    ) -> msgspec.Struct:
        answer = await self._action.run(values, caller, now, language, trail)
        await self._transitions.created(caller.account.uin, values["Name"])
        return answer


class _List(_Around):
    async def run(
        self, values: dict[str, Any], caller: Caller, now: float, language: Language, trail: Trail
    ) -> msgspec.Struct:
        await self._transitions.listed(caller.account.uin)
        return await self._action.run(values, caller, now, language, trail)
