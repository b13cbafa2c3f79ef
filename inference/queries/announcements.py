"""A job as those are told of it who asked to be: as the API shows it, without what was asked."""

from datetime import datetime
from typing import Any

from django.db.models import Count

from inference.choices import Priority
from inference.models import Batch, Job

_TIMES = (
    "created_at", "started_at", "first_token_at", "finished_at", "cancel_requested_at", "expires_at",
    "content_removed_at",
)  # fmt: skip


def facts(job: Job) -> dict[str, Any]:
    """Everything of it but texts."""
    usage = {"tokens_input": job.tokens_input, "tokens_output": job.tokens_output}
    return {
        "id": str(job.pk),
        "task": job.task,
        "status": job.status,
        "project": job.project_id,
        "priority": Priority(job.priority).name.lower(),
        "metadata": job.metadata,
        "asked_model": job.asked_model or None,
        "provider": job.provider,
        "model": job.model,
        "finish_reason": job.finish_reason or None,
        "error": job.error,
        "usage": None if job.tokens_output is None else usage,
        "cost": None if job.cost is None else {"amount": job.cost, "currency": job.currency},
        "cached": job.answered_from_id is not None,
        "attempt": job.fence,
        **{name: shown(getattr(job, name)) for name in _TIMES},
    }


def facts_of_batch(batch: Batch) -> dict[str, Any]:
    """Everything of it but texts, and how many of its jobs ended in which way."""
    rows = Job.objects.filter(batch=batch).order_by().values_list("status").annotate(jobs=Count("pk"))
    return {
        "id": str(batch.pk),
        "name": batch.name,
        "task": batch.task,
        "project": batch.project_id,
        "total": batch.total,
        "jobs": dict(rows),
        "created_at": shown(batch.created_at),
        "finished_at": shown(batch.finished_at),
        "cancel_requested_at": shown(batch.cancel_requested_at),
    }


def answer(job: Job) -> dict[str, Any]:
    """What it answered, as long as that is kept; None where it is not any more."""
    removed = job.content_removed_at
    return {
        "output": None if removed else job.output,
        "result": None if removed else job.result,
        "content_removed_at": shown(removed),
    }


def shown(moment: datetime | None) -> str | None:
    """A time as the API writes it."""
    return moment.isoformat().replace("+00:00", "Z") if moment else None
