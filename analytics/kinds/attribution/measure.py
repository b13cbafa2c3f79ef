"""The numbers of attribution, asked of a reading. No Django here."""

import functools
import operator
from collections.abc import Mapping
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from analytics.kinds.attribution.spec import AttributionSpec, Direct, Model
from analytics.kinds.events import events_of, fields_of, keep, wanted_of
from analytics.store.base import Reading, Wanted
from analytics.store.columns import number_name

SOURCE = "source"
NO_SOURCE = ("", "Direct")
# A conversion, or several of one instant, whose touches are the same.
CONVERSION = ["who", "session", "time"]
# Credits in equal parts are sums of fractions; their order is that of what they are up to rounding.
DIGITS = 6


@dataclass(frozen=True, slots=True)
class Measured:
    """Conversions, people and value; of each touch, conversions and value by model. None are the others."""

    conversions: int
    people: int
    value: float
    touches: Mapping[str | None, tuple[float, ...]]
    different: int


def wanted(spec: AttributionSpec) -> Wanted:
    """What attribution reads."""
    numbers = frozenset({spec.property} if spec.property else ())
    of_sessions = Wanted(numbers=numbers, sessions=True, session_fields=frozenset({spec.touch, SOURCE}))
    return _of_conversions(spec) | of_sessions


def _of_conversions(spec: AttributionSpec) -> Wanted:
    return wanted_of({*fields_of([spec.filters]), "name"}) | Wanted(sessions=True)


def measure(spec: AttributionSpec, reading: Reading) -> Measured:
    """Of a reading whose interval 1 is the period, and 0 the lookback before it."""
    conversions = reading.save("conversions", _conversions(spec, reading))
    found = conversions.agg(
        conversions=conversions.events.sum(), people=conversions.who.nunique(), value=conversions.value.sum()
    )
    ((count, people, value),) = reading.rows(found)
    credit = reading.save("credit", _credit(spec, _touched(spec, reading, conversions)))
    ranked = credit.mutate(place=ibis.row_number().over(order_by=[ibis.desc(credit.rank), credit.touch]))
    shown = ranked.mutate(shown=(ranked.place < spec.limit).ifelse(ranked.touch, ibis.null("string")))
    sums = {name: shown[name].sum() for name in _names(spec)}
    rows = reading.rows(shown.group_by("shown").agg(different=shown.count(), place=shown.place.min(), **sums))
    rows.sort(key=lambda row: row[2])
    return Measured(
        int(count or 0),
        people,
        float(value or 0),
        {row[0]: tuple(map(float, row[3:])) for row in rows},
        sum(row[1] for row in rows),
    )


def _conversions(spec: AttributionSpec, reading: Reading) -> ir.Table:
    events = keep(events_of(reading, _of_conversions(spec)), spec.filters)
    events = events.filter((events["name"] == spec.event) & (events.interval == 1))
    value = events[number_name(spec.property)].sum() if spec.property else ibis.literal(0.0)
    return events.group_by(CONVERSION).agg(events=events.count(), value=ibis.coalesce(value, 0.0))


def _touched(spec: AttributionSpec, reading: Reading, conversions: ir.Table) -> ir.Table:
    """Each conversion with each of its touches."""
    own = reading.sessions
    touches = own.select(
        touching=own.session,
        toucher=own.who,
        start=own.start,
        touch=own[spec.touch],
        named=own[SOURCE].notin(NO_SOURCE).ifelse(1, 0),
    )
    found = conversions.inner_join(touches, conversions.who == touches.toucher)
    # By group, a session is of its first event's group, and a conversion in it may be another's.
    own_session = conversions.inner_join(touches, conversions.session == touches.touching)
    found = ibis.union(found, own_session.filter(own_session.who != own_session.toucher))
    earliest = found.time - ibis.interval(days=spec.lookback)
    found = found.filter((found.start <= found.time) & (found.start >= earliest))
    if spec.direct is Direct.COUNTED:
        return found
    best = found.named.max().over(group_by=[found[name] for name in CONVERSION])
    found = found.mutate(best=best)
    return found.filter(found.named == found.best)


def _credit(spec: AttributionSpec, touched: ir.Table) -> ir.Table:
    """What each touch is given by each model."""
    group = [touched[name] for name in CONVERSION]
    order = [touched.start, touched.touch]
    first = ibis.row_number().over(group_by=group, order_by=order)
    last = ibis.row_number().over(group_by=group, order_by=[ibis.desc(key) for key in order])
    touched = touched.mutate(first=first, last=last, touches=ibis._.count().over(group_by=group))
    parts = {
        Model.FIRST: (touched.first == 0).ifelse(1.0, 0.0),
        Model.LAST: (touched.last == 0).ifelse(1.0, 0.0),
        Model.LINEAR: 1.0 / touched.touches,
    }
    sums = {}
    for model in spec.models:
        sums[f"events_{model}"] = (touched.events * parts[model]).sum()
        sums[f"value_{model}"] = (touched.value * parts[model]).sum()
    found = touched.group_by("touch").agg(**sums)
    # Who is among the touches, but gets nothing of any model that was asked for, is left out.
    found = found.filter(functools.reduce(operator.add, (found[f"events_{model}"] for model in spec.models)) > 0)
    return found.mutate(rank=found[f"events_{spec.models[0]}"].round(DIGITS))


def _names(spec: AttributionSpec) -> list[str]:
    return [f"{what}_{model}" for model in spec.models for what in ("events", "value")]
