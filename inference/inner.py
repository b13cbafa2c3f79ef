"""A request to Django from the ASGI side of the same process, so that both answer by the same rules."""

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any, cast

from asgiref.typing import (
    ASGI3Application,
    ASGIReceiveCallable,
    ASGIReceiveEvent,
    ASGISendCallable,
    ASGISendEvent,
    HTTPResponseStartEvent,
    HTTPScope,
)

from inference.kinds import KINDS

# Where `inference.api.urls` stands in `config.urls`.
JOBS = "/api/v1/inference/jobs/"
# Where jobs are created, which callers may wait for: there, and at each task's own address.
CREATES = frozenset({JOBS, *(f"/api/v1/inference/{task}/" for task in KINDS)})


@dataclass(slots=True)
class Answer:
    """A whole response, kept until it is known what to do with it."""

    start: HTTPResponseStartEvent | None = None
    body: bytearray = field(default_factory=bytearray)

    @property
    def status(self) -> int:
        return self.start["status"] if self.start else 500

    @property
    def headers(self) -> list[tuple[bytes, bytes]]:
        return list(self.start["headers"]) if self.start else []

    def json(self) -> dict[str, Any]:
        return cast("dict[str, Any]", json.loads(bytes(self.body)))

    async def collect(self, event: ASGISendEvent) -> None:
        if event["type"] == "http.response.start":
            self.start = event
        elif event["type"] == "http.response.body":
            self.body += event["body"]

    async def send_on(self, send: ASGISendCallable, *extra: tuple[bytes, bytes]) -> None:
        """Answer the client with this response and more headers."""
        if self.start is not None:
            await send({**self.start, "headers": [*self.start["headers"], *extra]})
            await send({"type": "http.response.body", "body": bytes(self.body), "more_body": False})


class Body:
    """What has come of a request's body, which whoever reads after us gets as well."""

    def __init__(self, receive: ASGIReceiveCallable) -> None:
        self.receive = receive
        self.events: list[ASGIReceiveEvent] = []

    async def read(self, most: int) -> bytes | None:
        """The body; None where it is longer than that, or the client has gone."""
        pieces: list[bytes] = []
        while True:
            event = await self.receive()
            self.events.append(event)
            if event["type"] != "http.request":
                return None
            pieces.append(event["body"])
            if sum(map(len, pieces)) > most:
                return None
            if not event["more_body"]:
                return b"".join(pieces)

    async def again(self) -> ASGIReceiveEvent:
        """What `read` has read, then what comes."""
        return self.events.pop(0) if self.events else await self.receive()


async def whole(application: ASGI3Application, scope: HTTPScope, receive: ASGIReceiveCallable) -> Answer:
    """The answer to the client's own request; that the client goes meanwhile is left for later."""
    answer = Answer()
    await application(scope, _body_alone(receive), answer.collect)
    return answer


async def get(application: ASGI3Application, scope: HTTPScope, path: str) -> Answer:
    """GET this path with the client's own headers: its key or its session."""
    answer = Answer()
    inner = {**scope, "method": "GET", "path": path, "raw_path": path.encode(), "query_string": b""}
    left_out = {b"content-length", b"content-type", b"transfer-encoding", b"accept", b"if-none-match"}
    inner["headers"] = [pair for pair in scope["headers"] if pair[0].lower() not in left_out]
    await application(cast("HTTPScope", inner), _no_body(), answer.collect)
    return answer


def _body_alone(receive: ASGIReceiveCallable) -> ASGIReceiveCallable:
    more = True

    async def received() -> ASGIReceiveEvent:
        nonlocal more
        if not more:
            await asyncio.Event().wait()  # the client's own end is watched outside
        event = await receive()
        more = event["type"] == "http.request" and event["more_body"]
        return event

    return received


def _no_body() -> ASGIReceiveCallable:
    events: list[ASGIReceiveEvent] = [{"type": "http.request", "body": b"", "more_body": False}]

    async def receive() -> ASGIReceiveEvent:
        if events:
            return events.pop()
        await asyncio.Event().wait()  # the client's own end is watched outside
        raise AssertionError("unreachable")

    return receive
