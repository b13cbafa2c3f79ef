"""A project's settings for privacy: find a person, export or erase them, and the receipts of who was erased."""

import uuid
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.access import Actor
from accounts.errors import Invalid
from accounts.permissions import Capability
from analytics import access
from analytics.ingestion.cleaning import MAX_ID
from analytics.models import Project
from analytics.queries import erasures as erasure_queries
from analytics.queries import person as person_queries
from analytics.services import erasures, exports
from analytics.views.doors import entered

_PAGE = 25
# Two forms of one page have a field of the same name.
_ERASE_ID = "erase_%s"


class FindForm(forms.Form):
    person = forms.CharField(
        max_length=MAX_ID,
        label="Id of a person",
        help_text="A user id, an anonymous id or an alias, exactly as it was sent.",
        widget=forms.TextInput({"autocomplete": "off", "spellcheck": "false", "class": "input"}),
    )


class EraseForm(forms.Form):
    """`token` makes a form that is sent twice one erasure."""

    person = forms.CharField(max_length=MAX_ID, widget=forms.HiddenInput)
    token = forms.UUIDField(widget=forms.HiddenInput)
    confirmation = forms.CharField(
        max_length=MAX_ID,
        label="Type the id once more",
        widget=forms.TextInput({"autocomplete": "off", "spellcheck": "false", "class": "input"}),
    )

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        if "confirmation" in given and given["confirmation"] != given.get("person"):
            self.add_error("confirmation", "This is not the id above. Nothing was erased.")
        return given


@never_cache
@require_safe
def page(request: HttpRequest, organization: str, project: str) -> HttpResponse:
    found = entered(request, organization, project, Capability.EXPORT_PEOPLE)
    return _page(request, found, FindForm(request.GET if "person" in request.GET else None))


@never_cache
@require_safe
def export(request: HttpRequest, organization: str, project: str) -> HttpResponse:
    found = entered(request, organization, project, Capability.EXPORT_PEOPLE)
    identifier = erasures.identifier(request.GET.get("person", ""))
    file = exports.of_person(project=found, actor=Actor.of(request), identifier=identifier)
    headers = {"Content-Disposition": 'attachment; filename="person.zip"'}
    return HttpResponse(file, content_type="application/zip", headers=headers)


@require_POST
def erase(request: HttpRequest, organization: str, project: str) -> HttpResponse:
    found = entered(request, organization, project, Capability.ERASE_PEOPLE)
    form = EraseForm(request.POST, auto_id=_ERASE_ID)
    if not form.is_valid():
        return _page(request, found, FindForm({"person": request.POST.get("person", "")}), form)
    given = form.cleaned_data
    erasure, _ = erasures.request(
        project=found, actor=Actor.of(request), person=given["person"], idempotency_key=str(given["token"])
    )
    messages.success(request, "Gone from every answer. The files follow; the receipt will be here.")
    return redirect("erasure", organization, project, erasure.pk)


@never_cache
@require_safe
def receipt(request: HttpRequest, organization: str, project: str, erasure: UUID) -> HttpResponse:
    found = entered(request, organization, project, Capability.ERASE_PEOPLE)
    chosen = access.erasure(Actor.of(request), project=found, erasure_id=erasure)
    return render(request, "analytics/erasure.html", {**_frame(request, found), "erasure": chosen})


def _page(
    request: HttpRequest, project: Project, form: FindForm, erase_form: EraseForm | None = None
) -> HttpResponse:
    person = form.cleaned_data["person"] if form.is_valid() else ""
    try:
        found = person_queries.find(project=project, identifier=erasures.identifier(person)) if person else None
    except Invalid as error:
        form.add_error("person", error.message)
        found = None
    query = QueryDict(mutable=True)
    query["person"] = person
    listed = Paginator(erasure_queries.of(project, person), _PAGE).get_page(request.GET.get("page"))
    context = {
        **_frame(request, project),
        "form": form,
        "asked_for": person,
        "found": found,
        "erase_form": erase_form
        or EraseForm(initial={"person": person, "token": uuid.uuid4()}, auto_id=_ERASE_ID),
        "page": listed,
        "query": f"?{query.urlencode()}" if person else "?",
    }
    wrong = form.errors or (erase_form is not None and erase_form.errors)
    return render(request, "analytics/privacy.html", context, status=422 if wrong else 200)


def _frame(request: HttpRequest, project: Project) -> dict[str, Any]:
    capabilities = Actor.of(request).capabilities_in(project.organization_id)
    return {
        "project": project,
        "organization": project.organization,
        "section": "settings",
        "may_erase": Capability.ERASE_PEOPLE in capabilities,
    }
