"""Filters and fields as Ibis expressions over a table of events or sessions. No Django here."""

import functools
import operator
from collections.abc import Iterable

import ibis
import ibis.expr.types as ir

from analytics.kinds.filters import PROPERTY_PREFIX, Filter, Operator, Value, number_of
from analytics.store.base import Wanted
from analytics.store.columns import number_name, text_name

NEGATED = {
    Operator.IS_NOT: Operator.IS,
    Operator.DOES_NOT_CONTAIN: Operator.CONTAINS,
    Operator.IS_NOT_SET: Operator.IS_SET,
}
# Below this, a float tells every whole number apart.
WHOLE = 1e15


def wanted_by(fields: Iterable[str]) -> Wanted:
    """What has to be read of events for these fields."""
    columns: set[str] = set()
    properties: set[str] = set()
    for field in fields:
        if field.startswith(PROPERTY_PREFIX):
            properties.add(field.removeprefix(PROPERTY_PREFIX))
        else:
            columns.add(field)
    return Wanted(frozenset(columns), numbers=frozenset(properties), texts=frozenset(properties))


def keeps(table: ir.Table, item: Filter) -> ir.BooleanValue:
    """Whether a row passes a filter; never NULL."""
    if item.operator in NEGATED:
        return ~_holds(table, item, NEGATED[item.operator])
    return _holds(table, item, item.operator)


def text_of(value: Value) -> str:
    """A filter's value as text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < WHOLE:
        return str(int(value))
    return str(value)


def columns_of(field: str) -> tuple[str, ...]:
    """The columns that decide in which group a row is: rows that agree in them are in one."""
    if not field.startswith(PROPERTY_PREFIX):
        return (field,)
    name = field.removeprefix(PROPERTY_PREFIX)
    return text_name(name), number_name(name)


def group_of(table: ir.Table, field: str) -> ir.StringValue:
    """The text that a row is grouped by; empty where it has none."""
    if not field.startswith(PROPERTY_PREFIX):
        return table[field]
    name = field.removeprefix(PROPERTY_PREFIX)
    number = table[number_name(name)]
    rounded = number.try_cast("int64")
    whole = (rounded.cast("float64") == number) & (number.abs() < WHOLE)
    as_text = ibis.ifelse(whole, rounded.cast("string"), number.cast("string"))
    return ibis.coalesce(table[text_name(name)], as_text, "")


def _holds(table: ir.Table, item: Filter, what: Operator) -> ir.BooleanValue:
    name = item.property_name
    text = table[text_name(name) if name else item.field]
    if what is Operator.IS_SET:
        return text.notnull() | table[number_name(name)].notnull() if name else text != ""
    if what in {Operator.GREATER, Operator.LESS, Operator.BETWEEN}:
        found = _compares(table[number_name(name or "")], what, [number_of(value) for value in item.values])
    else:
        number = table[number_name(name)] if name else None
        found = functools.reduce(operator.or_, (_matches(text, number, what, value) for value in item.values))
    return found.fill_null(False)


def _compares(number: ir.NumericValue, what: Operator, bounds: list[float | None]) -> ir.BooleanValue:
    if what is Operator.BETWEEN:
        return (number >= bounds[0]) & (number <= bounds[1])
    return number > bounds[0] if what is Operator.GREATER else number < bounds[0]


def _matches(
    text: ir.StringValue, number: ir.NumericValue | None, what: Operator, value: Value
) -> ir.BooleanValue:
    if what is Operator.CONTAINS:
        return text.contains(text_of(value))
    if what is Operator.MATCHES:
        return text.re_search(text_of(value))
    same: ir.BooleanValue = text == text_of(value)
    as_number = None if isinstance(value, bool) else number_of(value)
    if number is None or as_number is None:
        return same
    equal: ir.BooleanValue = number == as_number
    return same.fill_null(False) | equal.fill_null(False)
