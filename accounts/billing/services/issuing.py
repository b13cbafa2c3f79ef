"""Issue invoices and credit notes: numbered without gaps, with seller and buyer as they are now."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from accounts.access import SYSTEM, Actor
from accounts.audited import Action, Target
from accounts.billing import money
from accounts.billing.months import day_of
from accounts.billing.rating import Line, Tax, half_up, subtotal
from accounts.errors import Conflict, Invalid
from accounts.models import BillingProfile, CreditNote, Invoice, InvoiceLine, Organization, Seller
from accounts.services import audit

INVOICES, CREDIT_NOTES = "invoices", "credit_notes"
_DIGITS = 6
# The row is locked until the caller's commit: a number that is given back by a rollback is given again.
_NEXT = """
INSERT INTO accounts_invoicecounter AS counter (series, last) VALUES (%s, 1)
ON CONFLICT (series) DO UPDATE SET last = counter.last + 1 RETURNING last
"""


@transaction.atomic
def issue(
    *, organization: Organization, currency: str, lines: Sequence[Line], subscription_id: int, now: datetime
) -> Invoice:
    """An open invoice of these lines; one that comes to nothing is paid at once.

    Raises Invalid without lines, or where they come to less than nothing.
    """
    net = subtotal(lines)
    if not lines or net < 0:
        raise Invalid("An invoice has lines, and comes to nothing at least.")
    seller, buyer = the_seller(), _buyer(organization)
    taxes = [tax for tax in [_tax(seller, buyer["country"], net)] if tax.rate and tax.name]
    draft = Invoice.objects.create(organization=organization, currency=currency, subscription_id=subscription_id)
    InvoiceLine.objects.bulk_create(
        _line(draft, position, line, subscription_id) for position, line in enumerate(lines, start=1)
    )
    sequence = _next(INVOICES)
    draft.sequence, draft.number = sequence, f"{seller.number_prefix}{sequence:0{_DIGITS}}"
    draft.seller, draft.buyer = _as_it_is(seller), buyer
    draft.note = seller.abroad_note if _is_abroad(seller, buyer["country"]) else ""
    draft.taxes = [_shown(tax) for tax in taxes]
    draft.subtotal, draft.total = net, net + sum(tax.amount for tax in taxes)
    draft.issued_at, draft.due_on = now, day_of(now) + timedelta(days=seller.days_to_pay)
    draft.state = Invoice.State.OPEN if draft.total else Invoice.State.PAID
    draft.paid_at = None if draft.total else now
    draft.save()
    _note(Action.INVOICE_ISSUED, draft, SYSTEM, draft.number, draft.total)
    return draft


@transaction.atomic
def credit(*, invoice: Invoice, net: int, reason: str, actor: Actor, now: datetime) -> CreditNote:
    """Take back a part of an invoice without tax, and of each tax the same part; all of it at the last.

    Raises Conflict where `why_no_credit` says why.
    """
    found = Invoice.objects.select_for_update(of=("self",)).get(pk=invoice.pk)
    if why := why_no_credit(found, net):
        raise Conflict(why)
    earlier = list(found.credit_notes.all())
    is_last = net == _left(found, earlier)
    taxes = [_credited(tax, found, net, earlier, is_last=is_last) for tax in found.taxes]
    sequence = _next(CREDIT_NOTES)
    note = CreditNote.objects.create(
        invoice=found,
        sequence=sequence,
        number=f"{found.seller.get('number_prefix', '')}CN-{sequence:0{_DIGITS}}",
        reason=reason,
        net=net,
        taxes=taxes,
        total=net + sum(tax["amount"] for tax in taxes),
        issued_at=now,
    )
    _note(Action.CREDIT_NOTE_ISSUED, found, actor, note.number, note.total)
    return note


def why_no_credit(invoice: Invoice, net: int) -> str:
    """Why so much cannot be taken back of it, in a sentence; empty where it can."""
    if invoice.provider == Invoice.Provider.STRIPE:
        return f"The invoice {invoice} is Stripe's: it is credited there."
    if invoice.state in {Invoice.State.DRAFT, Invoice.State.VOID}:
        return f"The invoice {invoice} is {invoice.get_state_display().lower()}."
    left = _left(invoice, list(invoice.credit_notes.all()))
    if not 0 < net <= left:
        return f"Of {invoice}, up to {money.written(left, invoice.currency)} without tax can be taken back."
    return ""


def _left(invoice: Invoice, earlier: Sequence[CreditNote]) -> int:
    return invoice.subtotal - sum(note.net for note in earlier)


def the_seller() -> Seller:
    """As staff have entered it; empty before they did."""
    return Seller.objects.filter(pk=1).first() or Seller(pk=1)


def _note(action: Action, invoice: Invoice, actor: Actor, number: str, total: int) -> None:
    audit.record(
        action=action,
        actor=actor,
        organization_id=invoice.organization_id,
        target=Target(invoice.pk, number),
        after={"total": money.written(total, invoice.currency)},
    )


def _next(series: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_NEXT, [series])
        return int(cursor.fetchone()[0])


def _line(invoice: Invoice, position: int, line: Line, subscription_id: int) -> InvoiceLine:
    return InvoiceLine(
        invoice=invoice,
        position=position,
        kind=line.kind.value,
        subscription_id=subscription_id,
        covers=line.covers,
        description=line.description,
        quantity=line.quantity,
        unit=line.unit,
        unit_amount=line.unit_amount,
        amount=line.amount,
        first_day=line.first,
        last_day=line.last,
    )


def _buyer(organization: Organization) -> dict[str, Any]:
    profile = BillingProfile.objects.filter(organization=organization).first() or BillingProfile()
    return {
        "name": profile.name or organization.name,
        "address": profile.address,
        "country": profile.country.upper(),
        "tax_id": profile.tax_id,
    }


def _as_it_is(seller: Seller) -> dict[str, Any]:
    names = ("name", "address", "country", "tax_id", "email", "footer", "number_prefix")
    return {name: getattr(seller, name) for name in names}


def _is_abroad(seller: Seller, country: str) -> bool:
    return bool(country and seller.country) and country != seller.country.upper()


def _tax(seller: Seller, country: str, net: int) -> Tax:
    """The seller's one rate; who is in another country owes it there."""
    return Tax(seller.tax_name, 0 if _is_abroad(seller, country) else seller.tax_rate, net)


def _shown(tax: Tax) -> dict[str, Any]:
    return {"name": tax.name, "rate": tax.rate, "net": tax.net, "amount": tax.amount}


def _credited(
    tax: dict[str, Any], invoice: Invoice, net: int, earlier: Sequence[CreditNote], *, is_last: bool
) -> dict[str, Any]:
    """The same part of a tax, half up; the last credit note takes what is left, so that all of it is taken."""
    before = sum(item["amount"] for note in earlier for item in note.taxes if item["name"] == tax["name"])
    amount = tax["amount"] - before if is_last else half_up(tax["amount"] * net, invoice.subtotal)
    return {**tax, "net": net, "amount": amount}
