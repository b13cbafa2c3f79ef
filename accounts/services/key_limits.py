"""Limits of requests of secret keys and public links, counted in Redis for all processes together."""

import functools
import logging
import math
import time

import redis
from django.conf import settings
from limits import RateLimitItemPerMinute
from limits.storage import RedisStorage
from limits.strategies import SlidingWindowCounterRateLimiter

from accounts.allowance import Allowance
from accounts.errors import RateLimited

LOG = logging.getLogger(__name__)
_SECONDS = 1.0
_CALLED = {"secret_key": "key", "share": "link"}


def take(*, key_id: int, requests_a_minute: int, of: str = "secret_key") -> Allowance | None:
    """Count a request, and say what remains; None where Redis does not answer, and then nobody is refused.

    Raises RateLimited for a request over the limit, which does not count.
    """
    limiter, item = _limiter(settings.REDIS_URL), RateLimitItemPerMinute(requests_a_minute)
    try:
        admitted = limiter.hit(item, of, str(key_id))
        window = limiter.get_window_stats(item, of, str(key_id))
    except redis.RedisError as error:
        LOG.warning("A key's requests are not counted: %s", error)
        return None
    reset = max(1, math.ceil(window.reset_time - time.time()))
    allowance = Allowance(requests_a_minute, window.remaining if admitted else 0, reset)
    if not admitted:
        raise RateLimited(
            f"This {_CALLED.get(of, of)} may send {requests_a_minute:,} requests a minute.",
            retry_after=reset,
            allowance=allowance,
        )
    return allowance


@functools.cache
def _limiter(url: str) -> SlidingWindowCounterRateLimiter:
    storage = RedisStorage(
        url.replace("unix://", "redis+unix://", 1), socket_timeout=_SECONDS, socket_connect_timeout=_SECONDS
    )
    return SlidingWindowCounterRateLimiter(storage)
