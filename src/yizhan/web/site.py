# SPDX-License-Identifier: Apache-2.0
"""All routes of the portal, and what they answer when there is nothing."""

from collections.abc import Callable, MutableMapping
from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from yizhan.calls.journal import Journal
from yizhan.clock import Clock
from yizhan.outbox.contacts import Contacts
from yizhan.settings import Settings
from yizhan.store.base import Store
from yizhan.web.api_docs import ApiDocs
from yizhan.web.console.accounts import AccountPages
from yizhan.web.console.contacts import ContactPages
from yizhan.web.console.outbox import OutboxPages
from yizhan.web.console.page import ConsolePage
from yizhan.web.console.receivers import ReceiverPages
from yizhan.web.console.records import RecordPages
from yizhan.web.console.signed_calls import SignedCalls
from yizhan.web.console.transfers import TransferPages
from yizhan.web.doctor import DoctorPage
from yizhan.web.documents import Library
from yizhan.web.explorer import Explorer
from yizhan.web.frame import Frame
from yizhan.web.identities import DevIdentities, NoIdentities
from yizhan.web.inspector import Inspector
from yizhan.web.reader import reader_of
from yizhan.web.scenario_accounts import ScenarioAccounts
from yizhan.web.scenarios import Scenarios
from yizhan.web.sign_in import SignIn, to_sign_in
from yizhan.web.state import StateReader
from yizhan.web.verify import VerifyPage
from yizhan.web.viewer import Gate, NotSignedIn

HOME: Final = "/docs"


def wants_portal(scope: MutableMapping[str, Any]) -> bool:
    """Is this a browser that was given the bare address, and no call of the API?"""
    if scope["method"] != "GET" or scope["query_string"]:
        return False
    headers = dict(scope["headers"])
    return b"text/html" in headers.get(b"accept", b"") and b"authorization" not in headers


class Portal:
    """The pages, on this store and clock."""

    def __init__(
        self,
        profile: str,
        settings: Settings,
        store: Store,
        clock: Clock,
        forget_identities: Callable[[], None],
        journal: Journal,
        contacts: Contacts,
    ) -> None:
        is_dev = profile == "dev"
        identities = DevIdentities(store) if is_dev else NoIdentities()
        accounts = ScenarioAccounts(settings, store, clock, forget_identities) if is_dev else None
        scenarios = Scenarios(settings, clock, accounts)
        self._frame = Frame(Library(), profile)
        state = StateReader(settings, store, clock, show_accounts=is_dev)
        explorer = Explorer(self._frame, state, identities, scenarios, settings, clock)
        gate = Gate(profile, store, clock)
        calls = SignedCalls(store, clock)
        page = ConsolePage(self._frame, store, journal, clock)
        self._inspector = Inspector(self._frame, gate, journal, store, clock, calls)
        self._transfers = TransferPages(page, gate, settings)
        accounts_pages = AccountPages(page, gate, settings, forget_identities)
        self.routes: list[Mount | Route] = [
            Route("/", _home),
            *ApiDocs(self._frame, state).routes(),
            *explorer.routes(),
            *self._inspector.routes(),
            *DoctorPage(self._frame, gate, journal, store, clock).routes(),
            *self._transfers.routes(),
            *ReceiverPages(page, gate, calls).routes(),
            *accounts_pages.routes(),
            *RecordPages(page, gate, settings).routes(),
            *ContactPages(page, gate, contacts).routes(),
            *OutboxPages(page, gate, contacts, settings).routes(),
            *VerifyPage(self._frame, contacts).routes(),
            Mount("/static", StaticFiles(packages=[("yizhan.web", "static")])),
        ]

        if not is_dev:
            self.routes += SignIn(self._frame, gate, store, clock).routes()
        self.exception_handlers: dict[Any, Any] = {
            HTTPException: self.on_http_error,
            NotSignedIn: self.on_not_signed_in,
        }

    def end_streams(self) -> None:
        """The server ends: let go of whoever waits for calls."""
        self._inspector.end_streams()

    async def stop(self) -> None:
        """End what goes on behind the pages."""
        await self._transfers.stop()

    async def on_not_signed_in(self, request: Request, _: Exception) -> Response:
        return to_sign_in(request)

    async def on_http_error(self, request: Request, error: Exception) -> Response:
        """A page for whoever followed a wrong address."""
        assert isinstance(error, HTTPException)  # noqa: S101 - what it is registered for
        texts = self._frame.texts(reader_of(request))
        return self._frame.page(
            request,
            "message.html",
            title=texts.not_found if error.status_code == 404 else texts.refused,
            note=texts.not_found_note if error.status_code == 404 else error.detail,
            status=error.status_code,
        )


async def _home(_: Request) -> Response:
    return RedirectResponse(HOME)
