"""Judge the calls of a request, each alone: kept, refused with a reason, or there already. No Django here."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from analytics.contracts import DropReason, Event, Rejection
from analytics.ingestion.calls import Call, RawCall
from analytics.ingestion.client import ClientInfo
from analytics.ingestion.normalize import Reader, Refused
from analytics.ingestion.options import Options
from analytics.ingestion.protocols.wire import Duplicate, Result, Stored

Judged = Event | Rejection


def judge(
    calls: Sequence[RawCall | Call | Rejection], *, now: datetime, client: ClientInfo, options: Options
) -> list[Judged]:
    """The event of each call, or its rejection, in their order."""
    event_of = Reader(now=now, source=client, options=options).event
    judged: list[Judged] = []
    for index, call in enumerate(calls):
        try:
            judged.append(call if isinstance(call, Rejection) else event_of(call))
        except Refused as refusal:
            judged.append(Rejection(index, refusal.reason, refusal.field, refusal.drop))
    return judged


def message_ids(judged: Sequence[Judged]) -> list[str]:
    return [event.message_id for event in judged if isinstance(event, Event)]


def without_repeats(judged: Sequence[Judged], known: Collection[str]) -> tuple[list[Event], list[Result]]:
    """The events to keep, and what became of each call; `known` are message ids that are there already."""
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
            results.append(Stored(index, event.message_id, event.user_id or event.anonymous_id))
    return events, results


def drops(results: Sequence[Result]) -> Mapping[DropReason, int]:
    """How many were not kept, by reason."""
    reasons = Counter(result.drop for result in results if isinstance(result, Rejection))
    reasons[DropReason.DUPLICATE] += sum(isinstance(result, Duplicate) for result in results)
    return reasons
