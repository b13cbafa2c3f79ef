"""The rules of jobs: a tab of an organization's settings, and of a project's."""

from typing import Any, cast

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from accounts import access as accounts_access
from accounts.access import Actor
from accounts.permissions import Capability
from analytics import access as analytics_access
from analytics.models import Project
from inference import configuration
from inference.choices import Personal
from inference.models import Policy
from inference.queries.rules import by_project, rules_of
from inference.services import rules


class OwnRulesForm(forms.Form):
    keep_days = forms.IntegerField(
        min_value=0,
        max_value=rules.LONGEST_KEPT,
        required=False,
        label="Keep what was asked and answered, in days",
        help_text="Counted from the end of a job. Empty: for ever. 0: it goes within ten minutes of the end. Who "
        "ran the job, when, and what it cost is kept either way.",
    )
    redact = forms.MultipleChoiceField(
        choices=Personal.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label="Take out before a provider sees it",
        help_text="A placeholder is sent instead, and what it stands for is put back into the answer.",
    )


class RulesForm(OwnRulesForm):
    most_running = forms.IntegerField(
        min_value=1, max_value=rules.MOST_RUNNING, required=False, label="Jobs at once", help_text=""
    )
    observe_in = forms.ModelChoiceField(
        queryset=Project.objects.none(),
        required=False,
        label="Watch the calls in",
        empty_label="No project",
        help_text="Each call to a model is an event there, with its tokens, cost and times.",
    )

    def __init__(self, projects: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast("forms.ModelChoiceField[Project]", self.fields["observe_in"]).queryset = projects
        most = configuration.most_running()
        self.fields["most_running"].help_text = f"Others wait. Empty: {most:,}, as on this installation."


@require_http_methods(["GET", "HEAD", "POST"])
def of_organization(request: HttpRequest, organization: str) -> HttpResponse:
    """The rules that hold where a project has none of its own; a POST sets them."""
    actor = Actor.of(request)
    found = accounts_access.organization(actor, slug=organization, capability=Capability.MANAGE_PROJECTS)
    projects = analytics_access.known_projects(actor).filter(organization=found)
    policy = Policy.objects.filter(organization=found, project=None).first() or Policy()
    names = ("keep_days", "redact", "most_running", "observe_in")
    initial = {name: getattr(policy, name) for name in names}
    form = RulesForm(projects, request.POST if request.method == "POST" else None, initial=initial)
    if form.is_valid():
        rules.put(organization=found, actor=actor, **form.cleaned_data)
        messages.success(request, "Saved.")
        return redirect("settings_jobs", organization)
    context = {
        "organization": found,
        "section": "keys",
        "tab": "jobs",
        "form": form,
        "projects": by_project(list(projects)),
    }
    return render(request, "inference/settings_jobs.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def of_project(request: HttpRequest, organization: str, project: str) -> HttpResponse:
    """A project's own rules; a POST sets them."""
    actor, found = _entered(request, organization, project)
    own = by_project([found])[0].own
    shown = own or rules_of(organization_id=found.organization_id, project_id=None)
    initial = {"keep_days": shown.keep_days, "redact": list(shown.redact)}
    form = OwnRulesForm(request.POST if request.method == "POST" else None, initial=initial)
    if form.is_valid():
        rules.put_own(project=found, actor=actor, **form.cleaned_data)
        messages.success(request, "Saved. These rules hold in the place of the organization's.")
        return redirect("project_jobs", organization, project)
    context = {
        "organization": found.organization,
        "project": found,
        "section": "settings",
        "form": form,
        "own": own,
    }
    return render(request, "inference/project_jobs.html", context, status=422 if form.errors else 200)


@require_POST
def remove(request: HttpRequest, organization: str, project: str) -> HttpResponse:
    actor, found = _entered(request, organization, project)
    rules.remove_own(project=found, actor=actor)
    messages.success(request, "The rules of the organization hold again.")
    return redirect("project_jobs", organization, project)


def _entered(request: HttpRequest, organization: str, project: str) -> tuple[Actor, Project]:
    actor = Actor.of(request)
    found = analytics_access.project_by_slug(
        actor, organization=organization, slug=project, capability=Capability.MANAGE_PROJECTS
    )
    return actor, found
