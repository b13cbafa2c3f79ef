"""Lifecycle: who of those active is new, returning or back again, and who has gone."""

from analytics.kinds.base import Kind
from analytics.kinds.lifecycle.answer import answer, reach
from analytics.kinds.lifecycle.result import LifecycleResult, Point
from analytics.kinds.lifecycle.spec import LifecycleSpec
from analytics.kinds.lifecycle.table import rows

KIND = Kind(
    spec=LifecycleSpec,
    result=LifecycleResult,
    answer=answer,
    table=rows,
    example={"kind": "lifecycle", "period": {"last": "12mo"}, "interval": "month", "event": "Report opened"},
    reach=reach,
)

__all__ = ("KIND", "LifecycleResult", "LifecycleSpec", "Point")
