"""Breakdown: a table of the values of one or two fields, with several numbers each."""

from analytics.kinds.base import Kind
from analytics.kinds.breakdown.answer import answer
from analytics.kinds.breakdown.result import BreakdownResult, Row
from analytics.kinds.breakdown.spec import BreakdownSpec
from analytics.kinds.breakdown.table import rows

KIND = Kind(
    spec=BreakdownSpec,
    result=BreakdownResult,
    answer=answer,
    table=rows,
    example={
        "kind": "breakdown",
        "period": {"last": "30d"},
        "event": "Order Completed",
        "breakdown": ["properties.plan"],
        "columns": [{"aggregation": "total"}, {"aggregation": "sum", "property": "revenue"}],
    },
)

__all__ = ("KIND", "BreakdownResult", "BreakdownSpec", "Row")
