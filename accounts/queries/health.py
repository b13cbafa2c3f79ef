"""Whether the parts that an installation needs answer, for `GET /readyz`."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import redis
from django.core.cache import cache
from django.db import Error, connection

WORKER_SEEN = "worker:last_seen"
# The worker notes itself with each sealing, about once a second; a long compaction may hold it for a while.
WORKER_SILENCE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Check:
    """One part: whether it is well, a word on it, and for the worker how long ago it was last seen, in seconds."""

    name: str
    ok: bool
    state: str
    age_seconds: float | None = None


def checks() -> list[Check]:
    """Every part, each asked even where another failed."""
    return [database(), redis_server(), worker()]


def database() -> Check:
    return _asked("database", _ask_database, Error)


def redis_server() -> Check:
    return _asked("redis", _ask_redis, redis.RedisError)


def worker() -> Check:
    """The worker's progress, by its own last note."""
    try:
        seen: float | None = cache.get(WORKER_SEEN)
    except redis.RedisError:
        return Check("worker", ok=False, state="unknown: redis does not answer")
    if seen is None:
        return Check("worker", ok=False, state="never seen")
    age = max(0.0, time.time() - seen)
    ok = age <= WORKER_SILENCE_SECONDS
    since = datetime.fromtimestamp(seen, UTC).isoformat(timespec="seconds")
    return Check("worker", ok=ok, state="working" if ok else f"silent since {since}", age_seconds=round(age, 1))


def _asked(name: str, ask: Callable[[], None], failure: type[Exception]) -> Check:
    """The error's own text stays out of the answer: it may hold an address or a user name."""
    try:
        ask()
    except failure:
        return Check(name, ok=False, state="does not answer")
    return Check(name, ok=True, state="answers")


def _ask_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def _ask_redis() -> None:
    cache.get("readyz")
