"""The plans that are offered, side by side."""

from collections.abc import Sequence
from dataclasses import dataclass

from accounts.billing import money
from accounts.billing.features import Feature
from accounts.billing.terms import INTERVALS, Interval, Metered
from accounts.models import Plan, PlanPrice, Subscription


@dataclass(frozen=True, slots=True)
class Offer:
    """A plan with its price of the interval and currency that are shown; None where it has none of them."""

    plan: Plan
    price: PlanPrice | None
    is_current: bool
    facts: tuple[str, ...]
    extras: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """Another interval or currency of the comparison."""

    value: str
    label: str
    is_shown: bool


@dataclass(frozen=True, slots=True)
class Comparison:
    offers: tuple[Offer, ...]
    intervals: tuple[Choice, ...]
    currencies: tuple[Choice, ...]
    interval: str
    currency: str


def compare(*, interval: str, currency: str, current: Subscription | None) -> Comparison:
    """Every public plan by an interval and a currency: those that are named, or are paid now, or the first."""
    prices = list(PlanPrice.objects.offered())
    currencies = sorted({price.currency for price in prices})
    intervals = [value for value in INTERVALS if any(price.interval == value for price in prices)]
    currency = _chosen(currency, current.price.currency if current else "", currencies)
    interval = _chosen(interval, current.price.interval if current else "", intervals)
    by_plan = {p.plan_id: p for p in prices if p.interval == interval and p.currency == currency}
    return Comparison(
        offers=tuple(_offer(plan, by_plan.get(plan.pk), current) for plan in Plan.objects.public()),
        intervals=tuple(Choice(value, INTERVALS[value], value == interval) for value in intervals),
        currencies=tuple(Choice(value, value, value == currency) for value in currencies),
        interval=interval,
        currency=currency,
    )


def facts_of(plan: Plan) -> tuple[str, ...]:
    """What a plan has, in a line each."""
    quantities = (
        _quantity(plan.events_a_month, "event", " a month"),
        _quantity(plan.llm_tokens_a_month, "LLM token", " a month"),
        _quantity(plan.seats, "seat"),
        _quantity(plan.projects, "project"),
        f"Events kept for {_counted(plan.retention_months, 'month')}"
        if plan.retention_months
        else "Events kept for ever",
    )
    return (*quantities, *(str(feature.label) for feature in Feature if feature in plan.features))


def extras_of(price: PlanPrice) -> tuple[str, ...]:
    """What use over the quotas costs, in a line each."""
    terms = price.terms()
    found = (_extra(terms.events, "events", price.currency), _extra(terms.tokens, "LLM tokens", price.currency))
    return tuple(filter(None, found))


def _offer(plan: Plan, price: PlanPrice | None, current: Subscription | None) -> Offer:
    return Offer(
        plan=plan,
        price=price,
        is_current=current is not None and price is not None and current.price_id == price.pk,
        facts=facts_of(plan),
        extras=extras_of(price) if price else (),
    )


def _extra(metered: Metered, noun: str, currency: str) -> str:
    if metered.included is None or metered.block is None:
        return ""
    return f"{money.written(metered.block.amount, currency)} for each {metered.block.quantity:,} {noun} more"


def _quantity(number: int | None, noun: str, per: str = "") -> str:
    return f"{noun[0].upper()}{noun[1:]}s without limit" if number is None else f"{_counted(number, noun)}{per}"


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def _chosen(wanted: str, usual: str, known: Sequence[str]) -> str:
    return next((value for value in (wanted, usual, *known) if value in known), str(Interval.MONTH))
