"""Are our subscriptions what they are at Stripe: state, price and period, for every customer."""

from collections.abc import Iterator, Mapping
from typing import Any

from accounts.billing import money
from accounts.billing.months import in_words
from accounts.billing.stripe import reading, sync
from accounts.billing.stripe.asking_all import MOST, PAGE, of_each, paged
from accounts.billing.stripe.client import api
from accounts.billing.stripe.reading import Seen
from accounts.models import Organization, Subscription

State = Subscription.State


def differences() -> list[str]:
    """As they are at this moment."""
    return of_each(_compare)


def _compare(organization: Organization, customer: str) -> Iterator[str]:
    theirs = list(
        paged(lambda: api().v1.subscriptions.list({"customer": customer, "status": "all", "limit": PAGE}))
    )
    known = Subscription.objects.of(organization).filter(provider=Subscription.Provider.STRIPE)
    ours = {found.stripe_subscription_id: found for found in known.select_related("price")}
    if len(theirs) > MOST:
        yield f"{organization}: the customer {customer} has more than {MOST:,} subscriptions; compared are these."
    for found in theirs[:MOST]:
        yield from _one(organization, found, ours.pop(found["id"], None))
    if len(theirs) <= MOST:
        yield from (f"{organization}: the subscription {missing} is missing at Stripe." for missing in ours)


def _one(organization: Organization, found: Mapping[str, Any], known: Subscription | None) -> Iterator[str]:
    name = f"{organization}: the subscription {found['id']}"
    try:
        seen = reading.subscription(found)
    except (KeyError, StopIteration):
        yield f"{name} at Stripe is none that was made here."
        return
    state = sync.state_of(seen)
    if known is not None:
        yield from (f"{name}: {words}" for words in _differing(found, seen, state, known))
    elif state not in {None, State.CANCELLED}:
        yield f"{name} is missing here; at Stripe it is {seen.status}."


def _differing(
    found: Mapping[str, Any], seen: Seen, state: Subscription.State | None, known: Subscription
) -> Iterator[str]:
    if known.state != state:
        yield f"here it is {known.state}, at Stripe {seen.status}."
    if not known.is_open:
        return
    price = next(item["price"] for item in found["items"]["data"] if item["id"] == seen.base.id)
    amounts = (known.price.amount, known.price.currency), (price["unit_amount"], price["currency"].upper())
    if amounts[0] != amounts[1]:
        ours, theirs = (money.written(*amount) for amount in amounts)
        yield f"here it costs {ours}, at Stripe {theirs}."
    elif known.price.stripe_price_id != seen.base.price_id:
        yield f"here it has the price {known.price.stripe_price_id}, at Stripe {seen.base.price_id}."
    if known.period_end != seen.period_end:
        yield f"here its period ends on {in_words(known.period_end.date())}, at Stripe on {_ends(seen)}."
    if known.cancel_at_period_end != seen.ends_at_period_end:
        yield "it ends with its period " + (
            "here, and not at Stripe." if known.cancel_at_period_end else "at Stripe only."
        )


def _ends(seen: Seen) -> str:
    return f"{in_words(seen.period_end.date())}, {seen.period_end:%H:%M} UTC"
