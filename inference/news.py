"""The streams of jobs in Redis: a Redis stream each as history, and one channel for all that is new.

One message holds what all jobs of a worker said in some milliseconds, so that at thousands of tokens a second it
costs a fraction of what a message a token would.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from redis.asyncio import Redis

from inference.entries import Entry

CHANNEL = "inference:said"
# Messages; a client that needs older ones is served from the row, once the job has ended.
_LONGEST_HISTORY = 20_000
_RUNNING_SECONDS = 24 * 3600
# When a job has ended, its row tells all; only clients in the middle of the stream still profit.
_ENDED_SECONDS = 600


class Message(msgspec.Struct, frozen=True, array_like=True):
    """One of the channel: what jobs said, and those that ended as the API shows them, unless that is long."""

    said: dict[UUID, list[Entry]]
    ended: dict[UUID, msgspec.Raw] = {}  # msgspec copies it for each message


# For each key two arguments behind the first five: its entries, and their mark.
_SAY = """
for index, name in ipairs(KEYS) do
    local entries, mark = ARGV[2 * index + 4], ARGV[2 * index + 5]
    if mark:find('s') then redis.call('DEL', name) end
    redis.call('XADD', name, 'MAXLEN', '~', ARGV[3], '*', 'e', entries)
    if mark:find('e') then redis.call('EXPIRE', name, ARGV[5])
    elseif mark:find('s') then redis.call('EXPIRE', name, ARGV[4]) end
end
redis.call('PUBLISH', ARGV[1], ARGV[2])
"""
_encoder = msgspec.json.Encoder()
_message = msgspec.json.Decoder(Message)
_entries = msgspec.json.Decoder(list[Entry])


def name_of(job_id: UUID) -> str:
    return f"job:{job_id}"


def decode(payload: bytes) -> Message:
    """A message of the channel, as it came."""
    return _message.decode(payload)


async def history(redis: Redis, job_id: UUID) -> list[Entry]:
    """What Redis still holds of the latest attempt, oldest first."""
    found: Any = await redis.xrange(name_of(job_id))  # typed for every protocol version at once
    entries = [entry for _, fields in found for entry in _entries.decode(fields[b"e"])]
    latest = max((entry.fence for entry in entries), default=0)
    return [entry for entry in entries if entry.fence == latest]


class Speaker:
    """Appends and announces what jobs say, all of a message in one command: to send and answer one for each costs
    more than what they do.
    """

    def __init__(self, redis: Redis) -> None:
        self.script = redis.register_script(_SAY)

    async def say(self, message: Message) -> None:
        given: list[str | bytes | int] = [CHANNEL, _encoder.encode(message)]
        given += [_LONGEST_HISTORY, _RUNNING_SECONDS, _ENDED_SECONDS]
        for entries in message.said.values():
            given += [_encoder.encode(entries), _mark(entries)]
        await self.script(keys=[name_of(job_id) for job_id in message.said], args=given)


def _mark(entries: Sequence[Entry]) -> str:
    """What a job's entries begin or end."""
    return ("s" if entries[0].kind == "start" else "") + ("e" if entries[-1].kind == "end" else "")
