"""Every setting that Plumbline reads from the environment: name, type, default, meaning.

`docs/configuration.md` is checked against this table by a test.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import environ
import psycopg
from django.core.exceptions import ImproperlyConfigured
from psycopg.conninfo import conninfo_to_dict

from analytics.store.clickhouse import address as clickhouse


class _Required:
    def __repr__(self) -> str:
        return "required"


REQUIRED = _Required()
# The trigger of the table lets nothing younger go.
LEAST_AUDIT_DAYS = 30


@dataclass(frozen=True, slots=True)
class Variable:
    """One environment variable: `kind` is the django-environ reader's name."""

    name: str
    kind: str
    default: Any
    meaning: str


VARIABLES = (
    Variable(
        "SECRET_KEY",
        "str",
        REQUIRED,
        "Signs sessions and tokens; `make run` keeps one in the data folder.",
    ),
    Variable(
        "DATABASE_URL",
        "str",
        REQUIRED,
        "PostgreSQL, e.g. `postgres://user:password@host/name`. Unset: `make run` starts its own.",
    ),
    Variable(
        "REDIS_URL",
        "str",
        REQUIRED,
        "Redis, e.g. `redis://host:6379/0`. Unset: `make run` starts its own.",
    ),
    Variable(
        "PLUMBLINE_DATA",
        "str",
        "./var",
        "The data folder: event segments and, embedded, the database.",
    ),
    Variable(
        "PLUMBLINE_BASE_URL",
        "str",
        "http://127.0.0.1:8000",
        "The public address. With `https://`, cookies are secure and HSTS is sent.",
    ),
    Variable(
        "PLUMBLINE_ALLOWED_HOSTS",
        "list",
        [],
        "More host names to answer to, besides the public address's.",
    ),
    Variable(
        "PLUMBLINE_TRUSTED_PROXIES",
        "int",
        0,
        "How many reverse proxies stand in front: that many entries of `X-Forwarded-For` are believed.",
    ),
    Variable(
        "PLUMBLINE_MAXMIND",
        "str",
        "",
        "A country database (`.mmdb`, as GeoLite2-Country): visitors' countries come from their addresses.",
    ),
    Variable("PLUMBLINE_DEBUG", "bool", False, "Django's debug pages. Never in production."),
    Variable("PLUMBLINE_LOG_LEVEL", "str", "INFO", "DEBUG, INFO, WARNING or ERROR."),
    Variable("PLUMBLINE_SIGNUP", "bool", False, "Whether strangers may make an account."),
    Variable(
        "PLUMBLINE_SSO_PRIVATE",
        "bool",
        False,
        "Whether providers of single sign-on may be in your own network, and on this machine without HTTPS.",
    ),
    Variable(
        "PLUMBLINE_WEBHOOKS_PRIVATE",
        "bool",
        False,
        "Whether webhooks may go to addresses in your own network, and on this machine without HTTPS.",
    ),
    Variable(
        "PLUMBLINE_DELETION_DAYS",
        "int",
        14,
        "For how many days a deleted organization can be restored, before its data is gone for good.",
    ),
    Variable(
        "EVENT_STORE_URL",
        "str",
        "",
        "ClickHouse: `clickhouse://user:password@host:port/database`. Unset: files in the data folder.",
    ),
    Variable(
        "EVENT_STORE_SQL_URL",
        "str",
        "",
        "Opens SQL where the events are in ClickHouse: the address of a user for each project, who may only read, "
        "e.g. `clickhouse://plumbline_sql_{project}:password@host:port/database`. Unset: SQL is closed there.",
    ),
    Variable("PLUMBLINE_QUERY_SECONDS", "int", 30, "The deadline of one query, in seconds."),
    Variable(
        "PLUMBLINE_QUERIES_AT_ONCE",
        "int",
        2,
        "How many queries of one organization run at once, in all processes, unless its plan says; others wait.",
    ),
    Variable(
        "PLUMBLINE_QUERY_MEMORY",
        "str",
        "1GB",
        "The memory that all queries of one process may use together.",
    ),
    Variable(
        "PLUMBLINE_SQL_MEGABYTES",
        "int",
        256,
        "The memory that one SQL query of an analyst may use, in megabytes; two run at once in a process.",
    ),
    Variable(
        "PLUMBLINE_SEAL_SECONDS",
        "float",
        1.0,
        "How often the inbox is sealed into segments, in seconds.",
    ),
    Variable(
        "PLUMBLINE_IMPORT_MEGABYTES",
        "int",
        1024,
        "The size of a file that may be uploaded to be imported, packed or not, in megabytes.",
    ),
    Variable(
        "PLUMBLINE_AUDIT_DAYS",
        "int",
        730,
        "How long an entry of the audit log is kept, in days; 30 at least.",
    ),
    Variable(
        "PLUMBLINE_INFERENCE_CONCURRENCY",
        "int",
        1000,
        "How many LLM calls one worker process holds at once.",
    ),
    Variable(
        "PLUMBLINE_INFERENCE_MOST_RUNNING",
        "int",
        1000,
        "How many LLM jobs of one organization run at once, in all workers, unless its own rules say.",
    ),
    Variable("PLUMBLINE_INFERENCE_SECONDS", "int", 600, "The deadline of one LLM call, in seconds."),
    Variable(
        "PLUMBLINE_INFERENCE_FIRST_TOKEN_SECONDS",
        "float",
        120.0,
        "How long a model may be silent before its first token, in seconds.",
    ),
    Variable(
        "PLUMBLINE_INFERENCE_STALL_SECONDS",
        "float",
        60.0,
        "How long a model may be silent between two tokens, in seconds.",
    ),
    Variable(
        "PLUMBLINE_INFERENCE_JOB_SECONDS",
        "float",
        3600.0,
        "The deadline of a job from its first start to its end, with all tries and pauses, in seconds; a job may "
        "name a shorter one.",
    ),
    Variable(
        "PLUMBLINE_INFERENCE_PRIVATE",
        "bool",
        False,
        "Whether organizations' own LLM servers may be in your own network, and without HTTPS.",
    ),
    Variable(
        "PLUMBLINE_INFERENCE_LEASE",
        "float",
        15.0,
        "How long a worker may be silent before its LLM calls are given to another, in seconds.",
    ),
    Variable(
        "ANTHROPIC_API_KEY",
        "str",
        "",
        "Makes the provider `anthropic` available; several with commas: the next where one is asked too much.",
    ),
    Variable(
        "ANTHROPIC_BASE_URL",
        "str",
        "https://api.anthropic.com",
        "Where the provider `anthropic` is reached.",
    ),
    Variable(
        "ANTHROPIC_MODEL",
        "str",
        "claude-sonnet-4-5",
        "The model that `anthropic` runs unless a job names one.",
    ),
    Variable(
        "OPENAI_API_KEY",
        "str",
        "",
        "Makes the provider `openai` available; several with commas, and any text for a server without keys.",
    ),
    Variable(
        "OPENAI_BASE_URL",
        "str",
        "https://api.openai.com/v1",
        "Any OpenAI-compatible server: OpenAI, vLLM, Ollama, and others.",
    ),
    Variable("OPENAI_MODEL", "str", "gpt-5-mini", "The model that `openai` runs unless a job names one."),
    Variable(
        "PLUMBLINE_TRACING",
        "bool",
        False,
        "Sends a span for each LLM job and call to `OTEL_EXPORTER_OTLP_ENDPOINT`; needs the extra `otel`.",
    ),
    Variable(
        "STRIPE_SECRET_KEY",
        "str",
        "",
        "Plans are paid through this account at Stripe. Unset: by invoice, and staff say yes to each.",
    ),
    Variable(
        "STRIPE_WEBHOOK_SECRET",
        "str",
        "",
        "Signs what Stripe tells `/api/v1/stripe/events/`; needed with `STRIPE_SECRET_KEY`.",
    ),
    Variable(
        "PLUMBLINE_STRIPE_TAX",
        "bool",
        False,
        "Whether Stripe computes tax (Stripe Tax is to be set up there). Prices are without it.",
    ),
    Variable(
        "PLUMBLINE_STRIPE_API_BASE",
        "str",
        "https://api.stripe.com",
        "Where Stripe is reached: a proxy of yours, or a simulator.",
    ),
    Variable(
        "EMAIL_URL",
        "str",
        "consolemail://",
        "Where mail goes, e.g. `smtp+tls://user:password@host:587`.",
    ),
    Variable("DEFAULT_FROM_EMAIL", "str", "Plumbline <plumbline@localhost>", "The sender of mail."),
)


