"""Tells one caller of the OpenAI-compatible API the answer of a job: whole, or as it is written."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Protocol

import msgspec
from django import db

from inference.entries import Cursor, Event
from inference.hub import KEEP_OPEN_SECONDS, Hub
from inference.offload import in_database
from inference.openai_api.accepted import Accepted
from inference.openai_api.answer import Answer
from inference.openai_api.errors import Fault, of_failure
from inference.queries import answers
from inference.reply import Reply
from inference.services import jobs

_LONGEST_WAIT = 3600.0
_FIRST_SILENCE = 45.0
_STILL_HERE = b": still here\n\n"
_ANEW = of_failure("restarted", "The answer has to be written anew: ask again, from the beginning.")
_TOO_LONG = of_failure("deadline_exceeded", f"The job did not end within {_LONGEST_WAIT:g} seconds.")
_NOT_READ = of_failure("unavailable", "The database does not answer at the moment.")


class Form(Protocol):
    """How a stream is written: chunks of a completion, or events of a Response."""

    def begin(self) -> bytes: ...

    def take(self, event: Event) -> bytes: ...

    def is_stale(self, event: Event) -> bool: ...

    def end(self, answer: Answer) -> bytes: ...

    def broken(self, fault: Fault) -> bytes: ...


class Broken(Exception):
    """The answer cannot be told to its end."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.message)
        self.fault = fault


@dataclass(slots=True)
class Telling:
    """One answer to one caller. A failure before the first word is an answer with a status of its own."""

    hub: Hub
    accepted: Accepted
    reply: Reply

    async def whole(self, show: Callable[[Answer], Mapping[str, Any]]) -> None:
        """Wait for the end, then all at once."""
        try:
            await self._until_ended(_LONGEST_WAIT)
            answer = await self._answer()
        except Broken as broken:
            await self._give_up(broken.fault)
            return
        await (refuse(self.reply, answer.fault) if answer.fault else self._show(show(answer)))

    async def shown(self, show: Callable[[Answer], Mapping[str, Any]], seconds: float) -> None:
        """How the job stands when it has ended, or after so many seconds."""
        try:
            with contextlib.suppress(Broken):
                await self._until_ended(seconds)
            await self._show(show(await self._answer()))
        except Broken as broken:
            await refuse(self.reply, broken.fault)

    async def stream(self, form: Form) -> None:
        """Each piece as it comes."""
        try:
            async with asyncio.timeout(_LONGEST_WAIT):
                await self._pieces(form)
            answer = await self._answer()
        except TimeoutError:
            await self._give_up(_TOO_LONG, form)
        except Broken as broken:
            await self._give_up(broken.fault, form)
        else:
            if answer.fault and not self.reply.begun:
                await refuse(self.reply, answer.fault)
            else:
                await self._say(form, form.end(answer))
                await self.reply.end()

    async def _pieces(self, form: Form) -> None:
        if self.accepted.at_once:
            await self._say(form, b"")
        # A start without a word is news too, but none for the caller. What keeps the connection open also ends the
        # time in which a failure has a status of its own, so it comes late at first, yet within a proxy's minute.
        silent_until = time.monotonic() + _FIRST_SILENCE
        async with aclosing(self.hub.follow(self.accepted.job, Cursor())) as news:
            async for events in news:
                if any(map(form.is_stale, events)):
                    raise Broken(_ANEW)
                said = b"".join(map(form.take, events))
                if said or time.monotonic() >= silent_until:
                    await self._say(form, said or _STILL_HERE)
                    silent_until = time.monotonic() + KEEP_OPEN_SECONDS

    async def _say(self, form: Form, said: bytes) -> None:
        if said := said if self.reply.begun else form.begin() + said:
            await self.reply.more(said)

    async def _until_ended(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds), aclosing(self.hub.follow(self.accepted.job, Cursor())) as news:
                async for _ in news:
                    pass
        except TimeoutError as error:
            raise Broken(_TOO_LONG) from error

    async def _answer(self) -> Answer:
        try:
            return await in_database(answers.answer, self.accepted.job)
        except db.Error as error:
            raise Broken(_NOT_READ) from error

    async def _show(self, body: Mapping[str, Any]) -> None:
        await self.reply.whole(msgspec.json.encode(body))

    async def leave(self) -> None:
        """The caller hears nothing more of the job, so it ends, unless they can come back for it."""
        if not self.accepted.stays:
            with contextlib.suppress(db.Error):
                await in_database(jobs.abandon, job_id=self.accepted.job)

    async def _give_up(self, fault: Fault, form: Form | None = None) -> None:
        await self.leave()
        if form and self.reply.begun:
            await self.reply.more(form.broken(fault))
            await self.reply.end()
        else:
            await refuse(self.reply, fault)


async def refuse(reply: Reply, fault: Fault) -> None:
    """Answer with an error."""
    await reply.whole(msgspec.json.encode(fault.body), status=fault.status, headers=fault.headers)
