"""The groups of a breakdown: the values of up to two fields, and the rest as Other. No Django here."""

import functools
import operator
from collections.abc import Sequence

import ibis
import ibis.expr.types as ir

from analytics.kinds.expressions import group_of

# The values of the breakdown's fields; None are the rest.
Group = tuple[str, ...] | None
WHOLE: Group = ()
OTHER = "Other"


def names_of(fields: Sequence[str]) -> list[str]:
    """The columns that `grouped` adds."""
    return [f"group_{place}" for place in range(len(fields))]


def grouped(table: ir.Table, fields: Sequence[str]) -> ir.Table:
    """The rows with the text of each field."""
    return table.mutate(
        **{name: group_of(table, field) for name, field in zip(names_of(fields), fields, strict=True)}
    )


def marked(table: ir.Table, fields: Sequence[str], groups: Sequence[Group]) -> ir.Table:
    """Grouped rows with NULL for the group of those that are in none of these."""
    names = names_of(fields)
    if not names:
        return table
    same = [_is(table, names, group) for group in groups if group is not None]
    is_one = functools.reduce(operator.or_, same, ibis.literal(False))
    return table.mutate(**{name: is_one.ifelse(table[name], ibis.null("string")) for name in names})


def _is(table: ir.Table, names: Sequence[str], group: tuple[str, ...]) -> ir.BooleanValue:
    return functools.reduce(operator.and_, (table[name] == part for name, part in zip(names, group, strict=True)))


def group_in(parts: Sequence[str | None]) -> Group:
    """The group of a row of `marked`, by the columns `names_of`."""
    texts = tuple(part for part in parts if part is not None)
    return texts if len(texts) == len(parts) else None


def words_of(group: Group) -> str:
    """A group as its line is called."""
    return OTHER if group is None else " / ".join(part or "(none)" for part in group)
