"""Numbers, durations, changes and dates as people read them. English; every function takes None as absent."""

from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal

from django import template

register = template.Library()

ABSENT = "–"


@register.filter
def number(value: float | None) -> str:
    """12345 → 12,345; fractions keep at most two digits."""
    if value is None:
        return ABSENT
    if value == int(value):
        return f"{int(value):,}"
    return f"{value:,.2f}".rstrip("0").rstrip(".")


@register.filter
def short_number(value: float) -> str:
    """For axes: 12500 → 12.5k."""
    for size, suffix in ((1e9, "B"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:,.2f}".rstrip("0").rstrip(".") + suffix
    return number(value)


@register.filter
def percent(value: float | None) -> str:
    """0.4267 → 42.7%; what is not zero never reads as zero."""
    if value is None:
        return ABSENT
    rounded = (Decimal(str(value)) * 100).quantize(Decimal("0.1"), ROUND_HALF_UP)
    return "<0.1%" if value > 0 and not rounded else f"{rounded:,f}%"


@register.filter
def short_percent(value: float) -> str:
    """For axes and changes: 0.25 → 25%, 0.055 → 5.5%, 0.1234 → 12%."""
    digits = Decimal(1) if abs(value) >= 0.1 else Decimal("0.1")
    rounded = (Decimal(str(value)) * 100).quantize(digits, ROUND_HALF_UP)
    return f"{rounded:,f}".removesuffix(".0") + "%"


@register.filter
def duration(seconds: float | None) -> str:
    """134 → 2 m 14 s."""
    if seconds is None:
        return ABSENT
    whole = int(Decimal(str(seconds)).quantize(Decimal(1), ROUND_HALF_UP))
    hours, rest = divmod(whole, 3600)
    minutes, left = divmod(rest, 60)
    if hours:
        return f"{hours:,} h {minutes} m"
    if minutes:
        return f"{minutes} m {left} s" if left else f"{minutes} m"
    return f"{left} s"


@register.filter
def day(value: date | datetime) -> str:
    """12 November 2026."""
    return f"{value.day} {value:%B %Y}"


@register.filter
def weekday_and_day(value: date | datetime) -> str:
    """Thursday 12 November 2026."""
    return f"{value:%A} {day(value)}"


@register.filter
def short_day(value: date | datetime) -> str:
    """12 Nov."""
    return f"{value.day} {value:%b}"


@register.filter
def moment(value: datetime | None) -> str:
    """12 Nov 2026, 14:05; in the zone that the value has."""
    return ABSENT if value is None else f"{short_day(value)} {value:%Y, %H:%M}"


def day_range(first: date, last: date) -> str:
    """1 to 30 November 2026; 24 October to 22 November 2026; one day alone as itself."""
    if first == last:
        return weekday_and_day(first)
    if first.year != last.year:
        return f"{day(first)} to {day(last)}"
    if first.month != last.month:
        return f"{first.day} {first:%B} to {day(last)}"
    return f"{first.day} to {day(last)}"
