"""Clients of token streams that go away at random and come again behind the last event that they saw."""

import asyncio
import json
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import aiohttp

JOBS = "/api/v1/inference/jobs/"
# Events that a client reads before it goes, at random up to so many.
_MOST_AT_ONCE = 40


@dataclass(frozen=True, slots=True)
class Event:
    """One server-sent event."""

    name: str
    id: str
    data: dict[str, Any]


@dataclass
class Follower:
    """One client of one job: what it holds is what a reader of the page would see."""

    job_id: str
    text: str = ""
    restarts: int = 0
    returns: int = 0
    last_id: str = ""
    ends: list[Event] = field(default_factory=list)
    # Where it could have gone: after this event, so much of the text is there.
    seen: list[tuple[str, int]] = field(default_factory=list)

    async def follow(self, session: aiohttp.ClientSession, rng: random.Random) -> None:
        """Until the end has been told."""
        while not self.ends:
            patience = rng.randint(1, _MOST_AT_ONCE)
            async for event in events(session, self.job_id, self.last_id):
                self.take(event)
                patience -= 1
                if patience == 0:
                    break
            self.returns += not self.ends

    def take(self, event: Event) -> None:
        self.last_id = event.id
        match event.name:
            case "token":
                self.text += event.data["text"]
                self.seen.append((event.id, len(self.text)))
            case "restart":
                self.text = ""
                self.restarts += 1
                self.seen.clear()
            case "done" | "error":
                self.ends.append(event)


async def events(session: aiohttp.ClientSession, job_id: str, after: str = "") -> AsyncIterator[Event]:
    """The events of one connection, until either side ends it; none where the server does not answer."""
    headers = {"Last-Event-ID": after} if after else {}
    try:
        async with session.get(f"{JOBS}{job_id}/stream/", headers=headers) as response:
            if response.status != 200:
                if response.status != 204:
                    await asyncio.sleep(0.5)
                return
            fields: dict[str, str] = {}
            async for line in response.content:
                name, _, value = line.decode().rstrip("\n").partition(": ")
                if name:
                    fields[name] = value
                elif "event" in fields:
                    yield Event(fields["event"], fields["id"], json.loads(fields["data"]))
                    fields = {}
    except (aiohttp.ClientError, TimeoutError):
        await asyncio.sleep(0.2)
