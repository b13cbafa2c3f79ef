"""Billing periods: months and years from a day on, also where a month is shorter. No Django here."""

from calendar import monthrange
from datetime import UTC, datetime

from accounts.billing.terms import Interval

MONTHS = {Interval.MONTH: 1, Interval.YEAR: 12}


def months_after(moment: datetime, months: int) -> datetime:
    """The same day and time so many months later, or that month's last day where it is shorter."""
    year, month = divmod(moment.month - 1 + months, 12)
    year, month = moment.year + year, month + 1
    return moment.replace(year=year, month=month, day=min(moment.day, monthrange(year, month)[1]))


def end_of(anchor: datetime, interval: Interval, *, after: datetime) -> datetime:
    """The first end after a moment, of the periods that follow each other from `anchor` on.

    Counted from the anchor, so that a period that began on the 31st comes back to the 31st.
    """
    step = MONTHS[interval]
    passed = (after.year - anchor.year) * 12 + after.month - anchor.month
    count = max(1, passed // step)
    while (end := months_after(anchor, count * step)) <= after:
        count += 1
    return end


def key(start: datetime) -> str:
    """What tells the period that starts at this moment from every other of its subscription; sorts as they do."""
    return f"{start.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}"
