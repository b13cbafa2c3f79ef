"""Which days a date range of Plausible's means. No Django here."""

from datetime import date, datetime, timedelta

from accounts.errors import Invalid
from analytics.periods import ONE_DAY, add_months

_DAYS = {"7d": 7, "28d": 28, "30d": 30, "91d": 91}
_MONTHS = {"6mo": 6, "12mo": 12}


def days_of(given: str | tuple[str, str], *, today: date, first_day: date) -> tuple[date, date]:
    """First and last day. `7d` and the like are that many days before today; months those before this one."""
    if isinstance(given, tuple):
        return _day(given[0]), _day(given[1])
    month = today.replace(day=1)
    if given in _DAYS:
        return today - timedelta(days=_DAYS[given]), today - ONE_DAY
    if given in _MONTHS:
        return add_months(month, -_MONTHS[given]), month - ONE_DAY
    named = {
        "day": (today, today),
        "month": (month, today),
        "year": (today.replace(month=1, day=1), today),
        "all": (min(first_day, today), today),
    }
    if given not in named:
        raise Invalid(f"Invalid date_range '{given}'.")
    return named[given]


def _day(text: str) -> date:
    try:
        if len(text) == len("2026-01-31"):
            return date.fromisoformat(text)
        datetime.fromisoformat(text)
    except ValueError as error:
        raise Invalid(f"Invalid date_range '{text}'.") from error
    raise Invalid(f"Invalid date_range '{text}': times of day are not supported, give whole days.")
