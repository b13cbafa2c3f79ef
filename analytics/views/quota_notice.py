"""The notice on an organization's pages that its quota comes to its end."""

from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from accounts.access import Actor
from accounts.models import Organization, User
from accounts.permissions import Capability
from analytics.queries import quota, quota_words
from analytics.queries.quota import Standing, State

_SESSION = "quota_notices_dismissed"
_TONES = {State.WARN: "plain", State.OVER: "warn", State.REFUSED: "bad"}


@dataclass(frozen=True, slots=True)
class Notice:
    """What the notice says; `tone` is plain, warn or bad, and a refusal cannot be dismissed."""

    headline: str
    sentence: str
    tone: str
    can_dismiss: bool
    usage_url: str
    dismiss_url: str
    here: str


def notice_for(request: HttpRequest, organization: Organization) -> Notice | None:
    """The notice for whoever looks at a page: for those who can act, unless they dismissed it in this session."""
    found = quota.lately(organization.pk, now=timezone.now())
    if found is None or found.state is State.OK or not isinstance(request.user, User):
        return None
    if _mark(organization, found) in request.session.get(_SESSION, []) and found.state is not State.REFUSED:
        return None
    if Capability.MANAGE_PROJECTS not in Actor(user=request.user).capabilities_in(organization.pk):
        return None
    return Notice(
        headline=quota_words.headline(found),
        sentence=quota_words.sentence(found),
        tone=_TONES[found.state],
        can_dismiss=found.state is not State.REFUSED,
        usage_url=reverse("settings_usage", args=[organization.slug]),
        dismiss_url=reverse("quota_notice_dismiss", args=[organization.slug]),
        here=request.get_full_path(),
    )


def dismiss(request: HttpRequest, organization: Organization, found: Standing) -> None:
    """Remember in the session that this state of this month was seen; of the others of the organization forget."""
    own = f"{organization.pk}:"
    kept = [mark for mark in request.session.get(_SESSION, []) if not mark.startswith(own)]
    request.session[_SESSION] = [*kept, _mark(organization, found)]


def _mark(organization: Organization, found: Standing) -> str:
    return f"{organization.pk}:{found.month}:{found.state}"
