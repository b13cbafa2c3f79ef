"""Requests over bare sockets, so that the client costs less than what it measures."""

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

_STAMP = re.compile(rb"(\d{10}\.\d{6}) ")


@dataclass(frozen=True, slots=True)
class Door:
    """Where and with which headers one asks."""

    port: int
    path: str
    headers: tuple[tuple[str, str], ...] = ()

    def request(self, method: str, body: Any = None, **headers: str) -> bytes:
        content = b"" if body is None else json.dumps(body).encode()
        lines = [f"{method} {self.path} HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {len(content)}"]
        lines += [f"{name}: {value}" for name, value in (*self.headers, *headers.items())]
        return (
            "\r\n".join([*lines, "Content-Type: application/json", "Connection: close", "", ""]).encode() + content
        )


@asynccontextmanager
async def asking(door: Door, request: bytes) -> AsyncIterator[asyncio.StreamReader]:
    reader, writer = await asyncio.open_connection("127.0.0.1", door.port)
    try:
        writer.write(request)
        yield reader
    finally:
        writer.close()


async def read_all(reader: asyncio.StreamReader) -> bytes:
    """The whole answer, head and all; raises where it is none of success."""
    answer = await reader.read()
    if not answer.startswith((b"HTTP/1.1 200", b"HTTP/1.1 202")):
        raise RuntimeError(answer[:1000].decode("utf-8", "replace"))
    return answer


async def delays(door: Door, request: bytes) -> list[tuple[float, float]]:
    """For each stamped word, when it came, and how many seconds after it was sent upstream."""
    found: list[tuple[float, float]] = []
    async with asking(door, request) as reader:
        rest = b""
        while piece := await reader.read(65_536):
            now = time.time()
            rest += piece
            stamps = list(_STAMP.finditer(rest))
            found += [(now, now - float(stamp[1])) for stamp in stamps]
            rest = rest[stamps[-1].end() :] if stamps else rest[-200:]
    return found
