"""The ledger of drops: every event that is not kept is counted by day and reason."""

from collections.abc import Mapping
from datetime import datetime

from analytics.contracts import DropReason
from analytics.models import Project
from analytics.services import inbox


def count_drops(*, project: Project, drops: Mapping[DropReason, int], moment: datetime) -> None:
    """Add to the ledger of the day (UTC), by reason; safe when many write at once."""
    inbox.write([inbox.Taken(project.pk, moment, (), drops)])
