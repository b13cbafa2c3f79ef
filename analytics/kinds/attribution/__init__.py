"""What conversions are owed to: the first, the last or all visits before them."""

from datetime import timedelta

from analytics.kinds.attribution.measure import measure, wanted
from analytics.kinds.attribution.result import AttributionResult, Credit, Touch
from analytics.kinds.attribution.shape import shape
from analytics.kinds.attribution.spec import DEFINITION, AttributionSpec, Direct, Model
from analytics.kinds.base import Kind, Read
from analytics.kinds.frame import Frame
from analytics.periods import Span
from analytics.store.base import Range


def answer(spec: AttributionSpec, frame: Frame, read: Read) -> AttributionResult:
    whole, period = reach(spec, frame), frame.current.span
    with read(Range(whole, (Span(whole.start, period.start), period)), wanted(spec)) as reading:
        return shape(spec, measure(spec, reading))


def reach(spec: AttributionSpec, frame: Frame) -> Span:
    """The period and the lookback before it."""
    period = frame.current.span
    return Span(period.start - timedelta(days=spec.lookback), period.end)


KIND = Kind(
    spec=AttributionSpec,
    result=AttributionResult,
    answer=answer,
    reach=reach,
    example={
        "kind": "attribution",
        "period": {"last": "30d"},
        "event": "Order Completed",
        "property": "revenue",
        "touch": "source",
        "models": ["last", "first"],
        "direct": "passed_over",
    },
)

__all__ = (
    "DEFINITION",
    "KIND",
    "AttributionResult",
    "AttributionSpec",
    "Credit",
    "Direct",
    "Model",
    "Touch",
)
