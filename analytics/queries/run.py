"""Run a query: the spec's result, and how it was got."""

import hashlib
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.utils import timezone

from analytics.kinds import KINDS
from analytics.kinds.base import Spec
from analytics.kinds.frame import Frame, frame_of
from analytics.models import Project
from analytics.queries import answers, flights, manifest, retention, storage
from analytics.store.base import Range, Reading, Snapshot, SnapshotGone, Wanted

CACHED_SECONDS = 3_600


@dataclass(frozen=True, slots=True)
class Provenance:
    """How an answer was got. `definition` says what is counted; `elapsed_ms` includes reading the cache.

    `incomplete` is the number of intervals that are not over; `spec` has every default filled in. `kept_from` is
    set where the plan's retention cuts into what was asked: events before it are not counted.
    """

    spec: dict[str, Any]
    definition: str
    time_zone: str
    start: datetime
    end: datetime
    kept_from: datetime | None
    data_up_to: datetime | None
    manifest_version: int
    rows_read: int
    incomplete: int
    cached: bool
    elapsed_ms: float


@dataclass(frozen=True, slots=True)
class Answer:
    """`result` is of the kind's own type (`analytics.kinds.KINDS`)."""

    kind: str
    result: Any
    provenance: Provenance


def run_query(*, project: Project, spec: Spec, now: datetime | None = None) -> Answer:
    """Answer a spec over the project's sealed events.

    Raises Invalid for what the engine refuses and DeadlineExceeded after the configured seconds.
    """
    begun = time.perf_counter()
    frame = frame_in(project, spec, now=now or timezone.now())
    key = _key(project, spec, frame, manifest.version_of(project.pk))
    found: Answer | None = answers.kept(key)
    cached = found is not None
    if found is None:
        with flights.alone(key):
            found = answers.kept(key)
            cached = found is not None
            if found is None:
                found = _computed(project, spec, frame)
                again = _key(project, spec, frame, found.provenance.manifest_version)
                answers.keep(again, found, CACHED_SECONDS)
    elapsed = round((time.perf_counter() - begun) * 1000, 1)
    return replace(found, provenance=replace(found.provenance, cached=cached, elapsed_ms=elapsed))


def frame_in(project: Project, spec: Spec, *, now: datetime) -> Frame:
    """The time of an answer in the project's zone and calendar, cut where its events are not kept any more."""
    frame = frame_of(spec, zone=project.zone, first_weekday=project.first_weekday, now=now)
    return frame.since(retention.kept_from(project.organization_id, now=now))


def _computed(project: Project, spec: Spec, frame: Frame) -> Answer:
    """A fresh answer; once more if compaction and sweeping took away a file that it was about to read."""
    try:
        return _attempt(project, spec, frame)
    except SnapshotGone:
        return _attempt(project, spec, frame)


def _attempt(project: Project, spec: Spec, frame: Frame) -> Answer:
    kind = KINDS[spec.kind]
    reach = kind.span(spec, frame)
    snapshot = manifest.snapshot(project.pk, start=reach.start, end=reach.end)
    reader = _Reader(snapshot, frame)
    result = kind.answer(spec, frame, reader.read)
    return Answer(spec.kind, result, _provenance(project, spec, frame, snapshot, reader.rows_read))


class _Reader:
    """Reads ranges of one snapshot, as far back as events are kept, and counts the rows."""

    def __init__(self, snapshot: Snapshot, frame: Frame) -> None:
        self._snapshot = snapshot
        self._frame = frame
        self._store = storage.reader()
        self._rows: list[int] = []

    @property
    def rows_read(self) -> int:
        return sum(self._rows)

    @contextmanager
    def read(self, within: Range, wanted: Wanted) -> Iterator[Reading]:
        with self._store.read(self._snapshot, self._frame.kept(within), wanted) as reading:
            # Ranges may be read at the same time.
            self._rows.append(reading.rows_read)
            yield reading


def _provenance(project: Project, spec: Spec, frame: Frame, snapshot: Snapshot, rows_read: int) -> Provenance:
    return Provenance(
        spec=spec.model_dump(mode="json"),
        definition=spec.definition,
        time_zone=project.time_zone,
        start=frame.current.span.start,
        end=frame.current.span.end,
        kept_from=frame.kept_from,
        data_up_to=snapshot.data_up_to,
        manifest_version=snapshot.version,
        rows_read=rows_read,
        incomplete=frame.incomplete,
        cached=False,
        elapsed_ms=0.0,
    )


def _key(project: Project, spec: Spec, frame: Frame, version: int) -> str:
    """What an answer depends on: the spec, the stored events, and which intervals are still running."""
    facts = {
        "spec": spec.model_dump(mode="json"),
        "zone": [project.time_zone, project.first_weekday],
        "from": str(frame.current.span.start),
        "kept_from": str(frame.kept_from),
        "incomplete": frame.incomplete,
        "version": version,
    }
    digest = hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()
    return f"answer:{project.pk}:{digest}"
