"""What a change in the middle of a period costs, in whole minor units. No Django here."""

from datetime import datetime


def unused(amount: int, *, start: datetime, end: datetime, at: datetime) -> int:
    """The part of a period's amount for the time that is left, to the second and rounded half up."""
    whole = int((end - start).total_seconds())
    left = min(max(int((end - at).total_seconds()), 0), whole)
    return (2 * amount * left + whole) // (2 * whole)
