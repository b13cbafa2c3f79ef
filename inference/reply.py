"""An answer of the ASGI side to a request that Django has let in."""

from collections.abc import Iterable, Mapping

from asgiref.typing import ASGISendCallable

_OF_BODY = {b"content-length", b"content-type", b"location"}
EVENT_STREAM = (
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-cache"),
    (b"x-accel-buffering", b"no"),
)


class Reply:
    """One answer, whole or in pieces, with the headers that Django gave (`headers`), but for those of its body."""

    def __init__(self, send: ASGISendCallable, headers: Iterable[tuple[bytes, bytes]]) -> None:
        self.send = send
        self.headers = [(name, value) for name, value in headers if name.lower() not in _OF_BODY]
        self.begun = False

    async def whole(self, body: bytes, *, status: int = 200, headers: Mapping[str, str] | None = None) -> None:
        """Answer with this JSON."""
        more = [(name.lower().encode(), value.encode("latin-1")) for name, value in (headers or {}).items()]
        length = (b"content-length", b"%d" % len(body))
        await self._start(status, (b"content-type", b"application/json"), length, *more)
        await self.send({"type": "http.response.body", "body": body, "more_body": False})

    async def more(self, events: bytes) -> None:
        """Send these server-sent events."""
        if not self.begun:
            await self._start(200, *EVENT_STREAM)
        await self.send({"type": "http.response.body", "body": events, "more_body": True})

    async def end(self) -> None:
        """End the stream."""
        await self.send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _start(self, status: int, *headers: tuple[bytes, bytes]) -> None:
        self.begun = True
        await self.send(
            {
                "type": "http.response.start",
                "status": status,
                "headers": [*self.headers, *headers],
                "trailers": False,
            }
        )
