"""The numbers of revenue, asked of a reading. No Django here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import ibis
import ibis.expr.types as ir

from analytics.kinds.changes import ratio
from analytics.kinds.groups import Group, group_in, marked, names_of
from analytics.kinds.revenue.amounts import CURRENCY, cells
from analytics.kinds.revenue.result import Money
from analytics.kinds.revenue.spec import RevenueSpec
from analytics.store.base import Reading

MOST_CURRENCIES = 20
# A currency and a group; of a group of no fields, all of the currency.
Key = tuple[str, Group]


@dataclass(frozen=True, slots=True)
class Measured:
    """Currencies and groups in order (the other groups last), and the money of each and in each interval."""

    currencies: tuple[str, ...]
    more_currencies: int
    groups: tuple[Group, ...]
    totals: Mapping[Key, Money]
    values: Mapping[tuple[Key, int], Money]
    unusable: int


def measure(spec: RevenueSpec, reading: Reading, like: Measured | None = None) -> Measured:
    """Every number; with the groups of another measuring, so that the two can be compared."""
    table = cells(spec, reading)
    ((unusable,),) = reading.rows(table.agg(unusable=table.unusable.sum()))
    usable = table.filter(table.usable > 0)
    currencies, count = (like.currencies, 0) if like else _currencies(reading, usable)
    groups = like.groups if like else _groups(spec, reading, usable)
    usable = usable.filter(usable[CURRENCY].isin(currencies))
    parted, names = marked(usable, spec.breakdown, groups), names_of(spec.breakdown)
    totals: dict[Key, Money] = {}
    values: dict[tuple[Key, int], Money] = {}
    for source, keys in ((usable, []), *(((parted, names),) if names else ())):
        for row, money in _money(reading, source, [CURRENCY, *keys]):
            totals[row[0], group_in(row[1:])] = money
        for row, money in _money(reading, source, [CURRENCY, *keys, "interval"]):
            values[(row[0], group_in(row[1:-1])), row[-1]] = money
    return Measured(
        currencies=currencies,
        more_currencies=max(0, count - len(currencies)),
        groups=groups,
        totals=totals,
        values=values,
        unusable=int(unusable or 0),
    )


def _currencies(reading: Reading, usable: ir.Table) -> tuple[tuple[str, ...], int]:
    """Those with the most orders first, then by code; and how many there are."""
    counted = usable.group_by(CURRENCY).agg(orders=usable.orders.sum())
    counted = counted.mutate(currencies=ibis._.count().over(ibis.window()))
    rows = reading.rows(counted.order_by(ibis.desc("orders"), CURRENCY).limit(MOST_CURRENCIES))
    return tuple(row[0] for row in rows), rows[0][-1] if rows else 0


def _groups(spec: RevenueSpec, reading: Reading, usable: ir.Table) -> tuple[Group, ...]:
    """Those with the most orders, then by value; None at the end if there are others."""
    names = names_of(spec.breakdown)
    if not names:
        return ()
    counted = usable.group_by(names).agg(orders=usable.orders.sum())
    found = reading.rows(counted.order_by(ibis.desc("orders"), *names).limit(spec.limit + 1))
    groups: list[Group] = [tuple(row[:-1]) for row in found[: spec.limit]]
    return (*groups, None) if len(found) > spec.limit else tuple(groups)


def _money(reading: Reading, table: ir.Table, keys: Sequence[str]) -> list[tuple[tuple[Any, ...], Money]]:
    paying = (table.orders > 0).ifelse(table.who, ibis.null("int64"))
    asked = table.group_by(keys).agg(
        gross=table.gross.sum(),
        refunded=table.refunded.sum(),
        orders=table.orders.sum(),
        refunds=table.refunds.sum(),
        people=paying.nunique(),
    )
    return [(row[: len(keys)], _of(*map(int, row[len(keys) :]))) for row in reading.rows(asked)]


def _of(gross: int, refunded: int, orders: int, refunds: int, people: int) -> Money:
    net = gross - refunded
    return Money(gross, refunded, net, orders, refunds, people, ratio(net, people), ratio(gross, orders))
