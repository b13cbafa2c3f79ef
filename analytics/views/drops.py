"""The ledger of events that were not kept, in a project's settings and as CSV."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.errors import FieldError, Invalid
from analytics.contracts import DropReason
from analytics.models import Project
from analytics.queries.drops import Ledger, ledger
from analytics.views.day_chart import day_picture
from analytics.views.doors import viewable
from analytics.views.tables import as_csv

NAMES: dict[DropReason, str] = {
    DropReason.INVALID: "Malformed",
    DropReason.BOT: "Bots",
    DropReason.DUPLICATE: "Duplicates",
    DropReason.TOO_OLD: "Too old",
    DropReason.QUOTA: "Over the quota",
}


@dataclass(frozen=True, slots=True)
class Choice:
    """A link that shows the drops of one reason, or of all."""

    label: str
    events: int
    query: str
    current: bool


def drops_context(request: HttpRequest, project: Project) -> dict[str, Any]:
    """What the section needs; the address may name a `reason`."""
    found = ledger(project=project, reason=_reason(request))
    label = NAMES[found.reason] if found.reason else "Events not kept"
    query = f"?reason={found.reason}" if found.reason else ""
    return {
        "drops": found.drops,
        "drop_choices": _choices(found),
        "picture": day_picture(label, found.by_day, today=found.last) if found.drops else None,
        "csv_href": reverse("drops_csv", args=[project.organization.slug, project.slug]) + query,
    }


@require_safe
def drops_csv(request: HttpRequest, organization: str, project: str) -> HttpResponse:
    """The ledger of the last 30 days by day and reason."""
    found = viewable(request, organization, project)
    rows = [
        (drop.day, drop.reason.value, drop.events, drop.meaning)
        for drop in ledger(project=found, reason=_reason(request)).drops
    ]
    return as_csv(f"{found.slug}-drops", [("day", "reason", "events", "meaning"), *rows])


def _choices(found: Ledger) -> list[Choice]:
    total = sum(item.events for item in found.totals)
    every = Choice("All", total, "?", found.reason is None)
    return [
        every,
        *(
            Choice(NAMES[item.reason], item.events, f"?reason={item.reason}", item.reason is found.reason)
            for item in found.totals
        ),
    ]


def _reason(request: HttpRequest) -> DropReason | None:
    given = request.GET.get("reason", "")
    try:
        return DropReason(given) if given else None
    except ValueError as error:
        message = f"A reason is one of {', '.join(DropReason)}."
        raise Invalid(message, fields=[FieldError("reason", message)]) from error
