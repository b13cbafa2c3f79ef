"""Who is in a cohort, as Ibis expressions over readings. No Django here.

What somebody did is counted first, a reading for each period. Whoever did it often enough is then known by their
numbers, as the people of another cohort are, so that the whole definition is one condition on people.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

import ibis.expr.types as ir
import pyarrow as pa

from analytics.cohorts.definition import AllConditions, Condition, Done, NoCondition, dones, required
from analytics.fields import PERSON
from analytics.kinds import filters
from analytics.kinds.events import events_of, fields_of, passes, wanted_of
from analytics.kinds.expressions import wanted_by
from analytics.kinds.filters import Filter, Filters, Operator
from analytics.periods import Period, Span
from analytics.store.base import Range, Reading, Wanted

# Reads a span of events, with these people known as cohorts beside those that the definition names.
Read = Callable[[Range, Wanted, Mapping[int, pa.Array]], AbstractContextManager[Reading]]
# Number and id of each.
People = list[tuple[int, str]]
# From here down are ids of people who are known for one computation only. No cohort comes near to them.
_HIGHEST = 2**53 - 1


@dataclass(frozen=True, slots=True)
class Times:
    """What the periods of a definition mean now, and all of the time of which events are kept."""

    of: Mapping[Period, Span]
    ever: Span

    def spans(self, conditions: Sequence[Condition]) -> list[Span]:
        """What is read for these conditions."""
        return [self.of[period] for period in dict.fromkeys(item.period for item in dones(conditions))] + [
            self.shortest(conditions)
        ]

    def shortest(self, conditions: Sequence[Condition]) -> Span:
        """The shortest time in which whoever meets these conditions has an event."""
        spans = [self.of[item.period] for item in required(conditions)]
        return min([*spans, self.ever], key=lambda span: span.end - span.start)


def people_who(conditions: Sequence[Condition], times: Times, read: Read) -> People:
    """Everybody who meets all of the conditions."""
    # By identity: 1 and true are equal to Python, and not to a filter.
    counted = _counted(conditions, times, read)
    places = {key: _HIGHEST - place for place, key in enumerate(counted)}
    known = {places[key]: numbers for key, numbers in counted.items()}
    asked = tuple(_as_filter(item, places) for item in conditions)
    return _people(asked, times.shortest(conditions), read, known)


def people_among(numbers: pa.Array, times: Times, read: Read) -> People:
    """Everybody who has one of these numbers."""
    return _people((_is_in(_HIGHEST),), times.ever, read, {_HIGHEST: numbers})


def _counted(conditions: Sequence[Condition], times: Times, read: Read) -> dict[int, pa.Array]:
    """Who did what each condition asks for often enough; where nobody need have done it, who did it too often."""
    by_period: dict[Period, list[Done]] = defaultdict(list)
    for item in dones(conditions):
        by_period[item.period].append(item)
    found: dict[int, pa.Array] = {}
    for period, items in by_period.items():
        span = times.of[period]
        wanted = wanted_of({"name"} | fields_of(item.filters for item in items))
        names = {item.done for item in items}
        with read(Range(span, (span,)), wanted, {}) as reading:
            events = events_of(reading, wanted, names=() if "" in names else names)
            found |= {id(item): _numbers(reading, _often(events, item)) for item in items}
    return found


def _often(events: ir.Table, item: Done) -> ir.Table:
    fits = passes(events, item.filters)
    own = events.filter(((events.name == item.done) & fits) if item.done else fits)
    people = own.group_by("who").agg(times=own.count())
    least, most = item.counts
    if not item.needs_an_event:
        return people.filter(people.times > most)
    enough = people.times >= least
    return people.filter(enough if most is None else enough & (people.times <= most))


def _numbers(reading: Reading, people: ir.Table) -> pa.Array:
    return pa.array([who for (who,) in reading.rows(people.select("who"))], pa.int64())


def _as_filter(item: Condition, places: Mapping[int, int]) -> filters.Condition:
    """The condition, where whoever did something is who is in a cohort."""
    if isinstance(item, Filter):
        return item
    if isinstance(item, Done):
        is_in = _is_in(places[id(item)])
        return is_in if item.needs_an_event else filters.Not.model_validate({"not": is_in})
    if isinstance(item, NoCondition):
        return filters.Not.model_validate({"not": _as_filter(item.negated, places)})
    if isinstance(item, AllConditions):
        return filters.AllOf(all=tuple(_as_filter(one, places) for one in item.all))
    return filters.AnyOf(any=tuple(_as_filter(one, places) for one in item.any))


def _is_in(place: int) -> Filter:
    return Filter(field=PERSON, operator=Operator.IN_COHORT, values=(place,))


def _people(asked: Filters, span: Span, read: Read, known: Mapping[int, pa.Array]) -> People:
    wanted = wanted_by({PERSON, *fields_of([asked])})
    with read(Range(span, (span,)), wanted, known) as reading:
        events = reading.events
        found = events.filter(passes(events, asked)).select("who", PERSON).distinct()
        return [(int(who), str(person)) for who, person in reading.rows(found)]
