"""The token stream, and waiting for a job's end, as a plain ASGI callable in front of Django.

Under Django's handler each open response pins a thread. Here Django answers one short request, which also says
whether the caller may see the job at all, and from then on an open stream is a coroutine and a queue.
"""

import asyncio
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

from inference import inner
from inference.entries import Cursor, Event
from inference.hub import Hub
from inference.inner import JOBS

_STREAM = re.compile(re.escape(JOBS) + r"([0-9a-f-]{36})/stream/")
_WAIT = re.compile(r"(?:^|[,;\s])wait\s*=\s*\"?(\d{1,6})\"?")
_LONGEST_WAIT = 60
_HEADERS = (
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-cache"),
    (b"x-accel-buffering", b"no"),
)


class StreamOr:
    """Answers the routes that stay open itself and hands every other request on."""

    def __init__(self, application: ASGI3Application) -> None:
        self.application = application
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
        elif scope["type"] == "http" and scope["method"] == "POST" and scope["path"] == JOBS and _seconds(scope):
            await self._create_and_wait(scope, receive, send)
        else:
            await self.application(scope, receive, send)

    async def _stream(
        self, scope: HTTPScope, receive: ASGIReceiveCallable, send: ASGISendCallable, job_id: str
    ) -> None:
        answer = await inner.get(self.application, scope, f"{JOBS}{job_id}/")
        if answer.status != 200:
            await answer.send_on(send)
            return
        cursor = Cursor.after(_header(scope, b"last-event-id"))
        if cursor.ended:
            # By the specification of EventSource, this and nothing else keeps it from coming again.
            await send({"type": "http.response.start", "status": 204, "headers": [], "trailers": False})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
            return
        await send({"type": "http.response.start", "status": 200, "headers": _HEADERS, "trailers": False})
        await _unless_gone(self._send_events(UUID(job_id), cursor, send), receive)

    async def _send_events(self, job_id: UUID, cursor: Cursor, send: ASGISendCallable) -> None:
        async for events in self.hub.follow(job_id, cursor):
            await send({"type": "http.response.body", "body": _encode(events), "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _create_and_wait(
        self, scope: HTTPScope, receive: ASGIReceiveCallable, send: ASGISendCallable
    ) -> None:
        created = inner.Answer()
        await self.application(scope, receive, created.collect)
        seconds = _seconds(scope)
        applied = (b"preference-applied", b"wait=%d" % seconds)
        if created.status not in {200, 202}:
            await created.send_on(send)
            return
        job_id = UUID(created.json()["id"])
        if created.status == 202:
            await _unless_gone(self._ended(job_id, seconds), receive)
        finished = await inner.get(self.application, scope, f"{JOBS}{job_id}/")
        over = finished.status == 200 and finished.json()["finished_at"] is not None
        await (finished if over else created).send_on(send, applied)

    async def _ended(self, job_id: UUID, seconds: int) -> None:
        try:
            async with asyncio.timeout(seconds):
                async for _ in self.hub.follow(job_id, Cursor()):
                    pass
        except TimeoutError:
            return


async def _unless_gone(work: Awaitable[None], receive: ASGIReceiveCallable) -> None:
    """Do the work, or stop in the middle of it when the client has gone."""
    tasks = [asyncio.ensure_future(work), asyncio.ensure_future(_gone(receive))]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
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
    match = _WAIT.search(_header(scope, b"prefer").lower())
    return min(int(match[1]), _LONGEST_WAIT) if match else 0


def _header(scope: HTTPScope, name: bytes) -> str:
    return b",".join(value for key, value in scope["headers"] if key.lower() == name).decode("latin-1")
