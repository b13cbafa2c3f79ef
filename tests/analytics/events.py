"""Build events for tests, and put them through the real path: accept, seal, sometimes compact."""

import itertools
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from analytics.contracts import Event
from analytics.models import Project
from analytics.services import ingestion, sealing

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
_numbers = itertools.count()


def micros(moment: datetime) -> int:
    return round(moment.timestamp() * 1_000_000)


def event(
    at: datetime = NOON,
    *,
    kind: str = "track",
    name: str = "",
    properties: Mapping[str, Any] | None = None,
    message_id: str = "",
    **fields: str,
) -> Event:
    """An event at a moment, received at the same; `properties` as an object."""
    return Event(
        message_id=message_id or f"m{next(_numbers):06}",
        kind=kind,
        name=name or kind,
        time=micros(at),
        received_at=micros(at),
        properties=json.dumps(properties or {}),
        **fields,
    )


def store(project: Project, events: Sequence[Event]) -> sealing.SealReport:
    """Accept the events in one request and seal them."""
    ingestion.accept(project=project, events=events)
    return sealing.seal_project(project_id=project.pk)
