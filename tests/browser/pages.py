# SPDX-License-Identifier: Apache-2.0
"""The portal's pages: tests of every page take them from here."""

from typing import Final

ACTIONS: Final = ("CreateMessageReceiver", "ListReceiver", "DeleteMessageReceiver")
# A refusal of the gateway, one of the action, and a code with a dot and many causes.
CODES: Final = ("UnknownParameter", "LimitExceeded.Uin", "AuthFailure.SignatureFailure")

TABS: Final = ("code", "cli", "signature", "docs", "scenarios")

CONSOLE: Final = (
    "/receivers",
    "/receivers/import",
    "/accounts",
    "/accounts/100000000001",
    "/audit",
    "/settings",
    "/outbox",
    "/inspector",
    "/inspector?group=trace",
    "/doctor",
)

ALL_PAGES: Final = (
    "/docs",
    *(f"/docs/cam/{action}" for action in ACTIONS),
    "/docs/errors",
    *(f"/docs/errors/{code}" for code in CODES),
    "/docs/order-of-checks",
    "/docs/sdk",
    "/docs/cli",
    "/docs/terraform",
    "/docs/explorer",
    "/docs/console",
    "/docs/fidelity",
    "/docs/settings",
    "/docs/search?q=quota",
    "/docs/search?q=nothing-of-this-name",
    *(f"/explorer/cam/{action}" for action in ACTIONS),
    *(f"/explorer/cam/CreateMessageReceiver?tab={tab}" for tab in TABS),
    *CONSOLE,
)
