"""Run a query: the spec's result, and how it was got."""

import hashlib
import json
import time
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from django.conf import settings
from django.utils import timezone

from accounts.access import Actor
from accounts.errors import QueryTooLarge
from accounts.queries.plans import Limits, limits_of
from analytics.kinds import KINDS
from analytics.kinds.base import BY_GROUP, By, Spec
from analytics.kinds.frame import Frame, frame_of
from analytics.kinds.named import Named, named_by
from analytics.models import Project
from analytics.periods import Span
from analytics.queries import answers, cohort_members, manifest, profile_lists, retention, sensitive, storage
from analytics.queries.answers import Answer, Provenance
from analytics.queries.desk import Ticket, desk
from analytics.queries.estimate import Estimate, estimate_of
from analytics.queries.sensitive import hidden_from
from analytics.sensitive import Hidden
from analytics.store.base import Range, Reading, Snapshot, SnapshotGone, Wanted
from analytics.store.known import Membership
from analytics.store.statements import Statement, Statements
from analytics.store.stop import Stop

CACHED_SECONDS = 3_600


@dataclass(frozen=True, slots=True)
class Asked:
    """A question of a project at a moment, what it names, and `key`, which is the same while the answer is.

    Whoever asks does not see what is `hidden`, and gets no answer that was computed for somebody who does.
    """

    project: Project
    spec: Spec
    hidden: Hidden
    named: Named
    frame: Frame
    limits: Limits
    key: str


@dataclass(frozen=True, slots=True)
class Started:
    """A question that is being computed, or waits for its turn."""

    asked: Asked
    snapshot: Snapshot
    ticket: Ticket

    @property
    def estimate(self) -> Estimate:
        """What it reads, as the manifest says."""
        return estimate_of(self.snapshot, _reach(self.asked))


@dataclass(frozen=True, slots=True)
class Explained:
    """An answer computed afresh, what was estimated before, and what the engine was told."""

    answer: Answer
    estimate: Estimate
    statements: tuple[Statement, ...]


def run_query(*, project: Project, spec: Spec, actor: Actor | None = None, now: datetime | None = None) -> Answer:
    """Answer a spec over the project's sealed events, as this asker may see it; waits for its turn.

    Raises Forbidden for what is sensitive, Invalid for what the engine refuses, NotReady for a cohort that was
    never computed, QueryTooLarge over the plan's limit, DeadlineExceeded after the configured seconds, and
    RateLimited where too many requests of the organization wait.
    """
    begun = time.perf_counter()
    asked = ask(project=project, spec=spec, hidden=hidden_from(actor, project), now=now)
    answer = kept(asked)
    if answer is None:
        try:
            answer = result_of(start(asked))
        except SnapshotGone:
            # Compaction and sweeping took away a file that it was about to read.
            answer = result_of(start(asked))
    return with_elapsed(answer, begun)


def ask(*, project: Project, spec: Spec, hidden: Hidden, now: datetime | None = None) -> Asked:
    """The question as it is now. Raises Forbidden for what is hidden, Invalid and NotReady for its cohorts."""
    sensitive.require(spec, hidden)
    limits = limits_of(project.organization_id)
    spec = profile_lists.sought(project, spec.leaving_out(hidden.in_events), hidden)
    frame = _frame(project, spec, limits, now or timezone.now())
    named = named_by(spec)
    memberships = cohort_members.used(project.pk, named.cohorts)
    version = manifest.version_of(project.pk)
    key = _key(project, spec, frame, hidden=hidden, version=version, memberships=memberships)
    return Asked(project, spec, hidden, named, frame, limits, key)


def kept(asked: Asked) -> Answer | None:
    """The answer, if somebody had it a while ago and it still holds."""
    found = answers.kept(asked.key)
    if found is None:
        return None
    shown = replace(found, provenance=replace(found.provenance, cached=True))
    return profile_lists.described(asked.project, shown, asked.hidden)


def start(asked: Asked) -> Started:
    """Have it computed. Raises QueryTooLarge."""
    return _started(asked, asked.key, None)


def result_of(started: Started) -> Answer:
    answer: Answer = started.ticket.result()
    return profile_lists.described(started.asked.project, answer, started.asked.hidden)


def explain(*, project: Project, spec: Spec, actor: Actor | None = None) -> Explained:
    """Answer a spec, without what is kept of earlier answers, and say how. Raises as `run_query` does."""
    statements = Statements()
    asked = ask(project=project, spec=spec, hidden=hidden_from(actor, project))
    started = _started(asked, f"explain:{uuid.uuid4()}", statements)
    answer = result_of(started)
    shown = tuple(replace(item, sql=storage.without_paths(item.sql, project.pk)) for item in statements.found)
    return Explained(answer, started.estimate, shown)


def at_once(limits: Limits) -> int:
    """How many queries an organization may have running."""
    return limits.queries_at_once or int(settings.QUERIES_AT_ONCE)


def with_elapsed(answer: Answer, begun: float) -> Answer:
    """The answer with the milliseconds since a moment of the performance counter."""
    elapsed = round((time.perf_counter() - begun) * 1000, 1)
    return replace(answer, provenance=replace(answer.provenance, elapsed_ms=elapsed))


