"""The result of drivers from the numbers of both periods. No Django here."""

from collections.abc import Iterable

from analytics.kinds.drivers.measure import Measured, Values
from analytics.kinds.drivers.result import Dimension, Driver, DriversResult
from analytics.kinds.drivers.spec import DriversSpec
from analytics.periods import Span

Pair = tuple[float, float]


def shape(spec: DriversSpec, current: Measured, previous: Measured, previous_span: Span) -> DriversResult:
    change = current.whole - previous.whole
    return DriversResult(
        metric=spec.metric,
        current=current.whole,
        previous=previous.whole,
        change=change,
        percent=change / previous.whole if previous.whole else None,
        previous_span=previous_span,
        dimensions=tuple(_dimension(field, spec.limit, current, previous) for field in spec.dimensions),
    )


def _dimension(field: str, limit: int, current: Measured, previous: Measured) -> Dimension:
    largest = current.largest(field), previous.largest(field)
    now = _completed(field, current, largest[0], largest[1])
    before = _completed(field, previous, largest[1], largest[0])
    pairs = {value: (now.get(value, 0.0), before.get(value, 0.0)) for value in now.keys() | before.keys()}
    order = sorted(pairs, key=lambda value: (-abs(pairs[value][0] - pairs[value][1]), value))
    change = current.whole - previous.whole
    drivers = [_driver(value, pairs[value], change) for value in order[:limit]]
    rest = [pairs[value] for value in order[limit:]]
    if not all(values.are_all for values in largest):
        rest.append(
            (current.whole - sum(now.values()), previous.whole - sum(before.values())),
        )
    return Dimension(field, (*drivers, *([_driver(None, _added(rest), change)] if rest else [])))


def _completed(field: str, measured: Measured, own: Values, other: Values) -> dict[str, float]:
    """The largest values, and those that are so in the other period."""
    missing = other.numbers.keys() - own.numbers.keys()
    return own.numbers if own.are_all or not missing else own.numbers | measured.of(field, missing)


def _added(pairs: Iterable[Pair]) -> Pair:
    now, before = zip(*pairs, strict=True)
    return sum(now), sum(before)


def _driver(value: str | None, pair: Pair, whole: float) -> Driver:
    change = pair[0] - pair[1]
    return Driver(
        value=value or "",
        other=value is None,
        current=pair[0],
        previous=pair[1],
        change=change,
        contribution=change / whole if whole else None,
        is_new=not pair[1] and bool(pair[0]),
    )
