from hypothesis import given
from hypothesis import strategies as st

from analytics.store.days import MOST_SPANS, spans_of
from analytics.store.runs import DAY_MICROS


def test_days_that_follow_each_other_are_one_span() -> None:
    assert spans_of([7, 3, 4, 3]) == [(3 * DAY_MICROS, 5 * DAY_MICROS), (7 * DAY_MICROS, 8 * DAY_MICROS)]


@given(st.sets(st.integers(-1_000, 1_000)))
def test_few_spans_in_order_have_every_day(days: set[int]) -> None:
    spans = spans_of(days)

    assert len(spans) <= MOST_SPANS
    assert spans == sorted(spans)
    assert all(sum(start <= day * DAY_MICROS < end for start, end in spans) == 1 for day in days)
