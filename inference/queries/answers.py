"""A chat job as the OpenAI-compatible API shows it."""

from uuid import UUID

from django.utils import timezone

from inference.choices import FinishReason, Status
from inference.models import Job
from inference.openai_api.answer import Answer, Usage
from inference.queries.health import rest_of_job

# Codes of those that failed since providers are asked too much.
_BUSY = {"rate_limited", "overloaded", "resting"}


def answer(job_id: UUID) -> Answer:
    """How this job stands; for one that the caller was let to."""
    return answer_of(Job.objects.get(pk=job_id))


def answer_of(job: Job) -> Answer:
    result = job.result or {}
    return Answer(
        job_id=job.pk,
        status=Status(job.status),
        model=job.model,
        input=job.input,
        metadata=job.metadata,
        created_at=job.created_at,
        finished_at=job.finished_at,
        text=job.output,
        finish_reason=FinishReason(job.finish_reason) if job.finish_reason else None,
        tool_calls=result.get("tool_calls", ()),
        logprobs=result.get("logprobs", ()),
        error_code=job.error_code,
        error_message=job.error_message,
        usage=_usage(job),
        retry_after=_retry_after(job),
    )


def _retry_after(job: Job) -> float | None:
    """What the provider said is kept by its circuit, and only as long as it holds."""
    rest = rest_of_job(job) if job.error_code in _BUSY else None
    return max(1.0, (rest.until - timezone.now()).total_seconds()) if rest else None


def _usage(job: Job) -> Usage | None:
    if job.tokens_input is None or job.tokens_output is None:
        return None
    return Usage(job.tokens_input, job.tokens_output, job.tokens_cached, job.tokens_reasoning)
