"""From where a request came: the client's address, and what it calls itself. No Django here."""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

LONGEST_USER_AGENT = 300


@dataclass(frozen=True, slots=True)
class Origin:
    """Both are empty where unknown, as for a command or a worker."""

    address: str = ""
    user_agent: str = ""


NOWHERE = Origin()


def origin(meta: Mapping[str, Any], *, trusted_proxies: int) -> Origin:
    """The origin of a request, from its WSGI environment."""
    address = client_address(
        forwarded=str(meta.get("HTTP_X_FORWARDED_FOR", "")),
        peer=str(meta.get("REMOTE_ADDR") or ""),
        trusted_proxies=trusted_proxies,
    )
    user_agent = str(meta.get("HTTP_USER_AGENT", ""))[:LONGEST_USER_AGENT].replace("\0", "")
    return Origin(_read(address), user_agent)


def client_address(*, forwarded: str, peer: str, trusted_proxies: int) -> str:
    """The client's address as written: of `X-Forwarded-For` where proxies are trusted, else whoever connected.

    Each trusted proxy appended whom it saw, so the client stands that many places from the end.
    """
    hops = [hop.strip() for hop in forwarded.split(",") if hop.strip()]
    if trusted_proxies <= 0 or not hops:
        return peer
    return hops[-min(trusted_proxies, len(hops))]


def _read(text: str) -> str:
    """Empty for what is no address, such as the name of a socket."""
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return ""
