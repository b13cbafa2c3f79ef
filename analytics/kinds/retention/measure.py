"""The numbers of retention, asked of a reading. No Django here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import ibis
import ibis.expr.types as ir

from analytics.kinds.choice import event_names, fields_of_choices, fits, named
from analytics.kinds.events import events_of, keep, wanted_of
from analytics.kinds.expressions import group_of
from analytics.kinds.people import names_of
from analytics.kinds.retention.spec import RetentionPeople, RetentionSpec
from analytics.kinds.retention.timeline import Timeline
from analytics.store.base import Reading, Wanted


@dataclass(slots=True)
class GroupMeasured:
    """How many are in each cohort, and how many of them returned in each cell (cohort and cell from 0)."""

    sizes: dict[int, int] = field(default_factory=dict)
    returned: dict[tuple[int, int], int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RetentionMeasured:
    """All people; the groups in order, the rest last as None; and names, where they were asked for."""

    whole: GroupMeasured
    groups: Mapping[str | None, GroupMeasured]
    people: tuple[str, ...] | None


def wanted(spec: RetentionSpec) -> Wanted:
    """What retention reads."""
    fields = fields_of_choices([spec.start, spec.returning], spec.filters)
    fields |= {spec.breakdown} if spec.breakdown else set()
    return wanted_of(fields)


def measure(spec: RetentionSpec, timeline: Timeline, reading: Reading) -> RetentionMeasured:
    events = _events(spec, reading)
    seen = reading.save("seen", _seen(spec, timeline, events))
    starts = reading.save("starts", _starts(spec, seen))
    pairs = _rolling(spec, timeline, events, starts) if timeline.is_rolling else _calendar(spec, seen, starts)
    returned = _furthest(pairs) if spec.returned == "in_or_after" else pairs
    if spec.breakdown or spec.people:
        returned = reading.save("returned", returned)
    (whole,) = _measured(spec, reading, starts, returned, [None]).values()
    groups = _by_group(spec, reading, events, starts, returned) if spec.breakdown else {}
    people = _people(spec, reading, starts, returned, spec.people) if spec.people else None
    return RetentionMeasured(whole, groups, people)


def _events(spec: RetentionSpec, reading: Reading) -> ir.Table:
    """The events that pass the filters, with `place`: the cohort's that they are in, -1 before the first."""
    events = keep(events_of(reading, wanted(spec)), spec.filters)
    before = 1 if spec.cohorts == "first_time" else 0
    return named(events, event_names([spec.start, spec.returning])).mutate(place=ibis._.interval - before)


def _is_start(spec: RetentionSpec, timeline: Timeline, events: ir.Table) -> ir.BooleanValue:
    return fits(events, spec.start) & (events.place < len(timeline.cohorts))


def _seen(spec: RetentionSpec, timeline: Timeline, events: ir.Table) -> ir.Table:
    """Of each person and place, the first start event and the last return event, where there is one.

    What the period's end cuts in two, the last cohort's interval, was read as two and is one place.
    """
    last = len(timeline.cohorts) - 1
    place = (events.place > last).ifelse(events.place - 1, events.place) if timeline.is_cut else events.place
    return events.group_by("who", place=place).agg(
        first=events.time.min(where=_is_start(spec, timeline, events)),
        last=events.time.max(where=fits(events, spec.returning)),
    )


def _starts(spec: RetentionSpec, seen: ir.Table) -> ir.Table:
    """Who is in which `cohort`, and when they `began`."""
    started = seen.filter(seen["first"].notnull())
    if spec.cohorts == "recurring":
        return started.select("who", cohort="place", began="first")
    ever = started.group_by("who").agg(cohort=started.place.min(), began=started["first"].min())
    return ever.filter(ever.cohort >= 0)


def _calendar(spec: RetentionSpec, seen: ir.Table, starts: ir.Table) -> ir.Table:
    """Who of which cohort returned in which `cell`, once each."""
    back = seen.filter(seen["last"].notnull() & (seen.place >= 0)).select("who", "place", time="last")
    joined = starts.join(back, "who")
    joined = joined.mutate(cell=joined.place - joined.cohort)
    found = joined.filter((joined.time >= joined.began) & (joined.cell >= 0) & (joined.cell <= spec.follow))
    return found.select("who", "cohort", "cell")


