"""Compute who is in a cohort now, from one snapshot of the project."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import pyarrow as pa

from accounts.queries.plans import limits_of
from analytics.cohorts.definition import Condition, dones, parse
from analytics.cohorts.measure import People, Times, people_among, people_who
from analytics.contracts import number_of
from analytics.kinds.named import NOTHING, named_by
from analytics.models import Cohort
from analytics.periods import Span, resolve
from analytics.queries import manifest, people, retention, storage
from analytics.queries.estimate import estimate_of
from analytics.queries.run import check_size
from analytics.store.base import EPOCH, Range, Reading, Snapshot, Wanted
from analytics.store.stop import Stop

# Later than any event (definitions: Event and person).
_END = datetime(2299, 12, 31, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Computed:
    """Who is in a cohort, in the order of their numbers; None where nothing changed since it was computed last.

    `unknown` are the ids of a list that belong to nobody with an event that is kept.
    """

    basis: str
    people: People | None = None
    unknown: tuple[str, ...] = ()
    rows_read: int = 0


def compute(cohort: Cohort, *, now: datetime, stop: Stop) -> Computed:
    """Who is in it now.

    Raises Invalid for what the engine refuses, or for cohorts that it names and the project does not have;
    NotReady where one of those was never computed, QueryTooLarge, DeadlineExceeded, StoreFault and SnapshotGone.
    """
    definition = None if cohort.is_list else parse(cohort.conditions)
    conditions: Sequence[Condition] = definition.conditions if definition else ()
    limits = limits_of(cohort.project.organization_id)
    times = _times(cohort, conditions, now, retention.edge(limits, now=now))
    named = named_by(definition) if definition else NOTHING
    while True:
        snapshot = manifest.snapshot_with(cohort.project_id, named, start=times.ever.start, end=times.ever.end)
        persons = people.persons_of(cohort.project_id, cohort.people or ())
        # Whom a list means is of the same moment as the events.
        if manifest.version_of(cohort.project_id) == snapshot.version:
            break
    basis = _basis(cohort, times, snapshot)
    if basis == cohort.basis:
        return Computed(basis)
    if limits.query_rows is not None:
        rows = max(estimate_of(_within(snapshot, span), span).rows for span in times.spans(conditions))
        check_size(rows, limits.query_rows, limits.plan)
    reader = _Reader(snapshot, stop)
    if cohort.is_list:
        numbers = {identifier: number_of(person) for identifier, person in persons.items()}
        found = people_among(pa.array(sorted({*numbers.values()}), pa.int64()), times, reader.read)
    else:
        numbers = {}
        found = people_who(conditions, times, reader.read)
    there = {number for number, _ in found}
    unknown = tuple(identifier for identifier, number in numbers.items() if number not in there)
    return Computed(basis, sorted(found), unknown, reader.rows_read)


def _times(cohort: Cohort, conditions: Sequence[Condition], now: datetime, edge: datetime | None) -> Times:
    first = edge or EPOCH

    def kept(span: Span) -> Span:
        return Span(max(span.start, first), max(span.end, first))

    zone = cohort.project.zone
    periods = {item.period for item in dones(conditions)}
    return Times(
        of={period: kept(resolve(period, zone=zone, now=now)) for period in periods}, ever=Span(first, _END)
    )


def _basis(cohort: Cohort, times: Times, snapshot: Snapshot) -> str:
    facts = {
        "version": cohort.version,
        "manifest": snapshot.version,
        "cohorts": [[item.id, item.membership] for item in snapshot.known.memberships],
        "ever": str(times.ever.start),
        "periods": sorted(f"{period} {span.start} {span.end}" for period, span in times.of.items()),
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def _within(snapshot: Snapshot, span: Span) -> Snapshot:
    """The snapshot with only those files that may have events of a span."""
    first, last = span.start.date(), span.end.date()
    files = tuple(file for file in snapshot.files if file.first_day <= last and file.last_day >= first)
    return replace(snapshot, files=files)


class _Reader:
    """Reads ranges of one snapshot, and counts the rows."""

    def __init__(self, snapshot: Snapshot, stop: Stop) -> None:
        self._snapshot = snapshot
        self._store = storage.reader(stop)
        self.rows_read = 0

    @contextmanager
    def read(self, within: Range, wanted: Wanted, known: Mapping[int, pa.Array]) -> Iterator[Reading]:
        own = _within(self._snapshot, within.span)
        cohorts = {**own.known.cohorts, **known}
        snapshot = replace(own, known=replace(own.known, cohorts=cohorts))
        with self._store.read(snapshot, within, wanted) as reading:
            self.rows_read += reading.rows_read
            yield reading