def read(source: Mapping[str, str]) -> dict[str, Any]:
    """The typed value of each variable.

    Raises ImproperlyConfigured, with a sentence that names the variable, where one is missing or unreadable.
    """
    env = environ.Env()
    env.ENVIRON = source
    return {variable.name: _read_one(env, variable) for variable in VARIABLES}


def _read_one(env: environ.Env, variable: Variable) -> Any:
    if variable.name not in env.ENVIRON or env.ENVIRON[variable.name] == "":
        if variable.default is REQUIRED:
            raise ImproperlyConfigured(f"Set {variable.name}. {variable.meaning}")
        return variable.default
    try:
        return getattr(env, variable.kind)(variable.name)
    except (ValueError, TypeError) as error:
        raise ImproperlyConfigured(
            f"{variable.name} is not a {variable.kind}: {env.ENVIRON[variable.name]!r}. {variable.meaning}"
        ) from error


def database(url: str, **options: Any) -> dict[str, Any]:
    """Django's connection settings for a PostgreSQL address, read as libpq reads it (sockets, TLS and all).

    Raises ImproperlyConfigured for an address that is not PostgreSQL's.
    """
    try:
        parts: dict[str, Any] = dict(conninfo_to_dict(url.replace("postgres://", "postgresql://", 1)))
    except psycopg.ProgrammingError as error:
        raise ImproperlyConfigured(f"DATABASE_URL is not a PostgreSQL address: {error}") from error
    names = {
        "NAME": "dbname",
        "USER": "user",
        "PASSWORD": "password",
        "HOST": "host",
        "PORT": "port",
    }
    return {
        "ENGINE": "config.postgresql",
        **{name: str(parts.pop(part, "")) for name, part in names.items()},
        "OPTIONS": {**parts, **options},
    }


