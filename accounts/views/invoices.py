"""An organization's invoices and credit notes: listed, looked at, and as PDF."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts import access
from accounts.access import Actor
from accounts.billing import documents, printing
from accounts.billing.documents import Document
from accounts.billing.queries import invoices
from accounts.models import Organization
from accounts.permissions import Capability

_PAGE = 25


@never_cache
@require_safe
def listing(request: HttpRequest, organization: str) -> HttpResponse:
    found = _entered(request, organization)
    page = Paginator(invoices.listed(found), _PAGE).get_page(request.GET.get("page"))
    context = {"organization": found, "section": "keys", "tab": "invoices", "page": page, "query": "?"}
    return render(request, "accounts/settings_invoices.html", context)


@never_cache
@require_safe
def detail(request: HttpRequest, organization: str, invoice_id: int) -> HttpResponse:
    found = _entered(request, organization)
    invoice = invoices.invoice_of(found, invoice_id=invoice_id)
    context = {
        "organization": found,
        "section": "keys",
        "tab": "invoices",
        "invoice": invoice,
        "document": invoices.document_of(invoice),
    }
    return render(request, "accounts/settings_invoice.html", context)


@never_cache
@require_safe
def as_pdf(request: HttpRequest, organization: str, invoice_id: int) -> HttpResponse:
    found = _entered(request, organization)
    return _pdf(invoices.document_of(invoices.invoice_of(found, invoice_id=invoice_id)))


@never_cache
@require_safe
def credit_note(request: HttpRequest, organization: str, invoice_id: int, note_id: int) -> HttpResponse:
    """A credit note, which is there as PDF only."""
    found = _entered(request, organization)
    invoice = invoices.invoice_of(found, invoice_id=invoice_id)
    return _pdf(documents.of_credit_note(invoices.credit_note_of(invoice, note_id=note_id), invoice))


def _entered(request: HttpRequest, organization: str) -> Organization:
    return access.organization(Actor.of(request), slug=organization, capability=Capability.VIEW_BILLING)


def _pdf(document: Document) -> HttpResponse:
    return HttpResponse(
        printing.as_pdf(document),
        content_type="application/pdf",
        headers={"Content-Disposition": f'attachment; filename="{document.file_name}"'},
    )
