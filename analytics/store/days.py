"""Days (UTC) as few spans, each a scan that skips what lies between them. No Django here."""

from collections.abc import Iterable

from analytics.store.runs import DAY_MICROS

# Of more, those in between are read as well.
MOST_SPANS = 10


def spans_of(days: Iterable[int]) -> list[tuple[int, int]]:
    """The spans in µs since 1970, ends not included, that have all of these days (counted since 1970)."""
    spans: list[tuple[int, int]] = []
    for day in sorted(set(days)):
        if spans and (day - spans[-1][1] <= 1 or len(spans) == MOST_SPANS):
            spans[-1] = spans[-1][0], day
        else:
            spans.append((day, day))
    return [(first * DAY_MICROS, (last + 1) * DAY_MICROS) for first, last in spans]
