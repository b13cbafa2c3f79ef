"""Accept events: on disk when it returns, and every one that is not kept is counted."""

import functools
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType

from django.db import transaction
from django.utils import timezone

from accounts import keys
from accounts.access import Actor, secret_key
from accounts.errors import FieldError, Invalid, Unauthenticated
from accounts.permissions import Capability
from analytics import access
from analytics.contracts import DropReason, Event, Rejection
from analytics.ingestion import payloads
from analytics.ingestion.client import ClientInfo
from analytics.ingestion.normalize import RawCall, Refused, normalize
from analytics.ingestion.options import Options
from analytics.ingestion.protocols.wire import Duplicate, Outcome, Result, Stored, Submission
from analytics.models import InboxEntry, Project
from analytics.queries.options import options_of
from analytics.services import ledger, live, quota, repeats, visitors

NOTHING_DROPPED: Mapping[DropReason, int] = MappingProxyType({})


@transaction.atomic
def accept(
    *,
    project: Project,
    events: Sequence[Event],
    drops: Mapping[DropReason, int] = NOTHING_DROPPED,
    received_at: datetime | None = None,
    announced: bool = True,
) -> None:
    """Write the events of one request to the inbox and add what was dropped to the day's ledger.

    One row for all events, in one transaction: after it returns they outlive any process. Unless `announced` is
    False, as for an import of old events, the live view shows them.
    """
    moment = received_at or timezone.now()
    if events:
        InboxEntry.objects.create(
            project=project, received_at=moment, events=len(events), payload=payloads.pack(events)
        )
    if events and announced:
        transaction.on_commit(functools.partial(live.announce, project_id=project.pk, events=events))
    ledger.count_drops(project=project, drops=drops, moment=moment)


def receive(*, submission: Submission, client: ClientInfo, now: datetime | None = None) -> Outcome:
    """Judge each event of a request alone, keep what is good, count the rest, and say what became of each.

    Raises Unauthenticated for a wrong or missing key, for a secret key what the access door raises,
    QuotaExceeded over what the plan allows, and Unavailable where visitors without a cookie cannot be told apart.
    """
    project = _project(submission)
    moment = now or timezone.now()
    calls = submission.calls
    quota.admit(project=project, calls=calls, now=moment)
    if submission.allows_nameless:
        calls = visitors.identify(project=project, calls=calls, client=client, now=moment)
    options = options_of(project)
    if submission.historical:
        options = replace(options, browser_window=None)
    judged = [_judge(call, index, moment, client, options) for index, call in enumerate(calls)]
    ids = [event.message_id for event in judged if isinstance(event, Event)]
    known = repeats.known(project_id=project.pk, message_ids=ids) if submission.answers_each else frozenset()
    events, results = _without_repeats(judged, known)
    accept(
        project=project,
        events=events,
        drops=_drops(results),
        received_at=moment,
        announced=not submission.historical,
    )
    if submission.answers_each and events:
        kept = [event.message_id for event in events]
        transaction.on_commit(functools.partial(repeats.remember, project_id=project.pk, message_ids=kept))
    return Outcome(tuple(results))


def _without_repeats(
    judged: Sequence[Event | Rejection], known: frozenset[str]
) -> tuple[list[Event], list[Result]]:
    seen = set(known)
    events: list[Event] = []
    results: list[Result] = []
    for index, event in enumerate(judged):
        if isinstance(event, Rejection):
            results.append(event)
        elif event.message_id in seen:
            results.append(Duplicate(index, event.message_id))
        else:
            seen.add(event.message_id)
            events.append(event)
            results.append(Stored(index, event.message_id))
    return events, results


def _project(submission: Submission) -> Project:
    if not submission.key:
        raise Unauthenticated("Send a write key.")
    if not (submission.allows_secret_key and submission.key.startswith(keys.SECRET_PREFIX)):
        return access.project_of_write_key(submission.key)
    actor = Actor(secret_key=secret_key(submission.key))
    if submission.project_id is None:
        raise Invalid(
            "With a secret key, project_id says whose events they are.",
            fields=[FieldError("project_id", "Is required with a secret key.")],
        )
    return access.project(actor, project_id=submission.project_id, capability=Capability.SEND_EVENTS)


def _judge(
    call: RawCall | Rejection, index: int, moment: datetime, client: ClientInfo, options: Options
) -> Event | Rejection:
    if isinstance(call, Rejection):
        return call
    try:
        return normalize(call, now=moment, source=client, options=options)
    except Refused as refusal:
        return Rejection(index, refusal.reason, refusal.field, refusal.drop)


def _drops(results: Sequence[Result]) -> Mapping[DropReason, int]:
    reasons = Counter(result.drop for result in results if isinstance(result, Rejection))
    reasons[DropReason.DUPLICATE] += sum(isinstance(result, Duplicate) for result in results)
    return reasons
