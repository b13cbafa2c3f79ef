"""How batches end: with the last of their jobs, whoever ends that, and exactly once.

A job's end is written without a look at its batch, so that a thousand of one batch can end side by side. Behind
the commit, whoever comes last sees that none is left; should it die right there, `tend` does.
"""

from collections.abc import Collection, Iterable
from functools import partial
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.db.models.functions import Now

from inference.choices import Status, WebhookEvent
from inference.models import Batch, Job
from inference.queries import announcements
from inference.services import spending, webhooks


def close_on_commit(batch_ids: Iterable[UUID | None]) -> None:
    """Close those of which no job is left, once the end that is being written is there for all to see."""
    ids = {batch_id for batch_id in batch_ids if batch_id is not None}
    if ids:
        transaction.on_commit(partial(close, ids), robust=True)


@transaction.atomic
def close(batch_ids: Collection[UUID]) -> int:
    """Close those of these batches that have no job any more to be done, and tell of it; how many."""
    unfinished = Job.objects.filter(batch=OuterRef("pk"), status__in=(Status.QUEUED, Status.RUNNING))
    open_ones = Batch.objects.filter(pk__in=batch_ids, finished_at=None).exclude(Exists(unfinished))
    closed = list(open_ones.order_by("pk").select_for_update())
    Batch.objects.filter(pk__in=[batch.pk for batch in closed]).update(finished_at=Now())
    for batch in closed:
        batch.refresh_from_db(fields=["finished_at"])
        webhooks.announce(
            event=WebhookEvent.BATCH_FINISHED,
            organization_id=batch.organization_id,
            data=announcements.facts_of_batch(batch),
        )
    return len(closed)


def end_waiting(*, batch: Batch) -> int:
    """Cancel the jobs of a batch that wait, in the caller's transaction; how many."""
    waiting = Job.objects.select_for_update().filter(batch=batch, status=Status.QUEUED)
    ids = list(waiting.values_list("pk", flat=True))
    ended = Job.objects.filter(pk__in=ids)
    ended.update(status=Status.CANCELLED, finished_at=Now(), cancel_requested_at=Now())
    spending.release(jobs=ended.only("organization"))
    close_on_commit([batch.pk])
    return len(ids)


def tend() -> None:
    """End what came back to wait in batches that are cancelled, and close what nobody closed."""
    for batch in Batch.objects.filter(finished_at=None, cancel_requested_at__isnull=False):
        with transaction.atomic():
            end_waiting(batch=batch)
    close(list(Batch.objects.filter(finished_at=None).values_list("pk", flat=True)))
