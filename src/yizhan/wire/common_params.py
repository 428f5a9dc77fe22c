# SPDX-License-Identifier: Apache-2.0
"""The common parameters of a call, from headers (v3) or from query and form (v1).

Source: API 3.0, "Common parameters" (read 2026-11); the order in which missing ones are named is
observed for v3 and for v1's `Timestamp` (docs/divergences.md).
"""

import re
from typing import Final

import msgspec

from yizhan.errors import (
    INVALID_COMMON_VALUE,
    LANGUAGES,
    MISSING_COMMON_HEADER,
    MISSING_PARAMETER,
    ApiError,
)
from yizhan.wire.request import HttpRequest

REGION: Final = re.compile(r"[a-z]{2,}(-[a-z0-9]+)+")
UNIX_SECONDS: Final = re.compile(r"[0-9]{1,11}")
NONCE: Final = re.compile(r"[0-9]{1,20}")

V1_NAMES: Final = frozenset(
    {
        "Action",
        "Version",
        "Timestamp",
        "Nonce",
        "Region",
        "Token",
        "Language",
        "SecretId",
        "Signature",
        "SignatureMethod",
        "RequestClient",
    }
)


class CommonParams(msgspec.Struct, frozen=True):
    """What every call says of itself. Absent and empty are the same: an empty string."""

    action: str
    version: str
    timestamp: int
    """Unix seconds."""
    region: str
    token: str


def from_headers(request: HttpRequest) -> CommonParams:
    """Common parameters of a v3 call.

    Raises:
        ApiError: MISSING_COMMON_HEADER, INVALID_COMMON_VALUE.
    """
    headers = request.headers
    for name in ("X-TC-Action", "X-TC-Timestamp", "X-TC-Version"):
        if not headers.get(name.lower()):
            raise ApiError(MISSING_COMMON_HEADER, name=name)
    return _checked(
        prefix="X-TC-",
        action=headers["x-tc-action"],
        version=headers["x-tc-version"],
        timestamp=headers["x-tc-timestamp"],
        language=headers.get("x-tc-language", ""),
        region=headers.get("x-tc-region", ""),
        token=headers.get("x-tc-token", ""),
    )


def from_pairs(pairs: dict[str, str]) -> CommonParams:
    """Common parameters of a v1 call.

    Raises:
        ApiError: MISSING_PARAMETER, INVALID_COMMON_VALUE.
    """
    for name in ("Timestamp", "Nonce", "Action", "Version", "SecretId", "Signature"):
        if not pairs.get(name):
            raise ApiError(MISSING_PARAMETER, name=name)
    params = _checked(
        prefix="",
        action=pairs["Action"],
        version=pairs["Version"],
        timestamp=pairs["Timestamp"],
        language=pairs.get("Language", ""),
        region=pairs.get("Region", ""),
        token=pairs.get("Token", ""),
    )
    if not NONCE.fullmatch(pairs["Nonce"]):
        raise ApiError(INVALID_COMMON_VALUE, name="Nonce")
    return params


def _checked(
    *,
    prefix: str,
    action: str,
    version: str,
    timestamp: str,
    language: str,
    region: str,
    token: str,
) -> CommonParams:
    if not UNIX_SECONDS.fullmatch(timestamp):
        raise ApiError(INVALID_COMMON_VALUE, name=f"{prefix}Timestamp")
    if language and language not in LANGUAGES:
        raise ApiError(INVALID_COMMON_VALUE, name=f"{prefix}Language")
    if region and not REGION.fullmatch(region):
        raise ApiError(INVALID_COMMON_VALUE, name=f"{prefix}Region")
    return CommonParams(action, version, int(timestamp), region, token)
