"""What a breakdown answers. No Django here."""

from dataclasses import dataclass

from analytics.periods import Span


@dataclass(frozen=True, slots=True)
class Row:
    """One value of each field (an absent one is empty), with a number for each column.

    `group` is None for Other and for the total. `share` is a fraction of the total; None where that is zero and
    for means and the like. `changes` are fractions of the previous numbers; None from zero or nothing.
    """

    group: tuple[str, ...] | None
    values: tuple[float | None, ...]
    share: float | None
    previous: tuple[float | None, ...] | None
    changes: tuple[float | None, ...] | None


@dataclass(frozen=True, slots=True)
class BreakdownResult:
    """`total_rows` says how many values there are; `other` has those beyond the limit, if any."""

    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    other: Row | None
    total: Row
    total_rows: int
    previous_span: Span | None
