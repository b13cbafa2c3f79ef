"""What Stripe tells: verified, kept before it is worked on, worked on once, taken up again where that failed."""

import json
import logging
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction

from accounts.access import Actor
from accounts.audited import Action, Target
from accounts.billing.stripe import client, invoices, reading, sync
from accounts.errors import Invalid, PlumblineError
from accounts.models import StripeEvent
from accounts.services import audit

LOG = logging.getLogger(__name__)
# Between attempts; after the last, staff see the error and may try again.
WAITS = (timedelta(minutes=1), timedelta(minutes=5), timedelta(hours=1), timedelta(hours=6), timedelta(days=1))
_OF_SUBSCRIPTIONS = ("customer.subscription.", "checkout.session.completed", "invoice.")
_MOST_A_RUN = 100


def receive(*, payload: bytes, signature: str, now: datetime) -> StripeEvent:
    """Keep an event and work on it, unless that was done before. Raises Invalid for one that Stripe did not sign.

    Where the work fails the event is kept with the error, to be taken up again.
    """
    event, _ = StripeEvent.objects.get_or_create(**_read(client.verified(payload, signature), now))
    return process(event_id=event.pk, now=now)


def process(*, event_id: str, now: datetime) -> StripeEvent:
    """Work on an event that was not worked on yet."""
    with transaction.atomic():
        event = StripeEvent.objects.select_for_update().get(pk=event_id)
        if event.processed_at is not None:
            return event
        event.attempts += 1
        try:
            with transaction.atomic():
                _work(event, now)
        except PlumblineError as error:
            LOG.warning("An event of Stripe failed: %s", error.message, extra={"event": event.pk})
            event.error = error.message
            event.retry_at = now + WAITS[event.attempts - 1] if event.attempts <= len(WAITS) else None
        else:
            event.processed_at, event.error, event.retry_at = now, "", None
        event.save()
    return event


def take_up(*, now: datetime) -> int:
    """Work on events whose time to be tried again has come; how many."""
    waiting = list(StripeEvent.objects.waiting(now).values_list("pk", flat=True)[:_MOST_A_RUN])
    for event_id in waiting:
        process(event_id=event_id, now=now)
    return len(waiting)


def process_again(*, event: StripeEvent, actor: Actor, now: datetime) -> StripeEvent:
    """As staff ask for it, also where it was worked on: Stripe is asked what holds, so it does no harm."""
    with transaction.atomic():
        found = StripeEvent.objects.select_for_update().get(pk=event.pk)
        found.processed_at, found.attempts = None, 0
        found.save(update_fields=["processed_at", "attempts"])
        audit.record(
            action=Action.STRIPE_EVENT_RETRIED,
            actor=actor,
            organization_id=None,
            target=Target(found.pk, found.type),
        )
    return process(event_id=found.pk, now=now)


def _work(event: StripeEvent, now: datetime) -> None:
    if event.subscription_id and event.type.startswith(_OF_SUBSCRIPTIONS):
        sync.look_up(subscription_id=event.subscription_id, at=event.created, now=now)
    if event.subscription_id and event.type.startswith("invoice.") and event.object_id:
        invoices.look_up(invoice_id=event.object_id, subscription_id=event.subscription_id, now=now)


def _read(text: str, now: datetime) -> dict[str, Any]:
    """What `get_or_create` takes; raises Invalid for what is signed and no event."""
    try:
        found = json.loads(text)
        about = found["data"]["object"]
        kind = str(found["type"])
        fields = {
            "type": kind[:100],
            "created": datetime.fromtimestamp(found["created"], UTC),
            "object_id": str(about.get("id") or "")[:255],
            "subscription_id": reading.subscription_of_event(kind, about)[:255],
            "received_at": now,
            # Where the work is cut off, by a crash, it is taken up as after an error.
            "retry_at": now + WAITS[0],
        }
        return {"id": str(found["id"])[:255], "defaults": fields}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Invalid("This is no event of Stripe's.") from error
