"""The latest events of a project, as they arrived: a short list in Redis, which is a glance and not the truth."""

import functools
from datetime import UTC, datetime
from typing import Any, cast

import msgspec
import redis
from django.conf import settings

from accounts.access import Actor
from analytics.contracts import Event
from analytics.models import Project
from analytics.queries.sensitive import hidden_from

KEPT = 50
MAX_PROPERTIES = 8
MAX_VALUE = 80
# Within this the page must show an event or fail: Redis is beside the way of an event, never on it.
_TIMEOUT_SECONDS = 0.5
_ID_LENGTH = 24


class LiveEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One event as a list shows it. `time` is when it happened (UTC); `person` the user id, else the anonymous id.

    `properties` are the first few, each cut short, in the customer's order.
    """

    message_id: str
    time: datetime
    kind: str
    name: str
    person: str
    path: str
    source: str
    country: str
    properties: tuple[tuple[str, str], ...] = ()


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(LiveEvent).decode


def recent(*, project: Project, limit: int = KEPT, actor: Actor | None = None) -> tuple[LiveEvent, ...]:
    """The last events to arrive, the newest first, as the asker may see them; none where Redis does not answer."""
    try:
        rows = cast("list[bytes]", client().lrange(key(project.pk), 0, max(0, limit - 1)))
    except redis.RedisError:
        return ()
    names = hidden_from(actor, project).in_events
    events = (_decode(row) for row in rows)
    return tuple(_without(event, names) if names else event for event in events)


def _without(event: LiveEvent, names: frozenset[str]) -> LiveEvent:
    """Without properties of these names, and those whose text, which may be cut, is an object that has one."""
    keys = [_encode(name).decode() for name in names]
    kept = tuple(
        (name, text)
        for name, text in event.properties
        if name not in names and not (text.startswith(("{", "[")) and any(key in text for key in keys))
    )
    return msgspec.structs.replace(event, properties=kept)


def row(event: Event) -> bytes:
    """An event as the list keeps it."""
    return _encode(
        LiveEvent(
            message_id=event.message_id,
            time=datetime.fromtimestamp(event.time / 1_000_000, UTC),
            kind=event.kind,
            name=event.name,
            person=event.user_id or event.anonymous_id[:_ID_LENGTH],
            path=event.path,
            source=event.source,
            country=event.country,
            properties=_short(event.properties),
        )
    )


def key(project_id: int) -> str:
    return f"live:{project_id}"


def client() -> "redis.Redis":
    """The process's connections to Redis."""
    return _client(settings.REDIS_URL)


@functools.cache
def _client(url: str) -> "redis.Redis":
    return redis.Redis.from_url(url, socket_timeout=_TIMEOUT_SECONDS, socket_connect_timeout=_TIMEOUT_SECONDS)


def _short(properties: str) -> tuple[tuple[str, str], ...]:
    found: dict[str, Any] = msgspec.json.decode(properties)
    return tuple((name, _shown(value)) for name, value in list(found.items())[:MAX_PROPERTIES])


def _shown(value: object) -> str:
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return text if len(text) <= MAX_VALUE else text[: MAX_VALUE - 1] + "…"
