"""The chains of a funnel: who got to which step, and when. No Django here.

Each kind of order gives a row for each unit and each step that it got to, of the chain that got there first:
`unit`; `level`, the step from 1; `began`, the time of the chain's first event; `before`, the time of the step
before; and `reached`, that of the step itself.

What leads to later events of a step is nowhere earlier. So the least values of a unit are those of the chain that
gets to the step first.
"""

import ibis
import ibis.expr.types as ir

IN_ORDER = ("time", "rank")


def first_of(there: ir.Table, level: int) -> ir.Table:
    """The chain that got to a level first, of rows with `unit`, `began`, `before` and `time`."""
    found = there.group_by("unit").agg(
        began=there.began.min(), before=there.before.min(), reached=there.time.min()
    )
    return at_level(found, level)


def began_of(bounds: ir.Table) -> ir.Table:
    """Who got to step 1, of rows with `unit` and `began`."""
    return at_level(bounds.mutate(before=bounds.began, reached=bounds.began), 1)


def at_level(found: ir.Table, level: int) -> ir.Table:
    return found.select("unit", "began", "before", "reached", level=ibis.literal(level, "int64"))
