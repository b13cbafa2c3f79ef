"""Read inbox entries back into events; one that cannot be read is put aside and does not hold up the rest."""

import logging
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec
import zstandard

from analytics.contracts import Event
from analytics.ingestion import payloads
from analytics.models import InboxEntry
from analytics.queries import storage

LOG = logging.getLogger(__name__)
# The years 1 to 9999, which dates can tell.
TIME_MIN, TIME_MAX = -62_135_596_800_000_000, 253_402_300_800_000_000
UNREADABLE = (zstandard.ZstdError, msgspec.MsgspecError, UnicodeError, RecursionError, ValueError)

_decode_object = msgspec.json.Decoder(dict[str, Any]).decode


@dataclass(slots=True)
class Batch:
    """Events in the order of arrival, each with its properties."""

    events: list[Event] = field(default_factory=list)
    properties: list[dict[str, Any]] = field(default_factory=list)
    received_up_to: datetime | None = None
    unreadable: int = 0

    def only(self, places: Sequence[int]) -> "Batch":
        """The events at these places, which are in their order and each there once."""
        if len(places) == len(self.events):
            return self
        return Batch(
            [self.events[place] for place in places],
            [self.properties[place] for place in places],
            self.received_up_to,
            self.unreadable,
        )


def read(entries: Iterable[InboxEntry]) -> Batch:
    """The events of these entries, in their order."""
    batch = Batch()
    for entry in entries:
        try:
            events, properties = decode(entry)
        except UNREADABLE:
            LOG.exception("An inbox entry cannot be read; it is put aside.", extra={"entry": entry.pk})
            _put_aside(entry)
            batch.unreadable += 1
            continue
        batch.events += events
        batch.properties += properties
        batch.received_up_to = max(filter(None, (batch.received_up_to, entry.received_at)))
    return batch


def decode(entry: InboxEntry) -> tuple[list[Event], list[dict[str, Any]]]:
    """The events of an entry, each with its properties. Raises one of UNREADABLE."""
    events = payloads.unpack(entry.payload)
    for event in events:
        if not (TIME_MIN <= event.time < TIME_MAX and TIME_MIN <= event.received_at < TIME_MAX):
            raise ValueError(f"The time of message {event.message_id!r} is outside of the calendar.")
    return events, [_decode_object(event.properties) if event.properties != "{}" else {} for event in events]


def _put_aside(entry: InboxEntry) -> None:
    """Keep the bytes of an entry in a file, for a person to look at."""
    folder = storage.unreadable_folder() / str(entry.project_id)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{entry.pk}.zst").open("wb") as file:
        file.write(bytes(entry.payload))
        file.flush()
        os.fsync(file.fileno())
