"""A question to up to three models, answered side by side as they write."""

import uuid
from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods

from accounts import access as accounts_access
from accounts.access import Actor
from accounts.errors import FieldError, NotFound, PlumblineError
from accounts.models import Organization
from accounts.permissions import Capability
from analytics.access import known_projects
from inference import access
from inference.choices import Task
from inference.kinds import kind_of
from inference.models import Job
from inference.queries import model_names
from inference.services import playing
from inference.views.play_costs import costs_of
from inference.views.play_forms import FORMS, MOST_MODELS, ChatForm, PlayForm


@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, organization: str) -> HttpResponse:
    """The form, filled in by `from` (a job to run again), `reply` (one to go on from) or its jobs."""
    actor = Actor.of(request)
    found = accounts_access.organization(actor, slug=organization, capability=Capability.RUN_JOBS)
    shown = jobs_named(request, actor, found)
    form = _form(request, actor, found, shown)
    if "preview" in request.POST:
        return _preview(request, actor, found, form)
    if request.method == "POST" and form.is_valid():
        try:
            made = playing.run(
                organization=found, actor=actor, bodies=form.bodies(), once=form.cleaned_data["once"]
            )
        except PlumblineError as error:
            _blame(form, error)
        else:
            return redirect(_address(found, form.task, made))
    context = {**_context(found, form), "jobs": [] if request.method == "POST" else shown}
    return render(request, "inference/playground.html", context, status=422 if form.errors else 200)


def jobs_named(request: HttpRequest, actor: Actor, organization: Organization) -> list[Job]:
    """Those whose answers the address asks for. Raises NotFound where one is not there."""
    return [_job(actor, organization, given) for given in request.GET.getlist("job")[:MOST_MODELS]]


def _preview(request: HttpRequest, actor: Actor, organization: Organization, form: PlayForm) -> HttpResponse:
    """What it would cost: the part of the page for htmx, else the page. A form not yet whole is no fault."""
    costs = costs_of(organization, actor, form.bodies() if form.is_valid() else [])
    if "HX-Request" in request.headers:
        return render(request, "inference/parts/play_costs.html", {"costs": costs})
    return render(request, "inference/playground.html", {**_context(organization, form), "costs": costs})


def _context(organization: Organization, form: PlayForm) -> dict[str, Any]:
    return {
        "organization": organization,
        "section": "playground",
        "form": form,
        "task": form.task,
        "about": kind_of(form.task).about,
        "tasks": [(task, Task(task).label) for task in FORMS],
    }


def _form(request: HttpRequest, actor: Actor, organization: Organization, shown: list[Job]) -> PlayForm:
    source = _source(request, actor, organization) or _with_texts(shown[0] if shown else None)
    named = request.GET.get("task", "")
    kind = FORMS[source.task if source else named if named in FORMS else Task.GENERATE]
    projects = known_projects(actor).filter(organization=organization).order_by("name")
    options: dict[str, Any] = {
        "models": [*model_names.aliases(organization.pk), *model_names.models(organization.pk)],
        "projects": [(one.slug, one.name) for one in projects],
    }
    if request.method == "POST":
        return kind(request.POST, **options)
    initial: dict[str, Any] = {"once": uuid.uuid4().hex}
    if source is not None:
        goes_on = "reply" in request.GET and source.task == Task.CHAT
        initial |= ChatForm.initial_after(source) if goes_on else kind.initial_of(source)
    for place, job in enumerate(shown or ([source] if source else [])):
        initial[f"model_{place}"] = job.asked_model
    return kind(initial=initial, **options)


def _source(request: HttpRequest, actor: Actor, organization: Organization) -> Job | None:
    """The job that the form begins with; one whose texts are not kept any more has nothing to give."""
    given = request.GET.get("from") or request.GET.get("reply")
    job = _job(actor, organization, given) if given else None
    return _with_texts(job)


def _with_texts(job: Job | None) -> Job | None:
    return None if job is None or job.content_removed_at else job


def _job(actor: Actor, organization: Organization, given: str) -> Job:
    try:
        job_id = UUID(given)
    except ValueError as error:
        raise NotFound("There is nothing here, or not for you.") from error
    return access.job(actor, job_id=job_id, capability=Capability.VIEW_JOBS, organization=organization.slug)


def _address(organization: Organization, task: str, jobs: list[Job]) -> str:
    query = urlencode({"task": task, "job": [str(job.pk) for job in jobs]}, doseq=True)
    return f"{reverse('playground', args=[organization.slug])}?{query}#answers"


def _blame(form: PlayForm, error: PlumblineError) -> None:
    """Show what was refused at its field, where the form has it."""
    for item in error.fields or [FieldError("", error.message)]:
        name = item.field.removeprefix("input.").partition(".")[0]
        name = {"model": "model_0", "messages": "message"}.get(name, name)
        known = name in form.fields and not isinstance(form.fields[name].widget, forms.HiddenInput)
        form.add_error(name if known else None, item.message if known or not name else f"{name}: {item.message}")
