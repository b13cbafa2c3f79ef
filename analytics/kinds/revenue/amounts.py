"""Amounts of money as whole numbers. No Django here."""

import ibis
import ibis.expr.types as ir

from analytics.fields import PROPERTY_PREFIX
from analytics.kinds.events import events_of, fields_of, keep, wanted_of
from analytics.kinds.expressions import columns_of, group_of
from analytics.kinds.groups import grouped
from analytics.kinds.revenue.spec import RevenueSpec
from analytics.store.base import Reading, Wanted
from analytics.store.columns import number_name

CURRENCY = "currency_code"
# Whole numbers below are exact as floats, also when a half is added.
MOST = 1e15
# Sums of such amounts may be longer than 64 bits.
SUMMED = "decimal(38, 0)"


def wanted(spec: RevenueSpec) -> Wanted:
    """What revenue reads."""
    fields = {*fields_of([spec.filters]), *spec.breakdown, *_currency_fields(spec), "name"}
    return wanted_of(fields) | Wanted(numbers=frozenset({spec.property}))


def cells(spec: RevenueSpec, reading: Reading) -> ir.Table:
    """What each person paid and got back in each interval, group and currency."""
    names = [*spec.events, *spec.refund_events]
    events = keep(events_of(reading, wanted(spec), names=names, is_asked_once=True), spec.filters)
    number = events[number_name(spec.property)]
    scaled = number.abs() * float(10**spec.decimals)
    usable = (scaled < MOST).fill_null(False)
    amount = (usable.ifelse(scaled, 0.0) + 0.5).floor().cast("int64")
    refund = events.name.isin(spec.refund_events) | (number < 0).fill_null(False)
    events = events.mutate(amount=amount, refund=refund, usable=usable)
    return _currencies(spec, grouped(reading.save("cells", _summed(spec, events)), spec.breakdown))


def _summed(spec: RevenueSpec, events: ir.Table) -> ir.Table:
    amount, refund = events.amount.cast(SUMMED), events.refund
    nothing = ibis.literal(0).cast(SUMMED)
    columns = [column for field in (*spec.breakdown, *_currency_fields(spec)) for column in columns_of(field)]
    return events.group_by(list(dict.fromkeys([*columns, "interval", "who"]))).agg(
        gross=refund.ifelse(nothing, amount).sum(),
        refunded=refund.ifelse(amount, nothing).sum(),
        orders=(~refund & (events.amount > 0)).sum(),
        refunds=(refund & (events.amount > 0)).sum(),
        unusable=(~events.usable).sum(),
        usable=events.usable.sum(),
    )


def _currency_fields(spec: RevenueSpec) -> tuple[str, ...]:
    return () if spec.currency else (f"{PROPERTY_PREFIX}{spec.currency_property}",)


def _currencies(spec: RevenueSpec, table: ir.Table) -> ir.Table:
    """The cells with their currency: `usd` and `USD` are one; other letters than these are left as they are."""
    fields = _currency_fields(spec)
    if not fields:
        return table.mutate(**{CURRENCY: ibis.literal(spec.currency)})
    text = group_of(table, fields[0])
    return table.mutate(**{CURRENCY: text.re_search("^[A-Za-z]{3}$").ifelse(text.upper(), text)})
