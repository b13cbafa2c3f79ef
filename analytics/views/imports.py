"""Imports of a project: send a file, choose what its columns are, watch it being read."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import Actor
from accounts.errors import Conflict, Invalid, PlumblineError, TooLarge
from accounts.permissions import Capability
from analytics import access
from analytics.ingestion.files.formats import Format
from analytics.ingestion.files.readers import Options
from analytics.models import Import, Project
from analytics.models.imports import State
from analytics.queries import imports
from analytics.services import uploads
from analytics.views.doors import entered
from analytics.views.import_forms import FORMATS, OptionsForm, UploadForm

PAGE_ROWS = 25
# Before this part is read, how long the rest will take is a guess.
_TELLING = 0.02


@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, organization: str, project: str) -> HttpResponse:
    """The list; a POST takes a file in."""
    found = entered(request, organization, project, Capability.IMPORT_DATA)
    form = UploadForm(request.POST or None, request.FILES or None) if request.method == "POST" else UploadForm()
    if form.is_valid():
        item = _taken(request, found, form)
        if item is not None:
            return redirect("import", organization, project, item.pk)
    context = {
        **_common(found),
        "form": form,
        "page": Paginator(found.imports.all(), PAGE_ROWS).get_page(request.GET.get("page")),
    }
    return render(request, "analytics/imports.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def detail(request: HttpRequest, organization: str, project: str, import_id: UUID) -> HttpResponse:
    """One import. Of an upload that waits for its choices, a POST looks at the rows with others, or starts."""
    found = entered(request, organization, project, Capability.IMPORT_DATA)
    item = access.import_of(found, import_id=import_id)
    if item.state != State.UPLOADED:
        if request.method == "POST":
            raise Conflict("This import has been started already.")
        return render(request, "analytics/import.html", {**_common(found), **_progress(item)})
    columns = imports.preview(item, Options.model_validate(item.options)).columns
    form = OptionsForm(item, columns, request.POST if request.method == "POST" else None)
    chosen = form.chosen()
    if request.POST.get("do") == "start" and chosen is not None:
        try:
            uploads.start(item=item, options=chosen, actor=Actor.of(request))
        except Invalid as error:
            _blame(form, error)
        else:
            return redirect("import", organization, project, item.pk)
    shown = imports.preview(item, Options.model_validate(chosen if chosen is not None else item.options))
    context = {
        **_common(found),
        "item": item,
        "form": form,
        "preview": shown,
        "kind": FORMATS[Format(item.format)],
    }
    return render(request, "analytics/import_start.html", context, status=422 if form.errors else 200)


@require_safe
def progress(request: HttpRequest, organization: str, project: str, import_id: UUID) -> HttpResponse:
    """The part of the page that changes, polled by htmx."""
    found = entered(request, organization, project, Capability.IMPORT_DATA)
    item = access.import_of(found, import_id=import_id)
    return render(request, "analytics/imports/progress.html", {**_common(found), **_progress(item)})


@require_POST
def cancel(request: HttpRequest, organization: str, project: str, import_id: UUID) -> HttpResponse:
    found = entered(request, organization, project, Capability.IMPORT_DATA)
    uploads.cancel(item=access.import_of(found, import_id=import_id), actor=Actor.of(request))
    messages.success(request, "Cancelled. What had been read by then is kept.")
    return redirect("imports", organization, project)


@require_POST
def retry(request: HttpRequest, organization: str, project: str, import_id: UUID) -> HttpResponse:
    found = entered(request, organization, project, Capability.IMPORT_DATA)
    uploads.retry(item=access.import_of(found, import_id=import_id), actor=Actor.of(request))
    return redirect("import", organization, project, import_id)


def _taken(request: HttpRequest, project: Project, form: UploadForm) -> Import | None:
    """The import of a file that was sent; None where it is refused, as the form then says."""
    upload = form.cleaned_data["file"]
    try:
        return uploads.create(
            project=project,
            kind=Format(form.cleaned_data["format"]),
            name=upload.name,
            content=upload.chunks(),
            actor=Actor.of(request),
        )
    except (Invalid, TooLarge, Conflict) as error:
        _blame(form, error)
        return None


def _blame(form: UploadForm | OptionsForm, error: PlumblineError) -> None:
    if not error.fields:
        form.add_error(None, error.message)
    for item in error.fields:
        name = item.field.rpartition(".")[2]
        form.add_error(name if name in form.fields else None, item.message)


def _common(project: Project) -> dict[str, Any]:
    return {"project": project, "organization": project.organization, "section": "settings", "tab": "import"}


def _progress(item: Import) -> Mapping[str, Any]:
    share = item.bytes_read / max(item.file_bytes, 1)
    return {
        "item": item,
        "kind": FORMATS[Format(item.format)],
        "percent": round(100 * share),
        "left": _left(item, share, timezone.now()),
        "ended_well": item.state == State.DONE,
        "may_retry": item.state == State.FAILED and imports.path_of(item).exists(),
        "hidden_complaints": item.unreadable - len(item.complaints),
    }


def _left(item: Import, share: float, now: datetime) -> timedelta | None:
    """How long the rest takes if it goes on like this; None before that can be told."""
    if item.state != State.RUNNING or item.started_at is None or share < _TELLING:
        return None
    return (now - item.started_at) * (1 / share - 1)
