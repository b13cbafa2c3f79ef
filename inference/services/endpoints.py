"""The addresses that an organization is told at: made, changed, given another secret, switched on and off."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from django.db import transaction
from django.utils import timezone

from accounts import outgoing
from accounts.access import Actor
from accounts.audited import Action, Target
from accounts.encryption import encrypt
from accounts.errors import Conflict, FieldError, Invalid
from accounts.models import Organization
from accounts.services import audit
from inference import signing
from inference.choices import DisabledWhy, WebhookEvent
from inference.configuration import webhooks_may_be_private
from inference.models import WebhookEndpoint
from inference.services import endpoint_ends

MOST = 10
LONGEST_OVERLAP = timedelta(days=7)
PURPOSE = "webhook secret"
_NOTED = ("url", "description", "events", "with_answer")


@transaction.atomic
def create(
    *,
    organization: Organization,
    actor: Actor,
    url: str,
    description: str = "",
    events: Sequence[str] = (),
    with_answer: bool = True,
) -> tuple[WebhookEndpoint, str]:
    """A new endpoint and its secret, which is shown to nobody later.

    Raises Invalid, naming the field, for an address that cannot be told anything and an event that there is none,
    Conflict where the organization has ten, or this address already.
    """
    _check(url=url, events=events)
    Organization.objects.select_for_update().get(pk=organization.pk)
    own = WebhookEndpoint.objects.of(organization)
    if own.count() >= MOST:
        raise Conflict(f"An organization has {MOST} webhooks at most; delete one first.")
    _require_new(own.filter(url=url).exists())
    secret = signing.new_secret()
    made = WebhookEndpoint.objects.create(
        organization=organization,
        url=url,
        description=description,
        events=sorted(set(events)),
        with_answer=with_answer,
        encrypted_secret=encrypt(secret, purpose=PURPOSE),
        created_by=actor.user,
    )
    _note(Action.WEBHOOK_CREATED, actor, made, after=_shown(made))
    return made, secret


@transaction.atomic
def change(*, endpoint: WebhookEndpoint, actor: Actor, **given: Any) -> WebhookEndpoint:
    """Another url, description, events or with_answer; raises as `create` does."""
    found = _locked(endpoint)
    before = _shown(found)
    for name in given.keys() & set(_NOTED):
        setattr(found, name, sorted(set(given[name])) if name == "events" else given[name])
    _check(url=found.url, events=found.events)
    others = WebhookEndpoint.objects.filter(organization_id=found.organization_id, url=found.url)
    _require_new(others.exclude(pk=found.pk).exists())
    found.save(update_fields=_NOTED)
    if differing := audit.differing(before, _shown(found)):
        _note(Action.WEBHOOK_CHANGED, actor, found, before=differing[0], after=differing[1])
    return found


@transaction.atomic
def rotate(*, endpoint: WebhookEndpoint, actor: Actor, overlap: timedelta) -> tuple[WebhookEndpoint, str]:
    """Another secret, which is shown to nobody later; for this long, messages are signed with the old one as well.

    A secret that was replaced before ends at once. Raises Invalid for an overlap that is negative or too long.
    """
    if not timedelta(0) <= overlap <= LONGEST_OVERLAP:
        message = f"Between 0 and {LONGEST_OVERLAP // timedelta(hours=1)} hours."
        raise Invalid("The overlap is not valid.", fields=[FieldError("overlap_hours", message)])
    found, secret = _locked(endpoint), signing.new_secret()
    found.encrypted_previous_secret = found.encrypted_secret if overlap else ""
    found.previous_until = timezone.now() + overlap if overlap else None
    found.encrypted_secret = encrypt(secret, purpose=PURPOSE)
    found.save(update_fields=["encrypted_secret", "encrypted_previous_secret", "previous_until"])
    _note(Action.WEBHOOK_ROTATED, actor, found, after={"old_secret_until": found.previous_until})
    return found, secret


@transaction.atomic
def switch(*, endpoint: WebhookEndpoint, actor: Actor, is_on: bool) -> WebhookEndpoint:
    """On or off; what was to be sent when it went off is given up, and can be sent again."""
    if not is_on:
        endpoint_ends.disable(endpoint=endpoint, why=DisabledWhy.BY_HAND, actor=actor)
        return _locked(endpoint)
    found = _locked(endpoint)
    if found.disabled_at is not None:
        found.disabled_at, found.disabled_why, found.failing_since = None, "", None
        found.save(update_fields=["disabled_at", "disabled_why", "failing_since"])
        _note(Action.WEBHOOK_CHANGED, actor, found, before={"is_on": False}, after={"is_on": True})
    return found


@transaction.atomic
def delete(*, endpoint: WebhookEndpoint, actor: Actor) -> None:
    """With what was and was to be sent to it."""
    _note(Action.WEBHOOK_DELETED, actor, endpoint, before=_shown(endpoint))
    endpoint.delete()


def _check(*, url: str, events: Sequence[str]) -> None:
    wrong = []
    if fault := _fault_of(url):
        wrong.append(FieldError("url", fault))
    if unknown := set(events) - set(WebhookEvent.values):
        wrong.append(FieldError("events", f"No such event: {', '.join(sorted(unknown))[:100]}."))
    if wrong:
        raise Invalid("The webhook is not valid.", fields=wrong)


def _fault_of(url: str) -> str:
    """Why nothing can be sent there, as far as the address itself tells; its name is looked up at each sending."""
    private = webhooks_may_be_private()
    try:
        outgoing.require_secure(url, private=private)
    except Invalid as error:
        return error.message
    host = urlsplit(url).hostname or ""
    try:
        is_inside = not outgoing.is_public(host)
    except ValueError:
        is_inside = host == "localhost" or host.endswith(".localhost")
    return f"{host} is not an address of the internet." if is_inside and not private else ""


def _require_new(exists: bool) -> None:
    if exists:
        raise Conflict("The organization has a webhook with this address already.")


def _locked(endpoint: WebhookEndpoint) -> WebhookEndpoint:
    return WebhookEndpoint.objects.select_for_update().select_related("organization").get(pk=endpoint.pk)


def _shown(endpoint: WebhookEndpoint) -> dict[str, Any]:
    return {name: getattr(endpoint, name) for name in _NOTED}


def _note(action: Action, actor: Actor, endpoint: WebhookEndpoint, **changed: Any) -> None:
    audit.record(
        action=action,
        actor=actor,
        organization_id=endpoint.organization_id,
        target=Target(str(endpoint.pk), endpoint.url),
        **changed,
    )
