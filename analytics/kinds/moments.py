"""In which interval a moment is that is not an event's own. No Django here."""

import itertools
from collections.abc import Sequence

import ibis
import ibis.expr.types as ir

from analytics.periods import Span
from analytics.store.base import micros, pieces

_EPOCH = ibis.timestamp("1970-01-01 00:00:00")


def place_of(time: ir.TimestampValue, intervals: Sequence[Span]) -> ir.IntegerValue:
    """The place of the interval that a time is in, as `interval` is of events: whole numbers only."""
    at = time.delta(_EPOCH, unit="microsecond")
    runs = pieces(intervals)
    arms = [first + (at - micros(start)) // length for start, length, first in runs]
    if len(arms) < 2:
        return arms[0].cast("int64") if arms else ibis.null("int64")
    later = [micros(start) for start, _, _ in runs[1:]]
    cases = [(at < start, arm) for start, arm in zip(later, itertools.islice(arms, len(later)), strict=True)]
    return ibis.cases(*cases, else_=arms[-1]).cast("int64")
