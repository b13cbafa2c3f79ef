"""Are Stripe's invoices of a month kept here as they are there: amount, currency and state, for every customer."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Q

from accounts.billing import money
from accounts.billing.months import midnight, month_after
from accounts.billing.stripe import invoices
from accounts.billing.stripe.asking_all import MOST, PAGE, of_each, paged
from accounts.billing.stripe.client import MissingThere, api
from accounts.billing.stripe.invoices import SeenInvoice
from accounts.models import Invoice, Organization
from accounts.querysets import InvoiceQuerySet

# An invoice is a draft for an hour before it is issued, and longer where something is in the way.
_DRAFT = timedelta(days=2)


def differences(month: date) -> list[str]:
    """Of what was issued in the month, there or here."""
    found = of_each(lambda organization, customer: _compare(organization, customer, month))
    return [*found, *_without_customer(month)]


def _compare(organization: Organization, customer: str, month: date) -> Iterator[str]:
    since, until = midnight(month), midnight(month_after(month))
    created: Any = {"gte": int((since - _DRAFT).timestamp()), "lt": int(until.timestamp())}
    listed = list(paged(lambda: api().v1.invoices.list({"customer": customer, "created": created, "limit": PAGE})))
    if len(listed) > MOST:
        yield f"{organization}: the customer {customer} has more than {MOST:,} invoices; compared are these."
    seen = {found["id"]: invoices.read(found) for found in listed[:MOST]}
    ours = Invoice.objects.filter(stripe_invoice_id__in=seen)
    known = {invoice.stripe_invoice_id: invoice for invoice in ours}
    for invoice_id, there in seen.items():
        if there is not None and since <= invoices.issued_at(there) < until:
            yield from _one(organization, there, known.get(invoice_id))
    rest = _ours(since, until).of(organization).exclude(stripe_invoice_id__in=seen)
    yield from _looked_up(rest)


def _without_customer(month: date) -> Iterator[str]:
    """Of organizations that are gone, or that are no customer: asked for one by one."""
    since, until = midnight(month), midnight(month_after(month))
    customers = Q(organization__billing_profile__stripe_customer_id__gt="")
    yield from _looked_up(_ours(since, until).exclude(customers))


def _ours(since: datetime, until: datetime) -> InvoiceQuerySet:
    return Invoice.objects.filter(
        provider=Invoice.Provider.STRIPE, issued_at__gte=since, issued_at__lt=until
    ).order_by("pk")


def _looked_up(ours: Iterable[Invoice]) -> Iterator[str]:
    """Those that no list had."""
    for invoice in ours:
        try:
            there = invoices.retrieve(invoice.stripe_invoice_id)
        except MissingThere:
            there = None
        if there is None:
            yield f"{_name(invoice)} is missing at Stripe."
        else:
            yield from _one(invoice.organization, there, invoice)


def _one(organization: Organization | None, there: SeenInvoice, known: Invoice | None) -> Iterator[str]:
    found = there.invoice
    total, currency = int(found["total"]), str(found["currency"]).upper()
    written = money.written(total, currency)
    if known is None:
        number = found.get("number") or found["id"]
        yield f"{organization}: the invoice {number} of {written} is missing here; at Stripe it is {there.state}."
        return
    if known.organization_id != (organization.pk if organization else None):
        yield f"{_name(known)} is of {known.organization} here, at Stripe of {organization}."
    if (known.total, known.currency) != (total, currency):
        yield f"{_name(known)} is of {money.written(known.total, known.currency)} here, at Stripe of {written}."
    if known.state != there.state:
        yield f"{_name(known)} is {known.state} here, at Stripe {there.state}."


def _name(invoice: Invoice) -> str:
    return f"The invoice {invoice} ({invoice.stripe_invoice_id})"
