"""What revenue answers. No Django here."""

from dataclasses import dataclass

from analytics.periods import Interval, Span


@dataclass(frozen=True, slots=True)
class Money:
    """Amounts in units of the last decimal place: 1999 is 19.99 where there are two; means are not rounded.

    `net` is `gross` without `refunded`. Means are None of nobody and of no orders.
    """

    gross: int = 0
    refunded: int = 0
    net: int = 0
    orders: int = 0
    refunds: int = 0
    people: int = 0
    per_person: float | None = None
    per_order: float | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """What was earned in a currency: all of it, or of one group, or (`other`) of the rest.

    `group` has a value for each breakdown field (an absent one is empty); None for all and for the rest.
    """

    currency: str
    group: tuple[str, ...] | None
    other: bool
    total: Money
    values: tuple[Money, ...]
    previous_total: Money | None
    previous_values: tuple[Money, ...] | None


@dataclass(frozen=True, slots=True)
class RevenueResult:
    """Lines over `intervals`, of which the last `incomplete` are not over, with `decimals` of their amounts.

    `unusable` events have no amount; `more_currencies` says how many have no line.
    """

    interval: Interval
    intervals: tuple[Span, ...]
    incomplete: int
    previous_span: Span | None
    decimals: int
    lines: tuple[Line, ...]
    unusable: int
    more_currencies: int
