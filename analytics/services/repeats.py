"""Whether a message was accepted a moment ago, so that a client that sends again is told so at once.

This is a courtesy: without Redis, or later, a repeated message falls when it is sealed.
"""

import hashlib
import logging
from collections.abc import Sequence
from typing import cast

import redis

from analytics.queries.live import client

LOG = logging.getLogger(__name__)
_REMEMBERED_SECONDS = 600


def known(*, project_id: int, message_ids: Sequence[str]) -> frozenset[str]:
    """Those of these ids that were accepted in the last minutes."""
    if not message_ids:
        return frozenset()
    try:
        found = cast("list[bytes | None]", client().mget([_key(project_id, text) for text in message_ids]))
    except redis.RedisError as error:
        LOG.warning("Repeated messages are not told at the door: %s", error)
        return frozenset()
    return frozenset(text for text, value in zip(message_ids, found, strict=True) if value is not None)


def remember(*, project_id: int, message_ids: Sequence[str]) -> None:
    """Note what is on disk. Call this after the transaction: what is noted must never be lost."""
    try:
        with client().pipeline(transaction=False) as pipeline:
            for text in message_ids:
                pipeline.set(_key(project_id, text), 1, ex=_REMEMBERED_SECONDS)
            pipeline.execute()
    except redis.RedisError as error:
        LOG.warning("Repeated messages are not told at the door: %s", error)


def _key(project_id: int, message_id: str) -> bytes:
    return b"message:%d:" % project_id + hashlib.blake2b(message_id.encode(), digest_size=12).digest()
