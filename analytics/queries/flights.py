"""One computation for all who ask the same at once: the panels of a page, or many people on Monday morning."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass(slots=True)
class _Flight:
    lock: threading.Lock = field(default_factory=threading.Lock)
    aboard: int = 0


_guard = threading.Lock()
_flights: dict[str, _Flight] = {}


@contextmanager
def alone(key: str) -> Iterator[None]:
    """Holds others in this process with the same key until the block is left; they should then look again."""
    with _guard:
        flight = _flights.setdefault(key, _Flight())
        flight.aboard += 1
    try:
        with flight.lock:
            yield
    finally:
        with _guard:
            flight.aboard -= 1
            if not flight.aboard:
                del _flights[key]
