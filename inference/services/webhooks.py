"""Tell an organization's addresses of what has happened: the message is written with the thing itself."""

import json
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from inference.choices import Status, WebhookEvent
from inference.models import Job, WebhookDelivery, WebhookEndpoint
from inference.queries import announcements
from inference.services.waking import deliver_on_commit

# Of what a message looks like. A field may be added under the same number.
VERSION = 1
_OF_STATUS = {
    Status.SUCCEEDED: WebhookEvent.JOB_SUCCEEDED,
    Status.FAILED: WebhookEvent.JOB_FAILED,
    Status.CANCELLED: WebhookEvent.JOB_CANCELLED,
    Status.EXPIRED: WebhookEvent.JOB_EXPIRED,
}


@transaction.atomic
def announce(*, event: WebhookEvent, organization_id: int, data: Mapping[str, Any]) -> int:
    """Send this to every address that wants to hear of it, once the transaction is through; to how many."""
    endpoints = WebhookEndpoint.objects.filter(organization_id=organization_id).told_of(event)
    return _write([message(endpoint, event, data) for endpoint in endpoints])


@transaction.atomic(savepoint=False)
def announce_jobs(*, ids: Sequence[UUID], organizations: Collection[int]) -> int:
    """Tell of the ends of jobs of these organizations that have just ended; how many messages.

    A batch tells of its own jobs at once.
    """
    listening = WebhookEndpoint.objects.filter(disabled_at=None, organization__in=organizations)
    by_organization: defaultdict[int, list[WebhookEndpoint]] = defaultdict(list)
    for endpoint in listening:
        by_organization[endpoint.organization_id].append(endpoint)
    if not by_organization:
        return 0
    ended = Job.objects.filter(pk__in=ids, batch=None, organization__in=by_organization)
    return _write(
        [
            message(endpoint, event, announcements.facts(job), job=job)
            for job in ended.defer("input", "output", "result")
            for event in [_OF_STATUS[Status(job.status)]]
            for endpoint in by_organization[job.organization_id]
            if not endpoint.events or event in endpoint.events
        ]
    )


def message(
    endpoint: WebhookEndpoint, event: str, data: Mapping[str, Any], *, job: Job | None = None
) -> WebhookDelivery:
    """One to be written."""
    now = timezone.now()
    body = {"type": event, "timestamp": announcements.shown(now), "version": VERSION, "data": data}
    return WebhookDelivery(endpoint=endpoint, job=job, event=event, body=json.dumps(body), created_at=now)


def _write(messages: Sequence[WebhookDelivery]) -> int:
    if messages:
        WebhookDelivery.objects.bulk_create(messages)
        deliver_on_commit()
    return len(messages)
