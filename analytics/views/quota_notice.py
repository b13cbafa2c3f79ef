"""The notices on an organization's pages: that a quota or cap comes to its end, and that a payment is due."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from accounts.access import Actor
from accounts.billing import usage_words
from accounts.billing.months import in_words
from accounts.billing.queries.notable import Notable, notable
from accounts.billing.queries.spending import Spending
from accounts.billing.queries.token_quota import TokenStanding
from accounts.billing.thresholds import FULL, WARN, reached
from accounts.models import Organization, User
from accounts.permissions import Capability
from analytics.queries import quota, quota_words
from analytics.queries.quota import Standing, State

_SESSION = "quota_notices_dismissed"
_TONES = {State.OK: "plain", State.WARN: "plain", State.OVER: "warn", State.REFUSED: "bad"}
_SEVERITY = ("bad", "warn", "plain")
# Who can do something about usage, and about jobs that are refused.
_WHO_ACTS = frozenset({Capability.MANAGE_PROJECTS, Capability.VIEW_BILLING})
_WHO_RUNS = _WHO_ACTS | {Capability.RUN_JOBS}


@dataclass(frozen=True, slots=True)
class Notice:
    """One line with its link. `tone` is plain, warn or bad; what is refused or due cannot be dismissed.

    `mark` names the state that is told of, for those who dismiss it.
    """

    headline: str
    sentence: str
    tone: str
    mark: str
    label: str
    href: str

    @property
    def can_dismiss(self) -> bool:
        return self.tone != "bad"


def notices_for(request: HttpRequest, organization: Organization) -> list[Notice]:
    """For whoever looks at a page: that a payment is due, and the worst of what their usage comes to.

    Without what they dismissed in this session, and what their role does not act on or see.
    """
    if not isinstance(request.user, User):
        return []
    granted = Actor.of(request).capabilities_in(organization.pk)
    if not granted & _WHO_RUNS:
        return []
    now, dismissed = timezone.now(), request.session.get(_SESSION, [])
    found = notable(organization.pk, now=now)
    usage = [
        notice
        for notice, who in _of_usage(organization, found, quota.lately(organization.pk, now=now))
        if granted & who and not (notice.can_dismiss and notice.mark in dismissed)
    ]
    due = [_due(organization, found.due_since, found.due_until)] if Capability.VIEW_BILLING in granted else []
    worst = sorted(usage, key=lambda notice: _SEVERITY.index(notice.tone))[:1]
    return [*filter(None, due), *worst]


def dismiss(request: HttpRequest, organization: Organization) -> None:
    """Remember in the session what is told now; of other months and states of the organization forget."""
    now = timezone.now()
    told = _of_usage(organization, notable(organization.pk, now=now), quota.lately(organization.pk, now=now))
    shown = [notice.mark for notice in notices_for(request, organization) if notice.can_dismiss]
    own, current = f"{organization.pk}:", {notice.mark for notice, _ in told}
    kept = [mark for mark in request.session.get(_SESSION, []) if mark in current or not mark.startswith(own)]
    request.session[_SESSION] = [*kept, *shown]


def _of_usage(
    organization: Organization, found: Notable, events: Standing | None
) -> Iterator[tuple[Notice, frozenset[Capability]]]:
    """All that there is to say, each with whom it concerns."""
    usage = ("See the usage", reverse("settings_usage", args=[organization.slug]))
    if events is not None and (events.state is not State.OK or events.is_half_used):
        mark = f"{organization.pk}:{events.month}:{events.state}"
        told = quota_words.notice(events), quota_words.sentence(events)
        yield Notice(*told, _TONES[events.state], mark, *usage), _WHO_ACTS
    if found.tokens is not None and (percent := _of_tokens(found.tokens)):
        tone = "bad" if found.tokens.is_refused else "warn" if percent >= FULL else "plain"
        mark = f"{organization.pk}:{found.tokens.month}:tokens:{percent}"
        headline = f"{found.tokens.used * 100 // found.tokens.quota} % of the month's tokens are used"
        yield (
            Notice(headline, usage_words.tokens(found.tokens), tone, mark, *usage),
            _WHO_RUNS if tone == "bad" else _WHO_ACTS,
        )
    for cap in found.caps:
        if percent := _of_cap(cap):
            tone = "bad" if percent == FULL else "plain"
            mark = f"{organization.pk}:{cap.month}:{cap.currency}:{percent}"
            headline = f"{cap.spent * 100 // (cap.cap or 1)} % of the spending cap in {cap.currency} are spent"
            yield (
                Notice(headline, usage_words.spent(cap), tone, mark, *usage),
                _WHO_RUNS if tone == "bad" else _WHO_ACTS,
            )


def _of_tokens(found: TokenStanding) -> int:
    """The highest threshold that is reached, from the plan's first warning on; 0 for none."""
    own = {found.limits.warn_from, FULL, found.limits.refuse_from or FULL}
    return max(reached(found.used, found.quota, own), default=0)


def _of_cap(found: Spending) -> int:
    return max(reached(found.spent, found.cap, (WARN, FULL)), default=0) if found.cap else 0


def _due(organization: Organization, since: datetime | None, until: datetime | None) -> Notice | None:
    if since is None or until is None:
        return None
    return Notice(
        headline="A payment is due",
        sentence=f"Since {in_words(since)}. Nothing changes until {in_words(until)}; then the plan ends.",
        tone="bad",
        mark="",
        label="See the plan",
        href=reverse("settings_plan", args=[organization.slug]),
    )
