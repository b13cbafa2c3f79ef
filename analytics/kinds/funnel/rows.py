"""The events that a funnel looks at, as rows with what each means to it. No Django here.

A row has `unit`, whose chains are counted (a person or a session); `time`; `interval`; `fits`, the steps that it
fits, as bits; `first`, the lowest of these bits; and `shuns`, as bits the steps after which it must not come. An
excluded event has a row of its own, beside that of the steps that it fits.
"""

import ibis
import ibis.expr.types as ir

from analytics.kinds.choice import fields_of_choices, named, places
from analytics.kinds.events import events_of, keep, wanted_of
from analytics.kinds.expressions import group_of
from analytics.kinds.funnel.spec import FunnelSpec, Order
from analytics.store.base import Reading, Wanted

# Of what fits no step: later than the bit of any step.
_LAST = 1 << 40


def wanted(spec: FunnelSpec) -> Wanted:
    """What a funnel reads."""
    fields = fields_of_choices([*spec.steps, *spec.exclusions], spec.filters)
    fields |= {spec.breakdown} if spec.breakdown else set()
    return wanted_of(fields) | Wanted(sessions=spec.count == "sessions")


def kept(spec: FunnelSpec, reading: Reading) -> ir.Table:
    """The events that pass the filters of the whole."""
    return keep(events_of(reading, wanted(spec)), spec.filters)


def rows_of(spec: FunnelSpec, events: ir.Table) -> ir.Table:
    """The rows of events that fit a step, and of excluded ones; in strict order of all events."""
    if spec.order is Order.STRICT:
        return _ordered(_rows(spec, events, fits=places(events, spec.steps)))
    chosen = named(events, spec.steps)
    steps = _ordered(_rows(spec, chosen, fits=places(chosen, spec.steps)).filter(ibis._.fits != 0))
    if not spec.exclusions:
        return steps
    others = named(events, spec.exclusions)
    shunned = _ordered(_rows(spec, others, shuns=_shuns(spec, others)).filter(ibis._.shuns != 0))
    return ibis.union(steps, shunned)


def starters(spec: FunnelSpec, events: ir.Table) -> ir.Table:
    """The events that a chain may begin with: `unit`, `time`, and `group`, the value of the breakdown."""
    chosen = named(events, spec.steps)
    fits = places(chosen, spec.steps if spec.order is Order.ANY else spec.steps[:1])
    return chosen.filter(fits != 0).select(
        unit=_unit(spec, chosen), time=chosen.time, group=group_of(chosen, spec.breakdown or "")
    )


def _unit(spec: FunnelSpec, events: ir.Table) -> ir.IntegerValue:
    return events.session if spec.count == "sessions" else events.who


def _rows(
    spec: FunnelSpec,
    events: ir.Table,
    *,
    fits: ir.IntegerValue | None = None,
    shuns: ir.IntegerValue | None = None,
) -> ir.Table:
    none = ibis.literal(0, "int64")
    return events.select(
        "time",
        "interval",
        unit=_unit(spec, events),
        fits=none if fits is None else fits,
        shuns=none if shuns is None else shuns,
    )


def _shuns(spec: FunnelSpec, events: ir.Table) -> ir.IntegerValue:
    none = ibis.literal(0, "int64")
    found: ir.IntegerValue = none
    for after in sorted({item.after for item in spec.exclusions}):
        chosen = [item for item in spec.exclusions if item.after == after]
        found = found + (places(events, chosen) != 0).ifelse(ibis.literal(1 << (after - 1), "int64"), none)
    return found


def _ordered(rows: ir.Table) -> ir.Table:
    """With the lowest of the steps: a number and its negative have that bit in common."""
    return rows.mutate(first=(rows.fits == 0).ifelse(ibis.literal(_LAST, "int64"), rows.fits & -rows.fits))
