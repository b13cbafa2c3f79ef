"""Tell an organization's owners and admins that its quota of events comes to its end."""

from datetime import datetime
from functools import partial

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from accounts.billing.services import notices
from accounts.billing.services.notices import WHO_CAN_ACT, Reached
from accounts.billing.thresholds import reached
from accounts.letters import Letter
from accounts.models import Organization
from accounts.queries.plans import with_limits
from analytics.queries import quota, quota_words
from analytics.queries.quota import Standing


def notify_all(*, now: datetime | None = None) -> int:
    """Write to every organization that has reached a threshold since the last run; how many."""
    moment = now or timezone.now()
    with_quota = [pk for pk, limits in with_limits() if limits.events_a_month is not None]
    return sum(_notify(organization_id, moment) for organization_id in with_quota)


def _notify(organization_id: int, now: datetime) -> bool:
    found = quota.standing(organization_id, now=now)
    if not found.quota or not (percents := reached(found.used, found.quota, found.thresholds)):
        return False
    letter = partial(_letter, found)
    return notices.tell(Reached(organization_id, found.month, "events", percents, WHO_CAN_ACT, letter))


def _letter(found: Standing, organization: Organization) -> Letter:
    refused = (
        "What is refused is answered with an error, and counted among the project's dropped events. "
        if found.limits.refuse_from
        else ""
    )
    return Letter(
        subject=f"{quota_words.notice(found)}: {organization.name}",
        heading=f"{quota_words.notice(found)}: {organization.name}",
        paragraphs=(
            quota_words.sentence(found),
            (
                f"Your plan is {found.limits.plan}. The count begins anew on {quota_words.reset(found)}. {refused}"
                "Owners and the role Billing choose a larger plan under Settings, Plan."
            ),
        ),
        label="See what uses the quota",
        address=settings.BASE_URL + reverse("settings_usage", args=[organization.slug]),
        why=(
            f"You get this because you are an owner or admin of {organization.name}. There is one such mail a "
            "month for each threshold."
        ),
    )
