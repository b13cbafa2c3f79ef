"""What a project has: its events and properties, listed, and each described and hidden by people."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import Actor
from accounts.permissions import Capability
from analytics import access
from analytics.models import EventDefinition, Project, PropertyDefinition
from analytics.models.definitions import LONGEST_DESCRIPTION
from analytics.queries.definitions import Selection, events_of, properties_of
from analytics.services import definitions
from analytics.views.definition_rows import SUBJECTS, Row, headings, row_of
from analytics.views.doors import entered, viewable

PAGE_ROWS = 50
# Of the other kind, how many the page of one names; the whole list is a click away.
MOST_NAMED = 60
SHOWS = (("shown", "Not hidden"), ("hidden", "Hidden"), ("all", "Hidden or not"))


class DescriptionForm(forms.Form):
    description = forms.CharField(
        required=False, max_length=LONGEST_DESCRIPTION, widget=forms.Textarea({"rows": 3})
    )
    hidden = forms.BooleanField(required=False, label="Hide from lists")


class PropertyForm(DescriptionForm):
    """For those who may mark properties."""

    sensitive = forms.BooleanField(
        required=False,
        label="Sensitive: only owners and admins see its values",
        help_text="Values vanish for everybody else at once, wherever they would appear. The name stays in lists.",
    )


@dataclass(frozen=True, slots=True)
class Listed:
    """What a list shows, and how many of them a project may have."""

    tab: str
    found: "QuerySet[Any]"
    most: int


@require_safe
def events(request: HttpRequest, organization: str, project: str) -> HttpResponse:
    found = viewable(request, organization, project)
    selection = _selection(request.GET)
    listed = Listed("events", events_of(found, selection), definitions.MOST_EVENTS)
    return _list(request, found, selection, listed)


@require_safe
def properties(request: HttpRequest, organization: str, project: str) -> HttpResponse:
    found = viewable(request, organization, project)
    event = request.GET.get("event", "")
    chosen = access.event_definition(found, definition_id=int(event)) if event.isdecimal() else None
    selection = _selection(request.GET, chosen)
    listed = Listed("properties", properties_of(found, selection), definitions.MOST_PROPERTIES)
    return _list(request, found, selection, listed)


@require_http_methods(["GET", "HEAD", "POST"])
def event(request: HttpRequest, organization: str, project: str, event_id: int) -> HttpResponse:
    found = _entered(request, organization, project)
    definition = access.event_definition(found, definition_id=event_id)
    others = properties_of(found, Selection(event=definition, sort="name"))
    return _detail(request, found, definition, [row_of(found, item) for item in others[:MOST_NAMED]])


@require_http_methods(["GET", "HEAD", "POST"])
def property_(request: HttpRequest, organization: str, project: str, property_id: int) -> HttpResponse:
    found = _entered(request, organization, project)
    definition = access.property_definition(found, definition_id=property_id)
    others = definition.events.order_by("-volume", "name")
    return _detail(request, found, definition, [row_of(found, item) for item in others[:MOST_NAMED]])


def _entered(request: HttpRequest, organization: str, project: str) -> Project:
    writing = request.method == "POST"
    return entered(
        request, organization, project, Capability.EDIT_DEFINITIONS if writing else Capability.VIEW_DATA
    )


def _selection(given: QueryDict, event: EventDefinition | None = None) -> Selection:
    show = given.get("show", "")
    return Selection(
        search=given.get("search", "").strip().replace("\0", ""),
        show=show if show in dict(SHOWS) else "shown",
        subject=given.get("subject", ""),
        event=event,
        sort=given.get("sort", ""),
    )


def _list(request: HttpRequest, project: Project, selection: Selection, listed: Listed) -> HttpResponse:
    kept = {name: request.GET[name] for name in ("search", "show", "subject", "event") if request.GET.get(name)}
    sort = {"sort": selection.sort} if selection.sort else {}
    page = Paginator(listed.found, PAGE_ROWS).get_page(request.GET.get("page"))
    context = {
        **_common(request, project),
        "tab": listed.tab,
        "page": page,
        "rows": [(row_of(project, item), _form_of(item)) for item in page.object_list],
        "headings": headings(selection.sort),
        "selection": selection,
        "shows": SHOWS,
        "subjects": SUBJECTS.items() if listed.tab == "properties" else (),
        "most": listed.most,
        "is_full": listed.found.model.objects.filter(project=project).count() >= listed.most,
        "sort_query": "?" + urlencode(kept),
        "page_query": "?" + urlencode({**kept, **sort}),
        "state": request.GET.urlencode(),
    }
    return render(request, "analytics/data/list.html", context)


def _form_of(item: EventDefinition | PropertyDefinition) -> DescriptionForm:
    """The form in a row, with ids of its own."""
    given = {"description": item.description, "hidden": item.hidden}
    return DescriptionForm(initial=given, auto_id=f"id_{item.pk}_%s")


def _detail(
    request: HttpRequest, project: Project, definition: EventDefinition | PropertyDefinition, others: list[Row]
) -> HttpResponse:
    row, actor = row_of(project, definition), Actor.of(request)
    form = _full_form(request, project, definition)
    if form.is_valid():
        values = dict(form.cleaned_data)
        if isinstance(definition, PropertyDefinition) and "sensitive" in values:
            definitions.mark(definition=definition, actor=actor, is_sensitive=values.pop("sensitive"))
        definitions.describe(definition=definition, actor=actor, **values)
        messages.success(request, f"Saved what you say of '{definition.name}'.")
        return redirect(_back(request, project, row))
    context = {**_common(request, project), "row": row, "form": form, "others": others, "most_named": MOST_NAMED}
    return render(request, "analytics/data/definition.html", context, status=422 if form.errors else 200)


def _full_form(
    request: HttpRequest, project: Project, definition: EventDefinition | PropertyDefinition
) -> DescriptionForm:
    """The form of a definition's own page. A row of a list sends less, and so does who may not mark."""
    given = {"description": definition.description, "hidden": definition.hidden}
    data = request.POST if request.method == "POST" else None
    granted = Actor.of(request).capabilities_in(project.organization_id)
    may_mark = Capability.MARK_SENSITIVE in granted and "list" not in request.POST
    if may_mark and isinstance(definition, PropertyDefinition):
        return PropertyForm(data, initial={**given, "sensitive": definition.is_sensitive})
    return DescriptionForm(data, initial=given)


def _back(request: HttpRequest, project: Project, row: Row) -> str:
    """To the list that the form stood in, at its row; else to the definition's own page."""
    if "list" not in request.POST:
        return row.href
    state = QueryDict(request.POST["list"]).urlencode()
    return f"{reverse(row.list_name, args=[project.organization.slug, project.slug])}?{state}#{row.anchor}"


def _common(request: HttpRequest, project: Project) -> dict[str, Any]:
    capabilities = Actor.of(request).capabilities_in(project.organization_id)
    return {
        "project": project,
        "organization": project.organization,
        "section": "data",
        "may_edit": Capability.EDIT_DEFINITIONS in capabilities,
    }
