"""Amounts of money as Plausible writes them. No Django here."""

from dataclasses import dataclass
from typing import Any

_SIGNS = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "INR": "₹", "KRW": "₩", "BRL": "R$", "CAD": "CA$"}
_WITHOUT_CENTS = frozenset({"CLP", "ISK", "JPY", "KRW", "PYG", "UGX", "VND", "XAF", "XOF", "XPF"})
_SCALES = ((1e9, "B"), (1e6, "M"), (1e3, "K"))


@dataclass(frozen=True, slots=True)
class Money:
    value: float
    currency: str

    @property
    def shown(self) -> dict[str, Any]:
        return {
            "value": round(self.value, 3),
            "currency": self.currency,
            "short": self._signed(self._short()),
            "long": self._signed(f"{abs(self.value):,.{0 if self.currency in _WITHOUT_CENTS else 2}f}"),
        }

    def _short(self) -> str:
        size = abs(self.value)
        scale, letter = next(((scale, letter) for scale, letter in _SCALES if size >= scale), (1.0, ""))
        return f"{size / scale:.1f}{letter}"

    def _signed(self, digits: str) -> str:
        sign = _SIGNS.get(self.currency, f"{self.currency} ")
        return f"{'-' if self.value < 0 else ''}{sign}{digits}"
