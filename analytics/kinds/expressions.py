"""Filters and fields as Ibis expressions over a table of events or sessions. No Django here."""

import functools
import operator
from collections.abc import Iterable

import ibis
import ibis.expr.types as ir

from analytics.fields import (
    GROUP_TRAIT_PREFIX,
    IN_COHORT,
    NOT_IN_COHORT,
    PERSON_TRAIT_PREFIX,
    PROPERTY_PREFIX,
    cohort_of,
    named,
)
from analytics.kinds.filters import (
    COHORT_OPERATORS,
    AnyOf,
    Condition,
    Filter,
    Not,
    Operator,
    Value,
    number_of,
    parts,
)
from analytics.store.base import Wanted
from analytics.store.columns import (
    GROUP,
    PERSON,
    cohort_name,
    number_name,
    text_name,
    trait_number_name,
    trait_text_name,
)

NEGATED = {
    Operator.IS_NOT: Operator.IS,
    Operator.DOES_NOT_CONTAIN: Operator.CONTAINS,
    Operator.IS_NOT_SET: Operator.IS_SET,
    Operator.NOT_IN_COHORT: Operator.IN_COHORT,
}
# Below this, a float tells every whole number apart.
WHOLE = 1e15


def wanted_by(fields: Iterable[str]) -> Wanted:
    """What has to be read of events, and be known of people and groups, for these fields."""
    found = Wanted()
    for field in fields:
        found |= _wanted_by(field)
    return found


def _wanted_by(field: str) -> Wanted:
    if name := named(field, PROPERTY_PREFIX):
        return Wanted(numbers=frozenset({name}), texts=frozenset({name}))
    if name := named(field, PERSON_TRAIT_PREFIX):
        return Wanted(person_traits=frozenset({name}))
    if name := named(field, GROUP_TRAIT_PREFIX):
        return Wanted(group_traits=frozenset({name}))
    if cohort := cohort_of(field):
        return Wanted(cohorts=frozenset({cohort}))
    return Wanted(frozenset({field}))


def meets(table: ir.Table, item: Condition) -> ir.BooleanValue:
    """Whether a row passes a filter or a group of them; never NULL."""
    if isinstance(item, Filter):
        return keeps(table, item)
    if isinstance(item, Not):
        return ~meets(table, item.negated)
    joined = operator.or_ if isinstance(item, AnyOf) else operator.and_
    return functools.reduce(joined, (meets(table, one) for one in parts(item)))


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


def group_of(table: ir.Table, field: str) -> ir.StringValue:
    """The text that a row is grouped by; empty where it has none."""
    text, number = _text_and_number(table, field)
    if number is None:
        return text
    rounded = number.try_cast("int64")
    whole = (rounded.cast("float64") == number) & (number.abs() < WHOLE)
    as_text = ibis.ifelse(whole, rounded.cast("string"), number.cast("string"))
    return ibis.coalesce(text, as_text, "")


def columns_of(field: str) -> tuple[str, ...]:
    """The columns that decide in which group a row is: rows that agree in them are in one."""
    if name := named(field, PROPERTY_PREFIX):
        return text_name(name), number_name(name)
    for prefix, of in ((PERSON_TRAIT_PREFIX, PERSON), (GROUP_TRAIT_PREFIX, GROUP)):
        if name := named(field, prefix):
            return trait_text_name(of, name), trait_number_name(of, name)
    cohort = cohort_of(field)
    return (cohort_name(cohort) if cohort else field,)


def _text_and_number(table: ir.Table, field: str) -> tuple[ir.StringValue, ir.NumericValue | None]:
    """A field's text; and its number, where it may have one, either of them NULL where it has not."""
    columns = [table[name] for name in columns_of(field)]
    if len(columns) > 1:
        return columns[0], columns[1]
    return columns[0].ifelse(IN_COHORT, NOT_IN_COHORT) if cohort_of(field) else columns[0], None


def _holds(table: ir.Table, item: Filter, what: Operator) -> ir.BooleanValue:
    if item.operator in COHORT_OPERATORS:
        return functools.reduce(operator.or_, (table[cohort_name(int(value))] for value in item.values))
    text, number = _text_and_number(table, item.field)
    if what is Operator.IS_SET:
        return text != "" if number is None else text.notnull() | number.notnull()
    if what in {Operator.GREATER, Operator.LESS, Operator.BETWEEN}:
        found = _compares(number, what, [number_of(value) for value in item.values])
    else:
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
