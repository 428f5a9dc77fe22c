# SPDX-License-Identifier: Apache-2.0
"""The console's own calls of the API: signed, through the server's socket, seen by the Inspector.

Who holds a key signs with it. An operator and `dev` act for an account with a temporary key that is
made for the purpose, as a console of a real cloud does: it shows in the call who it was.
"""

from typing import Any, Final

from starlette.requests import Request

from yizhan.clock import Clock, new_secret_id, new_secret_key, new_token
from yizhan.domain.model import AccessKey, AuditEntry, token_hash
from yizhan.store.base import Store
from yizhan.web.online_call import Exchange, send
from yizhan.web.reader import reader_of
from yizhan.web.viewer import Viewer
from yizhan.wire.outgoing import Credentials, sign_call

REQUEST_CLIENT: Final = "yizhan-console"
KEY_PREFIX: Final = "AKIDconsole"
KEY_SECONDS: Final = 3600
RENEW_SECONDS: Final = 600
"""Before its end a key is not used any more: a page may stay open for a while."""


class SignedCalls:
    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._borrowed: dict[tuple[str, int], tuple[Credentials, int]] = {}
        """By actor and account: a key and when it ends."""

    async def credentials(self, viewer: Viewer, uin: int) -> Credentials:
        """To sign with, for an account that the viewer sees.

        Raises:
            UserMissing: there is no such account.
        """
        if viewer.kind == "account":
            identity = await self._store.find_identity(viewer.secret_id)
            if identity is not None:
                return Credentials(identity.key.secret_id, identity.key.secret_key)
        return await self._borrow(viewer, uin)

    async def call(
        self, request: Request, viewer: Viewer, uin: int, action: str, values: dict[str, Any]
    ) -> Exchange:
        """Do a step of the console.

        Raises:
            NotSent, UserMissing.
        """
        reader = reader_of(request)
        outgoing = sign_call(
            action=action,
            values=values,
            credentials=await self.credentials(viewer, uin),
            host=reader.host,
            scheme=reader.scheme,
            timestamp=int(self._clock.now()),
            language=reader.language,
            request_client=REQUEST_CLIENT,
            trace_id=viewer.trace_id,
        )
        return await send(outgoing, request.scope["server"])

    async def _borrow(self, viewer: Viewer, uin: int) -> Credentials:
        now = int(self._clock.now())
        credentials, ends = self._borrowed.get((viewer.actor, uin), (None, 0))
        if (
            credentials is not None
            and ends - RENEW_SECONDS > now
            and await self._store.find_identity(credentials.secret_id) is not None
        ):
            return credentials
        for key in await self._store.keys(uin):
            if key.secret_id.startswith(KEY_PREFIX) and (key.expires_at or 0) <= now:
                await self._store.delete_key(key.secret_id)
        token = new_token()
        key = AccessKey(
            secret_id=KEY_PREFIX + new_secret_id()[len(KEY_PREFIX) :],
            secret_key=new_secret_key(),
            owner_uin=uin,
            user_uin=uin,
            token_sha256=token_hash(token),
            expires_at=now + KEY_SECONDS,
            created_at=now,
        )
        entry = AuditEntry(
            at=now,
            actor=viewer.actor,
            operation="key.borrow",
            uin=uin,
            target=key.secret_id,
            details={"seconds": str(KEY_SECONDS)},
        )
        await self._store.add_key(key, audit=entry)
        borrowed = Credentials(key.secret_id, key.secret_key, token)
        self._borrowed[viewer.actor, uin] = borrowed, now + KEY_SECONDS
        return borrowed
