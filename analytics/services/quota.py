"""The quota at the door: over what the plan says, events are refused with a clear answer and counted."""

import hashlib
import logging
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import cast

import redis

from accounts.errors import QuotaExceeded
from analytics.contracts import DropReason, Rejection
from analytics.ingestion.calls import Call, RawCall
from analytics.models import Project
from analytics.queries import quota
from analytics.queries.live import client
from analytics.queries.quota import Standing, State
from analytics.services import inbox
from analytics.services.senders import Sender

LOG = logging.getLogger(__name__)
# A plan can be raised at any time, so a client is never told to stay away for longer, in seconds.
LONGEST_WAIT = 3_600
# How many refused messages of a project and an hour are told apart; beyond, each attempt counts.
MOST_REMEMBERED = 100_000
_HOUR = 3_600


def is_refused(sender: Sender) -> bool:
    """Whether `admit` raises, which costs a look at Redis and a row of the ledger."""
    return sender.standing is not None and sender.standing.state is State.REFUSED


def admit(*, sender: Sender, calls: Sequence[RawCall | Call | Rejection], now: datetime) -> None:
    """Let a request in, or raise QuotaExceeded for all of it and count its events in the ledger.

    A request that begins below the line is taken whole. Events with a message id are counted once however often
    they are sent again within the hour and the one after; events without one at each attempt.
    """
    if sender.standing is None or not is_refused(sender):
        return
    drops = {DropReason.QUOTA: _new(sender.project_id, calls, now)}
    inbox.write([inbox.Taken(sender.project_id, now, (), drops)])
    raise refusal(sender.standing, now=now)


def admit_import(*, project: Project, now: datetime) -> None:
    """Raise QuotaExceeded where the organization may not send any more: an import stops and loses nothing."""
    found = quota.standing(project.organization_id, now=now)
    if found.state is State.REFUSED:
        raise refusal(found, now=now)


def refusal(found: Standing, *, now: datetime) -> QuotaExceeded:
    """The error that says how much was used, of what, until when, and what to do."""
    return QuotaExceeded(
        f"The quota of this month is used up: {found.used:,} events of {found.quota:,} in the plan "
        f"'{found.limits.plan}', which refuses from {found.limits.refuse_from} % on. Events are taken again when "
        f"the month is over, at {found.resets_at:%Y-%m-%d %H:%M} UTC, or as soon as the plan is raised: an owner, "
        "or the role Billing, does so under Settings, Plan.",
        retry_after=min((found.resets_at - now).total_seconds(), LONGEST_WAIT),
        details={
            "plan": found.limits.plan,
            "used": found.used,
            "quota": found.quota,
            "resets_at": found.resets_at.isoformat().replace("+00:00", "Z"),
        },
    )


def _new(project_id: int, calls: Sequence[RawCall | Call | Rejection], now: datetime) -> int:
    """How many of these events were not counted as refused already."""
    ids = {text for text in map(_message_id, calls) if text}
    nameless = sum(not _message_id(call) for call in calls)
    try:
        return nameless + len(_remember(project_id, ids, now))
    except redis.RedisError as error:
        LOG.warning("Refused messages are counted at each attempt: %s", error)
        return nameless + len(ids)


def _message_id(call: RawCall | Call | Rejection) -> str:
    if isinstance(call, Call):
        given = call.message_id
    else:
        given = "" if isinstance(call, Rejection) else call.get("messageId")
    return given if isinstance(given, str) else ""


def _remember(project_id: int, message_ids: Iterable[str], now: datetime) -> list[bytes]:
    """Those that are new, as digests, which it notes. An hour's set is kept until the end of the next hour."""
    digests = [hashlib.blake2b(text.encode(errors="replace"), digest_size=8).digest() for text in message_ids]
    if not digests:
        return []
    hour = int(now.timestamp()) // _HOUR
    ours, before = (b"refused:%d:%d" % (project_id, hour - back) for back in (0, 1))
    with client().pipeline(transaction=False) as pipeline:
        pipeline.smismember(ours, digests)
        pipeline.smismember(before, digests)
        pipeline.scard(ours)
        known, earlier, size = cast("tuple[list[int], list[int], int]", pipeline.execute())
        new = [item for item, *seen in zip(digests, known, earlier, strict=True) if not any(seen)]
        if new and size < MOST_REMEMBERED:
            pipeline.sadd(ours, *new)
            pipeline.expire(ours, 2 * _HOUR)
            pipeline.execute()
    return new
