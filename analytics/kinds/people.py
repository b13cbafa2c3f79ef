"""Names of people by their numbers. No Django here."""

from collections.abc import Sequence

from analytics.periods import Span
from analytics.store.base import Reading


def names_of(reading: Reading, numbers: Sequence[int], within: Span | None = None) -> tuple[str, ...]:
    """The names of people or groups by their numbers, in this order; in a span where each has an event in it."""
    names = reading.names(numbers, within)
    return tuple(names[number] for number in numbers)
