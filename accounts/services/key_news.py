"""Tells every web process at once that some key has ended, so that none goes on what it remembers of it."""

import logging

import redis
from django.conf import settings

LOG = logging.getLogger(__name__)
CHANNEL = "keys:ended"


def announce() -> None:
    """To be called once the end is committed. Without Redis each process learns it within a second by itself."""
    try:
        with redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=2, socket_timeout=2) as connection:
            connection.publish(CHANNEL, "")
    except redis.RedisError as error:
        LOG.warning("That a key has ended is learnt a second later: %s", error)
