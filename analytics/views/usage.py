"""An organization's usage: the month by day and project, the quota, and its notice."""

from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from accounts import access
from accounts.access import Actor
from accounts.models import Organization
from accounts.permissions import Capability
from analytics.queries import quota, quota_words
from analytics.queries.quota import Standing
from analytics.queries.usage import month_named, months_with_usage, usage
from analytics.views.day_chart import day_picture
from analytics.views.quota_notice import dismiss
from analytics.views.tables import as_csv

# How many months the page leads to; earlier ones are in the API.
MOST_MONTHS = 12


@require_safe
def page(request: HttpRequest, organization: str) -> HttpResponse:
    found = _entered(request, organization)
    now = timezone.now()
    used = usage(found, now=now, month=_month(request))
    counts = [(entry.day, entry.events) for entry in used.by_day]
    context = {
        "organization": found,
        "section": "keys",
        "tab": "usage",
        "usage": used,
        "shares": [(project, project.events / used.events if used.events else 0) for project in used.by_project],
        "months": months_with_usage(found, now=now)[:MOST_MONTHS],
        "picture": day_picture("Events kept", counts, today=now.date()),
        "csv_href": reverse("settings_usage_csv", args=[found.slug]) + f"?month={used.month:%Y-%m}",
        **(_quota(used.standing) if used.standing else {}),
    }
    return render(request, "analytics/usage.html", context)


@require_safe
def page_csv(request: HttpRequest, organization: str) -> HttpResponse:
    """The month by project and day."""
    found = _entered(request, organization)
    used = usage(found, now=timezone.now(), month=_month(request))
    rows = [(entry.day, project.slug, entry.events) for project in used.by_project for entry in project.by_day]
    return as_csv(f"{found.slug}-usage-{used.month:%Y-%m}", [("day", "project", "events"), *sorted(rows)])


@require_POST
def dismiss_notice(request: HttpRequest, organization: str) -> HttpResponse:
    """Hide the notice for this session, until the state changes; back to where it was."""
    found = _entered(request, organization)
    dismiss(request, found, quota.standing(found.pk, now=timezone.now()))
    back = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(back, allowed_hosts=None):
        back = reverse("organization", args=[found.slug])
    return redirect(back)


def _entered(request: HttpRequest, organization: str) -> Organization:
    return access.organization(Actor.of(request), slug=organization, capability=Capability.VIEW_DATA)


def _month(request: HttpRequest) -> date | None:
    given = request.GET.get("month", "")
    return month_named(given) if given else None


def _quota(standing: Standing) -> dict[str, Any]:
    """The quota in words, and as a bar: percentages of its width, which ends where events are refused."""
    words = {
        "standing": standing,
        "headline": quota_words.headline(standing),
        "sentence": quota_words.sentence(standing),
        "used": quota_words.used(standing),
        "reset": quota_words.reset(standing),
        "tone": {"ok": "good", "warn": "accent", "over": "warn", "refused": "bad"}[standing.state],
    }
    if standing.share is None:
        return words
    whole = max((standing.limits.refuse_from or 100) / 100, 1.0)
    width = min(standing.share / whole, 1.0)
    return {**words, "bar": {"width": f"{width * 100:.2f}%", "end": f"{100 / whole:.2f}%", "over": whole > 1}}
