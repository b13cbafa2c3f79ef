"""The chains of a funnel: who got to which step, and when. No Django here.

Exact over all beginnings, with one pass for each step. Of the chains that lead to an event of step k, the one
whose event of step k-1 is the latest has the latest event of each step before as well: what leads to an earlier
event of step k-1 can be replaced by what leads to the later one, or by something later. So it is enough to know
of each event the latest event of the step before that a chain leads to: no other has less time or fewer excluded
events between. What leads to later events of a step is nowhere earlier, so the least values of a unit are those
of the chain that gets to the step first.
"""

from collections.abc import Iterator

import ibis
import ibis.expr.types as ir

from analytics.kinds.funnel.spec import FunnelSpec, Order
from analytics.store.base import Reading

# Before any event that can be asked for.
_NEVER = ibis.timestamp("1970-01-01 00:00:00")
_IN_ORDER = ("time", "first", "fits")


def reached(spec: FunnelSpec, reading: Reading, rows: ir.Table) -> ir.Table:
    """A row for each unit and each step that it got to, of the chain that got there first.

    It has `unit`; `level`, the step from 1; `began`, the time of the chain's first event, and its `interval`;
    `before`, the time of the step before; and `reached`, that of the step itself.
    """
    if spec.order is Order.ANY:
        return reading.save("reached", ibis.union(*_in_any_order(spec, reading, rows)))
    bounds = reading.save("bounds", _bounds(rows))
    further = _next_to_each_other if spec.order is Order.STRICT else _in_order
    return reading.save("reached", ibis.union(_began(bounds), *further(spec, reading, _bounded(rows, bounds))))


def _bounds(rows: ir.Table) -> ir.Table:
    """When a unit did step 1 at first, and at last one of the others."""
    is_first = (rows.fits & 1) != 0
    found = rows.group_by("unit").agg(
        began=rows.time.min(where=is_first),
        interval=rows.interval.min(where=is_first),
        ended=rows.time.max(where=rows.fits > 1),
    )
    return found.filter(found.began.notnull())


def _began(bounds: ir.Table) -> ir.Table:
    began = bounds.began
    return _row(bounds, 1, interval=bounds.interval, began=began, before=began, reached=began)


def _bounded(rows: ir.Table, bounds: ir.Table) -> ir.Table:
    """The rows that may matter beyond step 1."""
    chosen = bounds.filter(bounds.ended >= bounds.began).select("unit", first_time="began", last_time="ended")
    joined = rows.join(chosen, "unit")
    inside = joined.filter((joined.time >= joined.first_time) & (joined.time <= joined.last_time))
    return inside.select(*rows.columns)


def _in_order(spec: FunnelSpec, reading: Reading, rows: ir.Table) -> Iterator[ir.Table]:
    current = rows.mutate(gets=(rows.fits & 1) != 0, began=rows.time, before=rows.time)
    for level in range(2, len(spec.steps) + 1):
        current = reading.save(f"step_{level}", _step(spec, current, level))
        there = current.filter(current.gets)
        yield _first(there, level, interval=there.interval, began=there.began, before=there.before)


def _step(spec: FunnelSpec, rows: ir.Table, level: int) -> ir.Table:
    """Which rows get to a step from those that get to the step before; without what no later step needs.

    An excluded event is the last of its instant, so that those before a row are those earlier than it.
    """
    earlier = ibis.window(group_by="unit", order_by=_IN_ORDER, rows=(None, -1))
    linked = rows.mutate(
        before=rows.time.max(where=rows.gets).over(earlier),
        began=rows.began.max(where=rows.gets).over(earlier),
        interval=rows.interval.max(where=rows.gets).over(earlier),
    )
    gets = ((linked.fits & (1 << level - 1)) != 0) & linked.before.notnull()
    since = linked.began if spec.window_from == "first" else linked.before
    gets &= linked.time.delta(since, unit="microsecond") <= spec.window.micros
    if any(item.after == level - 1 for item in spec.exclusions):
        shuns = (rows.shuns & (1 << level - 2)) != 0
        linked = linked.mutate(shunned=rows.time.max(where=shuns).over(earlier))
        gets &= linked.shunned.isnull() | (linked.shunned <= linked.before)
    found = linked.mutate(gets=gets.fill_null(False)).select(*rows.columns)
    return found.filter(found.gets | (found.fits >= 1 << level) | (found.shuns >= 1 << level - 1))


