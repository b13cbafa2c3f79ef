"""Amounts in micro-units of a currency, as people write them. No Django here."""

from decimal import ROUND_HALF_UP, Decimal

MICRO = 1_000_000
_DIGITS = Decimal("0.01")


def written(amount: int, currency: str) -> str:
    """`12.34 EUR`, rounded to hundredths; what is less than half of one and not nothing is `< 0.01 EUR`."""
    units = (Decimal(amount) / MICRO).quantize(_DIGITS, ROUND_HALF_UP)
    if amount and not units:
        return f"< 0.01 {currency}" if amount > 0 else f"> -0.01 {currency}"
    return f"{units:,} {currency}"


def of_units(units: Decimal) -> int:
    """Micro-units; what is finer is cut."""
    return int(units * MICRO)


def in_units(amount: int) -> Decimal:
    """Whole units with up to six digits behind the point, exactly."""
    return Decimal(amount) / MICRO
