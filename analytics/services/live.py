"""Show events as they arrive. What fails here costs a glance, never an event."""

import logging
import time
from collections import deque
from collections.abc import Sequence

import redis

from analytics.contracts import Event
from analytics.queries import live
from analytics.services.courtesy import REST

LOG = logging.getLogger(__name__)
# Long enough for somebody who set up a snippet and went for a coffee.
_KEPT_SECONDS = 24 * 3600
# Faster than this nobody reads.
PAUSE_SECONDS = 0.2


def announce(*, project_id: int, events: Sequence[Event]) -> None:
    """Put the last of these events at the head of the project's list."""
    if not REST.is_over:
        return
    rows = [live.row(event) for event in events[-live.KEPT :]]
    key = live.key(project_id)
    try:
        with live.client().pipeline(transaction=False) as pipeline:
            pipeline.lpush(key, *rows)
            pipeline.ltrim(key, 0, live.KEPT - 1)
            pipeline.expire(key, _KEPT_SECONDS)
            pipeline.execute()
    except redis.RedisError as error:
        REST.begin("The live view misses events.", error)


def forget(*, project_id: int) -> bool:
    """Empty the project's list, whose rows do not tell every id of a person; False where Redis does not answer."""
    try:
        live.client().delete(live.key(project_id))
    except redis.RedisError as error:
        LOG.warning("The live view keeps what it shows: %s", error)
        return False
    return True


class Announcer:
    """Announces for a writer of many groups: all projects at most once in PAUSE_SECONDS."""

    def __init__(self) -> None:
        self._waiting: dict[int, deque[Event]] = {}
        self._next = 0.0

    @property
    def due_in(self) -> float | None:
        """Seconds until something is to be announced; None where nothing waits."""
        return max(0.0, self._next - time.monotonic()) if self._waiting else None

    def note(self, project_id: int, events: Sequence[Event]) -> None:
        self._waiting.setdefault(project_id, deque(maxlen=live.KEPT)).extend(events[-live.KEPT :])

    def announce_if_due(self) -> None:
        if self.due_in == 0:
            self.announce()

    def announce(self) -> None:
        """Whatever waits, now."""
        waiting, self._waiting = self._waiting, {}
        for project_id, events in waiting.items():
            announce(project_id=project_id, events=list(events))
        self._next = time.monotonic() + PAUSE_SECONDS
