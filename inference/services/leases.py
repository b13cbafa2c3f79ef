"""What a worker writes while it holds jobs: it takes them by lease, keeps them and gives them back, each time with
its fence. How they end is in `finishing`.

The clock is the database's, so that workers need not agree on the time.
"""

import random
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import connection, models, transaction
from django.db.models.functions import Now

from inference import configuration, rows
from inference.choices import Status
from inference.models import Job
from inference.services import ends, observation, outcomes
from inference.services.outcomes import CallRecord

# Leases of one job, whatever ended the earlier ones: a dead worker or a provider's fault.
MOST_ATTEMPTS = 5
_MOST_AT_ONCE = 1_000
_FIRST_PAUSE, _LONGEST_PAUSE, _LONGEST_RETRY_AFTER = 1.0, 60.0, 3600.0

# One at a time: what an organization has in flight is counted and added to without anybody in between. The lock
# goes with the statements' own transaction, and the second of them sees what whoever had it before has written.
_TURN = 7_310_501_204
# Each organization's most urgent and oldest first, in turns; what it has in flight counts as turns already taken,
# and as much as it may have in flight is the end of its turns. The lateral join reads at most `limit` rows an
# organization, however long its queue is, and who waits is found by one look at the index for each. The disk
# is not waited for: should the database forget that a job was taken, it is taken again.
_TAKE = """
SET LOCAL synchronous_commit = off;
SELECT pg_advisory_xact_lock(%(turn)s);
WITH RECURSIVE waiting AS (
    SELECT min(organization_id) AS organization_id FROM inference_job WHERE status = 'queued'
    UNION ALL
    SELECT (
        SELECT min(job.organization_id) FROM inference_job AS job
        WHERE job.status = 'queued' AND job.organization_id > waiting.organization_id
    )
    FROM waiting WHERE waiting.organization_id IS NOT NULL
), busy AS (
    SELECT organization_id, count(*) AS calls FROM inference_job WHERE status = 'running' GROUP BY organization_id
), organizations AS (
    SELECT waiting.organization_id, coalesce(busy.calls, 0) AS calls,
        coalesce(policy.most_running, %(most_running)s) - coalesce(busy.calls, 0) AS room
    FROM waiting
    LEFT JOIN busy USING (organization_id)
    LEFT JOIN inference_policy AS policy
        ON policy.organization_id = waiting.organization_id AND policy.project_id IS NULL
), next AS (
    SELECT waiting.id
    FROM organizations
    CROSS JOIN LATERAL (
        SELECT id, created_at, row_number() OVER (ORDER BY priority DESC, created_at) AS turn
        FROM inference_job
        WHERE status = 'queued' AND organization_id = organizations.organization_id
            AND run_after <= statement_timestamp()
            AND (expires_at IS NULL OR expires_at > statement_timestamp())
        ORDER BY priority DESC, created_at
        LIMIT greatest(0, least(%(limit)s, organizations.room))
    ) AS waiting
    ORDER BY organizations.calls + waiting.turn, waiting.created_at
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
RETURNING job.*
"""

_RENEW = """
UPDATE inference_job AS job
SET lease_expires_at = statement_timestamp() + %(lease)s
FROM unnest(%(ids)s::uuid[], %(fences)s::int[]) AS mine (id, fence)
WHERE job.id = mine.id AND job.fence = mine.fence AND job.status = 'running'
RETURNING job.id, job.cancel_requested_at IS NOT NULL OR EXISTS (
    SELECT FROM inference_batch AS batch WHERE batch.id = job.batch_id AND batch.cancel_requested_at IS NOT NULL
)
"""


def take(*, owner: str, limit: int, lease: float) -> list[Job]:
    """Lease up to `limit` waiting jobs for `lease` seconds, in fair turns, no organization beyond its limit."""
    parameters: dict[str, Any] = {
        "owner": owner,
        "limit": limit,
        "lease": timedelta(seconds=lease),
        "most_running": configuration.most_running(),
        "turn": _TURN,
    }
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, parameters)
        cursor.nextset()
        cursor.nextset()
        taken = rows.loaded(Job, cursor)
    return sorted(taken, key=lambda job: job.created_at)


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
    ends.without_use(ids=list(mine.finished().values_list("pk", flat=True)))
    return len(ids)


@transaction.atomic
def expire() -> int:
    """End jobs that have waited for longer than they were to, at first or to be tried again; how many."""
    late = Job.objects.select_for_update(skip_locked=True).filter(status=Status.QUEUED, expires_at__lte=Now())
    ids = list(late.values_list("pk", flat=True)[:_MOST_AT_ONCE])
    if ids:
        Job.objects.filter(pk__in=ids).update(status=Status.EXPIRED, finished_at=Now())
        ends.without_use(ids=ids)
    return len(ids)


@transaction.atomic
def retry(*, job: Job, calls: Sequence[CallRecord], retry_after: float | None) -> bool:
    """Back in the queue, to be run after a pause; False where the lease was lost."""
    pause_ = timedelta(seconds=pause(job.attempts, retry_after))
    changed = _held(job).update(status=Status.QUEUED, lease_expires_at=None, run_after=Now() + pause_)
    if changed:
        outcomes.note([(job, calls)])
        observation.observe([(job, calls)], billed=False)
    return changed == 1


@transaction.atomic
def postpone(*, job: Job, calls: Sequence[CallRecord], seconds: float) -> bool:
    """Back in the queue, uncounted, since nobody was to be asked yet."""
    later = Now() + timedelta(seconds=seconds)
    changed = _held(job).update(
        status=Status.QUEUED, lease_expires_at=None, run_after=later, attempts=models.F("attempts") - 1
    )
    if changed:
        outcomes.note([(job, calls)])
        observation.observe([(job, calls)], billed=False)
    return changed == 1


def release(*, held: Sequence[Job]) -> None:
    """Back in the queue at once, uncounted: the worker ends, the job is not at fault."""
    for job in held:
        _held(job).update(
            status=Status.QUEUED, lease_expires_at=None, run_after=Now(), attempts=models.F("attempts") - 1
        )


def _held(job: Job) -> "models.QuerySet[Job]":
    return Job.objects.filter(pk=job.pk, fence=job.fence, status=Status.RUNNING)


def spread(seconds: float) -> float:
    """A little later, each at another moment; a second at least."""
    return max(1.0, seconds) * random.uniform(1.0, 1.25)  # noqa: S311


def pause(attempts: int, retry_after: float | None) -> float:
    """Seconds: as the provider asked, else doubling from 1 to 60 and spread, so that no crowd returns at once."""
    if retry_after is not None:
        return min(retry_after, _LONGEST_RETRY_AFTER)
    return min(_FIRST_PAUSE * 2.0 ** (attempts - 1), _LONGEST_PAUSE) * random.uniform(0.75, 1.25)  # noqa: S311
