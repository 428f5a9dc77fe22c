# SPDX-License-Identifier: Apache-2.0
"""Text messages through an HTTP gateway, of which the settings say how it is asked.

The settings come from the operator, but a gateway's name may one day lead elsewhere: only named
hosts are asked, the address is looked at before it is, and redirects are not followed.
Source: OWASP, "Server-Side Request Forgery Prevention" (read 2026-11).
"""

import asyncio
import ipaddress
import json
import re
import socket
from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import quote, quote_plus, urlsplit, urlunsplit
from xml.sax.saxutils import escape as escape_xml

import httpx

from yizhan.outbox.messages import sms
from yizhan.outbox.transports import Outgoing, SendFailed
from yizhan.settings import HttpSmsSettings

PLACEHOLDER: Final = re.compile(r"\{(phone|country_code|number|text|code|link|message_id|secret)\}")
LARGEST_ANSWER: Final = 64 * 1024
Escape = Callable[[str], str]


class HttpSmsTransport:
    """Sends text messages as `[http_sms]` says."""

    def __init__(self, settings: HttpSmsSettings) -> None:
        """Raises: ValueError, if the settings cannot be used; it says which."""
        self._settings = settings
        parts = urlsplit(settings.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("http_sms.url: is no http or https address")
        if PLACEHOLDER.search(parts.netloc) and not settings.allowed_hosts:
            raise ValueError("http_sms.url: a host that varies needs http_sms.allowed_hosts")
        self._hosts = {host.lower() for host in settings.allowed_hosts or (parts.hostname,)}
        self._headers = dict(map(_header, settings.headers))
        content_type = next(
            (value for name, value in self._headers.items() if name.lower() == "content-type"), ""
        )
        self._escape = _escape_for(content_type)
        try:
            self._accepted = re.compile(settings.accepted)
        except re.error as error:
            raise ValueError(f"http_sms.accepted: {error}") from None
        # Neither a proxy of the environment nor a cookie of an earlier answer.
        self._http = httpx.AsyncClient(
            trust_env=False, follow_redirects=False, timeout=settings.timeout_seconds
        )

    async def send(self, message: Outgoing) -> str:
        """As `Transport.send`."""
        values = self._values(message)
        url = _filled(self._settings.url, values, lambda value: quote(value, safe=""))
        try:
            async with asyncio.timeout(self._settings.timeout_seconds):
                status, body = await self._ask(url, values)
        except (TimeoutError, httpx.TimeoutException):
            raise SendFailed("the gateway did not answer in time") from None
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            said = str(error) or type(error).__name__
            raise SendFailed(f"gateway: {said}", unreachable=True) from None
        return self._verdict(status, body)

    async def close(self) -> None:
        await self._http.aclose()

    async def _ask(self, url: str, values: Mapping[str, str]) -> tuple[int, str]:
        parts = urlsplit(url)
        host = (parts.hostname or "").lower()
        if host not in self._hosts:
            raise SendFailed(f"{host}: is not one of http_sms.allowed_hosts", unreachable=True)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        address = await self._checked_address(host, port)
        # The very address that was looked at, so that the name cannot lead elsewhere meanwhile.
        literal = f"[{address}]" if ":" in address else address
        headers = {
            name: _without_line_ends(_filled(value, values, str))
            for name, value in self._headers.items()
        }
        request = self._http.build_request(
            self._settings.method,
            urlunsplit(parts._replace(netloc=f"{literal}:{port}", fragment="")),
            headers=headers | {"Host": parts.netloc.rpartition("@")[2]},
            content=_filled(self._settings.body, values, self._escape).encode(),
            extensions={"sni_hostname": host},
        )
        answer = await self._http.send(request, stream=True)
        try:
            body = b""
            async for piece in answer.aiter_bytes():
                body += piece
                if len(body) > LARGEST_ANSWER:
                    raise SendFailed("the gateway's answer is longer than 64 KB")
        finally:
            await answer.aclose()
        return answer.status_code, body.decode("utf-8", "replace")

    async def _checked_address(self, host: str, port: int) -> str:
        """One of the host's addresses that may be asked. Raises: SendFailed, OSError."""
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        addresses = [str(each[4][0]) for each in found]
        for address in addresses:
            if self._settings.allow_private or is_public(address):
                return address
        raise SendFailed(
            f"{host}: has private addresses only, and http_sms.allow_private is off",
            unreachable=True,
        )

    def _verdict(self, status: int, body: str) -> str:
        said = f"{status} {' '.join(body.split())[:200]}".strip()
        if status in (401, 403):
            raise SendFailed(f"gateway: {said}", unreachable=True)  # of the settings, not of this
        if status in (408, 425, 429) or status >= 500:
            raise SendFailed(f"gateway: {said}")
        if 300 <= status < 400:
            raise SendFailed(f"gateway: a redirect, which is not followed: {said}", permanent=True)
        if not 200 <= status < 300 or not self._accepted.search(body):
            raise SendFailed(f"gateway: {said}", permanent=True)
        return said

    def _values(self, message: Outgoing) -> dict[str, str]:
        return {
            "phone": f"+{message.country_code}{message.address}",
            "country_code": message.country_code,
            "number": message.address,
            "text": sms(message),
            "code": message.code,
            "link": message.link,
            "message_id": message.message_id,
            "secret": self._settings.secret,
        }


def is_public(address: str) -> bool:
    """Is it an address of the internet, also behind its forms within IPv6?"""
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour or (found.teredo or (None, None))[1]
        if found in ipaddress.ip_network("64:ff9b::/96"):
            inner = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
        if inner is not None:
            found = inner
    return found.is_global and not found.is_multicast


def _filled(template: str, values: Mapping[str, str], escape: Escape) -> str:
    """In one pass: what a value says is not looked at again."""
    return PLACEHOLDER.sub(lambda match: escape(values[match[1]]), template)


def _escape_for(content_type: str) -> Escape:
    """How a value is written where the body's type is this."""
    if "json" in content_type:
        return lambda value: json.dumps(value, ensure_ascii=False)[1:-1]
    if "x-www-form-urlencoded" in content_type:
        return quote_plus
    if "xml" in content_type:
        return lambda value: escape_xml(value, {'"': "&quot;", "'": "&apos;"})
    return str


def _header(line: str) -> tuple[str, str]:
    name, colon, value = line.partition(":")
    if not colon or not re.fullmatch(r"[A-Za-z0-9-]+", name.strip()) or "\n" in line:
        raise ValueError(f"http_sms.headers: {line!r} is not `Name: value`")
    return name.strip(), value.strip()


def _without_line_ends(value: str) -> str:
    return re.sub(r"[\r\n]+", " ", value)
