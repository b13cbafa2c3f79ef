"""What an event store does for a query. No Django here.

A reading is one project's events of one span, loaded once; a query asks any number of Ibis expressions of it. Its
`events` have the columns that were wanted, and always

- `time`: when, in UTC without a zone; `who`: a number for the person, by the links known now;
- `interval`: the place, from 0, of the interval that the time is in;

and where sessions were wanted

- `place`: a number that orders each person's events by time, then by when they were received, then by message id;
- `session`: the place of its session's first event (definitions: Session).
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

import ibis.expr.types as ir

from analytics.periods import Span

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A segment as a reader needs it."""

    path: Path
    property_columns: frozenset[str]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A project's events at one moment: files, and links (id → person) that some of them do not know of.

    `erased` (id → moment in µs) are people whose rows received up to then no reading shows, though they are still
    in the files.
    """

    version: int
    data_up_to: datetime | None
    files: tuple[StoredFile, ...]
    links: Mapping[str, str]
    erased: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a query reads: fixed columns, properties as numbers or texts, and whether it asks of sessions."""

    columns: frozenset[str] = frozenset()
    numbers: frozenset[str] = frozenset()
    texts: frozenset[str] = frozenset()
    sessions: bool = False

    def __or__(self, other: "Wanted") -> "Wanted":
        return Wanted(
            self.columns | other.columns,
            self.numbers | other.numbers,
            self.texts | other.texts,
            self.sessions or other.sessions,
        )


@dataclass(frozen=True, slots=True)
class Range:
    """The span to read and its intervals, which cover it without a gap."""

    span: Span
    intervals: tuple[Span, ...] = field(repr=False)


class Reading(Protocol):
    """Events that are loaded, and what is asked of them."""

    events: ir.Table
    rows_read: int

    def save(self, name: str, table: ir.Table) -> ir.Table:
        """Compute a table once, to ask several things of it."""

    def rows(self, table: ir.Table) -> list[tuple[Any, ...]]:
        """The rows of a table, in its columns' order."""


class EventStore(Protocol):
    """Raises DeadlineExceeded, Invalid for a pattern the engine refuses, and SnapshotGone."""

    def read(self, snapshot: Snapshot, within: Range, wanted: Wanted) -> AbstractContextManager[Reading]:
        """Load the wanted columns of the snapshot's events in a range."""


class SnapshotGone(Exception):
    """A file of the snapshot was replaced and swept meanwhile: take a new snapshot."""


def pieces(intervals: Sequence[Span]) -> list[tuple[datetime, int, int]]:
    """Intervals as few runs of equal length: start of the run, length in µs, place of its first interval."""
    found: list[tuple[datetime, int, int]] = []
    for place, item in enumerate(intervals):
        length = micros(item.end) - micros(item.start)
        if not found or found[-1][1] != length:
            found.append((item.start, length, place))
    return found


def micros(moment: datetime) -> int:
    """Whole microseconds since 1970, without the rounding of a float."""
    delta = moment - EPOCH
    return (delta.days * 86_400 + delta.seconds) * 1_000_000 + delta.microseconds
