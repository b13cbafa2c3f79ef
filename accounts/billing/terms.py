"""What one price promises and costs, as usage is rated by it. No Django here.

Amounts are whole minor units of the currency (cents, yen, fils); quantities are events or tokens.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Interval(StrEnum):
    """How often the base amount is due."""

    MONTH = "month"
    YEAR = "year"


class Overage(StrEnum):
    """What is sold over a quota."""

    EVENTS = "events"
    TOKENS = "tokens"


INTERVALS: Mapping[str, str] = {Interval.MONTH.value: "Monthly", Interval.YEAR.value: "Yearly"}


@dataclass(frozen=True, slots=True)
class Block:
    """What is sold over a quota: each begun block of `quantity` costs `amount`; both are 1 at least."""

    quantity: int
    amount: int


@dataclass(frozen=True, slots=True)
class Metered:
    """One kind of usage in a calendar month (UTC), also where the base amount is due yearly.

    `included` is part of the base amount, None is no limit; without a `block` nothing is sold over it.
    """

    included: int | None = None
    block: Block | None = None

    def blocks(self, used: int) -> int:
        """How many blocks of one month's use are to be paid."""
        if self.included is None or self.block is None:
            return 0
        return -(-max(0, used - self.included) // self.block.quantity)

    def amount(self, used: int) -> int:
        """What one month's use costs beside the base amount, in minor units."""
        return self.blocks(used) * self.block.amount if self.block else 0


@dataclass(frozen=True, slots=True)
class Terms:
    """A price as it is rated: the base amount of an interval, and what use over the quotas costs."""

    currency: str
    interval: Interval
    amount: int
    events: Metered = Metered()
    tokens: Metered = Metered()

    def of(self, kind: Overage) -> Metered:
        return self.events if kind is Overage.EVENTS else self.tokens

    @property
    def is_free(self) -> bool:
        """Whether nothing can ever be owed."""
        return not (self.amount or self.events.block or self.tokens.block)
