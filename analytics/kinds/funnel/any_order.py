"""Chains in any order. No Django here."""

from collections.abc import Iterator

import ibis
import ibis.expr.types as ir

from analytics.kinds.funnel.chains import IN_ORDER, began_of, first_of
from analytics.kinds.funnel.rows import ranked, step_rows
from analytics.kinds.funnel.spec import FunnelSpec
from analytics.store.base import Reading

# Before any event that can be asked for.
_NEVER = ibis.timestamp("1970-01-01 00:00:00")


def in_any_order(spec: FunnelSpec, reading: Reading, events: ir.Table) -> Iterator[ir.Table]:
    """The rows of `chains`, level by level: from each event, looking back to when each step was done last."""
    rows = ranked(step_rows(spec, events))
    bounds = reading.save("bounds", _bounds(rows))
    yield began_of(bounds)
    done = reading.save("done", _done(spec, rows, bounds))
    for level in range(2, len(spec.steps) + 1):
        began = done[f"time_{level}"]
        took = done.time.delta(began, unit="microsecond")
        there = done.filter((began > _NEVER) & (took <= spec.window.micros))
        there = there.group_by("unit", "time").agg(
            began=there[f"time_{level}"].max(),
            before=there.time_2.max(),
        )
        yield first_of(there, level)


def _bounds(rows: ir.Table) -> ir.Table:
    """When a unit did a step at first; `steps` are all that it did, as bits."""
    return rows.group_by("unit").agg(began=rows.time.min(), steps=rows.fits.bit_or())


def _done(spec: FunnelSpec, rows: ir.Table, bounds: ir.Table) -> ir.Table:
    """Of each row, when the step that was done last, last but one and so on was done.

    The last row of an instant knows all of that instant; and as it knows the most, its times are the latest.
    """
    several = bounds.filter((bounds.steps & (bounds.steps - 1)) != 0)
    rows = rows.semi_join(several, "unit")
    count = len(spec.steps)
    so_far = ibis.window(group_by="unit", order_by=IN_ORDER, rows=(None, 0))
    last = [rows.time.max(where=(rows.fits & (1 << place)) != 0).over(so_far) for place in range(count)]
    found = rows.mutate(times=ibis.array([time.fill_null(_NEVER) for time in last]).sort())
    return found.select(
        "unit", "time", **{f"time_{level}": found.times[count - level] for level in range(2, count + 1)}
    )
