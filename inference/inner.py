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

# Where `inference.api.urls` stands in `config.urls`.
JOBS = "/api/v1/inference/jobs/"


@dataclass(slots=True)
class Answer:
    """A whole response, kept until it is known what to do with it."""

    start: HTTPResponseStartEvent | None = None
    body: bytearray = field(default_factory=bytearray)

    @property
    def status(self) -> int:
        return self.start["status"] if self.start else 500

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


async def get(application: ASGI3Application, scope: HTTPScope, path: str) -> Answer:
    """GET this path with the client's own headers: its key or its session."""
    answer = Answer()
    inner = {**scope, "method": "GET", "path": path, "raw_path": path.encode(), "query_string": b""}
    left_out = {b"content-length", b"content-type", b"transfer-encoding", b"accept", b"if-none-match"}
    inner["headers"] = [pair for pair in scope["headers"] if pair[0].lower() not in left_out]
    await application(cast("HTTPScope", inner), _no_body(), answer.collect)
    return answer


def _no_body() -> ASGIReceiveCallable:
    events: list[ASGIReceiveEvent] = [{"type": "http.request", "body": b"", "more_body": False}]

    async def receive() -> ASGIReceiveEvent:
        if events:
            return events.pop()
        await asyncio.Event().wait()  # the client's own end is watched outside
        raise AssertionError("unreachable")

    return receive
