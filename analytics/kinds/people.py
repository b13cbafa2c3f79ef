"""Names of people by their numbers. No Django here."""

from collections.abc import Sequence

from analytics.store.base import Reading


def names_of(reading: Reading, numbers: Sequence[int]) -> tuple[str, ...]:
    """The names of those with these numbers, of people or of groups, in this order."""
    names = reading.names(numbers)
    return tuple(names[number] for number in numbers)
