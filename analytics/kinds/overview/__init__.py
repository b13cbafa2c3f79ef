"""The overview of a site or product: figures, one chart, ranked tables."""

from analytics.kinds.base import Kind
from analytics.kinds.overview.answer import answer
from analytics.kinds.overview.result import Chart, Figure, OverviewResult, Point, Row, Table
from analytics.kinds.overview.spec import DEFINITION, TABLE_FIELDS, Metric, OverviewSpec, Panel

KIND = Kind(
    spec=OverviewSpec,
    result=OverviewResult,
    answer=answer,
    example={
        "kind": "overview",
        "period": {"last": "7d"},
        "filters": [{"field": "country", "operator": "is", "values": ["DE"]}],
        "panels": ["figures", "chart", "sources"],
    },
)

__all__ = (
    "DEFINITION",
    "KIND",
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
