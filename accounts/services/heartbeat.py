"""The worker's note that it makes progress, which `GET /readyz` reads."""

import time

from django.core.cache import cache

from accounts.queries.health import WORKER_SEEN


def note() -> None:
    """Say that the worker has just done a piece of its regular work."""
    cache.set(WORKER_SEEN, time.time(), timeout=None)
