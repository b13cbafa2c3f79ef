"""At which parts of a quota or cap people are told. No Django here."""

from collections.abc import Collection

HALF, WARN, FULL = 50, 80, 100


def reached(used: int, whole: int, percents: Collection[int] = (HALF, WARN, FULL)) -> list[int]:
    """Which of these percentages of the whole are reached, in whole numbers, so that the edges are exact."""
    return sorted({percent for percent in percents if used * 100 >= whole * percent})
