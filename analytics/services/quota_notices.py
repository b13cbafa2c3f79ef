"""Tell an organization's owners and admins that its quota comes to its end: once a month and threshold."""

import logging
from datetime import datetime
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import DatabaseError, transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from accounts.models import Membership, Organization
from accounts.permissions import Role
from accounts.queries.plans import with_limits
from analytics.models import QuotaNotice
from analytics.queries import quota, quota_words
from analytics.queries.quota import Standing, State

LOG = logging.getLogger(__name__)
_RISING = (State.WARN, State.OVER, State.REFUSED)
_WHO_CAN_ACT = (Role.OWNER, Role.ADMIN)


def notify_all(*, now: datetime | None = None) -> int:
    """Write to every organization that has reached a threshold since the last run; how many. A mail that cannot be
    sent is tried again by the next run, and stops no other.
    """
    told = 0
    for organization_id, limits in with_limits():
        if limits.events_a_month is None:
            continue
        try:
            told += notify(organization_id=organization_id, now=now or timezone.now())
        except (SMTPException, OSError, DatabaseError):
            LOG.exception("A notice of quota was not sent.", extra={"organization_id": organization_id})
    return told


@transaction.atomic
def notify(*, organization_id: int, now: datetime) -> bool:
    """Write one mail if the highest threshold that is reached is new this month; whether it did.

    The row is the claim: another run waits for this one's end, and finds it. Where the mail fails, the row goes.
    """
    found = quota.standing(organization_id, now=now)
    reached = _RISING[: _RISING.index(found.state) + 1] if found.state in _RISING else ()
    new = [state for state in reached if _claim(organization_id, found, state)]
    if not new or new[-1] is not found.state:
        return False
    addresses = _addresses(organization_id)
    QuotaNotice.objects.filter(
        organization=organization_id, month=found.month, threshold=found.state.value
    ).update(recipients=len(addresses))
    if addresses:
        _message(Organization.objects.get(pk=organization_id), found, addresses).send()
    return bool(addresses)


def _claim(organization_id: int, found: Standing, state: State) -> bool:
    _, created = QuotaNotice.objects.get_or_create(
        organization_id=organization_id, month=found.month, threshold=state.value
    )
    return created


def _addresses(organization_id: int) -> list[str]:
    members = Membership.objects.filter(
        organization=organization_id, role__in=_WHO_CAN_ACT, user__is_active=True
    ).order_by("user__email")
    return list(members.values_list("user__email", flat=True))


def _message(organization: Organization, found: Standing, addresses: list[str]) -> EmailMultiAlternatives:
    context = {
        "organization": organization,
        "standing": found,
        "headline": quota_words.headline(found),
        "sentence": quota_words.sentence(found),
        "reset": quota_words.reset(found),
        "address": settings.BASE_URL + reverse("settings_usage", args=[organization.slug]),
    }
    # A subject is one line, whatever the organization is called.
    subject = " ".join(f"{context['headline']}: {organization.name}".split())
    message = EmailMultiAlternatives(
        subject, render_to_string("analytics/mail/quota.txt", context), settings.DEFAULT_FROM_EMAIL, addresses
    )
    message.attach_alternative(render_to_string("analytics/mail/quota.html", context), "text/html")
    return message
