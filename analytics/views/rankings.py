"""Ranked tables in words: a row's label, its bar, and the address that filters by it."""

from dataclasses import dataclass

from analytics.kinds.filters import Operator
from analytics.kinds.overview import Row, Table
from analytics.templatetags.formats import percent
from analytics.views.address import Address, FilterText
from analytics.views.controls import filter_words
from analytics.views.labels import METRICS, PANELS
from analytics.views.values import value_label


@dataclass(frozen=True, slots=True)
class RankedRow:
    """`width` is that of the bar, in percent of the longest; `cells` one text for each column."""

    label: str
    href: str
    action: str
    width: str
    share: str
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ranking:
    panel: str
    label: str
    columns: tuple[str, ...]
    rows: tuple[RankedRow, ...]
    total_rows: int


def ranking(table: Table, address: Address) -> Ranking:
    longest = max((row.metrics[0] or 0 for row in table.rows), default=0) or 1
    return Ranking(
        panel=table.panel.value,
        label=PANELS[table.panel],
        columns=tuple(METRICS[metric].label for metric in table.columns),
        rows=tuple(_row(row, table, address, longest) for row in table.rows),
        total_rows=table.total_rows,
    )


def row_filter(field: str, value: str) -> FilterText:
    """The filter that a click on a row adds; an empty value is asked for as not set."""
    if not value:
        return FilterText(field, Operator.IS_NOT_SET.value)
    return FilterText(field, Operator.IS.value, (value,))


def _row(row: Row, table: Table, address: Address, longest: float) -> RankedRow:
    item = row_filter(table.field, row.value)
    return RankedRow(
        label=value_label(table.field, row.value),
        href=address.adding(item).query,
        action=f"Filter: {filter_words(item, {})}",
        width=f"{(row.metrics[0] or 0) / longest * 100:.1f}%",
        share=percent(row.share),
        cells=tuple(
            METRICS[metric].format(value) for metric, value in zip(table.columns, row.metrics, strict=True)
        ),
    )
