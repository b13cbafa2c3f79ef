"""Currencies and how amounts of them are written. No Django here.

An amount is a whole number of minor units, of which the currency has a power of ten: 1234 is €12.34, ¥1,234 and
KWD 1.234. The currencies are those whose minor unit is the same in ISO 4217, in CLDR and at Stripe.
"""

from collections.abc import Mapping
from decimal import Decimal

from babel.numbers import format_currency, get_currency_name

# The digits behind the point.
EXPONENTS: Mapping[str, int] = {
    **dict.fromkeys(("JPY", "KRW", "VND", "CLP", "PYG"), 0),
    **dict.fromkeys(
        (
            "AED", "AUD", "BRL", "CAD", "CHF", "CNY", "CZK", "DKK", "EUR", "GBP", "HKD", "ILS", "INR",
            "MXN", "MYR", "NOK", "NZD", "PHP", "PLN", "RON", "SAR", "SEK", "SGD", "THB", "TRY", "USD", "ZAR",
        ),
        2,
    ),
    **dict.fromkeys(("BHD", "JOD", "KWD", "OMR", "TND"), 3),
}  # fmt: skip


def named() -> dict[str, str]:
    """Each currency with its code and name, by code."""
    return {code: f"{code} · {get_currency_name(code, locale='en')}" for code in sorted(EXPONENTS)}


def decimal(amount: int, currency: str) -> Decimal:
    """The amount in the currency's major unit, exactly. Raises KeyError for an unknown currency."""
    return Decimal(amount).scaleb(-EXPONENTS[currency])


def written(amount: int, currency: str) -> str:
    """As people read it: €12.34. Raises KeyError for an unknown currency."""
    digits = EXPONENTS[currency]
    pattern = "¤#,##0" + ("." + "0" * digits if digits else "")
    text: str = format_currency(
        decimal(amount, currency), currency, format=pattern, locale="en", currency_digits=False
    )
    return text
