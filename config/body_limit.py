"""A roof over the size of every request's body, in front of Django, which would spool any size to disk first."""

import json
from collections.abc import Mapping
from re import Pattern

from asgiref.typing import (
    ASGI3Application,
    ASGIReceiveCallable,
    ASGIReceiveEvent,
    ASGISendCallable,
    ASGISendEvent,
    HTTPScope,
    Scope,
)

from accounts.errors import TooLarge, envelope


class BodyLimit:
    """Answers 413, in the envelope of all errors, to a body over `limit` bytes, announced or not.

    At the addresses of `larger` (matched as a whole) another limit holds.
    """

    def __init__(
        self, application: ASGI3Application, *, limit: int, larger: Mapping[Pattern[str], int] | None = None
    ) -> None:
        self.application = application
        self.limit = limit
        self.larger = larger or {}

    async def __call__(self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        if scope["type"] != "http":
            await self.application(scope, receive, send)
        elif _announced(scope) > (limit := self._limit_of(scope["path"])):
            await self._refuse(send, limit)
        else:
            await self._counting(scope, receive, send, limit)

    def _limit_of(self, path: str) -> int:
        return next((limit for pattern, limit in self.larger.items() if pattern.fullmatch(path)), self.limit)

    async def _counting(
        self, scope: HTTPScope, receive: ASGIReceiveCallable, send: ASGISendCallable, limit: int
    ) -> None:
        read = 0
        answered = False

        async def counted() -> ASGIReceiveEvent:
            nonlocal read
            message = await receive()
            if message["type"] == "http.request":
                read += len(message["body"])
                if read > limit:
                    # As if the client had gone: what is inside gives up without an answer of its own.
                    return {"type": "http.disconnect"}
            return message

        async def noted(message: ASGISendEvent) -> None:
            nonlocal answered
            answered = True
            await send(message)

        await self.application(scope, counted, noted)
        if read > limit and not answered:
            await self._refuse(send, limit)

    async def _refuse(self, send: ASGISendCallable, limit: int) -> None:
        message = f"The body is larger than {limit // 2**20} MB."
        body = json.dumps(envelope(TooLarge.code, message)).encode()
        headers = ((b"content-type", b"application/json"), (b"connection", b"close"))
        await send(
            {"type": "http.response.start", "status": TooLarge.status, "headers": headers, "trailers": False}
        )
        await send({"type": "http.response.body", "body": body, "more_body": False})


def _announced(scope: HTTPScope) -> int:
    """The body's length as the client says it; 0 where it does not, or not as a number."""
    length = next((value for name, value in scope["headers"] if name == b"content-length"), b"")
    return int(length) if length.isdigit() else 0
