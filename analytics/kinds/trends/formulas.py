"""Formulas over series: numbers, the letters of series, + - * / and parentheses. No Django here.

sum     = product, then any number of + or - with a product
product = signed, then any number of * or / with a signed
signed  = - signed, or a number, a letter, or ( sum )
"""

import functools
import math
import operator
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from string import ascii_uppercase

_TOKEN = re.compile(r"\s*(?:(?P<number>\d+(?:\.\d+)?)|(?P<letter>[A-Z])|(?P<sign>[-+*/()]))", re.ASCII)
_OPERATORS: dict[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
}
Number = float | None
# What a part of a formula is, given the numbers of the series.
Part = Callable[[Sequence[Number]], Number]


@dataclass(frozen=True, slots=True)
class Formula:
    """What was read of a text; `series` are the places of those it names."""

    series: frozenset[int]
    part: Part

    def of(self, numbers: Sequence[Number]) -> Number:
        """Its value; empty where a number is, at a division by zero, and beyond what a float can hold."""
        value = self.part(numbers)
        return value if value is not None and math.isfinite(value) else None


@functools.lru_cache(maxsize=256)
def formula_of(text: str) -> Formula:
    """Read a formula; raises ValueError that says where it goes wrong."""
    reader = _Reader(_tokens(text))
    part = reader.sum()
    if reader.token:
        raise ValueError(f"'{reader.token}' is not expected there.")
    if not reader.series:
        raise ValueError("A formula names a series: A is the first.")
    return Formula(frozenset(reader.series), part)


def _tokens(text: str) -> list[str]:
    found, at, end = [], 0, len(text.rstrip())
    while at < end:
        match = _TOKEN.match(text, at)
        if match is None:
            raise ValueError(
                f"'{text[at:].strip()[0]}' is not understood; there are A to J, numbers, + - * / ( )."
            )
        found.append(match[match.lastgroup or 0])
        at = match.end()
    return found


class _Reader:
    """Reads tokens from the left; `token` is the next one, empty at the end."""

    def __init__(self, tokens: Sequence[str]) -> None:
        self._tokens = list(tokens)
        self.series: set[int] = set()

    @property
    def token(self) -> str:
        return self._tokens[0] if self._tokens else ""

    def sum(self) -> Part:
        return self._chain("+-", self._product)

    def _product(self) -> Part:
        return self._chain("*/", self._signed)

    def _chain(self, signs: str, inner: Callable[[], Part]) -> Part:
        part = inner()
        while self.token and self.token in signs:
            part = functools.partial(_combined, _OPERATORS[self._tokens.pop(0)], part, inner())
        return part

    def _signed(self) -> Part:
        token = self._tokens.pop(0) if self._tokens else ""
        if token == "-":
            return functools.partial(_combined, operator.sub, _constant(0.0), self._signed())
        if token == "(":
            return self._inside()
        if token in ascii_uppercase and token:
            place = ascii_uppercase.index(token)
            self.series.add(place)
            return operator.itemgetter(place)
        if not token or not token[0].isdigit():
            raise ValueError(f"A series or a number is missing{f' before {token!r}' if token else ' at the end'}.")
        return _constant(float(token))

    def _inside(self) -> Part:
        part = self.sum()
        if self.token != ")":
            raise ValueError("A closing parenthesis is missing.")
        self._tokens.pop(0)
        return part


def _constant(value: float) -> Part:
    return lambda _: value


def _combined(
    combine: Callable[[float, float], float], left: Part, right: Part, numbers: Sequence[Number]
) -> Number:
    first, second = left(numbers), right(numbers)
    if first is None or second is None or (combine is operator.truediv and second == 0):
        return None
    return combine(first, second)
