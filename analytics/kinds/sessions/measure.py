"""The numbers of sessions, asked of a reading. No Django here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import ibis
import ibis.expr.types as ir

from analytics.kinds.changes import ratio
from analytics.kinds.groups import WHOLE, Group, group_in, grouped, marked, names_of
from analytics.kinds.sessions.counted import counted, entering
from analytics.kinds.sessions.result import Figures
from analytics.kinds.sessions.spec import SessionsSpec
from analytics.store.base import Reading

SECOND = 1_000_000
# Where buckets start: durations in seconds, and numbers of views.
DURATIONS = (0, 1, 10, 30, 60, 180, 600, 1_800, 3_600)
DEPTHS = (0, 1, 2, 3, 4, 5, 10, 20, 50)


@dataclass(frozen=True, slots=True)
class Measured:
    """The groups in order (the others last), the figures of each and of all, and in each interval that has any.

    `durations` and `depths` are the sessions of each bucket, by its place.
    """

    groups: tuple[Group, ...]
    figures: Mapping[Group, Figures]
    points: Mapping[tuple[Group, int], Figures]
    durations: Mapping[int, int]
    depths: Mapping[int, int]


def measure(spec: SessionsSpec, reading: Reading, like: Sequence[Group] | None = None) -> Measured:
    """Every number; with the groups of another measuring, so that the two can be compared."""
    sessions = grouped(counted(spec, reading), spec.breakdown)
    groups = tuple(like) if like is not None else _top(spec, reading, sessions)
    names = names_of(spec.breakdown)
    parted = marked(sessions, spec.breakdown, groups)
    figures: dict[Group, Figures] = {WHOLE: _figures(spec, reading, sessions, [])[()]}
    of_whole = _figures(spec, reading, sessions, ["interval"])
    points: dict[tuple[Group, int], Figures] = {(WHOLE, place): own for (place,), own in of_whole.items()}
    if names:
        by_interval = _figures(spec, reading, parted, [*names, "interval"])
        points |= {(group_in(row[:-1]), row[-1]): own for row, own in by_interval.items()}
        figures |= {group_in(row): own for row, own in _figures(spec, reading, parted, names).items()}
    return Measured(
        groups=groups,
        figures=figures,
        points=points,
        durations=_buckets(reading, sessions.length, [start * SECOND for start in DURATIONS]),
        depths=_buckets(reading, sessions.views, DEPTHS),
    )


def _top(spec: SessionsSpec, reading: Reading, sessions: ir.Table) -> tuple[Group, ...]:
    """The groups with the most sessions, then by value; None at the end if there are others."""
    names = names_of(spec.breakdown)
    if not names:
        return ()
    ranked = sessions.group_by(names).agg(sessions=sessions.count())
    found = reading.rows(ranked.order_by(ibis.desc("sessions"), *names).limit(spec.limit + 1))
    groups: list[Group] = [tuple(row[:-1]) for row in found[: spec.limit]]
    return (*groups, None) if len(found) > spec.limit else tuple(groups)


def _figures(
    spec: SessionsSpec, reading: Reading, sessions: ir.Table, keys: Sequence[str]
) -> dict[tuple[Any, ...], Figures]:
    """The figures by these columns."""
    among = entering(spec, sessions)
    rates = _by(among, keys, {"bounces": among.bounced.sum(), "entering": among.count()})
    rate_of = {row[:-2]: ratio(int(row[-2] or 0), row[-1]) for row in reading.rows(rates)}
    values = {
        "sessions": sessions.count(),
        "people": sessions.who.nunique(),
        "views": sessions.views.sum(),
        "length": sessions.length.sum(),
        "median": sessions.length.quantile(0.5),
    }
    rows = [(row[: len(keys)], row[len(keys) :]) for row in reading.rows(_by(sessions, keys, values))]
    return {key: _of(*row, rate=rate_of.get(key)) for key, row in rows}


def _by(table: ir.Table, keys: Sequence[str], values: Mapping[str, ir.Value]) -> ir.Table:
    return table.group_by(keys).agg(**values) if keys else table.agg(**values)


def _of(
    sessions: int, people: int, views: int | None, length: int | None, median: float | None, *, rate: float | None
) -> Figures:
    if not sessions:
        return Figures()
    return Figures(
        sessions=sessions,
        people=people,
        views_per_session=ratio(int(views or 0), sessions),
        duration=ratio(int(length or 0), sessions * SECOND),
        median_duration=ratio(median, SECOND),
        bounce_rate=rate,
    )


def _buckets(reading: Reading, value: ir.NumericColumn, starts: Sequence[int]) -> dict[int, int]:
    """How many values each bucket has; the last has no end."""
    place = sum(((value >= start).cast("int64") for start in starts[1:]), ibis.literal(0, "int64"))
    table = value.as_table().select(bucket=place)
    return dict(reading.rows(table.group_by("bucket").agg(sessions=table.count())))
