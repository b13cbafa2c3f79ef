"""Accept events: on disk when it returns, and every one that is not kept is counted."""

import functools
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType

from django.db import transaction
from django.utils import timezone

from analytics.contracts import DropReason, Event
from analytics.ingestion import judging
from analytics.ingestion.client import ClientInfo
from analytics.ingestion.protocols.wire import Outcome, Submission
from analytics.models import Project
from analytics.services import inbox, live, quota, repeats, senders, visitors
from analytics.services.senders import Sender

NOTHING_DROPPED: Mapping[DropReason, int] = MappingProxyType({})


def accept(
    *,
    project: Project,
    events: Sequence[Event],
    drops: Mapping[DropReason, int] = NOTHING_DROPPED,
    received_at: datetime | None = None,
    announced: bool = True,
) -> None:
    """Write the events of one request to the inbox and add what was dropped to the day's ledger.

    One row for all events, in one statement: after it returns they outlive any process. Unless `announced` is
    False, as for an import of old events, the live view shows them.
    """
    moment = received_at or timezone.now()
    _write(project.pk, events, drops, moment, announced=announced)


def judge(
    *, sender: Sender, submission: Submission, client: ClientInfo, now: datetime
) -> Sequence[judging.Judged]:
    """Each event of a request, judged alone, as the sender's options say.

    Raises Unavailable where visitors without a cookie cannot be told apart.
    """
    calls = submission.calls
    if submission.allows_nameless:
        calls = visitors.identify(project_id=sender.project_id, calls=calls, client=client, now=now)
    options = replace(sender.options, browser_window=None) if submission.historical else sender.options
    return judging.judge(calls, now=now, client=client, options=options)


def receive(*, submission: Submission, client: ClientInfo, now: datetime | None = None) -> Outcome:
    """Judge each event of a request alone, keep what is good, count the rest, and say what became of each.

    One request, one statement: for WSGI and for what is sent from inside. The web process answers by
    `group_commit`. Raises what `senders.find`, `senders.take`, `quota.admit` and `judge` raise.
    """
    moment = now or timezone.now()
    sender = senders.find(submission, now=moment)
    senders.take(sender)
    quota.admit(sender=sender, calls=submission.calls, now=moment)
    judged = judge(sender=sender, submission=submission, client=client, now=moment)
    known = _known(sender, judged) if submission.answers_each else frozenset()
    events, results = judging.without_repeats(judged, known)
    _write(sender.project_id, events, judging.drops(results), moment, announced=not submission.historical)
    if submission.answers_each and events:
        kept = [(sender.project_id, event.message_id) for event in events]
        transaction.on_commit(functools.partial(repeats.remember, kept))
    return Outcome(tuple(results))


def _known(sender: Sender, judged: Sequence[judging.Judged]) -> frozenset[str]:
    asked = [(sender.project_id, text) for text in judging.message_ids(judged)]
    return frozenset(text for _, text in repeats.known(asked))


def _write(
    project_id: int,
    events: Sequence[Event],
    drops: Mapping[DropReason, int],
    moment: datetime,
    *,
    announced: bool,
) -> None:
    inbox.write([inbox.Taken(project_id, moment, events, drops)])
    if events and announced:
        transaction.on_commit(functools.partial(live.announce, project_id=project_id, events=events))
