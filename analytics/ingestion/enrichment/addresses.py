"""Web addresses taken apart: host, path and campaign tags. Nothing here raises on rubbish."""

import functools
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlsplit

MAX_PARAMETERS = 100
_CACHED = 2048


@dataclass(frozen=True, slots=True)
class Address:
    """`host` in lower case without port; `query` with the first value of each parameter, names in lower case."""

    host: str = ""
    path: str = ""
    query: dict[str, str] = field(default_factory=dict)


@functools.lru_cache(_CACHED)
def parse(url: str) -> Address:
    """The parts of an absolute or relative address; empty parts where it is no address."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return Address()
    return Address(host=host.rstrip("."), path=parts.path, query=query(parts.query))


def query(text: str) -> dict[str, str]:
    """The first value of each parameter of a query string, with or without its question mark."""
    if not text:
        return {}
    try:
        pairs = parse_qsl(text.removeprefix("?"), max_num_fields=MAX_PARAMETERS, errors="replace")
    except ValueError:
        return {}
    found: dict[str, str] = {}
    for name, value in pairs:
        found.setdefault(name.lower(), value)
    return found


def bare(host: str) -> str:
    """A host as people say it, without www."""
    return host.removeprefix("www.")
