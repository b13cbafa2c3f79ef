"""The list of jobs with its form, and one job as its answer arrives."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import access as accounts_access
from accounts.access import Actor
from accounts.errors import PlumblineError
from accounts.models import Organization, SecretKey
from accounts.permissions import Capability
from analytics.access import known_projects
from inference import access
from inference.choices import Status, Task
from inference.inputs import parse_request
from inference.kinds.base import LONGEST_TEXT
from inference.models import Job, PromptTemplate
from inference.queries import model_names
from inference.queries.listing import PERIODS, SORTS, Selection, selected
from inference.queries.timeline import timeline
from inference.querysets import JobQuerySet
from inference.services import jobs

_PAGE = 25
# The name of each task's text in its input.
_TEXT_OF = {Task.SUMMARIZE: "text", Task.GENERATE: "prompt"}


@dataclass(frozen=True, slots=True)
class Filter:
    """One choice of what is listed; `every` is the word for no choice, empty where there is always one."""

    name: str
    label: str
    every: str
    value: str
    choices: Sequence[tuple[str, str]]


class JobForm(forms.Form):
    task = forms.TypedChoiceField(
        choices=Task, coerce=Task, help_text="Summarize a text, or answer a prompt with a language model."
    )
    text = forms.CharField(
        max_length=LONGEST_TEXT, widget=forms.Textarea({"rows": 6}), help_text="The text, or the prompt."
    )

    def request(self) -> dict[str, Any]:
        """The body that the API would get."""
        task: Task = self.cleaned_data["task"]
        return {"task": task, "input": {_TEXT_OF[task]: self.cleaned_data["text"]}}


@require_http_methods(["GET", "HEAD", "POST"])
def listing(request: HttpRequest, organization: str) -> HttpResponse:
    """The list; a POST creates a job and goes to its page."""
    actor = Actor.of(request)
    needed = Capability.RUN_JOBS if request.method == "POST" else Capability.VIEW_JOBS
    found = accounts_access.organization(actor, slug=organization, capability=needed)
    form = JobForm(request.POST or None)
    if request.method == "POST" and (job := _create(actor, found, form)):
        return redirect("job", found.slug, job.pk)
    shown = _page_of(request, access.jobs(actor, organization=found))
    context = {
        **shown,
        "filters": _filters(actor, found, shown["selection"]),
        "organization": found,
        "section": "jobs",
        "form": form if Capability.RUN_JOBS in actor.capabilities_in(found.pk) else None,
        "example_url": request.build_absolute_uri(reverse("api_jobs")),
    }
    return render(request, "inference/jobs.html", context, status=422 if form.errors else 200)


@require_safe
def detail(request: HttpRequest, organization: str, job_id: UUID) -> HttpResponse:
    actor = Actor.of(request)
    job = access.job(actor, job_id=job_id, capability=Capability.VIEW_JOBS, organization=organization)
    may_run = Capability.RUN_JOBS in actor.capabilities_in(job.organization_id)
    context = {
        "organization": job.organization,
        "section": "jobs",
        "job": job,
        "timeline": timeline(job),
        "may_cancel": may_run and not job.is_finished,
        "may_run": may_run,
    }
    return render(request, "inference/job.html", context)


@require_POST
def cancel(request: HttpRequest, organization: str, job_id: UUID) -> HttpResponse:
    actor = Actor.of(request)
    job = access.job(actor, job_id=job_id, capability=Capability.RUN_JOBS, organization=organization)
    jobs.cancel(job=job)
    return redirect("job", organization, job_id)


def _create(actor: Actor, organization: Organization, form: JobForm) -> Job | None:
    """The new job; None where the form, or what it asks for, is at fault, which the form then says."""
    if not form.is_valid():
        return None
    try:
        job, _ = jobs.create(organization=organization, actor=actor, request=parse_request(form.request()))
    except PlumblineError as error:
        form.add_error(None, error.message)
        return None
    return job


def _page_of(request: HttpRequest, known: JobQuerySet) -> dict[str, Any]:
    selection = Selection.of(request.GET)
    page = Paginator(selected(known, selection), _PAGE).get_page(request.GET.get("page"))
    return {"page": page, "selection": selection, "query": f"?{urlencode(selection.params)}"}


def _filters(actor: Actor, organization: Organization, selection: Selection) -> list[Filter]:
    """Those that there is something to choose in."""
    named = [*model_names.aliases(organization.pk), *model_names.models(organization.pk)]
    projects = known_projects(actor).filter(organization=organization).order_by("name")
    keys = SecretKey.objects.filter(organization=organization).order_by("name")
    prompts = PromptTemplate.objects.filter(organization=organization)
    found = [
        Filter("task", "Task", "Every task", selection.task, Task.choices),
        Filter("status", "Status", "Every status", selection.status, Status.choices),
        Filter("model", "Model", "Every model", selection.model, [(name, name) for name in named]),
        Filter(
            "project", "Project", "Every project", selection.project, [(one.slug, one.name) for one in projects]
        ),
        Filter("prompt", "Prompt", "Every prompt", selection.prompt, [(one.slug, one.name) for one in prompts]),
        Filter("key", "Key", "Every key", selection.key, [(str(one.pk), one.name) for one in keys]),
        Filter("period", "Created", "At any time", selection.period, [(k, v[0]) for k, v in PERIODS.items()]),
        Filter("sort", "Order", "", selection.sort, [(name, sort[0]) for name, sort in SORTS.items()]),
    ]
    return [one for one in found if one.choices]
