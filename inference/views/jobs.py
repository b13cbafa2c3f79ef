"""The list of jobs with its form, and one job as its answer arrives."""

from typing import Any
from uuid import UUID

from django import forms
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import access as accounts_access
from accounts.access import Actor
from accounts.errors import PlumblineError
from accounts.models import Organization
from accounts.permissions import Capability
from inference import access
from inference.choices import Status, Task
from inference.inputs import LONGEST_TEXT, parse_request
from inference.models import Job
from inference.queries.listing import Selection, jobs_of
from inference.services import jobs

_PAGE = 25
# The name of each task's text in its input.
_TEXT_OF = {Task.SUMMARIZE: "text", Task.GENERATE: "prompt"}


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
    context = {
        **_page_of(request, found),
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
    may_cancel = Capability.RUN_JOBS in actor.capabilities_in(job.organization_id) and not job.is_finished
    context = {"organization": job.organization, "section": "jobs", "job": job, "may_cancel": may_cancel}
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


def _page_of(request: HttpRequest, organization: Organization) -> dict[str, Any]:
    given = request.GET
    selection = Selection(given.get("status", ""), given.get("task", ""), given.get("q", "").strip())
    query = QueryDict(mutable=True)
    for name in ("status", "task", "q"):
        query[name] = given.get(name, "")
    page = Paginator(jobs_of(organization, selection), _PAGE).get_page(given.get("page"))
    return {
        "page": page,
        "selection": selection,
        "query": f"?{query.urlencode()}",
        "statuses": Status.choices,
        "tasks": Task.choices,
    }
