"""Batches on pages: a table in, how far it is, what came out."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import access as accounts_access
from accounts.access import Actor
from accounts.errors import PlumblineError
from accounts.models import Organization
from accounts.permissions import Capability
from inference import access
from inference.batching import parse_batch
from inference.choices import FINISHED
from inference.models import Batch
from inference.queries.batches import counts_of, progress_of, prompt_of, state_of
from inference.queries.prompts import newest_of
from inference.querysets import BatchQuerySet
from inference.services import batches
from inference.views.batch_form import BatchForm

_PAGE = 25


@require_http_methods(["GET", "HEAD", "POST"])
def listing(request: HttpRequest, organization: str) -> HttpResponse:
    """The list; a POST creates a batch of a table and goes to its page."""
    actor = Actor.of(request)
    needed = Capability.RUN_JOBS if request.method == "POST" else Capability.VIEW_JOBS
    found = accounts_access.organization(actor, slug=organization, capability=needed)
    known = newest_of(found.pk)
    form = (
        BatchForm(request.POST, request.FILES, prompts=known)
        if request.method == "POST"
        else BatchForm(prompts=known)
    )
    if request.method == "POST" and (batch := _create(actor, found, form)):
        return redirect("batch", found.slug, batch.pk)
    context = {
        "organization": found,
        "section": "jobs",
        **_page_of(request, access.batches(actor, organization=found)),
        "form": form if Capability.RUN_JOBS in actor.capabilities_in(found.pk) else None,
    }
    return render(request, "inference/batches.html", context, status=422 if form.errors else 200)


@require_safe
def detail(request: HttpRequest, organization: str, batch_id: UUID) -> HttpResponse:
    return render(request, "inference/batch.html", _shown(request, organization, batch_id))


@require_safe
def progress(request: HttpRequest, organization: str, batch_id: UUID) -> HttpResponse:
    """The part of the page that changes, polled by htmx."""
    return render(request, "inference/parts/batch_progress.html", _shown(request, organization, batch_id))


@require_POST
def cancel(request: HttpRequest, organization: str, batch_id: UUID) -> HttpResponse:
    actor = Actor.of(request)
    batch = access.batch(actor, batch_id=batch_id, capability=Capability.RUN_JOBS, organization=organization)
    batches.cancel(batch=batch, actor=actor)
    messages.success(request, "Cancelled. What had been answered by then is kept.")
    return redirect("batch", organization, batch_id)


def _create(actor: Actor, organization: Organization, form: BatchForm) -> Batch | None:
    """The new batch; None where the form, or what it asks for, is at fault, which the form then says."""
    if not form.is_valid():
        return None
    try:
        batch, _ = batches.create(organization=organization, actor=actor, asked=parse_batch(form.request()))
    except PlumblineError as error:
        form.blame(error)
        return None
    return batch


def _page_of(request: HttpRequest, batches_: BatchQuerySet) -> dict[str, Any]:
    known = batches_.select_related("created_by", "created_with")
    page = Paginator(known, _PAGE).get_page(request.GET.get("page"))
    counts = counts_of(list(page))
    rows = [
        {
            "batch": batch,
            "state": state_of(batch),
            "ended": sum(counts[batch.pk][status] for status in FINISHED),
            "failed": counts[batch.pk]["failed"],
        }
        for batch in page
    ]
    return {"page": page, "rows": rows}


def _shown(request: HttpRequest, organization: str, batch_id: UUID) -> dict[str, Any]:
    actor = Actor.of(request)
    batch = access.batch(actor, batch_id=batch_id, capability=Capability.VIEW_JOBS, organization=organization)
    found = progress_of(batch)
    may_run = Capability.RUN_JOBS in actor.capabilities_in(batch.organization_id)
    is_open = batch.finished_at is None
    return {
        "organization": batch.organization,
        "section": "jobs",
        "batch": batch,
        "prompt": prompt_of(batch),
        "state": state_of(batch),
        "progress": found,
        "is_open": is_open,
        "left": found.left(timezone.now()) if is_open else None,
        "may_cancel": may_run and is_open and batch.cancel_requested_at is None,
    }
