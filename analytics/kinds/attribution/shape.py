"""The result of attribution from its numbers. No Django here."""

from collections.abc import Iterator

from analytics.kinds.attribution.measure import Measured
from analytics.kinds.attribution.result import AttributionResult, Credit, Touch
from analytics.kinds.attribution.spec import AttributionSpec


def shape(spec: AttributionSpec, measured: Measured) -> AttributionResult:
    return AttributionResult(
        conversions=measured.conversions,
        people=measured.people,
        value=measured.value if spec.property else None,
        touches=tuple(
            Touch(touch or "", touch is None, tuple(_credits(spec, numbers)))
            for touch, numbers in measured.touches.items()
        ),
        different=measured.different,
    )


def _credits(spec: AttributionSpec, numbers: tuple[float, ...]) -> Iterator[Credit]:
    for model, conversions, value in zip(spec.models, numbers[::2], numbers[1::2], strict=True):
        yield Credit(model, conversions, value if spec.property else None)
