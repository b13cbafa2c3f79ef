"""Show events as they arrive. What fails here costs a glance, never an event."""

import logging
from collections.abc import Sequence

import redis

from analytics.contracts import Event
from analytics.queries import live

LOG = logging.getLogger(__name__)
# Long enough for somebody who set up a snippet and went for a coffee.
_KEPT_SECONDS = 24 * 3600


def announce(*, project_id: int, events: Sequence[Event]) -> None:
    """Put the last of these events at the head of the project's list."""
    rows = [live.row(event) for event in events[-live.KEPT :]]
    key = live.key(project_id)
    try:
        with live.client().pipeline(transaction=False) as pipeline:
            pipeline.lpush(key, *rows)
            pipeline.ltrim(key, 0, live.KEPT - 1)
            pipeline.expire(key, _KEPT_SECONDS)
            pipeline.execute()
    except redis.RedisError as error:
        LOG.warning("The live view missed %d events: %s", len(rows), error)


def forget(*, project_id: int) -> bool:
    """Empty the project's list, whose rows do not tell every id of a person; False where Redis does not answer."""
    try:
        live.client().delete(live.key(project_id))
    except redis.RedisError as error:
        LOG.warning("The live view keeps what it shows: %s", error)
        return False
    return True
