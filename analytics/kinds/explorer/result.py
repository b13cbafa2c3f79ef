"""What the explorer answers. No Django here."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class EventRow:
    """One event: when, its id, and the columns as asked; properties and context as objects, times as text."""

    time: datetime
    message_id: str
    columns: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class EventsResult:
    """A page; `next` is the cursor of the one after, empty on the last. `total` is None where it was not asked."""

    events: tuple[EventRow, ...]
    next: str
    total: int | None
