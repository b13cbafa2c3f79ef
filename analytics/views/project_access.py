"""Who knows of a project: the tab Access of its settings."""

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts.access import Actor
from accounts.permissions import Capability
from analytics.queries.project_members import Access, access_of
from analytics.services import project_members
from analytics.views.doors import entered

OPEN, LIMITED = "open", "limited"


class AccessForm(forms.Form):
    access = forms.ChoiceField(
        label="Who sees it",
        widget=forms.RadioSelect,
        choices=[
            (OPEN, "Everybody in the organization who sees data"),
            (LIMITED, "Only chosen members, besides owners and admins"),
        ],
    )
    members = forms.TypedMultipleChoiceField(
        label="Chosen members",
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="For everybody else a limited project does not exist: no page, no list and no answer shows it.",
    )

    def __init__(self, access: Access, data: object = None) -> None:
        chosen = [member.membership_id for member in access.choosable if member.chosen]
        initial = {"access": LIMITED if access.limited else OPEN, "members": chosen}
        super().__init__(data, initial=initial)  # type: ignore[arg-type]
        field = self.fields["members"]
        field.choices = [  # type: ignore[attr-defined]
            (member.membership_id, f"{member.called}, {member.role.lower()}") for member in access.choosable
        ]
        if not access.choosable:
            del self.fields["members"]


@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, organization: str, project: str) -> HttpResponse:
    found = entered(request, organization, project, Capability.MANAGE_PROJECTS)
    access = access_of(found)
    form = AccessForm(access, request.POST if request.method == "POST" else None)
    if form.is_valid():
        actor = Actor.of(request)
        if form.cleaned_data["access"] == LIMITED:
            members = form.cleaned_data.get("members", ())
            project_members.limit(project=found, membership_ids=members, actor=actor)
        else:
            project_members.open_up(project=found, actor=actor)
        messages.success(request, "Saved.")
        return redirect("project_access", organization, project)
    context = {
        "project": found,
        "organization": found.organization,
        "section": "settings",
        "access": access,
        "form": form,
    }
    return render(request, "analytics/project_access.html", context, status=422 if form.errors else 200)
