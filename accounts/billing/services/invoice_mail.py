"""Invoices go out by e-mail, with the PDF; what could not be sent is tried again by the next run."""

import logging
from datetime import datetime
from smtplib import SMTPException

from django.conf import settings
from django.db import DatabaseError, transaction
from django.urls import reverse

from accounts.billing import money, printing
from accounts.billing.months import in_words
from accounts.billing.queries.invoices import document_of
from accounts.letters import Letter
from accounts.models import BillingProfile, Invoice, Membership, Organization
from accounts.permissions import Capability, roles_with
from accounts.services import mail

LOG = logging.getLogger(__name__)


def send_due(*, now: datetime) -> int:
    """Send every invoice of ours that was not sent; how many. One's fault stops no other."""
    due = Invoice.objects.filter(
        provider=Invoice.Provider.MANUAL,
        state__in=(Invoice.State.OPEN, Invoice.State.PAID),
        sent_at=None,
        organization__isnull=False,
    )
    return sum(_sent_or_logged(pk, now) for pk in due.order_by("pk").values_list("pk", flat=True))


def _sent_or_logged(invoice_id: int, now: datetime) -> bool:
    try:
        return _send(invoice_id, now)
    except (SMTPException, OSError, DatabaseError):
        LOG.exception("An invoice was not sent.", extra={"invoice": invoice_id})
        return False


@transaction.atomic
def _send(invoice_id: int, now: datetime) -> bool:
    """The row is locked: another run finds it sent, or leaves it to this one."""
    waiting = Invoice.objects.select_for_update(skip_locked=True, of=("self",)).filter(pk=invoice_id, sent_at=None)
    found = waiting.first()
    organization = Organization.objects.filter(pk=found.organization_id or 0).first() if found else None
    if found is None or organization is None:
        return False
    found.sent_at = now
    found.save(update_fields=["sent_at"])
    addresses = _addresses(organization)
    if not addresses:
        return False
    document = document_of(found)
    message = mail.message(letter=_letter(found, organization), to=addresses)
    message.attach(document.file_name, printing.as_pdf(document), "application/pdf")
    message.send()
    return True


def _addresses(organization: Organization) -> list[str]:
    """Where the organization wants its invoices, else whoever sees them."""
    profile = BillingProfile.objects.filter(organization=organization).exclude(email="").first()
    if profile is not None:
        return [profile.email]
    members = Membership.objects.of(organization).filter(
        role__in=roles_with(Capability.VIEW_BILLING), user__is_active=True
    )
    return list(members.order_by("user__email").values_list("user__email", flat=True))


def _letter(invoice: Invoice, organization: Organization) -> Letter:
    total = money.written(invoice.total, invoice.currency)
    due = (
        f"It is to be paid by {in_words(invoice.due_on)}."
        if invoice.due_on and invoice.state == Invoice.State.OPEN
        else "Nothing is to be paid."
    )
    return Letter(
        subject=f"Invoice {invoice.number} for {organization.name}",
        heading=f"Invoice {invoice.number}",
        paragraphs=(
            f"The invoice {invoice.number} for {organization.name} comes to {total}. {due}",
            "It is attached.",
        ),
        label="See the invoice",
        address=settings.BASE_URL + reverse("settings_invoice", args=[organization.slug, invoice.pk]),
        why=f"You get this because the invoices of {organization.name} go to this address.",
    )
