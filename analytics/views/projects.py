"""The way in: home, an organization with its projects, a new project."""

import zoneinfo

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from accounts import access
from accounts.access import Actor
from accounts.errors import Conflict, Invalid
from accounts.models import Organization, User
from accounts.permissions import Capability
from analytics.access import projects as projects_of
from analytics.models import Project
from analytics.services import projects


class ProjectForm(forms.Form):
    name = forms.CharField(max_length=200, help_text="One product or site whose events belong together.")
    time_zone = forms.ChoiceField(
        choices=lambda: [(zone, zone.replace("_", " ")) for zone in sorted(zoneinfo.available_timezones())],
        initial="UTC",
        help_text="Days begin and end in this zone. Your browser's is suggested.",
        widget=forms.Select(attrs={"data-own-zone": ""}),
    )


@login_required
def home(request: HttpRequest) -> HttpResponse:
    """To the first project; without one to the organization; without that to making one, or staff to the admin."""
    if not isinstance(request.user, User):
        return redirect("account_login")
    project = Project.objects.visible_to(request.user).select_related("organization").first()
    if project is not None:
        return redirect("overview", project.organization.slug, project.slug)
    organization = Organization.objects.visible_to(request.user).first()
    if organization is not None:
        return redirect("organization", organization.slug)
    return redirect("admin:index" if request.user.is_staff else "organization_new")


def organization(request: HttpRequest, organization: str) -> HttpResponse:
    """Its projects; who may see none of their data goes to the usage."""
    actor = Actor.of(request)
    found = access.organization(actor, slug=organization, capability=Capability.VIEW_USAGE)
    granted = actor.capabilities_in(found.pk)
    if Capability.VIEW_DATA not in granted:
        return redirect("settings_usage", found.slug)
    context = {
        "organization": found,
        "section": "projects",
        "projects": projects_of(actor).of(found).select_related("manifest"),
        "may_manage": Capability.MANAGE_PROJECTS in granted,
    }
    return render(request, "analytics/organization.html", context)


def new(request: HttpRequest, organization: str) -> HttpResponse:
    actor = Actor.of(request)
    found = access.organization(actor, slug=organization, capability=Capability.MANAGE_PROJECTS)
    form = ProjectForm(request.POST or None)
    if form.is_valid():
        try:
            project = projects.create(organization=found, actor=actor, **form.cleaned_data)
        except (Invalid, Conflict) as error:
            form.add_error("name", error.message)
        else:
            return redirect("overview", found.slug, project.slug)
    context = {"organization": found, "section": "projects", "form": form}
    return render(request, "analytics/project_new.html", context, status=422 if form.errors else 200)
