"""The numbers of lifecycle, asked of a reading. No Django here."""

from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from analytics.store.base import Reading


@dataclass(frozen=True, slots=True)
class Counted:
    """How many people were active in an interval; of those, for how many it was the first, or the next."""

    active: int
    new: int
    returning: int


def counted(reading: Reading, active: ir.Table) -> dict[int, Counted]:
    """The people of each interval that has any."""
    # From 1 on, since 0 stands for no interval before.
    placed = active.mutate(at=active.interval + 1)
    last = placed["at"].lag(1, default=0).over(ibis.window(group_by="who", order_by="at"))
    placed = placed.mutate(before=last)
    found = placed.group_by("interval").agg(
        active=placed.count(),
        new=(placed.before == 0).sum(),
        returning=((placed["at"] - placed.before == 1) & (placed.before > 0)).sum(),
    )
    return {
        interval: Counted(int(active), int(new), int(back)) for interval, active, new, back in reading.rows(found)
    }
