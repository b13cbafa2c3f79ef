"""What a worker writes: it takes jobs by lease, keeps them and ends them, each time naming its fence.

The clock is the database's, so that workers need not agree on the time.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, models, transaction
from django.db.models.functions import Now

from inference.choices import FinishReason, Status
from inference.models import Job

# Leases of one job, whatever ended the earlier ones: a dead worker or a provider's fault.
MOST_ATTEMPTS = 5
_FIRST_PAUSE, _LONGEST_PAUSE, _LONGEST_RETRY_AFTER = 1.0, 60.0, 3600.0

# Each organization's oldest first, in turns; what an organization has in flight counts as turns already taken.
# The lateral join reads at most `limit` rows an organization, however long its queue is.
_TAKE = """
WITH busy AS (
    SELECT organization_id, count(*) AS calls FROM inference_job WHERE status = 'running' GROUP BY organization_id
), next AS (
    SELECT waiting.id
    FROM (SELECT DISTINCT organization_id FROM inference_job WHERE status = 'queued') AS organizations
    LEFT JOIN busy USING (organization_id)
    CROSS JOIN LATERAL (
        SELECT id, created_at, row_number() OVER (ORDER BY created_at) AS turn
        FROM inference_job
        WHERE status = 'queued' AND organization_id = organizations.organization_id
            AND run_after <= statement_timestamp()
        ORDER BY created_at
        LIMIT %(limit)s
    ) AS waiting
    ORDER BY coalesce(busy.calls, 0) + waiting.turn, waiting.created_at
    LIMIT %(limit)s
), locked AS (
    SELECT id FROM inference_job
    WHERE id IN (SELECT id FROM next) AND status = 'queued'
    FOR UPDATE SKIP LOCKED
)
UPDATE inference_job AS job
SET status = 'running', lease_owner = %(owner)s, lease_expires_at = statement_timestamp() + %(lease)s,
    started_at = coalesce(started_at, statement_timestamp()), first_token_at = NULL,
    fence = fence + 1, attempts = attempts + 1
FROM locked WHERE job.id = locked.id
RETURNING job.id
"""

_RENEW = """
UPDATE inference_job AS job
SET lease_expires_at = statement_timestamp() + %(lease)s
FROM unnest(%(ids)s::uuid[], %(fences)s::int[]) AS mine (id, fence)
WHERE job.id = mine.id AND job.fence = mine.fence AND job.status = 'running'
RETURNING job.id, job.cancel_requested_at IS NOT NULL
"""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a call ended. `first_token_at` is None where none came."""

    status: Status
    output: str = ""
    finish_reason: FinishReason | None = None
    error_code: str = ""
    error_message: str = ""
    tokens_input: int | None = None
    tokens_output: int | None = None
    first_token_at: datetime | None = None


def take(*, owner: str, limit: int, lease: float) -> list[Job]:
    """Lease up to `limit` waiting jobs for `lease` seconds, fairly between organizations."""
    parameters: dict[str, Any] = {"owner": owner, "limit": limit, "lease": timedelta(seconds=lease)}
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, parameters)
        ids = [row[0] for row in cursor.fetchall()]
    return list(Job.objects.filter(pk__in=ids).order_by("created_at")) if ids else []


def renew(*, held: Mapping[UUID, int], lease: float) -> dict[UUID, bool]:
    """Renew the leases of {id: fence}: those still held, and whether to cancel them; the others are lost."""
    parameters: dict[str, Any] = {
        "lease": timedelta(seconds=lease),
        "ids": list(held),
        "fences": list(held.values()),
    }
    with connection.cursor() as cursor:
        cursor.execute(_RENEW, parameters)
        return dict(cursor.fetchall())


@transaction.atomic
def reclaim() -> int:
    """Put jobs whose lease ran out back in the queue, or end those that have been tried enough; how many."""
    lost = Job.objects.select_for_update(skip_locked=True).filter(
        status=Status.RUNNING, lease_expires_at__lt=Now()
    )
    ids = list(lost.values_list("pk", flat=True))
    if not ids:
        return 0
    mine = Job.objects.filter(pk__in=ids)
    mine.filter(cancel_requested_at__isnull=False).update(
        status=Status.CANCELLED, finished_at=Now(), lease_expires_at=None
    )
    mine.filter(status=Status.RUNNING, attempts__gte=MOST_ATTEMPTS).update(
        status=Status.FAILED,
        finished_at=Now(),
        lease_expires_at=None,
        error_code="worker_lost",
        error_message=f"The worker was lost {MOST_ATTEMPTS} times while it ran this.",
    )
    mine.filter(status=Status.RUNNING).update(status=Status.QUEUED, lease_expires_at=None, run_after=Now())
    return len(ids)


def finish(*, job: Job, outcome: Outcome) -> bool:
    """Write the end; False where the lease was lost, and then nothing is written."""
    changed = _held(job).update(
        status=outcome.status,
        output=outcome.output,
        finish_reason=outcome.finish_reason or "",
        error_code=outcome.error_code,
        error_message=outcome.error_message,
        tokens_input=outcome.tokens_input,
        tokens_output=outcome.tokens_output,
        first_token_at=outcome.first_token_at,
        finished_at=Now(),
        lease_expires_at=None,
    )
    return changed == 1


def retry(*, job: Job, retry_after: float | None) -> bool:
    """Back in the queue, to be run after a pause; False where the lease was lost."""
    pause = timedelta(seconds=_pause(job.attempts, retry_after))
    return _held(job).update(status=Status.QUEUED, lease_expires_at=None, run_after=Now() + pause) == 1


def release(*, held: Sequence[Job]) -> None:
    """Back in the queue at once, uncounted: the worker ends, the job is not at fault."""
    for job in held:
        _held(job).update(
            status=Status.QUEUED, lease_expires_at=None, run_after=Now(), attempts=models.F("attempts") - 1
        )


def _held(job: Job) -> "models.QuerySet[Job]":
    return Job.objects.filter(pk=job.pk, fence=job.fence, status=Status.RUNNING)


def _pause(attempts: int, retry_after: float | None) -> float:
    """Seconds: as the provider asked, else doubling from 1 to 60 and spread, so that no crowd returns at once."""
    if retry_after is not None:
        return min(retry_after, _LONGEST_RETRY_AFTER)
    return min(_FIRST_PAUSE * 2.0 ** (attempts - 1), _LONGEST_PAUSE) * random.uniform(0.75, 1.25)  # noqa: S311
