# SPDX-License-Identifier: Apache-2.0
"""Which host texts a client may have signed.

Clients sign the endpoint as their user wrote it; what they send as `Host` can differ from that. The
texts are tried in this order, and the first that makes the signature match is it.

Source: measured with every official client, August 2026 (docs/clients.md).
"""

from collections.abc import Iterator

from yizhan.wire.request import HttpRequest

PUBLIC_SUFFIX = ".tencentcloudapi.com"


def signed_hosts(request: HttpRequest, region: str, service: str) -> Iterator[str]:
    """The candidates, most likely first; repeats are left out."""
    seen = set()
    for host in _candidates(request, region, service):
        if host not in seen:
            seen.add(host)
            yield host


def _candidates(request: HttpRequest, region: str, service: str) -> Iterator[str]:
    sent = request.header("host")
    # As sent: nearly every client.
    yield sent
    # Without the port: Node.js, TC3.
    name, colon, port = sent.rpartition(":")
    has_port = bool(colon) and port.isdigit()
    if has_port:
        yield name
    # With our own port: PHP, Java and .NET drop a default port from Host but sign it (v1).
    elif request.server_port is not None:
        yield f"{sent}:{request.server_port}"
    # The public names: Python, Java and Go with an API-gateway endpoint sign the ordinary one.
    yield f"{service}{PUBLIC_SUFFIX}"
    if region:
        yield f"{service}.{region}{PUBLIC_SUFFIX}"
    # The documents lower-case header values before signing.
    yield sent.lower()


def product_of(host: str) -> str | None:
    """The product that a public host name stands for; None for a name of our users' own."""
    name = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host
    name = name.lower()
    if not name.endswith(PUBLIC_SUFFIX):
        return None
    return name.partition(".")[0]
