"""The web process's application, asked as a server asks it: a scope, messages of a body, and what is sent back."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from tests.fuzz.requests import Asked

PATIENCE = 20
# The application answered nothing, as it may where the client hung up.
NOTHING = 0

Application = Callable[[Any, Any, Any], Awaitable[None]]


async def status_of(application: Application, asked: Asked) -> int:
    """The status of the answer. Raises what the application raises, and TimeoutError."""
    statuses: list[int] = []
    waiting = [
        {"type": "http.request", "body": piece, "more_body": asked.hangs_up or place < len(asked.pieces) - 1}
        for place, piece in enumerate(asked.pieces)
    ]

    async def receive() -> dict[str, Any]:
        await asyncio.sleep(0)
        return waiting.pop(0) if waiting else {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    async with asyncio.timeout(PATIENCE):
        await application(_scope(asked), receive, send)
    return statuses[0] if statuses else NOTHING


def _scope(asked: Asked) -> dict[str, Any]:
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": asked.method,
        "scheme": "http",
        "path": asked.path,
        "raw_path": asked.path.encode(),
        "root_path": "",
        "query_string": asked.query,
        "headers": [(b"host", b"localhost"), *asked.headers],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
        "state": {},
    }
