"""Trends as a table: a row for each line and interval. No Django here."""

from collections.abc import Iterator, Mapping
from itertools import zip_longest
from typing import Any

from analytics.kinds.tables import group_columns
from analytics.kinds.trends.result import TrendsResult


def rows(result: TrendsResult) -> Iterator[Mapping[str, Any]]:
    for line in result.lines:
        about = {"series": line.series, "label": line.label, **group_columns(line.group)}
        cells = zip_longest(result.intervals, line.values, line.previous_values or ())
        for span, value, previous in cells:
            # The period before may have more intervals; those stand beside none.
            if span is not None:
                yield {**about, "start": span.start, "end": span.end, "value": value, "previous": previous}
