"""Calendar months and days in UTC, by which usage is counted and billed. No Django here."""

from datetime import UTC, date, datetime, timedelta


def month_of(moment: datetime) -> date:
    """The first day of the month, in UTC."""
    return day_of(moment).replace(day=1)


def day_of(moment: datetime) -> date:
    return moment.astimezone(UTC).date()


def month_after(month: date) -> date:
    """The first day of the month after that of a day."""
    return (month.replace(day=1) + timedelta(days=31)).replace(day=1)


def midnight(day: date) -> datetime:
    """When a day begins."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def days(first: date, after: date) -> list[date]:
    """Every day from the first one on, up to and without the last one."""
    return [first + timedelta(days=place) for place in range((after - first).days)]


def in_words(day: date) -> str:
    """As in "1 March 2026"."""
    return f"{day.day} {day:%B %Y}"
