"""HTTP to addresses that customers name: never into the network of this installation, never long, never large.

A name is looked up once, every address of it must be public, and to one of those the connection is made, so that a
second answer of its DNS leads nowhere else. Redirects are not followed, and no proxy of the environment is used.
"""

import contextlib
import ipaddress
import socket
import threading
import time
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import requests
from django.conf import settings
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import NewConnectionError

from accounts.errors import Invalid

# Until the whole answer is there, and until something comes at all.
SECONDS = 10.0
SILENCE = 5.0
LARGEST = 512 * 1024
_LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})
# Addresses of IPv6 that stand for one of IPv4, whichever that is.
_DETOURS = tuple(
    map(ipaddress.IPv6Network, ("::ffff:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32"))
)


def session(*, private: bool | None = None) -> requests.Session:
    """For one exchange; close it. What it may not reach or read raises Invalid, what fails RequestException.

    `private` says whether it may go into the network of this installation; None is as for single sign-on.
    """
    allowed = _private_allowed() if private is None else private
    made = _Session(private=allowed)
    made.trust_env = False
    made.headers["User-Agent"] = "Plumbline"
    for scheme in ("http://", "https://"):
        made.mount(scheme, _Adapter(private=allowed))
    return made


def require_secure(url: str, *, private: bool | None = None) -> None:
    """Raises Invalid for what is neither HTTPS nor, where that is allowed, HTTP on this machine."""
    allowed = _private_allowed() if private is None else private
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError as error:
        raise Invalid(f"{url[:200]} is not an address.") from error
    local = parts.scheme == "http" and host in _LOCAL and allowed
    if not host or parts.username is not None or not (parts.scheme == "https" or local):
        raise Invalid(f"{url[:200]} is not an https:// address.")


def is_public(address: str) -> bool:
    """Whether an IP address is one of the internet, and not of a network of one's own."""
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address) and any(found in network for network in _DETOURS):
        return False
    return found.is_global and not found.is_multicast


@dataclass(slots=True)
class _Line:
    """The connections of one exchange, to be cut from outside: a peer that sends a byte now and then, in its
    greeting or its head, is never silent.
    """

    private: bool
    held: list[socket.socket] = field(default_factory=list)
    is_cut: bool = False

    def hold(self, made: socket.socket) -> None:
        # A copy, for TLS takes the socket away.
        self.held.append(made.dup())

    def cut(self) -> None:
        self.is_cut = True
        for each in self.held:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        for each in self.held:
            each.close()


class _Session(requests.Session):
    def __init__(self, *, private: bool) -> None:
        super().__init__()
        self.private = private

    def request(self, method: Any, url: Any, *args: Any, **kwargs: Any) -> requests.Response:
        require_secure(str(url), private=self.private)
        return super().request(method, url, *args, **{**kwargs, "allow_redirects": False, "timeout": SILENCE})


class _Adapter(HTTPAdapter):
    def __init__(self, *, private: bool) -> None:
        self.line = _Line(private)
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        # What a pool does not know itself, it gives to each of its connections.
        pools: dict[str, Any] = {"http": _Pool, "https": _SecurePool}
        known: Any = {scheme: partial(pool, line=self.line) for scheme, pool in pools.items()}
        self.poolmanager.pool_classes_by_scheme = known

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        until = time.monotonic() + SECONDS
        timer = threading.Timer(SECONDS, self.line.cut)
        timer.daemon = True
        timer.start()
        try:
            response = super().send(request, *args, **{**kwargs, "stream": True})
            response._content = _read(response, until)
        except requests.RequestException as error:
            raise _too_slow(request.url) if self.line.is_cut else error from error
        finally:
            timer.cancel()
        if self.line.is_cut:  # a head that is cut off passes for a whole one
            raise _too_slow(request.url)
        return response

    def close(self) -> None:
        super().close()
        self.line.close()


def _too_slow(url: str | None) -> Invalid:
    return Invalid(f"The answer of {(url or '')[:200]} took longer than {SECONDS:.0f} s.")


def _read(response: requests.Response, until: float) -> bytes:
    content = b""
    for piece in response.iter_content(16 * 1024):
        content += piece
        if len(content) > LARGEST:
            response.close()
            raise Invalid(f"The answer of {response.url[:200]} is larger than {LARGEST // 1024} KB.")
        if time.monotonic() > until:
            response.close()
            raise _too_slow(response.url)
    return content


def _private_allowed() -> bool:
    return bool(settings.SSO_PRIVATE or settings.DEBUG)


def _connect(connection: HTTPConnection, line: _Line) -> socket.socket:
    try:
        found = socket.getaddrinfo(connection.host, connection.port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise NewConnectionError(connection, f"{connection.host} has no address") from error
    addresses = [str(info[4][0]) for info in found]
    if not line.private and not all(map(is_public, addresses)):
        raise Invalid(f"{connection.host} is not an address of the internet.")
    for address in addresses[:4]:
        try:
            made = socket.create_connection((address, connection.port), SILENCE)
        except OSError:
            continue
        line.hold(made)
        return made
    raise NewConnectionError(connection, f"{connection.host} does not answer")


class _Connection(HTTPConnection):
    def __init__(self, *args: Any, line: _Line, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.line = line

    def _new_conn(self) -> socket.socket:
        return _connect(self, self.line)


class _SecureConnection(HTTPSConnection):
    def __init__(self, *args: Any, line: _Line, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.line = line

    def _new_conn(self) -> socket.socket:
        return _connect(self, self.line)


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection
