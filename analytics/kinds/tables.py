"""Lines over intervals as rows of a table. No Django here."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from analytics.periods import Span

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


def by_interval(
    about: Mapping[str, Any],
    intervals: Sequence[Span],
    values: "Sequence[DataclassInstance]",
    previous: "Sequence[DataclassInstance] | None",
) -> Iterator[dict[str, Any]]:
    """A row for each interval: what it is about, its numbers, and those at its place in the compared period."""
    for span, value, before in zip_longest(intervals, values, previous or ()):
        # The period before may have more intervals; those stand beside none.
        if span is not None:
            compared = {f"previous.{name}": number for name, number in asdict(before).items()} if before else {}
            yield {**about, "start": span.start, "end": span.end, **asdict(value), **compared}


def group_columns(group: Sequence[str] | None) -> dict[str, str]:
    """A column for each field of a breakdown."""
    return {f"group.{place}": value for place, value in enumerate(group or ())}
