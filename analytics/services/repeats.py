"""Whether a message was accepted a moment ago, so that a client that sends again is told so at once.

This is a courtesy: without Redis, or later, a repeated message falls when it is sealed.
"""

import hashlib
from collections.abc import Sequence
from typing import cast

import redis

from analytics.queries.live import client
from analytics.services.courtesy import REST

_REMEMBERED_SECONDS = 600
_SILENT = "Repeated messages are not told at the door."

# A project's id and a message's.
Message = tuple[int, str]


def known(messages: Sequence[Message]) -> frozenset[Message]:
    """Those of these messages that were accepted in the last minutes."""
    if not messages or not REST.is_over:
        return frozenset()
    try:
        found = cast("list[bytes | None]", client().mget([_key(*message) for message in messages]))
    except redis.RedisError as error:
        REST.begin(_SILENT, error)
        return frozenset()
    return frozenset(message for message, value in zip(messages, found, strict=True) if value is not None)


def remember(messages: Sequence[Message]) -> None:
    """Note what is on disk. Call this after the transaction: what is noted must never be lost."""
    if not messages or not REST.is_over:
        return
    try:
        with client().pipeline(transaction=False) as pipeline:
            for message in messages:
                pipeline.set(_key(*message), 1, ex=_REMEMBERED_SECONDS)
            pipeline.execute()
    except redis.RedisError as error:
        REST.begin(_SILENT, error)


def _key(project_id: int, message_id: str) -> bytes:
    return b"message:%d:" % project_id + hashlib.blake2b(message_id.encode(), digest_size=12).digest()
