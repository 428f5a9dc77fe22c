# SPDX-License-Identifier: Apache-2.0
"""The served actions: for each its specification, its request shape and its handler."""

from collections.abc import Awaitable, Callable
from typing import Any, Final

import msgspec

from yizhan.actions import shapes
from yizhan.actions.context import Context
from yizhan.actions.create_message_receiver import create_message_receiver
from yizhan.actions.delete_message_receiver import delete_message_receiver
from yizhan.actions.list_receiver import list_receiver
from yizhan.domain.model import Caller
from yizhan.domain.verification import Language
from yizhan.settings import Settings
from yizhan.spec import CAM, ActionSpec
from yizhan.store.base import Store
from yizhan.trail import Trail

Handler = Callable[[Any, Context], Awaitable[msgspec.Struct]]

HANDLERS: Final[dict[str, tuple[type[shapes.Shape], Handler]]] = {
    "CreateMessageReceiver": (shapes.CreateMessageReceiverRequest, create_message_receiver),
    "ListReceiver": (shapes.ListReceiverRequest, list_receiver),
    "DeleteMessageReceiver": (shapes.DeleteMessageReceiverRequest, delete_message_receiver),
}


class Action:
    """An action on a store: what the endpoint runs."""

    def __init__(self, name: str, store: Store, settings: Settings, public_url: str) -> None:
        self.name = name
        self.spec: ActionSpec = CAM.actions[name]
        self._request_type, self._handler = HANDLERS[name]
        self._fields = dict(
            zip(
                self._request_type.__struct_encode_fields__,
                self._request_type.__struct_fields__,
                strict=True,
            )
        )
        self._store = store
        self._settings = settings
        self._public_url = public_url

    async def run(
        self, values: dict[str, Any], caller: Caller, now: float, language: Language, trail: Trail
    ) -> msgspec.Struct:
        """Do it.

        Args:
            values: parameters that fit the spec, by their names on the wire.
            now: Unix seconds.
            language: of the caller, for messages to receivers.
            trail: is told which of the action's own checks it came to.

        Raises:
            ApiError: one of the codes that the spec lists for the action.
        """
        request = self._request_type(**{self._fields[name]: values[name] for name in values})
        ctx = Context(caller, self._store, now, self._settings, self._public_url, language, trail)
        return await self._handler(request, ctx)


def bind(store: Store, settings: Settings, public_url: str) -> dict[str, Action]:
    """All actions on this store, by name."""
    return {name: Action(name, store, settings, public_url) for name in HANDLERS}
