"""A pause from a server that does not answer: each try would cost its timeout. No Django here."""

import logging
import time

LOG = logging.getLogger(__name__)
REST_SECONDS = 5.0


class Rest:
    """Until when nothing is asked of Redis, on the monotonic clock."""

    def __init__(self) -> None:
        self._until = 0.0

    @property
    def is_over(self) -> bool:
        return time.monotonic() >= self._until

    def begin(self, what: str, error: Exception) -> None:
        LOG.warning("%s Redis: %s", what, error)
        self._until = time.monotonic() + REST_SECONDS

    def end(self) -> None:
        self._until = 0.0
