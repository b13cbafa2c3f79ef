"""Sorting a whole ranked table by a column, with the choice in the address."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from analytics.kinds.overview import Row, Table
from analytics.views.labels import METRICS, PANELS
from analytics.views.values import value_label

# The table's own order: its first number, the largest first.
DEFAULT = "-0"


@dataclass(frozen=True, slots=True)
class Heading:
    """A column's heading: `sort` is what a click asks for, `order` what holds now, as aria-sort has it."""

    label: str
    sort: str
    order: str
    is_number: bool


def sorted_by(table: Table, sort: str) -> Table:
    """The table in another order; an unknown one changes nothing."""
    name = sort.removeprefix("-")
    keys = _keys(table)
    if name not in keys or sort == DEFAULT:
        return table
    return replace(table, rows=tuple(sorted(table.rows, key=keys[name], reverse=sort.startswith("-"))))


def headings(table: Table, sort: str) -> list[Heading]:
    labels = {"value": PANELS[table.panel]}
    labels |= {str(place): METRICS[metric].label for place, metric in enumerate(table.columns)}
    return [_heading(label, name, sort) for name, label in labels.items()]


def _heading(label: str, name: str, sort: str) -> Heading:
    order = {name: "ascending", f"-{name}": "descending"}.get(sort, "")
    first = name if name == "value" else f"-{name}"
    other = f"-{name}" if name == "value" else name
    return Heading(label, other if sort == first else first, order, is_number=name != "value")


def _keys(table: Table) -> dict[str, Callable[[Row], tuple[float, str]]]:
    def by_number(place: int) -> Callable[[Row], tuple[float, str]]:
        return lambda row: (row.metrics[place] or 0.0, row.value)

    by_value: dict[str, Callable[[Row], tuple[float, str]]] = {
        "value": lambda row: (0.0, value_label(table.field, row.value).lower())
    }
    return by_value | {str(place): by_number(place) for place in range(len(table.columns))}
