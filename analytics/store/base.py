"""What an event store does for a query. No Django here.

A reading is one project's events of one span; a query asks any number of Ibis expressions of it.

`events` has the columns that were wanted, and always `time`: when, in UTC without a zone; `who`: the person's
number, by the links known now; `interval`: the place, from 0, of the interval that the time is in.

Where it was wanted by group, `who` is the number of the group that the event names, and events that name none are
left out. Sessions stay those of people: each belongs to the group of its first event that names one, and those
without any are left out.

Where sessions were wanted (definitions: Session), there are as well

- `sessions`: one row each, with `session`, its number; `who`; `events`, `views` and `customs`, how many events of
  the kind track; `start`, the time of its first event, and `length` in microseconds; `interval` and
  `last_interval`, those of its first and its last event; and the wanted fields: of its first event, `entry_path`
  of its first view and `exit_path` of its last. Events of one instant are in the order of their receipt, then of
  their message ids;
- `events_of_sessions`: the events, each with its `session`.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Protocol

import ibis.expr.types as ir

from accounts.errors import Unavailable
from analytics.contracts import Event
from analytics.people import People
from analytics.periods import Span
from analytics.store.known import Known

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# When whoever met a store that does not answer may come back.
AGAIN_SECONDS = 5


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A segment as a reader needs it; `is_summarized` where a summary of its runs stands beside it.

    `bytes` is the size of its file, of which a question reads a part.
    """

    path: Path
    property_columns: frozenset[str]
    first_day: date
    last_day: date
    rows: int
    is_summarized: bool
    bytes: int = 0


@dataclass(frozen=True, slots=True)
class Visible:
    """What was complete at a moment, where a database keeps the events: batches up to the last, but the open."""

    last_batch: int
    open_batches: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A project's events at one moment: files, and links (id → person) that some of them do not know of.

    `erased` (id → moment in µs) are people whose rows received up to then no reading shows, though they are still
    stored. Where a database keeps the events, there are no files: the snapshot then says what of it is visible.
    """

    version: int
    data_up_to: datetime | None
    files: tuple[StoredFile, ...]
    links: Mapping[str, str]
    erased: Mapping[str, int] = field(default_factory=dict)
    project_id: int = 0
    visible: Visible = Visible(0)
    known: Known = field(default_factory=Known, compare=False)

    @property
    def is_empty(self) -> bool:
        return not self.files and not self.visible.last_batch


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a query reads: fixed columns, properties as numbers or texts, whether it asks of sessions, and which
    fields of theirs; traits of the person, and of the group that an event names; cohorts of people by their ids;
    and whether `who` is to be the group.
    """

    columns: frozenset[str] = frozenset()
    numbers: frozenset[str] = frozenset()
    texts: frozenset[str] = frozenset()
    sessions: bool = False
    session_fields: frozenset[str] = frozenset()
    person_traits: frozenset[str] = frozenset()
    group_traits: frozenset[str] = frozenset()
    cohorts: frozenset[int] = frozenset()
    by_group: bool = False

    def __or__(self, other: "Wanted") -> "Wanted":
        return Wanted(*(getattr(self, name) | getattr(other, name) for name in Wanted.__slots__))

    @property
    def known(self) -> bool:
        """Whether it takes more than the events themselves: what is known of people or groups."""
        return bool(self.person_traits or self.group_traits or self.cohorts or self.by_group)


@dataclass(frozen=True, slots=True)
class Range:
    """The span to read and its intervals, which cover it without a gap; only some moments of it, where given."""

    span: Span
    intervals: tuple[Span, ...] = field(repr=False)
    moments: frozenset[datetime] = frozenset()


