"""Chains in order, with other events between. No Django here.

Exact over all beginnings, with one pass for each step. Of the chains that lead to an event of step k, the one
whose event of step k-1 is the latest has the latest event of each step before as well: what leads to an earlier
event of step k-1 can be replaced by what leads to the later one, or by something later. So it is enough to know
of each event the latest event of the step before that a chain leads to: no other has less time or fewer excluded
events between.
"""

from collections.abc import Iterator

import ibis
import ibis.expr.types as ir

from analytics.kinds.funnel.chains import IN_ORDER, began_of, first_of
from analytics.kinds.funnel.rows import BITS, ROW, ranked, shunned_rows, step_rows
from analytics.kinds.funnel.spec import FunnelSpec
from analytics.store.base import Reading


def in_order(spec: FunnelSpec, reading: Reading, events: ir.Table) -> Iterator[ir.Table]:
    """The rows of `chains`, level by level."""
    # The events are read once, whatever their number: reading takes longer than all that follows.
    fit = reading.save("fit", step_rows(spec, events))
    starts, later = fit.filter((fit.fits & 1) != 0), fit.filter(fit.fits > 1)
    began = reading.save("began", starts.group_by("unit").agg(began=starts.time.min()))
    yield began_of(began)
    ends = reading.save("ends", _ends(later))
    further = began.join(ends, "unit").filter(ibis._.ended >= ibis._.began)
    others = [later, *([shunned_rows(spec, events)] if spec.exclusions else [])]
    only = fit.filter(fit.fits == 1)
    rows = ibis.union(_latest(spec, only, ends), _between(only, ends), *(_after(rows, further) for rows in others))
    rows = ranked(rows)
    current = rows.mutate(gets=(rows.fits & 1) != 0, began=rows.time, before=rows.time)
    for level in range(2, len(spec.steps) + 1):
        current = reading.save(f"step_{level}", _step(spec, current, level))
        yield first_of(current.filter(current.gets), level)


def _ends(later: ir.Table) -> ir.Table:
    """Of each unit with step 2: how often, when at first and at last; and the last of all further steps."""
    is_second = (later.fits & 2) != 0
    found = later.group_by("unit").agg(
        seconds=later.count(where=is_second),
        second=later.time.min(where=is_second),
        last_second=later.time.max(where=is_second),
        ended=later.time.max(),
    )
    return found.filter(found.seconds > 0)


def _latest(spec: FunnelSpec, starts: ir.Table, ends: ir.Table) -> ir.Table:
    """The latest beginnings until step 2 was done at first, and from there until it was done at last.

    There may be very many events of step 1, and most of them are no more than this to what follows.
    """
    joined = starts.join(ends, "unit")
    early = joined.second.delta(joined.time, unit="microsecond")
    joined = joined.filter((joined.time <= joined.last_second) & (early <= spec.window.micros))
    found = joined.group_by("unit", is_first=joined.time <= joined.second).agg(time=joined.time.max())
    return found.select("unit", "time", fits=ibis.literal(1, BITS), shuns=ibis.literal(0, BITS))


def _between(starts: ir.Table, ends: ir.Table) -> ir.Table:
    """The beginnings in between, of those who did step 2 more than twice."""
    joined = starts.join(ends.filter(ends.seconds > 2), "unit")
    return joined.filter((joined.time > joined.second) & (joined.time < joined.last_second)).select(*ROW)


def _after(rows: ir.Table, further: ir.Table) -> ir.Table:
    joined = rows.join(further.select("unit", start="began", end="ended"), "unit")
    return joined.filter((joined.time >= joined.start) & (joined.time <= joined.end)).select(*ROW)


def _step(spec: FunnelSpec, rows: ir.Table, level: int) -> ir.Table:
    """Which rows get to a step from those that get to the step before; without what no later step needs.

    An excluded event is the last of its instant, so that those before a row are those earlier than it.
    """
    earlier = ibis.window(group_by="unit", order_by=IN_ORDER, rows=(None, -1))
    before = rows.time.max(where=rows.gets).over(earlier)
    linked = rows.mutate(
        before=before, began=before if level == 2 else rows.began.max(where=rows.gets).over(earlier)
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
