"""Batches of customers: to look at. Their jobs are in the list of jobs, filtered by them."""

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from import_export import fields, resources
from unfold.contrib.filters.admin import AutocompleteSelectFilter

from accounts.admin.base import ReadOnlyAdmin
from accounts.billing import micro
from inference.models import Batch
from inference.queries.batches import state_of

_CANCELLED, _OVER = Q(cancel_requested_at__isnull=False), Q(finished_at__isnull=False)
_STATES = {
    "running": ~_CANCELLED & ~_OVER,
    "cancelling": _CANCELLED & ~_OVER,
    "finished": ~_CANCELLED & _OVER,
    "cancelled": _CANCELLED & _OVER,
}


class StateFilter(admin.SimpleListFilter):
    """In the words of the product."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002
        return [(state, state.capitalize()) for state in _STATES]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:  # noqa: ARG002
        wanted = _STATES.get(self.value() or "")
        return queryset if wanted is None else queryset.filter(wanted)


class BatchResource(resources.ModelResource):
    organization = fields.Field(attribute="organization__slug", column_name="organization")

    class Meta:
        model = Batch
        fields = (
            "id", "organization", "task", "priority", "total", "most_cost", "currency", "created_at",
            "cancel_requested_at", "finished_at",
        )  # fmt: skip
        export_order = fields


@admin.register(Batch)
class BatchAdmin(ReadOnlyAdmin):
    resource_classes = (BatchResource,)
    list_display = (
        "__str__", "organization", "task", "state", "total", "held", "created_by", "created_at", "finished_at",
    )  # fmt: skip
    list_filter = (StateFilter, "task", "priority", ("organization", AutocompleteSelectFilter))
    list_select_related = ("organization", "created_by")
    search_fields = ("id", "name", "organization__name", "organization__slug")
    date_hierarchy = "created_at"
    exclude = ("idempotency_hash",)

    @admin.display(description="State")
    def state(self, batch: Batch) -> str:
        return state_of(batch).capitalize()

    @admin.display(description="Held at first", ordering="most_cost")
    def held(self, batch: Batch) -> str | None:
        return None if batch.most_cost is None else micro.written(batch.most_cost, batch.currency)
