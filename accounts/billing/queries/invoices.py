"""What invoices are made of, and how they are looked at."""

from datetime import date, timedelta

from django.db.models import Q, QuerySet, Sum

from accounts.billing import documents
from accounts.billing.documents import Document
from accounts.billing.meters import TOKENS, Meter
from accounts.billing.rating import Used
from accounts.errors import NotFound
from accounts.models import CreditNote, Invoice, Organization, UsageDay


def usage_between(organization_id: int, *, first: date, after: date) -> Used:
    """Events and tokens of these days (UTC), the last one excluded."""
    found = UsageDay.objects.filter(organization=organization_id, day__gte=first, day__lt=after).aggregate(
        events=Sum("quantity", filter=Q(meter=Meter.EVENTS), default=0),
        tokens=Sum("quantity", filter=Q(meter__in=TOKENS), default=0),
    )
    return Used(first, after - timedelta(days=1), int(found["events"]), int(found["tokens"]))


def invoices_of(organization: Organization) -> QuerySet[Invoice]:
    """What was issued, newest first, with lines and credit notes."""
    return Invoice.objects.of(organization).issued().prefetch_related("lines", "credit_notes")


def listed(organization: Organization) -> QuerySet[Invoice]:
    """The same without lines, which a list does not show."""
    return Invoice.objects.of(organization).issued().prefetch_related("credit_notes")


def invoice_of(organization: Organization, *, invoice_id: int) -> Invoice:
    """An issued invoice of an organization that the actor was let into. Raises NotFound."""
    # Larger numbers are nobody's, and PostgreSQL refuses them.
    found = invoices_of(organization).filter(pk=invoice_id).first() if invoice_id < 2**63 else None
    if found is None:
        raise NotFound("There is nothing here, or not for you.")
    return found


def credit_note_of(invoice: Invoice, *, note_id: int) -> CreditNote:
    """Raises NotFound."""
    found = next((note for note in invoice.credit_notes.all() if note.pk == note_id), None)
    if found is None:
        raise NotFound("There is nothing here, or not for you.")
    return found


def document_of(invoice: Invoice) -> Document:
    """The invoice as it is printed."""
    return documents.of_invoice(invoice, list(invoice.lines.all()))
