"""A roof over the size of every request's body, in front of Django, which would spool any size to disk first."""

import json

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
    """Answers 413, in the envelope of all errors, to a body over `limit` bytes, announced or not."""

    def __init__(self, application: ASGI3Application, *, limit: int) -> None:
        self.application = application
        self.limit = limit

    async def __call__(self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        if scope["type"] != "http":
            await self.application(scope, receive, send)
        elif _announced(scope) > self.limit:
            await self._refuse(send)
        else:
            await self._counting(scope, receive, send)

    async def _counting(self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        read = 0
        answered = False

        async def counted() -> ASGIReceiveEvent:
            nonlocal read
            message = await receive()
            if message["type"] == "http.request":
                read += len(message["body"])
                if read > self.limit:
                    # As if the client had gone: what is inside gives up without an answer of its own.
                    return {"type": "http.disconnect"}
            return message

        async def noted(message: ASGISendEvent) -> None:
            nonlocal answered
            answered = True
            await send(message)

        await self.application(scope, counted, noted)
        if read > self.limit and not answered:
            await self._refuse(send)

    async def _refuse(self, send: ASGISendCallable) -> None:
        message = f"The body is larger than {self.limit // 2**20} MB."
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
