"""How many people are there now."""

from datetime import datetime, timedelta

from analytics.models import Project
from analytics.periods import Span
from analytics.queries import manifest, storage
from analytics.store.base import Range, Wanted

CURRENT = timedelta(minutes=5)


def visitors(*, project: Project, now: datetime) -> int:
    """Distinct people with a sealed event in the last five minutes (definitions: Session)."""
    span = Span(now - CURRENT, now)
    snapshot = manifest.snapshot(project.pk, start=span.start, end=span.end)
    if snapshot.is_empty:
        return 0
    with storage.reader().read(snapshot, Range(span, (span,)), Wanted()) as reading:
        ((people,),) = reading.rows(reading.events.aggregate(people=reading.events.who.nunique()))
    return int(people)
