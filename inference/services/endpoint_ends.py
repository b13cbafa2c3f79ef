"""When an endpoint is switched off, by a person or because it takes nothing any more."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from accounts.access import SYSTEM, Actor
from accounts.audited import Action, Target
from accounts.letters import Letter
from accounts.models import Membership
from accounts.permissions import Capability, roles_with
from accounts.services import audit, mail
from inference.choices import DeliveryStatus, DisabledWhy
from inference.models import WebhookDelivery, WebhookEndpoint

# For so long an endpoint may take nothing of what is sent to it.
PATIENCE = timedelta(days=3)
_OFF = "The webhook was switched off."
_REASONS = {
    DisabledWhy.GONE: "It answered 410 Gone, which asks us to send nothing more.",
    DisabledWhy.FAILING: f"Nothing that was sent to it in {PATIENCE.days} days was taken.",
}


def note_health(*, endpoint: WebhookEndpoint, is_taken: bool, now: datetime) -> None:
    """After an attempt, with the endpoint's row locked: begin or end the time of its failing, and act on it."""
    if is_taken and endpoint.failing_since is None:
        return
    if not is_taken and endpoint.failing_since and now - endpoint.failing_since >= PATIENCE:
        disable(endpoint=endpoint, why=DisabledWhy.FAILING)
        return
    endpoint.failing_since = None if is_taken else endpoint.failing_since or now
    endpoint.save(update_fields=["failing_since"])


@transaction.atomic
def disable(*, endpoint: WebhookEndpoint, why: DisabledWhy, actor: Actor = SYSTEM) -> None:
    """Send nothing more and give up what is waiting. Who may change it gets a mail, unless a person did it."""
    found = WebhookEndpoint.objects.select_for_update().select_related("organization").get(pk=endpoint.pk)
    if found.disabled_at is not None:
        return
    now = timezone.now()
    found.disabled_at, found.disabled_why = now, why
    found.save(update_fields=["disabled_at", "disabled_why"])
    WebhookDelivery.objects.filter(endpoint=found, status=DeliveryStatus.PENDING).update(
        status=DeliveryStatus.FAILED, next_attempt_at=None, finished_at=now, error=_OFF
    )
    audit.record(
        action=Action.WEBHOOK_CHANGED,
        actor=actor,
        organization_id=found.organization_id,
        target=Target(str(found.pk), found.url),
        before={"is_on": True},
        after={"is_on": False, "why": why.label},
    )
    if why in _REASONS:
        _tell(found, _REASONS[why])


def _tell(endpoint: WebhookEndpoint, reason: str) -> None:
    organization = endpoint.organization
    letter = Letter(
        subject=f"A webhook of {organization.name} was switched off",
        heading=f"A webhook of {organization.name} was switched off",
        paragraphs=(
            f"Nothing more is sent to {endpoint.url}. {reason}",
            "Once it works again, switch it on. What was given up meanwhile can be sent again from its page.",
        ),
        label="See the webhook",
        address=settings.BASE_URL + reverse("webhook", args=[organization.slug, endpoint.pk]),
        why=f"You get this because you may change the webhooks of {organization.name}.",
    )
    able = Membership.objects.of(organization).filter(
        role__in=roles_with(Capability.MANAGE_WEBHOOKS), user__is_active=True
    )
    for address in able.order_by("user__email").values_list("user__email", flat=True):
        mail.send_on_commit(letter=letter, to=[address])
