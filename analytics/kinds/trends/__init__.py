"""Numbers over time: several series, broken down and compared."""

from analytics.kinds.base import Kind
from analytics.kinds.trends.answer import answer
from analytics.kinds.trends.result import Line, TrendsResult
from analytics.kinds.trends.spec import DEFINITION, TrendFormula, TrendSeries, TrendsSpec, names_of
from analytics.kinds.trends.table import rows

KIND = Kind(
    spec=TrendsSpec,
    result=TrendsResult,
    answer=answer,
    table=rows,
    example={
        "kind": "trends",
        "period": {"from": "2026-01-01", "to": "2026-01-31"},
        "interval": "week",
        "series": [{"event": "Order Completed", "aggregation": "sum", "property": "revenue"}],
        "breakdown": ["country"],
    },
)

__all__ = ("DEFINITION", "KIND", "Line", "TrendFormula", "TrendSeries", "TrendsResult", "TrendsSpec", "names_of")