def audit_days(days: int) -> int:
    """The days as given; raises ImproperlyConfigured for fewer than the database itself keeps."""
    if days < LEAST_AUDIT_DAYS:
        raise ImproperlyConfigured(f"PLUMBLINE_AUDIT_DAYS is less than {LEAST_AUDIT_DAYS}: {days}.")
    return days


def event_store(url: str) -> str:
    """The address of ClickHouse, as given; raises ImproperlyConfigured for one that cannot be used."""
    if not url:
        return ""
    try:
        clickhouse.address_of(url)
    except ValueError as error:
        raise ImproperlyConfigured(f"EVENT_STORE_URL is not an address of ClickHouse: {error}.") from error
    if not clickhouse.is_installed():
        raise ImproperlyConfigured(clickhouse.MISSING)
    return url


def event_store_sql(url: str, store_url: str) -> str:
    """The address of the users of SQL, as given; raises ImproperlyConfigured for one that cannot be used."""
    if not url:
        return ""
    if not store_url:
        raise ImproperlyConfigured("EVENT_STORE_SQL_URL needs EVENT_STORE_URL: the events are in ClickHouse.")
    try:
        address = clickhouse.address_of(url)
    except ValueError as error:
        raise ImproperlyConfigured(f"EVENT_STORE_SQL_URL is not an address of ClickHouse: {error}.") from error
    if address.path or address.cluster or clickhouse.address_of(store_url).cluster:
        raise ImproperlyConfigured("EVENT_STORE_SQL_URL is for a server, and one that is no part of a cluster.")
    if clickhouse.PROJECT not in address.user or not address.password:
        raise ImproperlyConfigured(
            f"EVENT_STORE_SQL_URL needs a user with `{clickhouse.PROJECT}` in its name, and a password."
        )
    return url


def stripe_key(key: str, webhook_secret: str) -> str:
    """The key, as given; raises ImproperlyConfigured for one without the secret of its events."""
    if key and not webhook_secret:
        raise ImproperlyConfigured("STRIPE_SECRET_KEY needs STRIPE_WEBHOOK_SECRET, to hear of payments.")
    return key


def broker(redis_url: str) -> str:
    """The same Redis as Celery's transport names it: it has a scheme of its own for Unix sockets."""
    parts = urlsplit(redis_url)
    if parts.scheme != "unix":
        return redis_url
    database = parse_qs(parts.query).get("db", ["0"])[0]
    return f"redis+socket://{parts.path}?virtual_host={database}"


def file(name: str, path: str) -> str:
    """The path of an optional file; raises ImproperlyConfigured, naming the variable, where there is none."""
    if path and not Path(path).is_file():
        raise ImproperlyConfigured(f"{name} is not a file: {path!r}.")
    return path


def host_of(base_url: str) -> str:
    """The host name of the public address; raises ImproperlyConfigured where it has none."""
    parts = urlsplit(base_url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ImproperlyConfigured(f"PLUMBLINE_BASE_URL is not an http or https address: {base_url!r}.")
    return parts.hostname
