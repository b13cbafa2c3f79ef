"""How many people are there now."""

from datetime import datetime, timedelta

from analytics.models import Project
from analytics.queries import live

CURRENT = timedelta(minutes=5)


def visitors(*, project: Project, now: datetime) -> int:
    """Distinct people in the last five minutes (definitions: Session)."""
    return len({event.person for event in live.recent(project=project) if event.time >= now - CURRENT})
