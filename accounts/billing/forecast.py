"""Where a month will end if it goes on as it did lately. No Django here.

The method: what is used so far, and for the time that is left of the month the mean of the last seven whole days
(UTC). Where fewer whole days are known since the first use, the mean is of those; before the first one is over
there is no forecast.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from accounts.billing.months import day_of, midnight, month_after

LOOK_BACK = 7
_DAY_SECONDS = 86_400


@dataclass(frozen=True, slots=True)
class Forecast:
    """`total` at the month's end, of which `used` is there; `days` are those of which the mean was taken."""

    used: int
    total: int
    days: int


def forecast(by_day: Mapping[date, int], *, since: date | None, now: datetime) -> Forecast | None:
    """The forecast of the running month, rounded down; None without a whole day.

    `by_day` is what was used on days of this month and of the week before it, `since` the first day of any use.
    """
    today = day_of(now)
    known = min(LOOK_BACK, (today - since).days) if since else 0
    if known < 1:
        return None
    used = sum(count for day, count in by_day.items() if today.replace(day=1) <= day <= today)
    lately = sum(by_day.get(today - timedelta(days=back), 0) for back in range(1, known + 1))
    left = int((midnight(month_after(today)) - now).total_seconds())
    # A correction may make the mean negative, and the month will not take back what is used.
    return Forecast(used, used + max(0, lately) * left // (known * _DAY_SECONDS), known)
