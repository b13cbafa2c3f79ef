"""Who sent a request, as far as enrichment needs it. The address is stored only where the project says so."""

import functools
import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass

from accounts.origin import client_address

# Country headers that proxies set; believed only behind a proxy that we trust.
_COUNTRY_HEADERS = ("cf-ipcountry", "x-country")
_LONGEST_ADDRESS = 64


@dataclass(frozen=True, slots=True)
class ClientInfo:
    """`user_agent` and `language` are a browser's, or empty; `country` is an ISO 3166 code, or empty."""

    address: str = ""
    user_agent: str = ""
    country: str = ""
    language: str = ""


def client_info(*, headers: Mapping[str, str], peer: str, trusted_proxies: int) -> ClientInfo:
    """The client of a request, from its headers (names in lower case) and the address that connected."""
    user_agent = headers.get("user-agent", "")
    # A server's library sends its own user agent for people who are elsewhere; every browser says Mozilla.
    from_browser = user_agent.startswith("Mozilla/")
    country = ""
    if trusted_proxies > 0:
        country = next((headers[name] for name in _COUNTRY_HEADERS if headers.get(name)), "")
    return ClientInfo(
        address=client_address(
            forwarded=headers.get("x-forwarded-for", ""), peer=peer, trusted_proxies=trusted_proxies
        ),
        user_agent=user_agent if from_browser else "",
        country=country,
        language=_first_language(headers.get("accept-language", "")) if from_browser else "",
    )


def visitor(given: object, source: ClientInfo) -> tuple[str, str]:
    """Address and country header of the visitor; `given` is what the caller says in `context.ip`.

    A server that names its visitor's address is not the visitor, so neither its own address nor its country
    counts. Without a name, only a browser is taken for the visitor. Both are empty where unknown.
    """
    address, is_public = _read_address(given) if isinstance(given, str) else ("", False)
    header = "" if is_public else source.country
    if not address and source.user_agent:
        address, _ = _read_address(source.address)
    return address, header


@functools.lru_cache(8192)
def _read_address(text: str) -> tuple[str, bool]:
    try:
        found = ipaddress.ip_address(text.strip()[:_LONGEST_ADDRESS])
    except ValueError:
        return "", False
    return str(found), found.is_global


def _first_language(accepted: str) -> str:
    language = accepted.split(",", 1)[0].split(";", 1)[0].strip()
    return "" if language == "*" else language
