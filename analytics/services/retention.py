"""Delete what is older than the plan keeps: whole segments, once their last day is over the edge."""

import logging
from datetime import date, datetime

from django.db import DatabaseError, transaction
from django.utils import timezone

from accounts.errors import DeadlineExceeded
from accounts.queries.plans import with_limits
from analytics.models import Manifest, Project
from analytics.queries import retention
from analytics.services import engine
from analytics.services.batches import Batch
from analytics.store.base import StoreFault, micros

LOG = logging.getLogger(__name__)


def expire_all(*, now: datetime | None = None) -> int:
    """Expire what is over in every organization; how many segments. One project's fault stops no other."""
    moment = now or timezone.now()
    expired = 0
    for organization_id, limits in with_limits():
        if limits.retention_months is None:
            continue
        edge = retention.first_day(limits.retention_months, now=moment)
        for project_id in Project.objects.filter(organization=organization_id).values_list("pk", flat=True):
            try:
                expired += expire(project_id=project_id, before=edge, now=moment)
            except (DatabaseError, StoreFault, DeadlineExceeded):
                LOG.exception("Expiry failed; the segments stay.", extra={"project_id": project_id})
    return expired


@transaction.atomic
def expire(*, project_id: int, before: date, now: datetime) -> int:
    """Take the project's segments that end before this day (UTC) out of the manifest; how many.

    ClickHouse deletes the events themselves: the answer is then their number.

    Their files go with the next sweep. A segment that spans the day stays until all of it is over: within a month,
    since none is longer. Answers do not show its older events meanwhile (`queries/run.py`).
    """
    writer = engine.writer()
    # Almost always there is nothing, and then nobody need wait.
    if not writer.has_before(project_id, before):
        return 0
    manifest = Manifest.objects.select_for_update().get(project_id=project_id)
    count = writer.drop_before(project_id, before, now)
    manifest.version += 1
    manifest.save(update_fields=["version"])
    return count


def without_expired(*, organization_id: int, batch: Batch, now: datetime) -> Batch:
    """The events of a batch that may be kept; the rest is older than the plan keeps."""
    edge = retention.kept_from(organization_id, now=now)
    if edge is None:
        return batch
    first = micros(edge)
    places = [place for place, event in enumerate(batch.events) if event.time >= first]
    return batch.only(places)
