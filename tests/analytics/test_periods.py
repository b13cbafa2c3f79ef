"""Periods and intervals over daylight saving, in zones with whole, half and odd hours."""

import itertools
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from analytics.periods import Compare, Days, Interval, Period, compared_days, days_of, intervals, resolve, span_of

BERLIN = ZoneInfo("Europe/Berlin")
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")
KOLKATA = ZoneInfo("Asia/Kolkata")
HAVANA = ZoneInfo("America/Havana")
APIA = ZoneInfo("Pacific/Apia")
THURSDAY = date(2026, 11, 26)


@pytest.mark.parametrize(
    ("last", "first", "final"),
    [
        ("today", THURSDAY, THURSDAY),
        ("yesterday", date(2026, 11, 25), date(2026, 11, 25)),
        ("7d", date(2026, 11, 20), THURSDAY),
        ("30d", date(2026, 10, 28), THURSDAY),
        ("6mo", date(2026, 6, 1), THURSDAY),
        ("12mo", date(2025, 12, 1), THURSDAY),
        ("this_month", date(2026, 11, 1), THURSDAY),
        ("last_month", date(2026, 10, 1), date(2026, 10, 31)),
        ("this_year", date(2026, 1, 1), THURSDAY),
    ],
)
def test_named_periods_end_today(last, first, final):
    assert days_of(Period(last=last), today=THURSDAY) == Days(first, final)


@pytest.mark.parametrize(
    ("period", "compare", "expected"),
    [
        (Period(last="7d"), "none", None),
        (Period(last="7d"), "previous", Days(date(2026, 11, 13), date(2026, 11, 19))),
        (Period(last="this_month"), "previous", Days(date(2026, 10, 1), date(2026, 10, 26))),
        (Period(last="last_month"), "previous", Days(date(2026, 9, 1), date(2026, 9, 30))),
        (
            Period(from_=date(2024, 2, 29), to=date(2024, 3, 1)),
            "year",
            Days(date(2023, 2, 28), date(2023, 3, 1)),
        ),
    ],
)
def test_what_a_period_is_compared_with(period, compare, expected):
    assert compared_days(period, Compare(compare), today=THURSDAY) == expected


@pytest.mark.parametrize(
    ("zone", "day", "hours", "points"),
    [
        (BERLIN, date(2026, 3, 29), 23, 23),
        (BERLIN, date(2026, 10, 25), 25, 25),
        (BERLIN, date(2026, 6, 1), 24, 24),
        # Half an hour is skipped and repeated: the day has an interval of 30 minutes.
        (LORD_HOWE, date(2026, 10, 4), 23.5, 24),
        (LORD_HOWE, date(2026, 4, 5), 24.5, 25),
        (KOLKATA, date(2026, 10, 4), 24, 24),
        # Midnight itself is skipped: the day begins at 01:00.
        (HAVANA, date(2026, 3, 8), 23, 23),
    ],
)
def test_a_day_has_as_many_hours_as_the_clock_gave_it(zone, day, hours, points):
    span = span_of(Days(day, day), zone)

    found = intervals(Days(day, day), Interval.HOUR, zone=zone)

    assert span.end - span.start == timedelta(hours=hours)
    assert len(found) == points
    assert all(item.start.astimezone(zone).date() == day for item in found)


def test_a_day_that_a_zone_skipped_has_no_interval():
    found = intervals(Days(date(2011, 12, 29), date(2011, 12, 31)), Interval.DAY, zone=APIA)

    assert [item.start.astimezone(APIA).day for item in found] == [29, 31]
    assert intervals(Days(date(2011, 12, 30), date(2011, 12, 30)), Interval.DAY, zone=APIA) == ()


@pytest.mark.parametrize("interval", [Interval.HOUR, Interval.DAY, Interval.WEEK, Interval.MONTH])
@pytest.mark.parametrize("zone", [BERLIN, LORD_HOWE, KOLKATA, HAVANA])
def test_intervals_cover_a_period_without_gap_or_overlap(interval, zone):
    days = Days(date(2026, 2, 27), date(2026, 11, 3))

    found = intervals(days, interval, zone=zone, first_weekday=6)

    assert (found[0].start, found[-1].end) == (span_of(days, zone).start, span_of(days, zone).end)
    assert all(a.end == b.start for a, b in itertools.pairwise(found))
    assert all(item.start < item.end for item in found)


def test_weeks_begin_on_the_project_s_weekday():
    days = Days(date(2026, 11, 18), date(2026, 12, 1))

    found = intervals(days, Interval.WEEK, zone=BERLIN, first_weekday=6)

    assert [str(item.start.astimezone(BERLIN).date()) for item in found] == [
        "2026-11-18",
        "2026-11-22",
        "2026-11-29",
    ]


def test_today_is_the_project_s_and_not_that_of_utc():
    span = resolve(
        Period(last="today"), zone=ZoneInfo("Pacific/Auckland"), now=datetime(2026, 7, 1, 13, tzinfo=UTC)
    )

    assert span.start == datetime(2026, 7, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"last": "7d", "to": "2026-01-01"},
        {"from": "2026-01-02", "to": "2026-01-01"},
        {"from": "2026-01-01"},
        {"from": "2000-01-01", "to": "2026-01-01"},
        {"last": "week"},
    ],
)
def test_a_period_of_no_form_is_refused(data):
    with pytest.raises(ValidationError):
        Period.model_validate(data)


def test_a_period_is_written_as_it_was_given():
    data = {"from": "2026-01-01", "to": "2026-01-31"}

    assert Period.model_validate(data).model_dump(mode="json") == data
