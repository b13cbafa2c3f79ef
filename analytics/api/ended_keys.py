"""The door hears at once that a key has ended anywhere, over one connection of the process to Redis."""

import asyncio
import logging
from collections.abc import Callable

from django.conf import settings
from redis.asyncio import Redis
from redis.exceptions import RedisError

from accounts.services.key_news import CHANNEL

LOG = logging.getLogger(__name__)
_PAUSE_SECONDS = 1
_LOOK_SECONDS = 15


class EndedKeys:
    """Calls `forget` on each such news, and where some may have been missed. For one event loop."""

    def __init__(self, forget: Callable[[], None]) -> None:
        self._forget = forget
        self._task: asyncio.Task[None] | None = None

    def listen(self) -> None:
        """Begin, where that has not been done in the running loop."""
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._listen())

    async def _listen(self) -> None:
        # A timeout inside of the client may take a cancellation for its own, so each round looks for itself.
        while not _is_ending():
            try:
                await self._hear()
            except (RedisError, OSError) as error:
                LOG.warning("The end of keys is learnt a second later: %s", error)
                await asyncio.sleep(_PAUSE_SECONDS)

    async def _hear(self) -> None:
        connection = Redis.from_url(settings.REDIS_URL, socket_connect_timeout=5)
        news = connection.pubsub(ignore_subscribe_messages=True)
        try:
            await news.subscribe(CHANNEL)
            self._forget()
            while not _is_ending():
                if await news.get_message(timeout=_LOOK_SECONDS) is not None:
                    self._forget()
        finally:
            await news.aclose()  # type: ignore[no-untyped-call]
            await connection.aclose()


def _is_ending() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
