"""Messages on their way: taken by one worker at a time, sent, and written down how that went."""

import random
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from accounts.errors import Conflict
from inference.choices import TEST_EVENT, DeliveryStatus, DisabledWhy
from inference.models import WebhookDelivery, WebhookEndpoint
from inference.services import endpoint_ends
from inference.services.waking import deliver_on_commit
from inference.services.webhooks import message

# Before the second attempt and each that follows: over a day in all, then it is given up.
PAUSES = (5, 30, 2 * 60, 10 * 60, 3600, 3 * 3600, 8 * 3600, 12 * 3600)
_SPREAD = (0.8, 1.2)
_LONGEST_RETRY_AFTER = 3600.0
# An attempt is over by then, whatever the name server and the other side do.
_LEASE = timedelta(minutes=2)
KEPT_FOR = timedelta(days=30)
_MOST_AT_ONCE = 10_000
_GONE = 410
_LONGEST_ERROR = 500

# Of each endpoint only some, so that one that is slow leaves room for the others.
_TAKE = """
WITH next AS (
    SELECT due.id
    FROM (
        SELECT id FROM inference_webhookendpoint WHERE disabled_at IS NULL AND id <> ALL (%(full)s::uuid[])
    ) AS endpoint
    CROSS JOIN LATERAL (
        SELECT id, next_attempt_at FROM inference_webhookdelivery
        WHERE endpoint_id = endpoint.id AND status = 'pending' AND next_attempt_at <= statement_timestamp()
        ORDER BY next_attempt_at
        LIMIT %(each)s
    ) AS due
    ORDER BY due.next_attempt_at
    LIMIT %(limit)s
), locked AS (
    SELECT id FROM inference_webhookdelivery
    WHERE id IN (SELECT id FROM next) AND status = 'pending' AND next_attempt_at <= statement_timestamp()
    FOR UPDATE SKIP LOCKED
)
UPDATE inference_webhookdelivery AS delivery
SET fence = fence + 1, attempts = attempts + 1, next_attempt_at = statement_timestamp() + %(lease)s
FROM locked WHERE delivery.id = locked.id
RETURNING delivery.id, delivery.endpoint_id, delivery.fence
"""


@dataclass(frozen=True, slots=True)
class Taken:
    """A message that is this worker's to send, until its lease runs out."""

    id: UUID
    endpoint_id: UUID
    fence: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What the other side said: a status and the beginning of its body, or why there is none."""

    status: int | None
    error: str = ""
    retry_after: float = 0

    @property
    def is_taken(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


def take(*, limit: int, each: int, full: Collection[UUID] = ()) -> list[Taken]:
    """Up to `limit` messages that are due, `each` of one endpoint at most, none of those that are `full`."""
    given: dict[str, Any] = {"limit": limit, "each": each, "full": list(full), "lease": _LEASE}
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, given)
        return [Taken(*row) for row in cursor.fetchall()]


@transaction.atomic
def note(*, taken: Taken, answer: Answer) -> bool:
    """Write how an attempt went; False where the message is no longer this worker's, and nothing is written."""
    endpoint = WebhookEndpoint.objects.select_for_update().filter(pk=taken.endpoint_id).first()
    mine = WebhookDelivery.objects.select_for_update().filter(
        pk=taken.id, fence=taken.fence, status=DeliveryStatus.PENDING
    )
    delivery = mine.first()
    if endpoint is None or delivery is None:
        return False
    now = timezone.now()
    delivery.response_status, delivery.error = answer.status, answer.error[:_LONGEST_ERROR]
    _move_on(delivery, answer, now)
    delivery.save(update_fields=["status", "response_status", "error", "next_attempt_at", "finished_at"])
    if answer.status == _GONE:
        endpoint_ends.disable(endpoint=endpoint, why=DisabledWhy.GONE)
    else:
        endpoint_ends.note_health(endpoint=endpoint, is_taken=answer.is_taken, now=now)
    return True


@transaction.atomic
def resend(*, delivery: WebhookDelivery) -> WebhookDelivery:
    """Send a message anew, under its own id; raises Conflict where it is still to be sent, or its endpoint off."""
    _require_on(delivery.endpoint)
    found = WebhookDelivery.objects.select_for_update().get(pk=delivery.pk)
    if found.status == DeliveryStatus.PENDING:
        raise Conflict("This message is still to be sent.")
    found.status, found.next_attempt_at, found.finished_at = DeliveryStatus.PENDING, timezone.now(), None
    found.attempts, found.response_status, found.error = 0, None, ""
    found.save()
    deliver_on_commit()
    return found


@transaction.atomic
def send_test(*, endpoint: WebhookEndpoint) -> WebhookDelivery:
    """A message that says nothing, to see whether it arrives; raises Conflict where the endpoint is off."""
    _require_on(endpoint)
    made = message(endpoint, TEST_EVENT, {"message": "It arrives."})
    made.save(force_insert=True)
    deliver_on_commit()
    return made


def forget_old() -> int:
    """Delete messages that were done with long ago, a bounded number; how many."""
    old = WebhookDelivery.objects.filter(finished_at__lt=timezone.now() - KEPT_FOR)
    ids = list(old.order_by("finished_at").values_list("pk", flat=True)[:_MOST_AT_ONCE])
    WebhookDelivery.objects.filter(pk__in=ids).delete()
    return len(ids)


def _move_on(delivery: WebhookDelivery, answer: Answer, now: datetime) -> None:
    if answer.is_taken:
        delivery.status, delivery.error = DeliveryStatus.DELIVERED, ""
    elif answer.status == _GONE or delivery.attempts > len(PAUSES):
        delivery.status = DeliveryStatus.FAILED
    else:
        pause = PAUSES[delivery.attempts - 1] * random.uniform(*_SPREAD)  # noqa: S311
        pause = max(pause, min(answer.retry_after, _LONGEST_RETRY_AFTER))
        delivery.next_attempt_at = now + timedelta(seconds=pause)
        return
    delivery.next_attempt_at, delivery.finished_at = None, now


def _require_on(endpoint: WebhookEndpoint) -> None:
    if endpoint.disabled_at is not None:
        raise Conflict("This webhook is off; switch it on first.")
