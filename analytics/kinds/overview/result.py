"""What the overview answers. No Django here."""

from dataclasses import dataclass
from datetime import datetime

from analytics.kinds.overview.spec import Metric, Panel
from analytics.periods import Interval, Span


@dataclass(frozen=True, slots=True)
class Figure:
    """One number of the period. `change` is a fraction of the previous; None from zero or without comparison.

    Rates are fractions, durations seconds; None where there is no session to take a mean of.
    """

    metric: Metric
    value: float | None
    previous: float | None
    change: float | None


@dataclass(frozen=True, slots=True)
class Point:
    """One interval; `incomplete` while it still runs. `previous` is that of the interval at the same place."""

    start: datetime
    end: datetime
    value: float | None
    previous: float | None
    incomplete: bool


@dataclass(frozen=True, slots=True)
class Chart:
    metric: Metric
    interval: Interval
    points: tuple[Point, ...]
    previous_span: Span | None


@dataclass(frozen=True, slots=True)
class Row:
    """One value with a number for each of the table's columns; `share` of the first column's whole (0 to 1)."""

    value: str
    metrics: tuple[float | None, ...]
    share: float


@dataclass(frozen=True, slots=True)
class Table:
    """The top of a ranking by its first column, then by value; `total_rows` says how many values there are."""

    panel: Panel
    field: str
    columns: tuple[Metric, ...]
    rows: tuple[Row, ...]
    total_rows: int


@dataclass(frozen=True, slots=True)
class OverviewResult:
    figures: tuple[Figure, ...] | None
    chart: Chart | None
    tables: tuple[Table, ...]
