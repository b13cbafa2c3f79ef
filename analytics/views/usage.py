"""An organization's usage: the month by day, project and model, the quota, caps, and the notice."""

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
from accounts.billing import usage_words
from accounts.billing.queries.plan_help import who_changes_plans
from accounts.models import Organization
from accounts.permissions import Capability
from analytics.access import named_projects
from analytics.queries import quota_words
from analytics.queries.quota import Standing
from analytics.queries.usage import Usage, month_named, months_with_usage, usage
from analytics.views.day_chart import day_picture
from analytics.views.quota_notice import dismiss
from analytics.views.tables import as_csv

# How many months the page leads to; earlier ones are in the API.
MOST_MONTHS = 12


@require_safe
def page(request: HttpRequest, organization: str) -> HttpResponse:
    found = _entered(request, organization)
    now = timezone.now()
    used = usage(found, now=now, named=_named(request, found), month=_month(request))
    granted = Actor.of(request).capabilities_in(found.pk)
    counts = [(entry.day, entry.events) for entry in used.by_day]
    context = {
        "organization": found,
        "section": "keys",
        "tab": "usage",
        "usage": used,
        "may_view": Capability.VIEW_DATA in granted,
        "may_pay": Capability.MANAGE_BILLING in granted,
        "who_pays": "" if Capability.MANAGE_BILLING in granted else who_changes_plans(found),
        "shares": [(project, project.events / used.events if used.events else 0) for project in used.by_project],
        "months": months_with_usage(found, now=now)[:MOST_MONTHS],
        "picture": day_picture("Events kept", counts, today=now.date()),
        "csv_href": _csv(found, "settings_usage_csv", used.month),
        "meters_href": _csv(found, "settings_meters_csv", used.month),
        **_models(used, today=now.date()),
        **(_quota(used.standing) if used.standing else {}),
    }
    return render(request, "analytics/usage.html", context)


@require_safe
def page_csv(request: HttpRequest, organization: str) -> HttpResponse:
    """The month by project and day."""
    found = _entered(request, organization)
    used = usage(found, now=timezone.now(), named=_named(request, found), month=_month(request))
    rows = [
        (entry.day, project.slug or project.name, entry.events)
        for project in used.by_project
        for entry in project.by_day
    ]
    return as_csv(f"{found.slug}-usage-{used.month:%Y-%m}", [("day", "project", "events"), *sorted(rows)])


@require_safe
def meters_csv(request: HttpRequest, organization: str) -> HttpResponse:
    """The month as the ledger has it: every sum of a day."""
    found = _entered(request, organization)
    used = usage(found, now=timezone.now(), named=_named(request, found), month=_month(request))
    slugs = {project.project_id: project.slug for project in used.by_project}
    rows = [
        (entry.day, slugs.get(entry.project_id, ""), entry.project_id, entry.meter.value, entry.model,
         entry.currency, entry.quantity)
        for entry in used.metered.sums
    ]  # fmt: skip
    header = ("day", "project", "project_id", "meter", "model", "currency", "quantity")
    return as_csv(f"{found.slug}-meters-{used.month:%Y-%m}", [header, *rows])


@require_POST
def dismiss_notice(request: HttpRequest, organization: str) -> HttpResponse:
    """Hide what is told of usage for this session, until that changes; back to where it was."""
    found = _entered(request, organization)
    dismiss(request, found)
    back = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(back, allowed_hosts=None):
        back = reverse("organization", args=[found.slug])
    return redirect(back)


def _entered(request: HttpRequest, organization: str) -> Organization:
    return access.organization(Actor.of(request), slug=organization, capability=Capability.VIEW_USAGE)


def _named(request: HttpRequest, organization: Organization) -> set[int]:
    return set(named_projects(Actor.of(request), organization).values_list("pk", flat=True))


def _month(request: HttpRequest) -> date | None:
    given = request.GET.get("month", "")
    return month_named(given) if given else None


def _csv(organization: Organization, name: str, month: date) -> str:
    return reverse(name, args=[organization.slug]) + f"?month={month:%Y-%m}"


def _models(used: Usage, *, today: date) -> dict[str, Any]:
    """What models used: the picture of the tokens, where there are any, and the forecasts in words."""
    metered = used.metered
    words = [usage_words.forecast_of(item) for item in metered.forecasts]
    if not metered.tokens:
        return {"forecasts": words}
    counts = [(entry.day, metered.tokens_by_day.get(entry.day, 0)) for entry in used.by_day]
    return {"forecasts": words, "tokens_picture": day_picture("Tokens", counts, today=today)}


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
