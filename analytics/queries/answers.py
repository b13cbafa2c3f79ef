"""Answers, and what is kept of them for a while. Without Redis, or where it cannot write, each is computed.

They are kept as JSON, and read back as the kind's own types: what stands in Redis is never run.
"""

import logging
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

import redis
from django.core.cache import cache as kept_for_all
from pydantic import TypeAdapter, ValidationError

from analytics.kinds import KINDS
from analytics.store.known import Membership
from analytics.tabular import Row, rows_of

LOG = logging.getLogger(__name__)
# Larger ones are computed again.
MOST_BYTES = 8 * 2**20
# Raised with the form below.
_FORM = "2"


@dataclass(frozen=True, slots=True)
class Provenance:
    """How an answer was got. `definition` says what is counted; `elapsed_ms` includes reading the cache.

    `incomplete` is the number of intervals that are not over; `spec` has every default filled in. `kept_from` is
    set where the plan's retention cuts into what was asked: events before it are not counted. `cohorts` are those
    that it used, and as of when.
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
    computed_at: datetime
    cached: bool
    elapsed_ms: float
    cohorts: tuple[Membership, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """`result` is of the kind's own type (`analytics.kinds.KINDS`)."""

    kind: str
    result: Any
    provenance: Provenance


ANSWER = TypeAdapter(Answer)
_PROVENANCE = TypeAdapter(Provenance)


def table_of(answer: Answer) -> list[Row]:
    """Its result as the rows of one table."""
    kind = KINDS[answer.kind]
    return list(kind.table(answer.result)) if kind.table else rows_of(answer.result)


@cache
def _result(kind: str) -> TypeAdapter[Any]:
    return TypeAdapter(KINDS[kind].result)


def encoded(answer: Answer) -> bytes:
    """The kind, the provenance and the result, a line of JSON each."""
    result = _result(answer.kind).dump_json(answer.result)
    return b"\n".join((answer.kind.encode(), _PROVENANCE.dump_json(answer.provenance), result))


def decoded(text: bytes) -> Answer | None:
    """What `encoded` gave; None for what another version wrote differently."""
    name, provenance, result = text.split(b"\n")
    try:
        kind = name.decode()
        return Answer(kind, _result(kind).validate_json(result), _PROVENANCE.validate_json(provenance))
    except (KeyError, ValidationError) as error:
        LOG.info("An answer of another version is computed again: %s", error)
        return None


def kept(key: str) -> Answer | None:
    """The answer, or None."""
    try:
        found = kept_for_all.get(f"{key}:{_FORM}")
    except redis.RedisError as error:
        LOG.warning("Answers are computed, as none can be read from Redis: %s", error)
        return None
    return None if found is None else decoded(found)


def keep(key: str, answer: Answer, seconds: int) -> None:
    text = encoded(answer)
    if len(text) > MOST_BYTES:
        return
    try:
        kept_for_all.set(f"{key}:{_FORM}", text, seconds)
    except redis.RedisError as error:
        LOG.warning("An answer is not kept, as Redis does not take it: %s", error)
