"""Which segments to merge. No Django here.

Files of one day grow in tiers, so that each event is rewritten a few times only; closed days of a month grow
together, and a month that is over and quiet becomes as few files as its size allows.
"""

import math
from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

MOST_ROWS = 4_000_000
TIER = 8
QUIET = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Facts:
    """What the planner needs to know of a segment."""

    id: UUID
    first_day: date
    last_day: date
    rows: int
    created_at: datetime


def plan(segments: Iterable[Facts], now: datetime) -> list[list[Facts]]:
    """Groups of segments to merge into one each; none is in two groups."""
    months: dict[Hashable, list[Facts]] = defaultdict(list)
    days: dict[Hashable, list[Facts]] = defaultdict(list)
    for item in segments:
        if item.rows >= MOST_ROWS or _month(item.first_day) != _month(item.last_day):
            continue
        if item.last_day < now.date() - timedelta(days=1):
            months[_month(item.first_day)].append(item)
        else:
            days[item.first_day, item.last_day].append(item)
    groups = [group for own in days.values() for group in _tiers(own)]
    groups += [group for own in months.values() for group in _of_month(own, now)]
    return groups


def _month(day: date) -> tuple[int, int]:
    return day.year, day.month


def _of_month(segments: Sequence[Facts], now: datetime) -> list[list[Facts]]:
    quiet = all(item.created_at < now - QUIET for item in segments)
    over = _month(segments[0].first_day) < _month(now.date())
    return _filled(segments) if quiet and over else _tiers(segments)


def _tiers(segments: Sequence[Facts]) -> list[list[Facts]]:
    """Segments of like size, where there are enough of them."""
    tiers: dict[int, list[Facts]] = defaultdict(list)
    for item in segments:
        tiers[int(math.log(item.rows, TIER))].append(item)
    return [group for own in tiers.values() if len(own) >= TIER for group in _filled(own)]


def _filled(segments: Sequence[Facts]) -> list[list[Facts]]:
    """Neighbours in time, as many as one file takes."""
    groups: list[list[Facts]] = [[]]
    for item in sorted(segments, key=lambda item: (item.first_day, item.created_at, item.id)):
        if groups[-1] and sum(other.rows for other in groups[-1]) + item.rows > MOST_ROWS:
            groups.append([])
        groups[-1].append(item)
    return [group for group in groups if len(group) > 1]
