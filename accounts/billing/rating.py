"""What is owed: a price's terms and what was used become lines. Whole minor units of one currency. No Django here.

Only three things are ever rounded, half up to a minor unit: a coupon's percentage, the part of a period that is
given back, and a tax. Everything else is a product or a sum of whole numbers.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from accounts.billing.terms import Interval, Metered, Terms

# Tax rates are in hundredths of a percent: 1900 is 19 %.
PER_TAX = 10_000


class LineKind(StrEnum):
    """What a line is for."""

    BASE = "base"
    DISCOUNT = "discount"
    UNUSED = "unused"
    EVENTS = "events"
    TOKENS = "tokens"


@dataclass(frozen=True, slots=True)
class Line:
    """`amount` is quantity x unit_amount, always. The days are the first and the last that it is for.

    `covers` names what it is for, so that nothing is on two invoices of a subscription.
    """

    kind: LineKind
    covers: str
    description: str
    quantity: int
    unit: str
    unit_amount: int
    first: date
    last: date

    @property
    def amount(self) -> int:
        return self.quantity * self.unit_amount


@dataclass(frozen=True, slots=True)
class Period:
    """The days that a base amount is for; `key` tells it from every other period of its subscription."""

    key: str
    first: date
    last: date

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1


@dataclass(frozen=True, slots=True)
class Discount:
    """A coupon on the base amount: a percentage, or an amount; never more than what it is taken from."""

    code: str
    percent: int | None = None
    amount: int = 0

    def of(self, amount: int) -> int:
        if self.percent is not None:
            return half_up(amount * self.percent, 100)
        return min(self.amount, amount)


@dataclass(frozen=True, slots=True)
class Used:
    """What was used from one day to another of a calendar month (UTC)."""

    first: date
    last: date
    events: int
    tokens: int


@dataclass(frozen=True, slots=True)
class Tax:
    """One rate, in hundredths of a percent, on a net amount."""

    name: str
    rate: int
    net: int

    @property
    def amount(self) -> int:
        return half_up(self.net * self.rate, PER_TAX)


def half_up(numerator: int, denominator: int) -> int:
    """The quotient rounded half up, away from zero also below it; the denominator is positive."""
    sign = -1 if numerator < 0 else 1
    return sign * ((2 * abs(numerator) + denominator) // (2 * denominator))


def base(plan: str, terms: Terms, period: Period, discount: Discount | None = None) -> list[Line]:
    """The base amount of one period, and what a coupon takes from it. Nothing where nothing is owed."""
    if not terms.amount:
        return []
    unit = {Interval.MONTH: "month", Interval.YEAR: "year"}[terms.interval]
    days = (period.first, period.last)
    lines = [Line(LineKind.BASE, f"base:{period.key}", f"Plan {plan}", 1, unit, terms.amount, *days)]
    if discount and (off := discount.of(terms.amount)):
        words = coupon_words(discount.code)
        lines.append(Line(LineKind.DISCOUNT, f"discount:{period.key}", words, 1, "", -off, *days))
    return lines


def coupon_words(code: str) -> str:
    """What the line of a coupon is called."""
    return f"Coupon {code}"


@dataclass(frozen=True, slots=True)
class GivenBack:
    """What earlier invoices gave back of one period: in `parts` lines, `amount` together."""

    parts: int = 0
    amount: int = 0


def unused(
    plan: str, paid: int, period: Period, *, since: date, owed: int, given: GivenBack = GivenBack()
) -> list[Line]:
    """What is given back of a period that was invoiced ahead and ended before: by its days from `since` on.

    As much of it as is `owed`; what is left is given back in a further part, on the next invoice.
    """
    whole, left = period.days, (period.last - max(period.first, since)).days + 1
    back = min((half_up(paid * left, whole) if left > 0 else 0) - given.amount, owed)
    if back <= 0:
        return []
    words = f"Unused time of plan {plan}: {left} of {whole} days"
    part = f":{given.parts + 1}" if given.parts else ""
    return [Line(LineKind.UNUSED, f"unused:{period.key}{part}", words, 1, "", -back, since, period.last)]


def overage(terms: Terms, months: Iterable[Used]) -> list[Line]:
    """What was used over the quotas, by month: each begun block of a meter. Nothing where nothing is owed."""
    return [
        line
        for used in months
        for line in (
            *_blocks(LineKind.EVENTS, terms.events, used.events, used),
            *_blocks(LineKind.TOKENS, terms.tokens, used.tokens, used),
        )
    ]


def _blocks(kind: LineKind, metered: Metered, quantity: int, used: Used) -> list[Line]:
    blocks = metered.blocks(quantity)
    if not blocks or metered.block is None:
        return []
    words = (
        f"{kind.capitalize()} over the quota, {used.first:%B %Y}: {quantity:,} used, {metered.included:,} included"
    )
    unit = f"{metered.block.quantity:,} {kind}"
    covers = f"{kind}:{used.first:%Y-%m}"
    return [Line(kind, covers, words, blocks, unit, metered.block.amount, used.first, used.last)]


def subtotal(lines: Sequence[Line]) -> int:
    """What is owed without tax; what was given back may make it negative."""
    return sum(line.amount for line in lines)
