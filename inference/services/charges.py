"""What the calls of a job are charged: by who answered, call by call."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from inference.pricing import Tokens
from inference.queries.sizes import Known, known_of
from inference.routes import Target
from inference.services.outcomes import CallRecord


@dataclass(frozen=True, slots=True)
class Cost:
    """Micro-units of `currency`."""

    amount: int
    currency: str


@dataclass(frozen=True, slots=True)
class Charge:
    """What a job used of one model with the installation's keys; no cost where it has no price."""

    model: str
    tokens: Tokens
    cost: Cost | None


def known_of_calls(calls: Iterable[CallRecord]) -> Known:
    """What staff have entered of the models of these calls, which is what `charges_of` asks for."""
    return known_of([_target(call) for call in calls if call.usage is not None])


def charges_of(calls: Sequence[CallRecord], known: Known) -> list[Charge]:
    """One for each model that counted tokens, in the order of their first calls.

    What is called with an organization's own key it pays itself, and the built-in provider counts words.
    """
    used: defaultdict[Target, Tokens] = defaultdict(Tokens)
    for call in calls:
        target = _target(call)
        if call.usage is not None and target.is_charged:
            used[target] += call.tokens
    charges = []
    for target, tokens in used.items():
        price = known.get((target.provider.value, target.model))
        cost = Cost(price.rates.cost(tokens), price.currency) if price else None
        charges.append(Charge(target.model, tokens, cost))
    return charges


def total(charges: Sequence[Charge]) -> Cost | None:
    """None where nothing is charged that has a price."""
    costs = [charge.cost for charge in charges if charge.cost is not None]
    if not costs:
        return None
    currency = costs[0].currency
    return Cost(sum(cost.amount for cost in costs if cost.currency == currency), currency)


def _target(call: CallRecord) -> Target:
    return Target(call.provider, call.model, call.credential_id)
