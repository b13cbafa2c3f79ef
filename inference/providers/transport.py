"""How the SDKs reach their servers: by aiohttp, within limits, and an organization's own servers with care.

Of aiohttp as transport, a thousand calls cost a twentieth of the CPU that they cost with the SDKs' default.
"""

import functools
import socket
import ssl
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import httpx2

from accounts.outgoing import is_public

# Seconds: to connect, to find a name's address and connect, and for which an unused connection is kept.
_CONNECT, _REACH, _KEPT = 10.0, 30.0, 30.0
# Of an answer, as bytes: one line of a stream, an error, and all of it.
LONGEST_LINE, LARGEST_ERROR, LARGEST_ANSWER = 4 * 2**20, 2**20, 256 * 2**20


class Unreadable(httpx2.RequestError):
    """What comes is not read any further; the message says what it is."""


class NotPublic(OSError):
    """An address of a network of one's own, which customers' servers must not have."""


def timeout(deadline: float) -> httpx2.Timeout:
    """The call's own deadlines are the runner's; these hold where it is not asked."""
    return httpx2.Timeout(deadline, connect=_CONNECT, pool=_REACH)


def options(*, guarded: bool, vendored: Any) -> dict[str, Any]:
    """What an SDK's `DefaultAioHttpClient` is made with; `vendored` is the SDK's own transport by aiohttp.

    A guarded one connects to addresses of the internet alone, whatever a name's DNS answers at that moment, and
    asks no proxy. Redirects lead nowhere else, and as many connections are open as there are calls.
    """
    shared: dict[str, Any] = {
        # 0 is no limit for aiohttp, where None is its own of 100.
        "limits": httpx2.Limits(max_connections=0, keepalive_expiry=_KEPT),
        "follow_redirects": False,
        "headers": {"Accept-Encoding": "identity"},
        "event_hooks": {"response": [_bound]},
    }
    if not guarded:
        return shared
    context = _tls()
    return {**shared, "trust_env": False, "transport": vendored(verify=context, client=_session)}


@functools.cache
def _tls() -> ssl.SSLContext:
    """One for all: each reads the whole list of authorities."""
    return httpx2.create_ssl_context(trust_env=False)


def _session() -> aiohttp.ClientSession:
    connector = aiohttp.TCPConnector(
        limit=0, keepalive_timeout=_KEPT, ssl=_tls(), use_dns_cache=False, socket_factory=_public_socket
    )
    return aiohttp.ClientSession(connector=connector, trust_env=False)


def _public_socket(info: tuple[Any, ...]) -> socket.socket:
    """aiohttp asks for each address before it connects to it, whether a name led there or it was given."""
    family, kind, protocol, _, address = info
    if not is_public(str(address[0])):
        raise NotPublic("not an address of the internet")
    return socket.socket(family, kind, protocol)


async def _bound(response: httpx2.Response) -> None:
    """What is packed could be of any size unpacked, and was not asked for."""
    if response.headers.get("content-encoding", "identity").lower() not in {"", "identity"}:
        await response.aclose()
        raise Unreadable("a packed answer that was not asked for", request=response.request)
    if response.is_success and "text/html" in response.headers.get("content-type", ""):
        await response.aclose()
        raise Unreadable("a web page instead of an answer, so its address may be wrong", request=response.request)
    most = LARGEST_ANSWER if response.is_success else LARGEST_ERROR
    response.stream = _Bounded(response.stream, response.request, most)


class _Bounded(httpx2.AsyncByteStream):
    """A body that ends with Unreadable once it, or a line of it, is too long."""

    def __init__(self, stream: Any, request: httpx2.Request, most: int) -> None:
        self.stream, self.request, self.most = stream, request, most

    async def __aiter__(self) -> AsyncIterator[bytes]:
        total = line = 0
        async for chunk in self.stream:
            total += len(chunk)
            last = chunk.rfind(b"\n")
            line = line + len(chunk) if last < 0 else len(chunk) - last - 1
            if line > LONGEST_LINE or total > self.most:
                raise Unreadable("more than an answer can have", request=self.request)
            yield chunk

    async def aclose(self) -> None:
        await self.stream.aclose()
