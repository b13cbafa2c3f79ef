"""Take a project's events elsewhere."""

from django import forms
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.access import Actor
from accounts.permissions import Capability
from analytics.contracts import PUBLIC
from analytics.downloads import download, wanted_of
from analytics.exports import FileFormat
from analytics.views.doors import entered

_FORMATS = {
    FileFormat.NDJSON: "JSON lines: can be imported again",
    FileFormat.CSV: "CSV: for spreadsheets",
    FileFormat.PARQUET: "Parquet: for data tools, the smallest",
}


class ExportForm(forms.Form):
    format = forms.ChoiceField(choices=[(kind.value, label) for kind, label in _FORMATS.items()])
    vars()["from"] = forms.DateField(label="From", required=False, widget=forms.DateInput({"type": "date"}))
    to = forms.DateField(required=False, widget=forms.DateInput({"type": "date"}), help_text="Included.")
    event = forms.CharField(label="Only events of this name", required=False)
    columns = forms.MultipleChoiceField(
        choices=[(name, name) for name in PUBLIC], initial=list(PUBLIC), widget=forms.CheckboxSelectMultiple
    )


@require_safe
def page(request: HttpRequest, organization: str, project: str) -> HttpResponse:
    found = entered(request, organization, project, Capability.EXPORT_DATA)
    context = {
        "project": found,
        "organization": found.organization,
        "section": "settings",
        "tab": "export",
        "form": ExportForm(),
        "empty": found.manifest.data_up_to is None,
    }
    return render(request, "analytics/export.html", context)


@require_safe
def file(request: HttpRequest, organization: str, project: str) -> StreamingHttpResponse:
    found = entered(request, organization, project, Capability.EXPORT_DATA)
    return download(found, Actor.of(request), wanted_of(request.GET))
