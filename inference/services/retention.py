"""What was asked and answered goes when it has been kept for as long as it is to be; the row of the job stays."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from functools import partial
from uuid import UUID

import structlog
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from redis import Redis
from redis.exceptions import RedisError

from inference import news
from inference.models import Call, Job, Policy
from inference.querysets import JobQuerySet

# Whoever waits for a job, follows its stream or is told of its end has so long to fetch what is not kept at all.
GRACE = timedelta(minutes=5)
_MOST_AT_ONCE = 500
_log = structlog.get_logger(__name__)


def remove_due() -> int:
    """Of how many jobs. Safe to run at any time, on any number of machines."""
    return sum(_remove_all(jobs) for jobs in _due())


def _due() -> Iterator[JobQuerySet]:
    """For each policy that does not keep for ever, its jobs whose time is over."""
    now = timezone.now()
    for policy in Policy.objects.filter(keep_days__isnull=False).order_by("pk"):
        edge = now - max(timedelta(days=policy.keep_days or 0), GRACE)
        ended = Job.objects.filter(
            organization_id=policy.organization_id, finished_at__lt=edge, content_removed_at=None
        )
        if policy.project_id is not None:
            yield ended.filter(project_id=policy.project_id)
        else:
            own = Policy.objects.filter(organization_id=policy.organization_id, project__isnull=False)
            yield ended.exclude(project__in=own.values("project"))


def _remove_all(jobs: JobQuerySet) -> int:
    removed = 0
    while some := _remove(jobs):
        removed += some
    return removed


@transaction.atomic
def _remove(jobs: JobQuerySet) -> int:
    locked = jobs.select_for_update(skip_locked=True, of=("self",)).order_by("finished_at")
    ids = list(locked.values_list("pk", flat=True)[:_MOST_AT_ONCE])
    if ids:
        remove(ids)
    return len(ids)


@transaction.atomic
def remove(ids: Sequence[UUID]) -> None:
    """What was asked and answered of these jobs, which have ended; what they took and cost stays."""
    Job.objects.finished().filter(pk__in=ids).update(
        input={},
        output="",
        result=None,
        redactions="",
        error_message="",
        # So that it cannot be given as the answer of another job.
        cache_key="",
        content_removed_at=timezone.now(),
    )
    Call.objects.filter(job__in=ids).exclude(error_message="").update(error_message="")
    transaction.on_commit(partial(_forget_streams, ids))


def _forget_streams(ids: Sequence[UUID]) -> None:
    """Without Redis they go by themselves, ten minutes after the end."""
    try:
        with Redis.from_url(settings.REDIS_URL, socket_connect_timeout=2, socket_timeout=5) as redis:
            redis.delete(*map(news.name_of, ids))
    except RedisError as error:
        _log.warning("inference_streams_not_forgotten", error=str(error))
