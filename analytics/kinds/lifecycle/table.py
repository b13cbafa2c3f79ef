"""Lifecycle as a table: a row for each interval. No Django here."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from analytics.kinds.lifecycle.result import LifecycleResult


def rows(result: LifecycleResult) -> Iterator[Mapping[str, Any]]:
    for span, point in zip(result.intervals, result.points, strict=True):
        yield {"start": span.start, "end": span.end, **asdict(point)}