def _rolling(spec: RetentionSpec, timeline: Timeline, events: ir.Table, starts: ir.Table) -> ir.Table:
    back = events.filter(fits(events, spec.returning) & (events.place >= 0)).select("who", "time")
    joined = starts.join(back, "who")
    joined = joined.filter(joined.time >= joined.began)
    since = joined.time.delta(joined.began, unit="microsecond")
    length = timeline.length // timeline.length.resolution
    found = joined.select("who", "cohort", cell=(since // length).cast("int64"))
    return found.filter(found.cell <= spec.follow).distinct()


def _furthest(pairs: ir.Table) -> ir.Table:
    return pairs.group_by("who", "cohort").agg(cell=pairs.cell.max())


def _measured(
    spec: RetentionSpec, reading: Reading, starts: ir.Table, returned: ir.Table, groups: Sequence[str | None]
) -> dict[str | None, GroupMeasured]:
    """The numbers of each group; of all people where those have none."""
    found: dict[str | None, GroupMeasured] = {group: GroupMeasured() for group in groups}
    keys = ["group"] if "group" in starts.columns else []
    for *group, cohort, people in reading.rows(starts.group_by([*keys, "cohort"]).agg(people=ibis._.count())):
        found[group[0] if group else None].sizes[cohort] = people
    if keys:
        returned = returned.join(starts.select("who", "cohort", "group"), ["who", "cohort"])
    counted = returned.group_by([*keys, "cohort", "cell"]).agg(people=ibis._.count())
    for *group, cohort, cell, people in reading.rows(counted):
        _add(spec, found[group[0] if group else None].returned, cohort, cell, people)
    return found


def _add(spec: RetentionSpec, returned: dict[tuple[int, int], int], cohort: int, cell: int, people: int) -> None:
    """In or after: who was last there in a cell has returned in or after each before it."""
    for place in range(cell + 1) if spec.returned == "in_or_after" else [cell]:
        returned[cohort, place] = returned.get((cohort, place), 0) + people


def _by_group(
    spec: RetentionSpec, reading: Reading, events: ir.Table, starts: ir.Table, returned: ir.Table
) -> Mapping[str | None, GroupMeasured]:
    """Of the groups with the most people, then by value; and of the rest, if there is one."""
    chosen = named(events, event_names([spec.start]))
    chosen = chosen.filter(fits(chosen, spec.start))
    chosen = chosen.select(starter=chosen.who, at=chosen.time, group=group_of(chosen, spec.breakdown or ""))
    joined = starts.join(chosen, [starts.who == chosen.starter, starts.began == chosen["at"]])
    grouped = reading.save("grouped", joined.group_by("who", "cohort").agg(group=joined["group"].min()))
    counted = grouped.group_by("group").agg(people=ibis._.count())
    found = reading.rows(counted.order_by(ibis.desc("people"), "group").limit(spec.limit + 1))
    groups = [group for group, _ in found[: spec.limit]]
    if not groups:
        return {}
    shown = grouped["group"].isin(groups).ifelse(grouped["group"], ibis.null("string"))
    more: list[str | None] = [None] if len(found) > spec.limit else []
    return _measured(spec, reading, grouped.mutate(group=shown), returned, [*groups, *more])


def _people(
    spec: RetentionSpec, reading: Reading, starts: ir.Table, returned: ir.Table, asked: RetentionPeople
) -> tuple[str, ...]:
    """A page of names, in the order of their numbers."""
    cohort = starts.filter(starts.cohort == asked.cohort).select("who")
    cell = returned.cell >= asked.cell if spec.returned == "in_or_after" else returned.cell == asked.cell
    back = returned.filter((returned.cohort == asked.cohort) & cell).select("who")
    chosen = back if asked.which == "returned" else cohort.anti_join(back, "who")
    page = chosen.order_by("who").limit(asked.limit, offset=asked.offset)
    return names_of(reading, [who for (who,) in reading.rows(page)])
