"""The token stream, and waiting for a job's end, as a plain ASGI callable in front of Django.

Under Django's handler each open response pins a thread. Here Django answers one short request, which also says
whether the caller may see the job at all, and from then on an open stream is a coroutine and a queue.
"""

import asyncio
import contextlib
import re
from collections.abc import Awaitable
from uuid import UUID

from asgiref.typing import (
    ASGI3Application,
    ASGIReceiveCallable,
    ASGISendCallable,
    HTTPScope,
    Scope,
)
from django import db

from accounts.errors import PlumblineError
from accounts.permissions import Capability
from analytics.api.door import headers_of
from inference import inner
from inference.callers import Callers
from inference.creating import LARGE, Creator
from inference.entries import Cursor, Event
from inference.hub import Hub
from inference.inner import CREATES, JOBS
from inference.offload import Gathered
from inference.queries import shown
from inference.reply import EVENT_STREAM, Reply

_STREAM = re.compile(re.escape(JOBS) + r"([0-9a-f-]{36})/stream/")
_WAIT = re.compile(r"(?:^|[,;\s])wait\s*=\s*\"?(\d{1,6})\"?")
_LONGEST_WAIT = 60


class StreamOr:
    """Answers the routes that stay open itself and hands every other request on."""

    def __init__(self, application: ASGI3Application) -> None:
        self.application = application
        self.callers = Callers()
        self.creator = Creator(self.callers)
        self.finished = Gathered(shown.finished)
        self.organizations = Gathered(shown.organizations)
        self.open_hub: Hub | None = None

    @property
    def hub(self) -> Hub:
        """The process's one; made when the first client comes, inside the running loop."""
        if self.open_hub is None:
            self.open_hub = Hub()
        return self.open_hub

    async def __call__(self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        if scope["type"] == "http" and scope["method"] == "GET" and (match := _STREAM.fullmatch(scope["path"])):
            await self._stream(scope, receive, send, match[1])
        elif scope["type"] == "http" and scope["method"] == "POST" and scope["path"] in CREATES:
            await self._create(scope, receive, send)
        else:
            await self.application(scope, receive, send)

    async def _stream(
        self, scope: HTTPScope, receive: ASGIReceiveCallable, send: ASGISendCallable, job_id: str
    ) -> None:
        if not await self._may_see(scope, job_id):
            answer = await inner.get(self.application, scope, f"{JOBS}{job_id}/")
            if answer.status != 200:
                await answer.send_on(send)
                return
        cursor = Cursor.after(headers_of(scope).get("last-event-id", ""))
        if cursor.ended:
            # By the specification of EventSource, this and nothing else keeps it from coming again.
            await send({"type": "http.response.start", "status": 204, "headers": [], "trailers": False})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
            return
        await send({"type": "http.response.start", "status": 200, "headers": EVENT_STREAM, "trailers": False})
        await unless_gone(self._send_events(UUID(job_id), cursor, send), receive)

    async def _may_see(self, scope: HTTPScope, job_id: str) -> bool:
        """Whether this is so for sure; else Django knows, and says why not."""
        try:
            caller = await self.callers.find(scope, headers_of(scope))
            if caller is None or not caller.may(Capability.VIEW_JOBS):
                return False
            return await self.organizations.get(UUID(job_id)) == caller.organization.pk
        except (PlumblineError, ValueError, db.Error):
            return False

    async def _send_events(self, job_id: UUID, cursor: Cursor, send: ASGISendCallable) -> None:
        async for events in self.hub.follow(job_id, cursor):
            await send({"type": "http.response.body", "body": _encode(events), "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _create(self, scope: HTTPScope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        seconds = _seconds(scope)
        if not seconds:
            await (await self._created(scope, receive)).send_on(send)
            return
        async with self.hub.attentive():
            created = await self._created(scope, receive)
            if created.status not in {200, 202}:
                await created.send_on(send)
                return
            body = None
            if created.status == 202:
                # Who may create a job may see it, so its row is read here, without a request of its own.
                ending = asyncio.ensure_future(self._ended(UUID(created.json()["id"]), seconds))
                body = ending.result() if await unless_gone(ending, receive) else None
        if body is None:
            await created.send_on(send, (b"preference-applied", b"wait=%d" % seconds))
        else:
            await Reply(send, created.headers).whole(body, headers={"Preference-Applied": f"wait={seconds}"})

    async def _created(self, scope: HTTPScope, receive: ASGIReceiveCallable) -> inner.Answer:
        sent = inner.Body(receive)
        body = await sent.read(LARGE)
        made = None if body is None else await self.creator.create(scope, body)
        return made or await inner.whole(self.application, scope, sent.again)

    async def _finished(self, job_id: UUID) -> bytes | None:
        try:
            return await self.finished.get(job_id)
        except db.Error:
            return None

    async def _ended(self, job_id: UUID, seconds: int) -> bytes | None:
        """The job when it has ended; None where it has not in this time."""
        shown = None
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                shown = await self.hub.ended(job_id)
        return shown or await self._finished(job_id)


async def unless_gone(work: Awaitable[object], receive: ASGIReceiveCallable) -> bool:
    """Do the work, or stop in the middle of it when the client has gone; whether it was done."""
    tasks = [asyncio.ensure_future(work), asyncio.ensure_future(_gone(receive))]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
        return tasks[0] in done
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _gone(receive: ASGIReceiveCallable) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _encode(events: list[Event]) -> bytes:
    return b"".join(event.encode() for event in events) or b": still here\n\n"


def _seconds(scope: HTTPScope) -> int:
    """How long the caller prefers to wait (RFC 7240), 60 at most; 0 for not at all."""
    match = _WAIT.search(headers_of(scope).get("prefer", "").lower())
    return min(int(match[1]), _LONGEST_WAIT) if match else 0
