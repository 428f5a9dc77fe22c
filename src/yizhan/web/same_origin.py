# SPDX-License-Identifier: Apache-2.0
"""Refuses forms that another site sends with a reader's browser.

Source: OWASP, "Cross-Site Request Forgery Prevention", fetch metadata (read 2026-11).
"""

from urllib.parse import urlsplit

from starlette.exceptions import HTTPException
from starlette.requests import Request


def require_same_origin(request: Request) -> None:
    """Every browser of today says where a request comes from; programs need not.

    Raises:
        HTTPException: 403.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        if site not in ("same-origin", "none"):
            raise HTTPException(403, "The form was sent by another site.")
        return
    origin = request.headers.get("origin")
    # Only the host is compared: behind a proxy that ends TLS the scheme is not ours to know.
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
        raise HTTPException(403, "The form was sent by another site.")
