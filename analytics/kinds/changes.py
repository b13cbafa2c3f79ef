"""Changes and shares. No Django here."""


def change(value: float | None, previous: float | None) -> float | None:
    """The change as a fraction of the previous value; None from zero or nothing."""
    return (value - previous) / previous if value is not None and previous else None


def ratio(part: float | None, whole: float | None) -> float | None:
    """A part of a whole, or a mean; None of nothing."""
    return part / whole if part is not None and whole else None
