# SPDX-License-Identifier: Apache-2.0
"""HmacSHA1 and HmacSHA256, also called signature v1: over the sorted parameters.

Source: API 3.0, "Signature" (read 2026-11); deviations of clients: docs/clients.md.
"""

import base64
import hmac
from collections.abc import Iterator, Mapping

from yizhan.wire.request import HttpRequest
from yizhan.wire.signed_host import signed_hosts


def text_to_sign(method: str, host: str, path: str, pairs: Mapping[str, str]) -> str:
    """`GETcam.tencentcloudapi.com/?Action=...`: values as they are, names in byte order."""
    signed = sorted((name.encode(), value) for name, value in pairs.items() if name != "Signature")
    joined = "&".join(f"{name.decode()}={value}" for name, value in signed)
    return f"{method}{host}{path}?{joined}"


def signature(secret_key: str, text: str, method: str) -> str:
    """Base64 of the HMAC. Only the exact word HmacSHA256 chooses SHA-256, all else is SHA-1."""
    digest = "sha256" if method == "HmacSHA256" else "sha1"
    return base64.b64encode(hmac.digest(secret_key.encode(), text.encode(), digest)).decode()


def matches(
    request: HttpRequest, pairs: Mapping[str, str], secret_key: str, *, region: str, service: str
) -> bool:
    """Is the request signed with this key? Plain rule first, then what clients really do."""
    # The Ruby client ends its signature with a line feed.
    given = pairs["Signature"].strip().encode()
    method = pairs.get("SignatureMethod", "")
    return any(
        hmac.compare_digest(signature(secret_key, text, method).encode(), given)
        for text in texts_to_sign(request, pairs, region, service)
    )


def texts_to_sign(
    request: HttpRequest, pairs: Mapping[str, str], region: str, service: str
) -> Iterator[str]:
    """Every text that a known client could have signed, most likely first."""
    variants = [pairs]
    # The Python client signs names with dots in place of the underscores that it sends.
    if any("_" in name for name in pairs):
        variants.append({name.replace("_", "."): value for name, value in pairs.items()})
    for host in signed_hosts(request, region, service):
        for path in dict.fromkeys(("/", request.path)):
            for variant in variants:
                yield text_to_sign(request.method, host, path, variant)
