"""The overview of a site or product: figures, one chart, ranked tables."""

from analytics.kinds.overview.result import Chart, Figure, OverviewResult, Point, Row, Table
from analytics.kinds.overview.spec import DEFINITION, TABLE_FIELDS, Metric, OverviewSpec, Panel

__all__ = (
    "DEFINITION",
    "TABLE_FIELDS",
    "Chart",
    "Figure",
    "Metric",
    "OverviewResult",
    "OverviewSpec",
    "Panel",
    "Point",
    "Row",
    "Table",
)
