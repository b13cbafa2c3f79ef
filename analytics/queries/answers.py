"""Answers that are kept for a while. Without Redis, or where it cannot write, each is computed."""

import logging
from typing import Any

import redis
from django.core.cache import cache

LOG = logging.getLogger(__name__)


def kept(key: str) -> Any:
    """The answer, or None."""
    try:
        return cache.get(key)
    except redis.RedisError as error:
        LOG.warning("Answers are computed, as none can be read from Redis: %s", error)
        return None


def keep(key: str, answer: object, seconds: int) -> None:
    try:
        cache.set(key, answer, seconds)
    except redis.RedisError as error:
        LOG.warning("An answer is not kept, as Redis does not take it: %s", error)