def _next_to_each_other(spec: FunnelSpec, reading: Reading, rows: ir.Table) -> Iterator[ir.Table]:
    window = ibis.window(group_by="unit", order_by=_IN_ORDER)
    before = {
        f"{name}_{back}": rows[name].lag(back).over(window)
        for back in range(1, len(spec.steps))
        for name in ("fits", "time", "interval")
    }
    lagged = rows.mutate(fits_0=rows.fits, time_0=rows.time, interval_0=rows.interval, **before)
    lagged = reading.save("lagged", lagged.filter(lagged.fits != 0))
    for level in range(2, len(spec.steps) + 1):
        there = lagged.filter(_gets(spec, lagged, level))
        began, interval = there[f"time_{level - 1}"], there[f"interval_{level - 1}"]
        yield _first(there, level, interval=interval, began=began, before=there.time_1)


def _gets(spec: FunnelSpec, lagged: ir.Table, level: int) -> ir.BooleanValue:
    found: ir.BooleanValue = ibis.literal(True)
    for back in range(level):
        found &= (lagged[f"fits_{back}"] & (1 << level - 1 - back)) != 0
    hops = [(0, level - 1)] if spec.window_from == "first" else [(back, back + 1) for back in range(level - 1)]
    for end, start in hops:
        took = lagged[f"time_{end}"].delta(lagged[f"time_{start}"], unit="microsecond")
        found &= took <= spec.window.micros
    return found.fill_null(False)


def _in_any_order(spec: FunnelSpec, reading: Reading, rows: ir.Table) -> Iterator[ir.Table]:
    """Looking back from each event: when each step was done last, the latest of these first."""
    so_far = ibis.window(group_by="unit", order_by="time", range=(None, 0))
    last = {
        f"{name}_{place}": rows[name].max(where=(rows.fits & (1 << place)) != 0).over(so_far)
        for place in range(len(spec.steps))
        for name in ("time", "interval")
    }
    done = rows.mutate(**last)
    count = len(spec.steps)
    times = ibis.array([done[f"time_{place}"].fill_null(_NEVER) for place in range(count)]).sort()
    intervals = ibis.array([done[f"interval_{place}"].fill_null(-1) for place in range(count)]).sort()
    done = done.select("unit", "time", times=times, intervals=intervals)
    latest = {f"time_{level}": done.times[count - level] for level in range(1, count + 1)}
    latest |= {f"interval_{level}": done.intervals[count - level] for level in range(1, count + 1)}
    done = reading.save("done", done.select("unit", "time", **latest))
    for level in range(1, count + 1):
        began = done[f"time_{level}"]
        took = done.time.delta(began, unit="microsecond")
        there = done.filter((began > _NEVER) & (took <= spec.window.micros))
        before = there[f"time_{min(level, 2)}"]
        yield _first(
            there, level, interval=there[f"interval_{level}"], began=there[f"time_{level}"], before=before
        )


def _first(there: ir.Table, level: int, *, interval: ir.Value, began: ir.Value, before: ir.Value) -> ir.Table:
    found = there.group_by("unit").agg(
        interval=interval.min(), began=began.min(), before=before.min(), reached=there.time.min()
    )
    return _row(
        found, level, interval=found.interval, began=found.began, before=found.before, reached=found.reached
    )


def _row(found: ir.Table, level: int, **values: ir.Value) -> ir.Table:
    return found.select("unit", level=ibis.literal(level, "int64"), **values)