def frame_in(project: Project, spec: Spec, *, now: datetime) -> Frame:
    """The time of an answer in the project's zone and calendar, cut where its events are not kept any more."""
    return _frame(project, spec, limits_of(project.organization_id), now)


def _frame(project: Project, spec: Spec, limits: Limits, now: datetime) -> Frame:
    frame = frame_of(spec, zone=project.zone, first_weekday=project.first_weekday, now=now)
    reach = KINDS[spec.kind].span(spec, frame)
    return frame.since(retention.edge(limits, now=now), reach)


def _started(asked: Asked, key: str, statements: Statements | None) -> Started:
    """What is looked up here is the last that asks the database."""
    limits = asked.limits
    reach = _reach(asked)
    snapshot = manifest.snapshot_with(asked.project.pk, asked.named, start=reach.start, end=reach.end)
    if limits.query_rows is not None:
        check_size(estimate_of(snapshot, reach).rows, limits.query_rows, limits.plan)
    ticket = desk().ask(
        key=key,
        organization=asked.project.organization_id,
        limit=at_once(limits),
        seconds=settings.QUERY_SECONDS,
        work=partial(_computed, asked, snapshot, statements),
    )
    return Started(asked, snapshot, ticket)


def _reach(asked: Asked) -> Span:
    return KINDS[asked.spec.kind].span(asked.spec, asked.frame)


def check_size(rows: int, most: int, plan: str) -> None:
    """Raises QueryTooLarge over what a plan allows."""
    if rows > most:
        allowed = f"the plan {plan} allows {most:,}"
        message = f"The query would read up to {rows:,} events; {allowed}. Ask for a shorter period."
        raise QueryTooLarge(message, details={"rows": rows, "limit": most})


def _computed(asked: Asked, snapshot: Snapshot, statements: Statements | None, stop: Stop) -> Answer:
    """A fresh answer, kept for who asks next. Runs in a thread of the desk and asks no database of ours."""
    begun = time.perf_counter()
    reader = _Reader(snapshot, asked, stop, statements)
    result = KINDS[asked.spec.kind].answer(asked.spec, asked.frame, reader.read)
    provenance = _provenance(asked, snapshot, reader.rows_read)
    answer = with_elapsed(Answer(asked.spec.kind, result, provenance), begun)
    if statements is None:
        key = _key(
            asked.project,
            asked.spec,
            asked.frame,
            hidden=asked.hidden,
            version=snapshot.version,
            memberships=snapshot.known.memberships,
        )
        answers.keep(key, answer, CACHED_SECONDS)
    return answer


class _Reader:
    """Reads ranges of one snapshot, as far back as events are kept, and counts the rows."""

    def __init__(self, snapshot: Snapshot, asked: Asked, stop: Stop, statements: Statements | None) -> None:
        self._snapshot = snapshot
        self._frame = asked.frame
        self._by = Wanted(by_group=asked.spec.by is By.GROUP)
        self._store = storage.reader(stop, statements)
        self._rows: list[int] = []

    @property
    def rows_read(self) -> int:
        return sum(self._rows)

    @contextmanager
    def read(self, within: Range, wanted: Wanted) -> Iterator[Reading]:
        with self._store.read(self._snapshot, self._frame.kept(within), wanted | self._by) as reading:
            # Ranges may be read at the same time.
            self._rows.append(reading.rows_read)
            yield reading


def _provenance(asked: Asked, snapshot: Snapshot, rows_read: int) -> Provenance:
    frame, spec = asked.frame, asked.spec
    return Provenance(
        spec=spec.model_dump(mode="json"),
        definition=f"{spec.definition} {BY_GROUP}" if spec.by is By.GROUP else spec.definition,
        time_zone=asked.project.time_zone,
        start=frame.current.span.start,
        end=frame.current.span.end,
        kept_from=frame.kept_from,
        data_up_to=snapshot.data_up_to,
        manifest_version=snapshot.version,
        rows_read=rows_read,
        incomplete=frame.incomplete,
        computed_at=timezone.now(),
        cached=False,
        elapsed_ms=0.0,
        cohorts=snapshot.known.memberships,
    )


def _key(
    project: Project,
    spec: Spec,
    frame: Frame,
    *,
    hidden: Hidden,
    version: int,
    memberships: Iterable[Membership],
) -> str:
    """What an answer depends on: the spec, what it leaves out, the stored events, who is in its cohorts, and which
    intervals are still running.
    """
    facts = {
        "spec": spec.model_dump(mode="json"),
        **({"hidden": hidden.as_json()} if hidden else {}),
        "zone": [project.time_zone, project.first_weekday],
        "from": str(frame.current.span.start),
        "kept_from": str(frame.kept_from),
        "incomplete": frame.incomplete,
        "turned": KINDS[spec.kind].turned(spec, frame),
        "version": version,
        "cohorts": [[item.id, item.membership, item.name] for item in memberships],
    }
    digest = hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()
    return f"answer:{project.pk}:{digest}"
