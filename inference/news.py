"""The streams of jobs in Redis: a Redis stream each as history, and one channel for all that is new.

One message holds what all jobs of a worker said in some milliseconds, so that at thousands of tokens a second it
costs a fraction of what a message a token would.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec
from redis.asyncio import Redis
from redis.asyncio.client import Pipeline

from inference.entries import Entry

CHANNEL = "inference:said"
# Messages; a client that needs older ones is served from the row, once the job has ended.
_LONGEST_HISTORY = 20_000
_RUNNING_SECONDS = 24 * 3600
# When a job has ended, its row tells all; only clients in the middle of the stream still profit.
_ENDED_SECONDS = 600

Said = Mapping[UUID, Sequence[Entry]]
_encoder = msgspec.json.Encoder()
_said = msgspec.json.Decoder(dict[UUID, list[Entry]])
_entries = msgspec.json.Decoder(list[Entry])


def name_of(job_id: UUID) -> str:
    return f"job:{job_id}"


def decode(payload: bytes) -> Said:
    """A message of the channel: what each of these jobs said."""
    return _said.decode(payload)


async def history(redis: Redis, job_id: UUID) -> list[Entry]:
    """What Redis still holds of the latest attempt, oldest first."""
    found: Any = await redis.xrange(name_of(job_id))  # typed for every protocol version at once
    entries = [entry for _, fields in found for entry in _entries.decode(fields[b"e"])]
    latest = max((entry.fence for entry in entries), default=0)
    return [entry for entry in entries if entry.fence == latest]


def write(pipeline: Pipeline, said: Said) -> None:
    """Queue the commands that append and announce these entries."""
    for job_id, entries in said.items():
        _append(pipeline, name_of(job_id), entries)
    pipeline.execute_command("PUBLISH", CHANNEL, _encoder.encode(said))


def _append(pipeline: Pipeline, name: str, entries: Sequence[Entry]) -> None:
    # By their bare words: the client's own methods cost several times as much, for each token.
    if entries[0].kind == "start":
        pipeline.execute_command("DEL", name)
    pipeline.execute_command("XADD", name, "MAXLEN", "~", _LONGEST_HISTORY, "*", "e", _encoder.encode(entries))
    if entries[-1].kind == "end":
        pipeline.execute_command("EXPIRE", name, _ENDED_SECONDS)
    elif entries[0].kind == "start":
        pipeline.execute_command("EXPIRE", name, _RUNNING_SECONDS)
