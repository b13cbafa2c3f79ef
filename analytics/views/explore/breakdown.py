"""The answer of a breakdown as a ranked table with bars. No Django here."""

from zoneinfo import ZoneInfo

from analytics.kinds.breakdown import BreakdownResult, BreakdownSpec, Row
from analytics.templatetags.formats import ABSENT, number, percent, short_percent
from analytics.views.explore.blocks import Block, Column, TableBlock
from analytics.views.labels import field_label
from analytics.views.values import group_label


def blocks(spec: BreakdownSpec, result: BreakdownResult, zone: ZoneInfo) -> tuple[Block, ...]:  # noqa: ARG001 (as all)
    """One table: a row for each value, then Other and the whole."""
    if not result.rows:
        return ()
    columns = [Column(" / ".join(map(field_label, spec.breakdown)), False)]
    for title in result.columns:
        columns += [
            Column(title[:1].upper() + title[1:], True),
            *([Column("Change", True)] if result.previous_span else []),
        ]
    columns.append(Column("Share", True))
    shown = [*((row, _name(spec, row)) for row in result.rows)]
    shown += [(result.other, "Other")] if result.other else []
    widths = [f"{max(row.share or 0.0, 0.0) * 100:.1f}%" for row, _ in shown]
    texts = [_texts(row, name) for row, name in [*shown, (result.total, "All")]]
    label = f"{len(result.rows)} of {result.total_rows:,} values" if result.other else "Every value"
    return (TableBlock(label, tuple(columns), tuple(texts), widths=(*widths, "0%")),)


def _texts(row: Row, name: str) -> tuple[str, ...]:
    found = [name]
    for place, value in enumerate(row.values):
        found.append(number(value))
        if row.changes is not None:
            change = row.changes[place]
            found.append(
                ABSENT
                if change is None
                else f"{'+' if change > 0 else '−' if change < 0 else ''}{short_percent(abs(change))}"
            )
        elif row.previous is not None:
            found.append(ABSENT)
    return (*found, percent(row.share))


def _name(spec: BreakdownSpec, row: Row) -> str:
    return group_label(spec.breakdown, row.group or ())
