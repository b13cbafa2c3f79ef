"""Keep what Stripe invoices as it is there, beside our own invoices.

Events tell only that something happened; the invoice is asked of Stripe. Once it is finalized, only its state
changes, as with ours.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import islice
from typing import Any

from django.db import transaction

from accounts.billing.months import day_of
from accounts.billing.stripe.client import api, asking
from accounts.models import Invoice, InvoiceLine, Subscription

State = Invoice.State
_STATES = {"open": State.OPEN, "paid": State.PAID, "void": State.VOID, "uncollectible": State.UNCOLLECTIBLE}
_PAGE, _MOST_LINES = 100, 1_000


@dataclass(frozen=True, slots=True)
class SeenInvoice:
    """A finalized invoice as it is at Stripe now; None for one that is a draft there."""

    state: Invoice.State
    invoice: Mapping[str, Any]
    lines: tuple[Mapping[str, Any], ...]


def look_up(*, invoice_id: str, subscription_id: str, now: datetime) -> Invoice | None:
    """Ask Stripe and keep what it says; None where it is of no subscription of ours, or not finalized yet.

    Raises as `asking` does.
    """
    known = Subscription.objects.select_related("organization").filter(stripe_subscription_id=subscription_id)
    subscription = known.first()
    if subscription is None:
        return None
    seen = retrieve(invoice_id)
    return keep(subscription, seen, now=now) if seen else None


def retrieve(invoice_id: str) -> SeenInvoice | None:
    """The invoice with all of its lines; None where it is not finalized. Raises as `asking` does."""
    with asking():
        found = api().v1.invoices.retrieve(invoice_id).to_dict()
        if (found.get("lines") or {}).get("has_more"):
            # An invoice itself comes with its first lines only.
            lines = api().v1.invoices.line_items.list(invoice_id, {"limit": _PAGE}).auto_paging_iter()
            found["lines"]["data"] = [line.to_dict() for line in islice(lines, _MOST_LINES)]
    return read(found)


def read(found: Mapping[str, Any]) -> SeenInvoice | None:
    """None for a draft."""
    state = _STATES.get(str(found.get("status")))
    if state is None:
        return None
    return SeenInvoice(state, found, tuple((found.get("lines") or {}).get("data") or ()))


def issued_at(seen: SeenInvoice) -> datetime:
    """When it was finalized."""
    found = seen.invoice
    return _moment((found.get("status_transitions") or {}).get("finalized_at") or found["created"])


@transaction.atomic
def keep(subscription: Subscription, seen: SeenInvoice, *, now: datetime) -> Invoice:
    """Once; from then on only its state follows."""
    known = Invoice.objects.select_for_update(of=("self",)).filter(stripe_invoice_id=seen.invoice["id"]).first()
    return _follow(known, seen, now) if known else _new(subscription, seen, now)


def _follow(known: Invoice, seen: SeenInvoice, now: datetime) -> Invoice:
    if known.state in {seen.state, State.PAID, State.VOID}:
        return known
    known.state = seen.state
    known.paid_at, known.closed_at = _paid_at(seen, now), _closed_at(seen, now)
    known.save(update_fields=["state", "paid_at", "closed_at"])
    return known


def _new(subscription: Subscription, seen: SeenInvoice, now: datetime) -> Invoice:
    found = seen.invoice
    issued = issued_at(seen)
    due = found.get("due_date")
    made = Invoice.objects.create(
        organization=subscription.organization,
        subscription_id=subscription.pk,
        provider=Invoice.Provider.STRIPE,
        stripe_invoice_id=found["id"],
        currency=str(found["currency"]).upper(),
        seller={"name": found.get("account_name") or ""},
        buyer=_buyer(subscription, found),
    )
    lines = [*seen.lines, *_discount(found)]
    InvoiceLine.objects.bulk_create(_line(made, place, line) for place, line in enumerate(lines, start=1))
    made.number, made.state = str(found.get("number") or found["id"])[:40], seen.state
    made.issued_at, made.due_on = issued, day_of(_moment(due)) if due else day_of(issued)
    made.paid_at, made.closed_at = _paid_at(seen, now), _closed_at(seen, now)
    tax = int(found.get("total", 0)) - int(found.get("total_excluding_tax") or found.get("subtotal", 0))
    made.total = int(found["total"])
    made.subtotal = made.total - tax
    made.taxes = [{"name": "Tax", "rate": 0, "net": made.subtotal, "amount": tax}] if tax else []
    # Stripe sends its own by e-mail.
    made.sent_at = now
    made.save()
    return made


def _buyer(subscription: Subscription, found: Mapping[str, Any]) -> dict[str, Any]:
    address = found.get("customer_address") or {}
    town = f"{address.get('postal_code') or ''} {address.get('city') or ''}"
    parts = (address.get("line1"), address.get("line2"), town)
    return {
        "name": found.get("customer_name") or subscription.organization.name,
        "address": "\n".join(str(part).strip() for part in parts if part and str(part).strip()),
        "country": address.get("country") or "",
        "tax_id": "",
    }


def _discount(found: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What coupons take from all lines together: the lines themselves stand there without it."""
    off = sum(int(item["amount"]) for item in found.get("total_discount_amounts") or ())
    return [{"amount": -off, "description": "Discount"}] if off else []


def _line(invoice: Invoice, place: int, line: Mapping[str, Any]) -> InvoiceLine:
    """With its amount as its price: what Stripe prorates is no whole multiple of anything."""
    amount, period = int(line.get("amount") or 0), line.get("period") or {}
    return InvoiceLine(
        invoice=invoice,
        position=place,
        kind="stripe",
        description=str(line.get("description") or "")[:300],
        quantity=1,
        unit_amount=amount,
        amount=amount,
        first_day=_day(period.get("start")),
        last_day=_day(period.get("end")),
    )


def _paid_at(seen: SeenInvoice, now: datetime) -> datetime | None:
    if seen.state != State.PAID:
        return None
    paid = (seen.invoice.get("status_transitions") or {}).get("paid_at")
    return _moment(paid) if paid else now


def _closed_at(seen: SeenInvoice, now: datetime) -> datetime | None:
    return now if seen.state in {State.VOID, State.UNCOLLECTIBLE} else None


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _day(seconds: float | None) -> date | None:
    return day_of(_moment(seconds)) if seconds else None
