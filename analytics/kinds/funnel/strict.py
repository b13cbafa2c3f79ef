"""Chains of events next to each other. No Django here."""

from collections.abc import Iterator

import ibis
import ibis.expr.types as ir

from analytics.kinds.funnel.chains import IN_ORDER, began_of, first_of
from analytics.kinds.funnel.rows import all_rows
from analytics.kinds.funnel.spec import FunnelSpec
from analytics.store.base import Reading


def next_to_each_other(spec: FunnelSpec, reading: Reading, events: ir.Table) -> Iterator[ir.Table]:
    """The rows of `chains`, level by level."""
    rows = all_rows(spec, events)
    bounds = reading.save("bounds", _bounds(rows))
    yield began_of(bounds)
    window = ibis.window(group_by="unit", order_by=IN_ORDER)
    rows = _bounded(rows, bounds)
    before = {
        f"{name}_{back}": rows[name].lag(back).over(window)
        for back in range(1, len(spec.steps))
        for name in ("fits", "time")
    }
    lagged = rows.mutate(fits_0=rows.fits, time_0=rows.time, **before)
    lagged = reading.save("lagged", lagged.filter(lagged.fits != 0).drop("fits"))
    for level in range(2, len(spec.steps) + 1):
        there = lagged.filter(_gets(spec, lagged, level))
        yield first_of(there.select("unit", "time", began=f"time_{level - 1}", before="time_1"), level)


def _bounds(rows: ir.Table) -> ir.Table:
    """When a unit did step 1 at first, and at last one of the others."""
    is_first = (rows.fits & 1) != 0
    found = rows.group_by("unit").agg(
        began=rows.time.min(where=is_first),
        ended=rows.time.max(where=rows.fits > 1),
    )
    return found.filter(found.began.notnull())


def _bounded(rows: ir.Table, bounds: ir.Table) -> ir.Table:
    """The rows that may matter beyond step 1."""
    chosen = bounds.filter(bounds.ended >= bounds.began).select("unit", start="began", end="ended")
    joined = rows.join(chosen, "unit")
    inside = joined.filter((joined.time >= joined.start) & (joined.time <= joined.end))
    return inside.select(*rows.columns)


def _gets(spec: FunnelSpec, lagged: ir.Table, level: int) -> ir.BooleanValue:
    found: ir.BooleanValue = ibis.literal(True)
    for back in range(level):
        found &= (lagged[f"fits_{back}"] & (1 << level - 1 - back)) != 0
    hops = [(0, level - 1)] if spec.window_from == "first" else [(back, back + 1) for back in range(level - 1)]
    for end, start in hops:
        took = lagged[f"time_{end}"].delta(lagged[f"time_{start}"], unit="microsecond")
        found &= took <= spec.window.micros
    return found.fill_null(False)
