from datetime import date

import pytest

from analytics.templatetags import formats


@pytest.mark.parametrize(("value", "text"), [(None, "–"), (0, "0"), (12345, "12,345"), (1.5, "1.5"), (2.0, "2")])
def test_numbers_have_thousands_separators(value, text):
    assert formats.number(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0"), (950, "950"), (12500, "12.5k"), (2_000_000, "2M"), (3e9, "3B")]
)
def test_axes_have_short_numbers(value, text):
    assert formats.short_number(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(None, "–"), (0.4267, "42.7%"), (0, "0.0%"), (0.0001, "<0.1%"), (1, "100.0%")]
)
def test_percentages_never_read_as_zero_when_they_are_not(value, text):
    assert formats.percent(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(0.25, "25%"), (0.055, "5.5%"), (0.1234, "12%"), (0, "0%"), (12, "1,200%")]
)
def test_short_percentages(value, text):
    assert formats.short_percent(value) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(None, "–"), (0, "0 s"), (59.5, "1 m"), (134, "2 m 14 s"), (3600, "1 h 0 m"), (90_061, "25 h 1 m")],
)
def test_durations_read_as_words(seconds, text):
    assert formats.duration(seconds) == text


@pytest.mark.parametrize(
    ("first", "last", "text"),
    [
        (date(2026, 11, 12), date(2026, 11, 12), "Thursday 12 November 2026"),
        (date(2026, 11, 1), date(2026, 11, 30), "1 to 30 November 2026"),
        (date(2026, 10, 24), date(2026, 11, 22), "24 October to 22 November 2026"),
        (date(2025, 12, 30), date(2026, 1, 2), "30 December 2025 to 2 January 2026"),
    ],
)
def test_ranges_of_days_say_what_is_shared_once(first, last, text):
    assert formats.day_range(first, last) == text
