# SPDX-License-Identifier: Apache-2.0
"""`/verify/<token>`: the public page of a link. To look at it does nothing; a button confirms.

Mail scanners and browsers open links that nobody has clicked, so only a POST acts.
"""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from yizhan.domain.receiver import mask_contact
from yizhan.outbox.contacts import Contacts
from yizhan.store.messages import AlreadyVerified, Link, Suppressed, TooMany, TooSoon
from yizhan.store.refusals import ReceiverMissing
from yizhan.web.frame import Frame
from yizhan.web.reader import reader_of

# The address of the page is the secret: nobody is told where the reader came from.
HEADERS: Final = {"Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex, nofollow"}
PREFETCH_HEADERS: Final = ("sec-purpose", "purpose", "x-purpose", "x-moz")
LONGEST_FORM: Final = 4096
_STATUS: Final = {"open": 200, "confirmed": 200, "unknown": 404}
GONE: Final = 410


class VerifyPage:
    def __init__(self, frame: Frame, contacts: Contacts) -> None:
        self._frame = frame
        self._contacts = contacts

    def routes(self) -> list[Route]:
        return [
            Route("/verify/{token}", self.show, methods=["GET"]),
            Route("/verify/{token}", self.act, methods=["POST"]),
        ]

    async def show(self, request: Request) -> Response:
        return self._page(request, await self._contacts.look(request.path_params["token"]))

    async def act(self, request: Request) -> Response:
        if any("prefetch" in request.headers.get(name, "") for name in PREFETCH_HEADERS):
            return await self.show(request)
        token = request.path_params["token"]
        async with request.form(max_files=0, max_fields=4, max_part_size=LONGEST_FORM) as form:
            given = {name: value for name, value in form.items() if isinstance(value, str)}
        match given.get("do"):
            case "confirm":
                return await self._confirm(request, token)
            case "refuse":
                return await self._refuse(request, token)
            case "send":
                return await self._send_code(request, token)
            case "code":
                return await self._give_code(request, token, given.get("code", "").strip())
        return await self.show(request)

    async def _confirm(self, request: Request, token: str) -> Response:
        link = await self._contacts.confirm(token)
        done = link.state == "open" and link.message_id is not None
        return self._page(request, link, "done" if done else "")

    async def _refuse(self, request: Request, token: str) -> Response:
        link = await self._contacts.look(token)
        if link.state != "open" or link.message_id is None:
            return self._page(request, link)
        link = await self._contacts.refuse(token)
        return self._page(request, link, "refused" if link.state == "open" else "")

    async def _send_code(self, request: Request, token: str) -> Response:
        """The page of PhoneNumVerifyLink: whoever asked holds the link, but not the phone."""
        link = await self._contacts.look(token)
        if link.state != "open" or link.message_id is not None or link.receiver is None:
            return self._page(request, link)
        reader = reader_of(request)
        texts = self._frame.texts(reader)
        try:
            await self._contacts.resend(link.uin, link.receiver, link.channel, reader.language)
        except TooSoon:
            return self._page(request, link, problem=texts.verify_too_soon, status=429)
        except TooMany:
            return self._page(request, link, problem=texts.verify_too_many, status=429)
        except (AlreadyVerified, Suppressed, ReceiverMissing):
            return self._page(request, await self._contacts.look(token))
        return self._page(request, link, told=texts.verify_code_sent)

    async def _give_code(self, request: Request, token: str, code: str) -> Response:
        link = await self._contacts.look(token)
        if link.state != "open" or link.message_id is not None or link.receiver is None:
            return self._page(request, link)
        right = await self._contacts.give_code(link.uin, link.receiver.uid, link.channel, code)
        if right:
            return self._page(request, link, "done")
        texts = self._frame.texts(reader_of(request))
        return self._page(request, link, problem=texts.verify_code_wrong, status=400)

    def _page(
        self,
        request: Request,
        link: Link,
        outcome: str = "",
        *,
        problem: str = "",
        told: str = "",
        status: int | None = None,
    ) -> Response:
        """The page in a state; `outcome` is what has just been done, if anything was."""
        reader = reader_of(request)
        texts = self._frame.texts(reader)
        state = outcome or link.state
        return self._frame.page(
            request,
            "verify.html",
            title=texts[f"verify_{state}"],
            status=status or (200 if outcome else _STATUS.get(link.state, GONE)),
            address=request.url.path,
            headers=HEADERS,
            link=link,
            state=state,
            asks_code=link.message_id is None,
            address_shown=mask_contact(link.receiver, link.channel) if link.receiver else "",
            problem=problem,
            told=told,
        )
