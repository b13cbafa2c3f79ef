"""Stickiness as a table: a row for each number of intervals. No Django here."""

from collections.abc import Iterator, Mapping
from typing import Any

from analytics.kinds.stickiness.result import Active, StickinessResult


def rows(result: StickinessResult) -> Iterator[Mapping[str, Any]]:
    for count in range(1, len(result.intervals) + 1):
        before = _people(result.previous, count) if result.previous else {}
        compared = {f"previous.{name}": people for name, people in before.items()}
        yield {"intervals": count, **_people(result.current, count), **compared}


def _people(active: Active, count: int) -> dict[str, int]:
    """The compared period may have fewer intervals: nobody is active in more."""
    if count > len(active.exactly):
        return {"exactly": 0, "at_least": 0}
    return {"exactly": active.exactly[count - 1], "at_least": active.at_least[count - 1]}
