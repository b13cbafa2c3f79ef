"""From a spec to the overview's result. No Django here."""

from concurrent.futures import ThreadPoolExecutor

from analytics.kinds.base import Read
from analytics.kinds.frame import Frame
from analytics.kinds.overview.measure import Measured, measure, wanted
from analytics.kinds.overview.result import OverviewResult
from analytics.kinds.overview.shape import shape
from analytics.kinds.overview.spec import OverviewSpec, Panel
from analytics.store.base import Range

COMPARED = {Panel.FIGURES, Panel.CHART}


def answer(spec: OverviewSpec, frame: Frame, read: Read) -> OverviewResult:
    """Figures and chart of both ranges, tables of the current one."""
    compared = tuple(panel for panel in spec.panels if panel in COMPARED)
    if frame.previous is None or not compared:
        return shape(spec, frame, _measured(spec, read, frame.current, spec.panels), None)
    # Much of a range is small steps on one core: the other one has the other range meanwhile.
    with ThreadPoolExecutor(1) as pool:
        earlier = pool.submit(_measured, spec, read, frame.previous, compared)
        current = _measured(spec, read, frame.current, spec.panels)
        return shape(spec, frame, current, earlier.result())


def _measured(spec: OverviewSpec, read: Read, within: Range, panels: tuple[Panel, ...]) -> Measured:
    with read(within, wanted(spec, panels)) as reading:
        return measure(spec, reading, panels)