class Reading(Protocol):
    """The events of a span, and what is asked of them."""

    events: ir.Table
    sessions: ir.Table
    events_of_sessions: ir.Table
    rows_read: int

    def save(self, name: str, table: ir.Table) -> ir.Table:
        """Compute a table once, to ask several things of it."""

    def rows(self, table: ir.Table) -> list[tuple[Any, ...]]:
        """The rows of a table, in its columns' order."""

    def names(self, numbers: Iterable[int], within: Span | None = None) -> dict[int, str]:
        """The text of each `who` of the range, of a person or, by group, of a group; of a thousand at most.

        Where each is known to have an event in a span, only that is looked through.
        """


class EventStore(Protocol):
    """Raises DeadlineExceeded, Invalid for a pattern the engine refuses, StoreFault, and SnapshotGone."""

    def read(self, snapshot: Snapshot, within: Range, wanted: Wanted) -> AbstractContextManager[Reading]:
        """Load the wanted columns of the snapshot's events in a range."""


@dataclass(frozen=True, slots=True)
class Statistics:
    """What of a project is stored: rows, bytes (None where they cannot be told), first and last day (UTC)."""

    rows: int
    bytes: int | None
    first_day: date | None
    last_day: date | None


class Writer(Protocol):
    """The write side of a store. Raises StoreFault.

    Whoever writes holds the lock of the project's manifest in a transaction, and what was written is seen once
    that is committed, or never.
    """

    def batch(self, project_id: int) -> AbstractContextManager[int | None]:
        """The number of a batch to append; entered before the transaction begins, left when it has ended.

        None where somebody else writes the project.
        """

    def stored_already(self, project_id: int, events: Sequence[Event]) -> set[int]:
        """The places of the events whose message id is stored, on the same day (UTC) or one beside it."""

    def append(self, batch: int, rows: "Rows") -> int:
        """Store the rows, all or nothing; the number of segments that they became."""

    def has_before(self, project_id: int, day: date) -> bool:
        """Whether there is something to drop before a day (UTC)."""

    def drop_before(self, project_id: int, day: date, now: datetime) -> int:
        """Drop what lies wholly before a day (UTC): segments, or events where the store deletes those; a count."""

    def remove(self, project_id: int) -> None:
        """Delete all that is stored of a project that is gone; nothing where there is nothing."""

    def statistics(self, project_id: int) -> Statistics:
        """What of the project is stored."""

    def upkeep(self) -> None:
        """What has to be done now and then; safe at any time, outside of transactions."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Events to append, whose they are, and their properties; `at` is later than every link they know of."""

    project_id: int
    events: Sequence[Event]
    people: People
    properties: Sequence[dict[str, Any]]
    at: datetime


class StoreFault(Unavailable):
    """The store's database cannot be reached or failed: not the fault of who asked, and to be tried again.

    What happened, which may name servers and statements, is for the log (`str`); who asked is told `message`.
    """

    def __init__(self, happened: str) -> None:
        message = "The event store does not answer at the moment."
        super().__init__(message, retry_after=AGAIN_SECONDS, details={"retry_after": AGAIN_SECONDS})
        self.happened = happened

    def __str__(self) -> str:
        return self.happened


class SnapshotGone(StoreFault):
    """A file of the snapshot was replaced and swept meanwhile: take a new snapshot.

    Where that one lacks a file too, it is the store's fault, and who asked hears so.
    """


def pieces(intervals: Sequence[Span]) -> list[tuple[datetime, int, int]]:
    """Intervals as few runs of equal length: start of the run, length in µs, place of its first interval."""
    found: list[tuple[datetime, int, int]] = []
    goes_on = False
    for place, item in enumerate(intervals):
        length = micros(item.end) - micros(item.start)
        # A day that the calendar left out has no length, nothing is in it, and no engine may divide by it.
        if length and not (goes_on and found[-1][1] == length):
            found.append((item.start, length, place))
        goes_on = bool(length)
    return found


def micros(moment: datetime) -> int:
    """Whole microseconds since 1970, without the rounding of a float."""
    delta = moment - EPOCH
    return (delta.days * 86_400 + delta.seconds) * 1_000_000 + delta.microseconds
