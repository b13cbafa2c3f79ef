"""Where ClickHouse is, as EVENT_STORE_URL says it. No Django here.

The settings check it, so every process loads this: nothing that knows of events belongs here.
"""

import importlib.util
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote, urlsplit

SCHEMES = ("clickhouse", "chdb")
MISSING = "EVENT_STORE_URL asks for ClickHouse: install Plumbline with the extra `clickhouse`."
# Stands for the project in the name of the user of EVENT_STORE_SQL_URL.
PROJECT = "{project}"


@dataclass(frozen=True, slots=True)
class Address:
    """Where ClickHouse is; `path` is that of the embedded engine, instead of a server."""

    host: str
    port: int
    user: str
    password: str
    database: str
    secure: bool
    cluster: str
    path: str


def address_of(url: str) -> Address:
    """Read `clickhouse://user:password@host:port/database?cluster=…&secure=true`; raises ValueError.

    `chdb:///folder?database=…` is the embedded engine, for tests and trials: one process may open it.
    """
    parts = urlsplit(url)
    options = dict(parse_qsl(parts.query))
    if parts.scheme not in SCHEMES:
        raise ValueError("it begins with `clickhouse://`")
    if unknown := set(options) - {"cluster", "secure", "database"}:
        raise ValueError(f"it has no option `{min(unknown)}`; there are cluster, secure and database")
    if parts.scheme == "clickhouse" and not parts.hostname:
        raise ValueError("it names no host")
    secure = options.get("secure", "").lower() in {"1", "true", "yes"}
    embedded = parts.scheme == "chdb"
    named = "" if embedded else unquote(parts.path.strip("/"))
    return Address(
        host=parts.hostname or "",
        port=parts.port or (8443 if secure else 8123),
        user=unquote(parts.username or "default"),
        password=unquote(parts.password or ""),
        database=options.get("database") or named or "default",
        secure=secure,
        cluster=options.get("cluster", ""),
        path=parts.path if embedded else "",
    )


def is_installed() -> bool:
    return importlib.util.find_spec("clickhouse_connect") is not None
