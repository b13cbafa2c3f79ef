"""The events that a funnel looks at, as rows with what each means to it. No Django here.

A row has `unit`, whose chains are counted (a person or a session); `time`; `fits`, the steps that it fits, as
bits; `shuns`, as bits the steps after which it must not come; and, once `ranked`, `rank`, its place among the rows
of one instant. An excluded event has a row of its own, beside that of the steps that it fits.
"""

import ibis
import ibis.expr.types as ir

from analytics.kinds.choice import event_names, fields_of_choices, named, places
from analytics.kinds.events import events_of, keep, wanted_of
from analytics.kinds.expressions import group_of
from analytics.kinds.funnel.spec import FunnelSpec, Order
from analytics.store.base import Reading, Wanted

ROW = ("unit", "time", "fits", "shuns")
# Bits of 20 steps; there may be very many rows.
BITS = "int32"
# Ranks: bits of what an event fits, below the lowest of them; of what fits no step, more than any.
_BITS = 1 << 20
LAST = 1 << 60


def wanted(spec: FunnelSpec) -> Wanted:
    """What a funnel reads."""
    fields = fields_of_choices([*spec.steps, *spec.exclusions], spec.filters)
    fields |= {spec.breakdown} if spec.breakdown else set()
    return wanted_of(fields) | Wanted(sessions=spec.count == "sessions")


def kept(spec: FunnelSpec, reading: Reading) -> ir.Table:
    """The events that pass the filters of the whole."""
    columns = wanted(spec)
    is_all = spec.order is Order.STRICT or not columns.session_fields
    # What is joined and kept is better little; otherwise each use passes over other names by itself.
    names = frozenset() if is_all else event_names([*spec.steps, *spec.exclusions])
    return keep(events_of(reading, columns, names=names), spec.filters)


def all_rows(spec: FunnelSpec, events: ir.Table) -> ir.Table:
    """The rows of all events, also of those that fit no step."""
    return ranked(_rows(spec, events, fits=places(events, spec.steps)))


def step_rows(spec: FunnelSpec, events: ir.Table) -> ir.Table:
    """The rows of the events that fit a step."""
    # Names alone are compared once, here; where more is looked at, then only of events of these names.
    chosen = named(events, event_names(spec.steps)) if any(step.filters for step in spec.steps) else events
    rows = _rows(spec, chosen, fits=places(chosen, spec.steps))
    return rows.filter(rows.fits != 0)


def shunned_rows(spec: FunnelSpec, events: ir.Table) -> ir.Table:
    """The rows of excluded events."""
    chosen = named(events, event_names(spec.exclusions))
    rows = _rows(spec, chosen, shuns=_shuns(spec, chosen))
    return rows.filter(rows.shuns != 0)


def starters(spec: FunnelSpec, events: ir.Table) -> ir.Table:
    """The events that a chain may begin with: `unit`, `time`, and `group`, the value of the breakdown."""
    steps = spec.steps if spec.order is Order.ANY else spec.steps[:1]
    chosen = named(events, event_names(steps))
    group = group_of(chosen, spec.breakdown or "")
    found = chosen.select(unit=_unit(spec, chosen), time=chosen.time, group=group, fits=places(chosen, steps))
    return found.filter(found.fits != 0)


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
    fits = none if fits is None else fits
    shuns = none if shuns is None else shuns
    return events.select(unit=_unit(spec, events), time=events.time, fits=fits.cast(BITS), shuns=shuns.cast(BITS))


def ranked(rows: ir.Table) -> ir.Table:
    """The rows with their `rank`."""
    fits = rows.fits.cast("int64")
    # A number and its negative have the lowest bit in common.
    rank = (fits == 0).ifelse(ibis.literal(LAST, "int64"), (fits & -fits) * _BITS + fits)
    return rows.mutate(rank=rank)


def _shuns(spec: FunnelSpec, events: ir.Table) -> ir.IntegerValue:
    none = ibis.literal(0, "int64")
    found: ir.IntegerValue = none
    for after in sorted({item.after for item in spec.exclusions}):
        chosen = [item for item in spec.exclusions if item.after == after]
        found = found + (places(events, chosen) != 0).ifelse(ibis.literal(1 << (after - 1), "int64"), none)
    return found
