"""What comes with the end of a job, in the transaction that writes it."""

from collections.abc import Collection, Sequence
from uuid import UUID

from inference.models import Job
from inference.services import batch_ends, spending, webhooks


def without_use(*, ids: Sequence[UUID]) -> None:
    """These jobs have ended and used nothing: what was held for them is given back."""
    if ids:
        ended = list(Job.objects.filter(pk__in=ids).only("organization", "batch"))
        spending.release(jobs=ended)
        announce(ended, listening={job.organization_id for job in ended})


def announce(ended: Collection[Job], *, listening: Collection[int]) -> None:
    """Tell of the end of these jobs those organizations that may be listening.

    Jobs of a batch are told of with its own end.
    """
    if listening:
        ids = [job.pk for job in ended if job.organization_id in listening]
        webhooks.announce_jobs(ids=ids, organizations=listening)
    batch_ends.close_on_commit(job.batch_id for job in ended)
