"""Change a subscription at Stripe. Each answers with it as it is then, and raises as `asking` does."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from accounts.billing.stripe import catalog, reading
from accounts.billing.stripe.client import api, asking
from accounts.billing.stripe.reading import Seen
from accounts.errors import Invalid
from accounts.models import PlanPrice


@dataclass(frozen=True, slots=True)
class Due:
    """What a change costs at once, in minor units; less than 0 is credited to the next payment."""

    amount: int
    currency: str


def look_up(subscription_id: str) -> Seen:
    with asking():
        found = api().v1.subscriptions.retrieve(subscription_id).to_dict()
    return _seen(found)


def preview(subscription_id: str, price: PlanPrice, *, at: datetime) -> Due:
    """What another price would cost at this moment, the rest of the paid period deducted."""
    seen = look_up(subscription_id)
    details = {
        "items": _items(seen, price),
        "proration_behavior": "always_invoice",
        "proration_date": int(at.timestamp()),
    }
    with asking():
        found = api().v1.invoices.create_preview(
            {"customer": seen.customer_id, "subscription": seen.id, "subscription_details": details}  # type: ignore[arg-type]  # a TypedDict
        )
    return Due(found.total, found.currency.upper())


def change_price(subscription_id: str, price: PlanPrice, *, at: datetime, pay_now: bool) -> Seen:
    """Move it to another price at once.

    With `pay_now` the difference is charged before anything changes, and nothing does where the card is refused;
    without, the rest of the paid period is credited to the next payment.
    """
    sent: dict[str, Any] = {
        "items": _items(look_up(subscription_id), price),
        "proration_behavior": "always_invoice" if pay_now else "create_prorations",
        "proration_date": int(at.timestamp()),
    }
    if pay_now:
        sent["payment_behavior"] = "error_if_incomplete"
    return _update(subscription_id, sent)


def end_with_period(subscription_id: str, *, ends: bool) -> Seen:
    return _update(subscription_id, {"cancel_at_period_end": ends})


def pause(subscription_id: str) -> Seen:
    """Charge nothing until it is resumed; invoices of that time are void."""
    return _update(subscription_id, {"pause_collection": {"behavior": "void"}})


def resume(subscription_id: str) -> Seen:
    return _update(subscription_id, {"pause_collection": ""})


def end_now(subscription_id: str) -> Seen:
    with asking():
        found = api().v1.subscriptions.cancel(subscription_id).to_dict()
    return _seen(found)


def _update(subscription_id: str, sent: dict[str, Any]) -> Seen:
    with asking():
        found = api().v1.subscriptions.update(subscription_id, sent).to_dict()  # type: ignore[arg-type]  # a TypedDict
    return _seen(found)


def _seen(found: dict[str, Any]) -> Seen:
    try:
        return reading.subscription(found)
    except (KeyError, StopIteration) as error:
        raise Invalid(f"The subscription {found.get('id')} at Stripe is none that was made here.") from error


def _items(seen: Seen, price: PlanPrice) -> list[dict[str, Any]]:
    """The base item with its new price; what is metered is taken out and put in as the new price has it."""
    base, *metered = catalog.price_ids(price)
    gone = [item for item in seen.items if item.is_metered and item.price_id not in metered]
    new = [item for item in metered if item not in {known.price_id for known in seen.items}]
    return [
        {"id": seen.base.id, "price": base},
        *({"id": item.id, "deleted": True} for item in gone),
        *({"price": item} for item in new),
    ]
