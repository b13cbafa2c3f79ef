"""Invoices in the staff admin: looked at, marked as paid or void, credited; and who writes them."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils import timezone
from import_export import fields, resources
from unfold.admin import TabularInline
from unfold.contrib.filters.admin import AutocompleteSelectFilter, RangeDateFilter

from accounts.access import Actor
from accounts.admin.audited import Audited, AuditedAdmin
from accounts.admin.base import ReadOnlyAdmin, StaffAdmin
from accounts.audited import Action
from accounts.billing import money
from accounts.billing.services import issuing, payments
from accounts.errors import PlumblineError
from accounts.models import CreditNote, Invoice, InvoiceLine, Seller

State = Invoice.State
_SELLER_FIELDS = (
    "name", "address", "country", "tax_id", "email", "footer", "number_prefix", "days_to_pay", "tax_name",
    "tax_rate", "abroad_note",
)  # fmt: skip


class InvoiceLineInline(TabularInline):
    model = InvoiceLine
    extra = 0
    can_delete = False
    fields = readonly_fields = (
        "description",
        "quantity",
        "unit",
        "unit_amount",
        "amount",
        "first_day",
        "last_day",
    )

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:  # noqa: ARG002
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:  # noqa: ARG002
        return False


class InvoiceResource(resources.ModelResource):
    organization = fields.Field(attribute="organization__slug", column_name="organization")

    class Meta:
        model = Invoice
        fields = (
            "number", "organization", "provider", "state", "currency", "subtotal", "total", "issued_at", "due_on",
            "sent_at", "paid_at", "closed_at", "stripe_invoice_id",
        )  # fmt: skip
        export_order = fields


class InvoiceAdmin(ReadOnlyAdmin):
    """The database lets nobody change one; what staff do is to mark them."""

    resource_classes = (InvoiceResource,)
    list_display = (
        "number",
        "organization",
        "state",
        "written_total",
        "provider",
        "issued_at",
        "due_on",
        "paid_at",
    )
    list_filter = (
        "state", "provider", "currency", ("organization", AutocompleteSelectFilter),
        ("issued_at", RangeDateFilter),
    )  # fmt: skip
    list_select_related = ("organization",)
    search_fields = ("number", "organization__slug", "organization__name", "stripe_invoice_id")
    inlines = (InvoiceLineInline,)
    actions = ("mark_paid", "mark_void", "write_off")

    @admin.display(description="Total", ordering="total")
    def written_total(self, invoice: Invoice) -> str:
        return money.written(invoice.total, invoice.currency)

    def has_mark_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("accounts.change_invoice"))

    @admin.action(description="Mark as paid", permissions=["mark"])
    def mark_paid(self, request: HttpRequest, queryset: "QuerySet[Invoice]") -> None:
        self._close(request, queryset, State.PAID)

    @admin.action(description="Make void", permissions=["mark"])
    def mark_void(self, request: HttpRequest, queryset: "QuerySet[Invoice]") -> None:
        self._close(request, queryset, State.VOID)

    @admin.action(description="Write off as uncollectible", permissions=["mark"])
    def write_off(self, request: HttpRequest, queryset: "QuerySet[Invoice]") -> None:
        self._close(request, queryset, State.UNCOLLECTIBLE)

    def _close(self, request: HttpRequest, queryset: "QuerySet[Invoice]", state: Invoice.State) -> None:
        for invoice in queryset:
            try:
                payments.close(invoice=invoice, state=state, actor=Actor.of_staff(request), now=timezone.now())
            except PlumblineError as error:
                self.message_user(request, error.message, messages.ERROR)
            else:
                self.message_user(request, f"{invoice.number} is {state.label.lower()}.", messages.SUCCESS)


class CreditNoteResource(resources.ModelResource):
    invoice = fields.Field(attribute="invoice__number", column_name="invoice")

    class Meta:
        model = CreditNote
        fields = ("number", "invoice", "reason", "net", "total", "issued_at")
        export_order = fields


class CreditNoteAdmin(StaffAdmin):
    """One is written here, by its invoice, its net amount and why; then nothing of it changes."""

    resource_classes = (CreditNoteResource,)
    list_display = ("number", "invoice", "written_total", "reason", "issued_at")
    list_filter = (("issued_at", RangeDateFilter),)
    list_select_related = ("invoice",)
    search_fields = ("number", "invoice__number", "reason")
    autocomplete_fields = ("invoice",)
    fields = ("invoice", "net", "reason")

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:  # noqa: ARG002
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:  # noqa: ARG002
        return False

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        return super().get_form(
            request, obj, change, **{**kwargs, "form": CreditNoteForm} if obj is None else kwargs
        )

    def save_model(self, request: HttpRequest, obj: CreditNote, form: Any, change: bool) -> None:  # noqa: ARG002
        note = issuing.credit(
            invoice=obj.invoice,
            net=obj.net,
            reason=obj.reason,
            actor=Actor.of_staff(request),
            now=timezone.now(),
        )
        obj.pk, obj.number = note.pk, note.number

    @admin.display(description="Total")
    def written_total(self, note: CreditNote) -> str:
        return money.written(note.total, note.invoice.currency)


class CreditNoteForm(ModelForm):  # type: ignore[type-arg]  # it takes none at run time
    """Says what the service would refuse, before it does."""

    class Meta:
        model = CreditNote
        fields = ("invoice", "net", "reason")
        help_texts = {"net": "Without tax, in minor units: 2900 is €29.00. The tax of it is taken back as well."}  # noqa: RUF012

    def clean(self) -> dict[str, Any]:
        given = dict(super().clean() or {})
        invoice, net = given.get("invoice"), given.get("net")
        if invoice is not None and net is not None and (why := issuing.why_no_credit(invoice, net)):
            self.add_error("net", why)
        return given


class SellerResource(resources.ModelResource):
    class Meta:
        model = Seller
        fields = export_order = _SELLER_FIELDS


class SellerAdmin(AuditedAdmin, StaffAdmin):
    """One row: it is written onto every invoice from now on."""

    audited = Audited(changed=Action.SELLER_CHANGED, created=Action.SELLER_CHANGED, fields=_SELLER_FIELDS)
    resource_classes = (SellerResource,)
    list_display = ("__str__", "country", "tax_id", "tax_rate", "days_to_pay")
    search_fields = ("name",)
    fields = _SELLER_FIELDS

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super().has_add_permission(request) and not Seller.objects.exists()

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:  # noqa: ARG002
        return False

    def organization_id_of(self, obj: Seller) -> None:  # noqa: ARG002 (of no organization)
        return None

    def save_model(self, request: HttpRequest, obj: Seller, form: Any, change: bool) -> None:
        obj.pk = 1
        super().save_model(request, obj, form, change)
