"""Create jobs and ask for their end."""

import hashlib
import json
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from accounts import idempotency
from accounts.access import Actor
from accounts.billing.features import Feature
from accounts.billing.limits import require_feature
from accounts.errors import RateLimited
from accounts.models import Organization
from accounts.queries.plans import limits_of
from analytics.models import Project
from inference import access
from inference.choices import Priority, Status
from inference.inputs import PRIORITIES, AnyJob, PromptedJob
from inference.models import Job
from inference.queries.rules import Rules, rules_of
from inference.services import ends, observation, prompts, redactions, remembered, routing, spending
from inference.services.routing import Route
from inference.services.waking import wake_on_commit

# Of one organization; those of low priority, as of batches, are counted apart and stand in nobody's way.
MOST_WAITING = 10_000
MOST_WAITING_LOW = 100_000
# Asked for every job, as `queries.rules` is.
_WAITING = """
SELECT count(*) FROM (
    SELECT FROM inference_job
    WHERE organization_id = %s AND status = 'queued' AND (priority = %s) = %s
    LIMIT %s
) AS waiting
"""


def create(
    *, organization: Organization, actor: Actor, request: AnyJob | PromptedJob, idempotency_key: str = ""
) -> tuple[Job, bool]:
    """The job, and whether it is new: the same key with the same request within 24 h finds the first one.

    Raises NoProvider and Invalid as `routing.route` does, Invalid as `prompts.written` does, IdempotencyMismatch
    for the same key with another request, RateLimited where too many wait, PlanLimit where the plan is without LLM
    jobs, QuotaExceeded where the plan's tokens are used up, SpendingCapReached where it could cost more than is
    left.
    """
    require_feature(limits_of(organization.pk), Feature.INFERENCE)
    idempotency.checked(idempotency_key)
    # Before an earlier job is looked for, which is of the same project: who may not see that gets neither.
    project = access.project_named(actor, organization=organization, project=request.project)
    body_hash = _hash(request)
    if idempotency_key and (earlier := _earlier(organization, idempotency_key, body_hash)):
        return earlier, False
    request, version = prompts.written(organization=organization, request=request)
    route = routing.of_request(organization=organization, request=request)
    job = _new(organization, actor, request, route, project)
    job.prompt_version = version
    require_room(organization, priority=job.priority)
    job.idempotency_key, job.idempotency_hash = idempotency_key, body_hash
    if answer := remembered.answer_for(job, request):
        remembered.repeat(job, answer)
    try:
        with transaction.atomic():
            job.save(force_insert=True)
            if job.is_finished:
                observation.observe_repeated(job=job)
                ends.announce([job], listening={job.organization_id})
            else:
                spending.reserve(job=job, targets=route.targets)
                wake_on_commit()
    except IntegrityError:
        # The same key came twice at the same time, and the other was first.
        if idempotency_key and (earlier := _earlier(organization, idempotency_key, body_hash)):
            return earlier, False
        raise
    return job, True


def drafted(*, organization: Organization, actor: Actor, request: AnyJob) -> tuple[Job, Route]:
    """The job that `create` would make, which is not made, and who can do it. Raises as that does."""
    require_feature(limits_of(organization.pk), Feature.INFERENCE)
    project = access.project_named(actor, organization=organization, project=request.project)
    route = routing.of_request(organization=organization, request=request)
    return _new(organization, actor, request, route, project), route


@transaction.atomic
def cancel(*, job: Job) -> Job:
    """End a waiting job at once, ask the worker of a running one to stop; a finished one stays as it is."""
    found = Job.objects.select_for_update().get(pk=job.pk)
    now, waits = timezone.now(), found.status == Status.QUEUED
    if waits:
        found.status, found.finished_at, found.cancel_requested_at = Status.CANCELLED, now, now
    elif found.status == Status.RUNNING and found.cancel_requested_at is None:
        found.cancel_requested_at = now
    found.save(update_fields=["status", "finished_at", "cancel_requested_at"])
    if waits:
        ends.without_use(ids=[found.pk])
    return found


def abandon(*, job_id: UUID) -> None:
    """Cancel a job whose caller has gone and will not come back for it."""
    if job := Job.objects.filter(pk=job_id).first():
        cancel(job=job)


def require_room(organization: Organization, *, priority: int, count: int = 1) -> None:
    """Raises RateLimited where this many more would be too many that wait."""
    is_low = priority == Priority.LOW
    most = MOST_WAITING_LOW if is_low else MOST_WAITING
    with connection.cursor() as cursor:
        cursor.execute(_WAITING, [organization.pk, Priority.LOW, is_low, most])
        waiting = int(cursor.fetchone()[0])
    if waiting + count > most:
        raise RateLimited(f"{waiting:,} jobs of this organization are waiting already.", retry_after=60)


def drawn_up(
    organization: Organization,
    actor: Actor,
    request: AnyJob,
    route: Route,
    *,
    rules: Rules,
    project: Project | None = None,
) -> Job:
    """A job that is not saved yet."""
    now = timezone.now()
    (hidden,) = redactions.for_inputs(rules, [request.input])
    return Job(
        organization=organization,
        project=project,
        created_by=actor.user,
        created_with=actor.secret_key,
        task=request.task,
        input=request.input.model_dump(mode="json"),
        metadata=dict(request.metadata),
        priority=PRIORITIES[request.priority],
        asked_model=route.asked,
        provider=route.first.provider,
        model=route.first.model,
        credential_id=route.first.credential_id,
        deadline_seconds=request.deadline,
        redactions=hidden,
        created_at=now,
        expires_at=now + timedelta(seconds=request.expires_in) if request.expires_in else None,
    )


def _new(organization: Organization, actor: Actor, request: AnyJob, route: Route, project: Project | None) -> Job:
    rules = rules_of(organization_id=organization.pk, project_id=project.pk if project else None)
    return drawn_up(organization, actor, request, route, rules=rules, project=project)


def _earlier(organization: Organization, key: str, body_hash: str) -> Job | None:
    found = Job.objects.of(organization).filter(idempotency_key=key).first()
    if found is None:
        return None
    if found.created_at < timezone.now() - idempotency.KEPT_FOR:
        Job.objects.filter(pk=found.pk).update(idempotency_key="")
        return None
    if found.idempotency_hash != body_hash:
        raise idempotency.mismatch()
    return found


def _hash(request: AnyJob | PromptedJob) -> str:
    body: dict[str, Any] = request.model_dump(mode="json")
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
