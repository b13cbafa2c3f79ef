"""Revenue: what people paid and got back, each currency by itself."""

from analytics.kinds.base import Kind
from analytics.kinds.revenue.answer import answer
from analytics.kinds.revenue.result import Line, Money, RevenueResult
from analytics.kinds.revenue.spec import RevenueSpec
from analytics.kinds.revenue.table import rows

KIND = Kind(
    spec=RevenueSpec,
    result=RevenueResult,
    answer=answer,
    table=rows,
    example={
        "kind": "revenue",
        "period": {"last": "6mo"},
        "interval": "month",
        "events": ["Order Completed"],
        "refund_events": ["Order Refunded"],
        "property": "revenue",
        "breakdown": ["channel"],
    },
)

__all__ = ("KIND", "Line", "Money", "RevenueResult", "RevenueSpec")
