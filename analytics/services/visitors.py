"""Visitors without a cookie: who sends no id is told apart for a day by a hash (definitions: Event and person).

The key is a random salt of the day (UTC), which Redis forgets after 48 hours; then nobody, not even with the
address and the user agent at hand, can find the visitor again (a web process forgets a day's salt with the first
such visitor of the next). Such ids begin with PREFIX: a count of them over several days is an upper bound.
"""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import cast

import msgspec
import redis

from accounts.errors import Unavailable
from analytics.contracts import Rejection
from analytics.ingestion import cleaning
from analytics.ingestion.calls import Call, RawCall, context_of
from analytics.ingestion.client import ClientInfo, visitor
from analytics.queries.live import client as redis_client

PREFIX = "day_"
_SALT_BYTES = 32
_SALT_SECONDS = 48 * 3600


# A process keeps the newest salt, so that it does not ask for each visitor.
_salts: dict[str, bytes] = {}


def identify(
    *, project_id: int, calls: Sequence[RawCall | Call | Rejection], client: ClientInfo, now: datetime
) -> Sequence[RawCall | Call | Rejection]:
    """The calls, those without any id with the visitor's. A server's calls are left alone, to be refused.

    Raises Unavailable where Redis does not answer: better sent again than counted as somebody new.
    """
    if not _has_nameless(calls, client):
        return calls
    key = salt(now)
    return [_identified(call, project_id, client, key) for call in calls]


def asks_redis(*, calls: Sequence[RawCall | Call | Rejection], client: ClientInfo, now: datetime) -> bool:
    """Whether `identify` would have to wait for Redis; `salt` does so alone."""
    return _day(now) not in _salts and _has_nameless(calls, client)


def salt(now: datetime) -> bytes:
    """The salt of the day, made by whoever comes first. Raises Unavailable where Redis does not answer."""
    day = _day(now)
    found = _salts.get(day)
    if found is None:
        found = _ask(f"visitor-salt:{day}")
        _salts.clear()
        _salts[day] = found
    return found


def forget_salts() -> None:
    _salts.clear()


def _ask(key: str) -> bytes:
    try:
        redis_client().set(key, secrets.token_bytes(_SALT_BYTES), nx=True, ex=_SALT_SECONDS)
        return cast("bytes", redis_client().get(key))
    except redis.RedisError as error:
        raise Unavailable("Visitors cannot be told apart at the moment. Send it again.", retry_after=5) from error


def _day(now: datetime) -> str:
    return f"{now:%Y-%m-%d}"


def _has_nameless(calls: Sequence[RawCall | Call | Rejection], client: ClientInfo) -> bool:
    return any(_who(call, client) is not None for call in calls)


def _identified(
    call: RawCall | Call | Rejection, project_id: int, client: ClientInfo, key: bytes
) -> RawCall | Call | Rejection:
    who = _who(call, client)
    if who is None or isinstance(call, Rejection):
        return call
    found = _visitor(project_id, who, key)
    if isinstance(call, Call):
        return msgspec.structs.replace(call, anonymous_id=found)
    return {**call, "anonymousId": found}


def _who(call: RawCall | Call | Rejection, client: ClientInfo) -> tuple[str, str] | None:
    """Address and user agent of a call without an id: those it names itself, else the request's.

    None for a call that has an id, and where either is unknown.
    """
    if isinstance(call, Rejection) or not _is_nameless(call):
        return None
    given = context_of(call)
    address, _ = visitor(given.get("ip"), client)
    agent = cleaning.text(given.get("userAgent")) or client.user_agent
    return (address, agent) if address and agent else None


def _is_nameless(call: RawCall | Call) -> bool:
    if isinstance(call, Call):
        ids = call.user_id, call.anonymous_id
    else:
        ids = call.get("userId"), call.get("anonymousId")
    # Whatever else stands there is for the judgement to refuse, and may not be hashable.
    return all(text is None or text == "" for text in ids)


def _visitor(project_id: int, who: tuple[str, str], key: bytes) -> str:
    address, agent = who
    content = f"{project_id}\n{address}\n{agent}".encode(errors="replace")
    return PREFIX + hashlib.blake2b(content, key=key, digest_size=16).hexdigest()
