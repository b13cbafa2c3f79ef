"""Stickiness: in how many of the intervals people are active."""

from analytics.kinds.base import Kind
from analytics.kinds.stickiness.answer import answer
from analytics.kinds.stickiness.result import Active, StickinessResult
from analytics.kinds.stickiness.spec import StickinessSpec
from analytics.kinds.stickiness.table import rows

KIND = Kind(
    spec=StickinessSpec,
    result=StickinessResult,
    answer=answer,
    table=rows,
    example={"kind": "stickiness", "period": {"last": "30d"}, "interval": "day", "event": "Report opened"},
)

__all__ = ("KIND", "Active", "StickinessResult", "StickinessSpec")
