"""Answers that are given again: the same question to the same model, by who asked to have it so.

Only whole answers of the same organization and project are, as long as their content is kept.
"""

import hashlib
import json
from datetime import timedelta
from typing import Any

from django.utils import timezone

from inference.choices import FinishReason, Status
from inference.inputs import AnyJob
from inference.models import Job


def key_of(job: Job) -> str:
    """The same for jobs that ask the same of the same model under the same rules."""
    facts: dict[str, Any] = {
        "organization": job.organization_id,
        "project": job.project_id,
        "redacted": bool(job.redactions),
        "task": job.task,
        "input": job.input,
        "asked_model": job.asked_model,
        "provider": job.provider,
        "model": job.model,
        "credential": job.credential_id,
        "prompt_version": job.prompt_version_id,
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def answer_for(job: Job, request: AnyJob) -> Job | None:
    """The newest job whose answer a new one can repeat; notes on the new one under which it can be found itself.

    Only what a model wrote counts, so the age of an answer is its own, however often it was given again.
    """
    if request.cache is None:
        return None
    job.cache_key = key_of(job)
    found = Job.objects.filter(
        organization=job.organization_id,
        cache_key=job.cache_key,
        status=Status.SUCCEEDED,
        finish_reason=FinishReason.STOP,
        finished_at__gte=timezone.now() - timedelta(seconds=request.cache.seconds),
        content_removed_at=None,
        answered_from=None,
    )
    return found.order_by("-finished_at").first()


def repeat(job: Job, answer: Job) -> None:
    """End a new job, which is not saved yet, with the answer of an earlier one. It costs nothing."""
    job.status = Status.SUCCEEDED
    job.answered_from = answer
    job.provider, job.model, job.credential_id = answer.provider, answer.model, answer.credential_id
    job.output, job.result, job.finish_reason = answer.output, answer.result, answer.finish_reason
    job.cost, job.currency = 0, answer.currency
    job.started_at = job.first_token_at = job.finished_at = timezone.now()
