"""A project's settings: its name and calendar, its write keys, how to send, and what was not kept."""

import zoneinfo
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import Actor
from accounts.errors import Conflict, Invalid, NotFound
from accounts.permissions import Capability
from analytics.models import Project
from analytics.services import projects, sites
from analytics.views.doors import entered
from analytics.views.drops import drops_context
from analytics.views.start import snippets

if TYPE_CHECKING:
    ProjectModelForm = forms.ModelForm[Project]
else:
    ProjectModelForm = forms.ModelForm


class SettingsForm(ProjectModelForm):
    time_zone = forms.ChoiceField(
        choices=lambda: [(zone, zone.replace("_", " ")) for zone in sorted(zoneinfo.available_timezones())],
        help_text="Days, weeks and months begin and end in this zone, for all of history.",
    )

    class Meta:
        model = Project
        fields = ("name", "time_zone", "first_weekday", "browser_window_days", "keep_addresses")


class SiteForm(forms.Form):
    name = forms.CharField(
        label="Domain or website id",
        max_length=500,
        help_text="What Plausible's scripts have as domain, Umami's as website id. Others need none.",
    )


class KeyForm(forms.Form):
    name = forms.CharField(max_length=200, help_text="Where it will be used, for example: Website.")


@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, organization: str, project: str) -> HttpResponse:
    writing = request.method == "POST"
    capability = Capability.MANAGE_PROJECTS if writing else Capability.VIEW_DATA
    found = entered(request, organization, project, capability)
    form = SettingsForm(request.POST if writing else None, instance=found)
    if writing and form.is_valid():
        projects.change(project=found, actor=Actor.of(request), values=form.cleaned_data)
        messages.success(request, "Saved.")
        return redirect("project_settings", organization, project)
    return _page(request, found, form=form)


@require_POST
def create_key(request: HttpRequest, organization: str, project: str) -> HttpResponse:
    """Make a write key; its text is on the answer and nowhere else."""
    found = entered(request, organization, project, Capability.MANAGE_KEYS)
    form = KeyForm(request.POST)
    if not form.is_valid():
        return _page(request, found, key_form=form)
    _, text = projects.create_write_key(project=found, name=form.cleaned_data["name"], actor=Actor.of(request))
    return _page(request, found, key=text)


@require_POST
def revoke_key(request: HttpRequest, organization: str, project: str, key: int) -> HttpResponse:
    found = entered(request, organization, project, Capability.MANAGE_KEYS)
    chosen = found.write_keys.filter(pk=key).first()
    if chosen is None:
        raise NotFound("There is no such key.")
    projects.revoke_write_key(key=chosen, actor=Actor.of(request))
    messages.success(request, f"The key '{chosen.name}' is revoked: nothing can be sent with it any more.")
    return redirect("project_settings", organization, project)


@require_POST
def add_site(request: HttpRequest, organization: str, project: str) -> HttpResponse:
    found = entered(request, organization, project, Capability.MANAGE_PROJECTS)
    form = SiteForm(request.POST)
    if form.is_valid():
        try:
            site = sites.add(project=found, name=form.cleaned_data["name"], actor=Actor.of(request))
        except (Invalid, Conflict) as error:
            form.add_error("name", error.message)
        else:
            messages.success(request, f"Events that name '{site.name}' come here.")
            return redirect("project_settings", organization, project)
    return _page(request, found, site_form=form)


@require_POST
def remove_site(request: HttpRequest, organization: str, project: str, site: int) -> HttpResponse:
    found = entered(request, organization, project, Capability.MANAGE_PROJECTS)
    chosen = found.sites.filter(pk=site).first()
    if chosen is None:
        raise NotFound("There is no such site.")
    sites.remove(site=chosen, actor=Actor.of(request))
    messages.success(request, f"Events that name '{chosen.name}' are not taken any more.")
    return redirect("project_settings", organization, project)


def _page(
    request: HttpRequest,
    project: Project,
    *,
    form: SettingsForm | None = None,
    key_form: KeyForm | None = None,
    site_form: SiteForm | None = None,
    key: str = "",
) -> HttpResponse:
    capabilities = Actor.of(request).capabilities_in(project.organization_id)
    context: dict[str, Any] = {
        "project": project,
        "organization": project.organization,
        "section": "settings",
        "form": form or SettingsForm(instance=project),
        "key_form": key_form or KeyForm(),
        "key": key,
        "keys": project.write_keys.all(),
        "site_form": site_form or SiteForm(),
        "sites": project.sites.all(),
        **drops_context(request, project),
        "may_manage": Capability.MANAGE_PROJECTS in capabilities,
        "may_manage_keys": Capability.MANAGE_KEYS in capabilities,
        "may_cap": Capability.MANAGE_BILLING in capabilities,
        **snippets(key),
    }
    wrong = any(shown.errors for shown in (form, key_form, site_form) if shown is not None)
    return render(request, "analytics/settings.html", context, status=422 if wrong else 200)
