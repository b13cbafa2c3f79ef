"""Create jobs and ask for their end."""

import hashlib
import json
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import idempotency
from accounts.access import Actor
from accounts.errors import RateLimited
from accounts.models import Organization
from inference.choices import Status, Task
from inference.inputs import GenerateJob, SummarizeJob
from inference.models import Job
from inference.providers.choice import choose
from inference.services.waking import wake_on_commit

# Of one organization.
MOST_WAITING = 10_000


def create(
    *, organization: Organization, actor: Actor, request: SummarizeJob | GenerateJob, idempotency_key: str = ""
) -> tuple[Job, bool]:
    """The job, and whether it is new: the same key with the same request within 24 h finds the first one.

    Raises NoProvider and Invalid as `choose` does, IdempotencyMismatch for the same key with another request,
    RateLimited where too many wait.
    """
    idempotency.checked(idempotency_key)
    body_hash = _hash(request)
    if idempotency_key and (earlier := _earlier(organization, idempotency_key, body_hash)):
        return earlier, False
    job = _new(organization, actor, request)
    job.idempotency_key, job.idempotency_hash = idempotency_key, body_hash
    try:
        with transaction.atomic():
            job.save(force_insert=True)
            wake_on_commit()
    except IntegrityError:
        # The same key came twice at the same time, and the other was first.
        if idempotency_key and (earlier := _earlier(organization, idempotency_key, body_hash)):
            return earlier, False
        raise
    return job, True


@transaction.atomic
def cancel(*, job: Job) -> Job:
    """End a waiting job at once, ask the worker of a running one to stop; a finished one stays as it is."""
    found = Job.objects.select_for_update().get(pk=job.pk)
    now = timezone.now()
    if found.status == Status.QUEUED:
        found.status, found.finished_at, found.cancel_requested_at = Status.CANCELLED, now, now
    elif found.status == Status.RUNNING and found.cancel_requested_at is None:
        found.cancel_requested_at = now
    found.save(update_fields=["status", "finished_at", "cancel_requested_at"])
    return found


def _new(organization: Organization, actor: Actor, request: SummarizeJob | GenerateJob) -> Job:
    waiting = Job.objects.of(organization).filter(status=Status.QUEUED)[:MOST_WAITING].count()
    if waiting == MOST_WAITING:
        raise RateLimited(f"{MOST_WAITING} jobs of this organization are waiting already.", retry_after=60)
    provider, model = choose(task=Task(request.task), provider=request.provider, model=request.model)
    return Job(
        organization=organization,
        created_by=actor.user,
        created_with=actor.secret_key,
        task=request.task,
        input=request.input.model_dump(mode="json"),
        provider=provider,
        model=model,
    )


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


def _hash(request: SummarizeJob | GenerateJob) -> str:
    body: dict[str, Any] = request.model_dump(mode="json")
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
