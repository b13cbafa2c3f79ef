"""What every page of the staff admin shares: the theme, and the export of the rows that a filter shows."""

from typing import Any

from django.db.models import Model
from django.http import HttpRequest
from import_export.admin import ExportMixin
from import_export.formats.base_formats import CSV
from unfold.admin import ModelAdmin
from unfold.contrib.import_export.forms import SelectableFieldsExportForm

from accounts.spreadsheet import as_text


class SafeCsv(CSV):
    """CSV without formulas. The library's own switch drops one '=' and lets the other starts through."""

    def export_data(self, dataset: Any, **kwargs: Any) -> Any:
        for _ in range(len(dataset)):
            dataset.rpush([as_text(cell) for cell in dataset.lpop()])
        return super().export_data(dataset, **kwargs)


class StaffAdmin(ExportMixin, ModelAdmin):
    """A list that exports as it is filtered; each admin names its columns in a resource, so none slips in."""

    export_form_class = SelectableFieldsExportForm
    export_formats = (SafeCsv,)
    list_per_page = 50
    list_filter_submit = True
    show_full_result_count = False

    def has_export_permission(self, request: HttpRequest) -> bool:
        """Who may see the rows; by default the library lets every member of staff export every table."""
        return bool(self.has_view_permission(request))


class ReadOnlyAdmin(StaffAdmin):
    """For what the product writes and staff only look at."""

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002 (Django's signature)
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:  # noqa: ARG002
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:  # noqa: ARG002
        return False
