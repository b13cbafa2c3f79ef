"""A month's end from its last seven whole days, by numbers that anybody can check."""

from datetime import UTC, date, datetime, timedelta

import pytest

from accounts.billing.forecast import Forecast, forecast

LONG_AGO = date(2026, 1, 1)


def november(day: int, hour: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, tzinfo=UTC)


def each_day(first: date, count: int, quantity: int) -> dict[date, int]:
    return {first + timedelta(days=place): quantity for place in range(count)}


def test_what_is_even_goes_on_evenly():
    by_day = each_day(date(2026, 11, 1), 20, 100)

    # 20 days are used; of the 10 that are left each is as the last seven were.
    assert forecast(by_day, since=LONG_AGO, now=november(21)) == Forecast(2_000, 3_000, 7)


def test_the_rest_of_today_counts_by_its_hours():
    by_day = each_day(date(2026, 11, 1), 20, 100) | {date(2026, 11, 21): 30}

    # 2,030 until noon; nine days and a half are left.
    assert forecast(by_day, since=LONG_AGO, now=november(21, 12)) == Forecast(2_030, 2_980, 7)


def test_only_the_last_seven_days_tell():
    by_day = each_day(date(2026, 11, 1), 13, 9_000) | each_day(date(2026, 11, 14), 7, 70)

    found = forecast(by_day, since=LONG_AGO, now=november(21))

    assert found == Forecast(13 * 9_000 + 490, 13 * 9_000 + 490 + 10 * 70, 7)


def test_in_a_months_first_days_the_month_before_tells():
    by_day = each_day(date(2026, 10, 25), 7, 50) | {date(2026, 11, 1): 120}

    # Six days of 50 and one of 120 are 60 a day, of which 29 are left.
    assert forecast(by_day, since=LONG_AGO, now=november(2)) == Forecast(120, 120 + 60 * 29, 7)


@pytest.mark.parametrize(("since", "days", "total"), [(18, 3, 300 + 10 * 100), (20, 1, 100 + 10 * 100)])
def test_who_began_lately_has_fewer_days(since, days, total):
    by_day = each_day(date(2026, 11, since), 21 - since, 100)

    found = forecast(by_day, since=date(2026, 11, since), now=november(21))

    assert found is not None
    assert (found.total, found.days) == (total, days)


@pytest.mark.parametrize("since", [None, date(2026, 11, 21)])
def test_without_a_whole_day_there_is_none(since):
    assert forecast({date(2026, 11, 21): 5}, since=since, now=november(21, 23)) is None


def test_the_last_second_of_a_month_adds_nothing_to_speak_of():
    by_day = each_day(date(2026, 11, 1), 30, 100)

    found = forecast(by_day, since=LONG_AGO, now=november(30) + timedelta(hours=23, minutes=59, seconds=59))

    assert found == Forecast(3_000, 3_000, 7)


def test_a_correction_makes_no_negative_rest():
    assert forecast({date(2026, 11, 20): -500}, since=LONG_AGO, now=november(21)) == Forecast(-500, -500, 7)
