"""What use over a quota costs, when periods end, and how amounts are written: pure modules."""

from datetime import UTC, datetime

import pytest
from babel.numbers import get_currency_precision
from hypothesis import given
from hypothesis import strategies as st

from accounts.billing import money, periods
from accounts.billing.terms import Block, Interval, Metered, Overage, Terms


@pytest.mark.parametrize(
    ("used", "blocks"), [(0, 0), (999, 0), (1_000, 0), (1_001, 1), (1_100, 1), (1_101, 2), (1_200, 2)]
)
def test_a_block_is_owed_once_it_is_begun(used, blocks) -> None:
    metered = Metered(included=1_000, block=Block(100, 250))

    assert (metered.blocks(used), metered.amount(used)) == (blocks, blocks * 250)


def test_without_a_quota_or_a_block_nothing_is_owed() -> None:
    assert Metered(None, Block(100, 250)).amount(10**9) == 0
    assert Metered(1_000, None).amount(10**9) == 0


def test_terms_are_free_only_where_nothing_can_be_owed() -> None:
    assert Terms("EUR", Interval.MONTH, 0).is_free
    assert not Terms("EUR", Interval.MONTH, 1).is_free
    assert not Terms("EUR", Interval.MONTH, 0, tokens=Metered(1, Block(1, 1))).is_free


def test_a_kind_s_part_is_found_by_its_name() -> None:
    terms = Terms("EUR", Interval.MONTH, 0, events=Metered(1), tokens=Metered(2))

    assert (terms.of(Overage.EVENTS).included, terms.of(Overage.TOKENS).included) == (1, 2)


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [(1_234, "EUR", "€12.34"), (1_234, "JPY", "¥1,234"), (1_234, "KWD", "KWD1.234"), (-5, "USD", "-$0.05")],
)
def test_amounts_are_written_with_the_currency_s_digits(amount, currency, text) -> None:
    assert money.written(amount, currency).replace("\xa0", "") == text


def test_the_digits_are_those_of_cldr() -> None:
    assert {code: get_currency_precision(code) for code in money.EXPONENTS} == money.EXPONENTS


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("anchor", "interval", "after", "end"),
    [
        ("2026-01-31", Interval.MONTH, "2026-01-31", "2026-02-28"),
        ("2026-01-31", Interval.MONTH, "2026-02-28", "2026-03-31"),
        ("2026-01-31", Interval.MONTH, "2026-03-30", "2026-03-31"),
        ("2024-02-29", Interval.YEAR, "2024-02-29", "2025-02-28"),
        ("2024-02-29", Interval.YEAR, "2027-06-01", "2028-02-29"),
        ("2026-11-15T10:00", Interval.MONTH, "2026-12-15T09:59", "2026-12-15T10:00"),
    ],
)
def test_periods_are_counted_from_their_anchor(anchor, interval, after, end) -> None:
    assert periods.end_of(at(anchor), interval, after=at(after)) == at(end)


YEARS = (datetime(2020, 1, 1), datetime(2036, 1, 1))  # noqa: DTZ001 (Hypothesis adds the zone)


@given(
    st.datetimes(*YEARS, timezones=st.just(UTC)),
    st.datetimes(*YEARS, timezones=st.just(UTC)),
    st.sampled_from(Interval),
)
def test_an_end_is_the_first_after_the_moment(anchor, after, interval) -> None:
    end = periods.end_of(anchor, interval, after=after)
    all_ends = [periods.months_after(anchor, n * periods.MONTHS[interval]) for n in range(1, 260)]

    assert end == next(moment for moment in all_ends if moment > after)
