"""The numbers of a funnel, asked of a reading. No Django here."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import ibis
import ibis.expr.types as ir

from analytics.kinds.funnel.any_order import in_any_order
from analytics.kinds.funnel.in_order import in_order
from analytics.kinds.funnel.rows import kept, starters
from analytics.kinds.funnel.spec import FunnelPeople, FunnelSpec, Order
from analytics.kinds.funnel.strict import next_to_each_other
from analytics.kinds.moments import place_of
from analytics.kinds.people import names_of
from analytics.periods import Span
from analytics.store.base import Reading

_CHAINS: Mapping[Order, Callable[[FunnelSpec, Reading, ir.Table], Iterator[ir.Table]]] = {
    Order.ORDERED: in_order,
    Order.STRICT: next_to_each_other,
    Order.ANY: in_any_order,
}


@dataclass(frozen=True, slots=True)
class StepTimes:
    """Median and mean, in microseconds."""

    from_first: tuple[float, float]
    from_previous: tuple[float, float]


@dataclass(slots=True)
class GroupMeasured:
    """How many units got to a level and no further, by that and the interval they began in; times by level."""

    counts: dict[tuple[int, int], int] = field(default_factory=dict)
    times: dict[int, StepTimes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FunnelMeasured:
    """All units; the groups in order, the rest last as None; and names, where they were asked for."""

    whole: GroupMeasured
    groups: Mapping[str | None, GroupMeasured]
    people: tuple[str, ...] | None


def measure(spec: FunnelSpec, reading: Reading, intervals: Sequence[Span]) -> FunnelMeasured:
    events = kept(spec, reading)
    chains = reading.save("reached", ibis.union(*_CHAINS[spec.order](spec, reading, events)))
    units = reading.save("units", _units(chains, intervals))
    (whole,) = _measured(reading, units, chains, [None]).values()
    groups = _by_group(spec, reading, starters(spec, events), units, chains) if spec.breakdown else {}
    people = _people(spec, reading, units, spec.people) if spec.people else None
    return FunnelMeasured(whole, groups, people)


def _units(chains: ir.Table, intervals: Sequence[Span]) -> ir.Table:
    """The level of each unit, and the beginning of the chain that got there first, with the interval of it."""
    level = chains.level
    found = chains.group_by("unit").agg(level=level.max(), began=chains.began.argmax(level))
    return found.mutate(interval=place_of(found.began, intervals))


def _by_group(
    spec: FunnelSpec, reading: Reading, starts: ir.Table, units: ir.Table, chains: ir.Table
) -> Mapping[str | None, GroupMeasured]:
    """Of the groups with the most units, then by value; and of the rest, if there is one."""
    joined = units.join(starts, [units.unit == starts.unit, units.began == starts.time])
    grouped = reading.save(
        "grouped",
        joined.group_by("unit").agg(
            level=ibis._.level.max(), interval=ibis._.interval.max(), group=ibis._.group.min()
        ),
    )
    counted = grouped.group_by("group").agg(units=ibis._.count())
    found = reading.rows(counted.order_by(ibis.desc("units"), "group").limit(spec.limit + 1))
    groups = [group for group, _ in found[: spec.limit]]
    if not groups:
        return {}
    is_shown = grouped.group.isin(groups)
    marked = grouped.mutate(group=is_shown.ifelse(grouped.group, ibis.null("string")))
    return _measured(reading, marked, chains, groups if len(found) <= spec.limit else [*groups, None])


def _measured(
    reading: Reading, units: ir.Table, chains: ir.Table, groups: list[str | None]
) -> dict[str | None, GroupMeasured]:
    """The numbers of each group; of all units where those have none."""
    found: dict[str | None, GroupMeasured] = {group: GroupMeasured() for group in groups}
    keys = ["group"] if "group" in units.columns else []
    counted = units.group_by([*keys, "interval", "level"]).agg(units=ibis._.count())
    for *group, interval, level, count in reading.rows(counted):
        found[group[0] if group else None].counts[interval, level] = count
    if keys:
        chains = chains.join(units.select("unit", "group"), "unit")
    for row in reading.rows(_times(chains, keys)):
        level, *times = row[len(keys) :]
        found[row[0] if keys else None].times[level] = StepTimes((times[0], times[1]), (times[2], times[3]))
    return found


def _times(chains: ir.Table, keys: list[str]) -> ir.Table:
    from_first = chains.reached.delta(chains.began, unit="microsecond")
    from_previous = chains.reached.delta(chains.before, unit="microsecond")
    return chains.group_by([*keys, "level"]).agg(
        median_from_first=from_first.cast("float64").quantile(0.5),
        mean_from_first=from_first.mean(),
        median_from_previous=from_previous.cast("float64").quantile(0.5),
        mean_from_previous=from_previous.mean(),
    )


def _people(spec: FunnelSpec, reading: Reading, units: ir.Table, asked: FunnelPeople) -> tuple[str, ...]:
    """A page of names, in the order of their numbers."""
    level = units.level
    chosen = units.filter(level >= asked.step if asked.which == "converted" else level == asked.step - 1)
    if spec.count == "sessions":
        sessions = reading.sessions.select("who", unit="session")
        chosen = chosen.join(sessions, "unit").select("who").distinct()
    else:
        chosen = chosen.select(who="unit")
    page = chosen.order_by("who").limit(asked.limit, offset=asked.offset)
    return names_of(reading, [who for (who,) in reading.rows(page)])
