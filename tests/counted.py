"""How many queries a page costs."""

from collections.abc import Callable

from django.db import connection
from django.test.utils import CaptureQueriesContext


def queries_of(ask: Callable[[], object]) -> int:
    """The fewest of three times: what is remembered for some seconds is asked anew in one of them at most."""
    counts = []
    for _ in range(3):
        with CaptureQueriesContext(connection) as captured:
            ask()
        counts.append(len(captured))
    return min(counts)
