"""From a spec to the overview's result. No Django here."""

from collections.abc import Callable
from contextlib import AbstractContextManager

from analytics.kinds.frame import Frame
from analytics.kinds.overview.measure import measure, wanted
from analytics.kinds.overview.result import OverviewResult
from analytics.kinds.overview.shape import shape
from analytics.kinds.overview.spec import OverviewSpec, Panel
from analytics.store.base import Range, Reading, Wanted

COMPARED = {Panel.FIGURES, Panel.CHART}


def answer(
    spec: OverviewSpec, frame: Frame, read: Callable[[Range, Wanted], AbstractContextManager[Reading]]
) -> OverviewResult:
    """Figures and chart of both ranges, tables of the current one."""
    with read(frame.current, wanted(spec, spec.panels)) as reading:
        current = measure(spec, reading, spec.panels)
    compared = tuple(panel for panel in spec.panels if panel in COMPARED)
    if frame.previous is None or not compared:
        return shape(spec, frame, current, None)
    with read(frame.previous, wanted(spec, compared)) as reading:
        return shape(spec, frame, current, measure(spec, reading, compared))
