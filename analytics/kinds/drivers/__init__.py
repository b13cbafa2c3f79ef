"""What carries the change of a number: the values of dimensions, ranked by their part in it."""

from typing import cast

from analytics.kinds.base import Kind, Read
from analytics.kinds.drivers.measure import measure, wanted
from analytics.kinds.drivers.result import Dimension, Driver, DriversResult
from analytics.kinds.drivers.shape import shape
from analytics.kinds.drivers.spec import DEFAULT_DIMENSIONS, DEFINITION, DriversSpec, Metric
from analytics.kinds.frame import Frame
from analytics.store.base import Range


def answer(spec: DriversSpec, frame: Frame, read: Read) -> DriversResult:
    # A spec of drivers is always compared, so its frame has both.
    before, columns = cast("Range", frame.previous), wanted(spec)
    with read(frame.current, columns) as current, read(before, columns) as previous:
        return shape(spec, measure(spec, current), measure(spec, previous), before.span)


KIND = Kind(
    spec=DriversSpec,
    result=DriversResult,
    answer=answer,
    example={
        "kind": "drivers",
        "period": {"last": "7d"},
        "compare": "previous",
        "event": "Order Completed",
        "metric": "sum",
        "property": "revenue",
        "dimensions": ["channel", "country", "properties.plan"],
    },
)

__all__ = (
    "DEFAULT_DIMENSIONS",
    "DEFINITION",
    "KIND",
    "Dimension",
    "Driver",
    "DriversResult",
    "DriversSpec",
    "Metric",
)
