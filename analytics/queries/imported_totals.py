"""Daily totals that were imported from other tools, exactly as they were exported."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.core.paginator import Page, Paginator

from analytics.models import ImportedTotal, Project

PAGE_ROWS = 50
# The order in which figures are shown, and what they are called.
FIGURES = {
    "visitors": "Visitors",
    "visits": "Visits",
    "pageviews": "Page views",
    "entrances": "Entrances",
    "exits": "Exits",
    "events": "Events",
    "bounces": "Bounces",
    "visit_duration": "Visit duration, s",
}


@dataclass(frozen=True, slots=True)
class Totals:
    """One page of a topic's rows, the newest day first; labels and figures are the columns."""

    topics: tuple[str, ...]
    topic: str
    labels: tuple[str, ...]
    figures: tuple[str, ...]
    page: Page[ImportedTotal]


def totals(*, project: Project, topic: str, number: str | None) -> Totals | None:
    """The rows of a topic (by default the visitors' or the first there is); None where nothing was imported."""
    topics = tuple(
        ImportedTotal.objects.filter(project=project).order_by("topic").values_list("topic", flat=True).distinct()
    )
    if not topics:
        return None
    default = "visitors" if "visitors" in topics else topics[0]
    chosen = topic if topic in topics else default
    rows = ImportedTotal.objects.filter(project=project, topic=chosen).order_by("-day", "-pk")
    page = Paginator(rows, PAGE_ROWS).get_page(number)
    found = list(page.object_list)
    labels = _names([row.labels for row in found])
    present = _names([row.figures for row in found])
    return Totals(topics, chosen, labels, tuple(name for name in FIGURES if name in present), page)


def _names(rows: Sequence[dict[str, object]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for row in rows for name in row))
