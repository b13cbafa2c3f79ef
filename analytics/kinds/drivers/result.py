"""What drivers answer. No Django here."""

from dataclasses import dataclass

from analytics.kinds.drivers.spec import Metric
from analytics.periods import Span


@dataclass(frozen=True, slots=True)
class Driver:
    """A value of a dimension, empty where it is absent; `other` are all that are not shown.

    `contribution` is its change over that of the whole, None where the whole did not change. `is_new` where it was
    zero before and is not now.
    """

    value: str
    other: bool
    current: float
    previous: float
    change: float
    contribution: float | None
    is_new: bool


@dataclass(frozen=True, slots=True)
class Dimension:
    """The values with the largest changes first, up or down; Other last. They add up to the whole."""

    field: str
    drivers: tuple[Driver, ...]


@dataclass(frozen=True, slots=True)
class DriversResult:
    """The whole, and what of each dimension carries its change; `percent` is a fraction, None from zero."""

    metric: Metric
    current: float
    previous: float
    change: float
    percent: float | None
    previous_span: Span
    dimensions: tuple[Dimension, ...]
