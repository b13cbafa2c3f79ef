"""An organization's invoices, for owners and the role Billing."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django_filters import rest_framework as filters
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import access
from accounts.access import Actor
from accounts.billing import printing
from accounts.billing.queries import invoices
from accounts.models import CreditNote, Invoice, InvoiceLine, Organization
from accounts.permissions import Capability

_TAGS = ["organizations"]
_STATES = [(state.value, state.label) for state in Invoice.State if state != Invoice.State.DRAFT]


class InvoiceLineSerializer(serializers.ModelSerializer[InvoiceLine]):
    class Meta:
        model = InvoiceLine
        fields = ("description", "quantity", "unit", "unit_amount", "amount", "first_day", "last_day")
        read_only_fields = fields


class TaxSerializer(serializers.Serializer[object]):
    name = serializers.CharField()
    rate = serializers.IntegerField(help_text="In hundredths of a percent: 1900 is 19 %.")
    net = serializers.IntegerField()
    amount = serializers.IntegerField()


class CreditNoteSerializer(serializers.ModelSerializer[CreditNote]):
    taxes = TaxSerializer(many=True)

    class Meta:
        model = CreditNote
        fields = ("id", "number", "reason", "net", "taxes", "total", "issued_at")
        read_only_fields = fields


class InvoiceSerializer(serializers.ModelSerializer[Invoice]):
    """Amounts are whole minor units of the currency, such as cents."""

    state = serializers.ChoiceField(_STATES)
    lines = InvoiceLineSerializer(many=True)
    taxes = TaxSerializer(many=True)
    credit_notes = CreditNoteSerializer(many=True)

    class Meta:
        model = Invoice
        fields = (
            "id", "number", "state", "provider", "currency", "issued_at", "due_on", "paid_at", "lines", "subtotal",
            "taxes", "total", "credit_notes",
        )  # fmt: skip
        read_only_fields = fields


class InvoiceFilter(filters.FilterSet):
    state = filters.MultipleChoiceFilter(choices=_STATES, label="Repeat it for several.")


class InvoicesView(ListAPIView[Invoice]):
    """An organization's invoices, newest first."""

    serializer_class = InvoiceSerializer
    filterset_class = InvoiceFilter
    queryset = Invoice.objects.none()

    def get_queryset(self) -> "QuerySet[Invoice]":
        return invoices.invoices_of(_entered(self.request, self.kwargs["organization"]))

    @extend_schema(tags=_TAGS, operation_id="invoices_list", summary="List invoices")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)


class InvoiceView(APIView):
    @extend_schema(tags=_TAGS, operation_id="invoices_get", summary="Get an invoice", responses=InvoiceSerializer)
    def get(self, request: Request, organization: str, invoice_id: int) -> Response:
        """One invoice with its lines and credit notes."""
        found = _entered(request, organization)
        return Response(InvoiceSerializer(invoices.invoice_of(found, invoice_id=invoice_id)).data)


class InvoicePdfView(APIView):
    @extend_schema(
        tags=_TAGS,
        operation_id="invoices_pdf",
        summary="An invoice as PDF",
        responses={(200, "application/pdf"): OpenApiResponse(OpenApiTypes.BINARY)},
    )
    def get(self, request: Request, organization: str, invoice_id: int) -> HttpResponse:
        found = _entered(request, organization)
        document = invoices.document_of(invoices.invoice_of(found, invoice_id=invoice_id))
        headers = {
            "Content-Disposition": f'attachment; filename="{document.file_name}"',
            "Cache-Control": "no-store",
        }
        return HttpResponse(printing.as_pdf(document), content_type="application/pdf", headers=headers)


def _entered(request: Request, organization: str) -> Organization:
    return access.organization(Actor.of(request), slug=organization, capability=Capability.VIEW_BILLING)
