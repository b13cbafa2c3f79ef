"""What may be asked of revenue. No Django here."""

from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from analytics.fields import PROPERTY_PREFIX
from analytics.kinds.base import Spec
from analytics.kinds.events import EventField, EventFilters
from analytics.periods import Compare, Interval

DEFINITION = (
    "Of the events of the given names that pass the filters: an order is one with an amount above zero, a "
    "refund one of a refund's name, or with an amount below zero. Gross is the sum of the orders, refunded that "
    "of the refunds without their sign, net the difference. Amounts are counted in units of the last decimal "
    "place (cents, where there are two): an amount is multiplied by ten to the power of the decimals and "
    "rounded to the nearest whole number, a half away from zero. Sums are taken of these, and are exact. An "
    "event whose amount is missing, no number, or has more than 15 digits so, is in no sum; their number is "
    "given. Paying people are the distinct people with an order; per person is net divided by them, per order "
    "gross divided by the orders. Currencies are never added up: each has lines of its own, those with the most "
    "orders first; a code of three letters is one in capitals, and an event without a currency has the empty "
    "one. With a breakdown, the groups with the most orders, in whatever currency, are shown, and all others "
    "together as Other. What an event has from its session is as in trends."
)
Name = Annotated[str, Field(min_length=1, max_length=500)]


def _bare(name: str) -> str:
    return name.removeprefix(PROPERTY_PREFIX)


class RevenueSpec(Spec):
    """The money of a period's events, by currency."""

    definition: ClassVar[str] = DEFINITION

    kind: Literal["revenue"] = "revenue"
    compare: Compare = Field(default=Compare.NONE, description="The period whose numbers stand beside these.")
    interval: Interval = Interval.AUTO
    filters: EventFilters = Field(default=(), max_length=50, description="Which events count.")
    events: tuple[Name, ...] = Field(min_length=1, max_length=20, description="The names of what brings money.")
    refund_events: tuple[Name, ...] = Field(
        default=(), max_length=20, description="The names of what gives it back, whatever the amount's sign."
    )
    property: Annotated[str, AfterValidator(_bare)] = Field(
        min_length=1, max_length=300, description="The numeric property with the amount."
    )
    currency_property: Annotated[str, AfterValidator(_bare)] = Field(
        default="currency", min_length=1, max_length=300, description="The property with the currency."
    )
    currency: str = Field(default="", max_length=20, description="The currency of all amounts, if they have one.")
    decimals: int = Field(default=2, ge=0, le=6, description="Decimal places of an amount that are counted.")
    breakdown: tuple[EventField, ...] = Field(
        default=(), max_length=2, description="The fields whose values are the groups."
    )
    limit: int = Field(default=10, ge=1, le=100, description="Groups of a breakdown, before Other.")

    @field_validator("refund_events")
    @classmethod
    def _others(cls, names: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        if both := set(names).intersection(info.data.get("events", ())):
            raise ValueError(f"'{min(both)}' cannot both bring money and give it back.")
        return names

    @field_validator("breakdown")
    @classmethod
    def _each_once(cls, fields: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(fields)) < len(fields):
            raise ValueError("Break down by a field once.")
        return fields
