"""The stream of a job in Redis: a Redis stream as history, a channel of the same name for what is new."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

import msgspec
from redis.asyncio import Redis
from redis.asyncio.client import Pipeline

from inference.entries import Entry

# Entries; a client that needs older ones is served from the row, once the job has ended.
_LONGEST_HISTORY = 20_000
_RUNNING_SECONDS = 24 * 3600
# When a job has ended, its row tells all; only clients in the middle of the stream still profit.
_ENDED_SECONDS = 600

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Entry)


def name_of(job_id: UUID) -> str:
    return f"job:{job_id}"


def decode(payload: bytes) -> Entry:
    return _decoder.decode(payload)


async def history(redis: Redis, job_id: UUID) -> list[Entry]:
    """What Redis still holds of the latest attempt, oldest first."""
    found: Any = await redis.xrange(name_of(job_id))  # typed for every protocol version at once
    entries = [decode(fields[b"e"]) for _, fields in found]
    latest = max((entry.fence for entry in entries), default=0)
    return [entry for entry in entries if entry.fence == latest]


def write(pipeline: Pipeline, job_id: UUID, entries: Iterable[Entry]) -> None:
    """Queue the commands that append and announce these entries."""
    name = name_of(job_id)
    for entry in entries:
        payload = _encoder.encode(entry)
        if entry.kind == "start":
            pipeline.delete(name)
        pipeline.xadd(name, {"e": payload}, maxlen=_LONGEST_HISTORY, approximate=True)
        pipeline.publish(name, payload)
        if entry.kind in {"start", "end"}:
            pipeline.expire(name, _ENDED_SECONDS if entry.kind == "end" else _RUNNING_SECONDS)
