"""How many get from one step to the next, and how long it takes them."""

from analytics.kinds.base import Kind
from analytics.kinds.funnel.answer import answer
from analytics.kinds.funnel.result import Duration, FunnelLine, FunnelResult, StepNumbers
from analytics.kinds.funnel.spec import DEFINITION, FunnelSpec, FunnelStep

KIND = Kind(
    spec=FunnelSpec,
    result=FunnelResult,
    answer=answer,
    example={
        "kind": "funnel",
        "period": {"last": "30d"},
        "steps": [
            {"event": "page", "filters": [{"field": "path", "operator": "is", "values": ["/pricing"]}]},
            {"event": "Signed up"},
            {"event": "Order Completed"},
        ],
        "window": {"count": 7, "unit": "day"},
        "breakdown": "source",
    },
)

__all__ = (
    "DEFINITION",
    "KIND",
    "Duration",
    "FunnelLine",
    "FunnelResult",
    "FunnelSpec",
    "FunnelStep",
    "StepNumbers",
)
