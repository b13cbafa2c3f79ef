"""Downloads of events: what is asked for, and an answer that streams it.

Django would collect a plain iterator in memory before it sends any of it, so a thread makes the pieces.
"""

import asyncio
from collections.abc import AsyncGenerator, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date

from django.db import connection
from django.http import QueryDict, StreamingHttpResponse

from accounts.access import Actor
from accounts.errors import FieldError, Invalid
from analytics.contracts import PUBLIC
from analytics.exports import CONTENT_TYPES, FileFormat
from analytics.models import Project
from analytics.queries.export import Wanted
from analytics.services import exports

# So many pieces are made at once in a process; more downloads take turns.
AT_ONCE = 4
_pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="download")


def download(project: Project, actor: Actor, wanted: Wanted) -> StreamingHttpResponse:
    """The answer that streams a file. It holds no connection of the database while it lasts."""
    pieces = exports.events(project=project, actor=actor, wanted=wanted)
    if not connection.in_atomic_block:
        connection.close()
    response = StreamingHttpResponse(from_thread(pieces), content_type=CONTENT_TYPES[wanted.kind])
    response["Content-Disposition"] = f'attachment; filename="{wanted.file_name(project)}"'
    response["Cache-Control"] = "no-store"
    response["X-Accel-Buffering"] = "no"
    return response


def wanted_of(given: QueryDict) -> Wanted:
    """What the parameters ask for. Raises Invalid, naming the one at fault."""
    first, last = _day(given, "from"), _day(given, "to")
    if first and last and last < first:
        raise _wrong("to", "Must not lie before from.")
    return Wanted(
        kind=_kind(given.get("format") or FileFormat.NDJSON.value),
        columns=_columns([name for text in given.getlist("columns") for name in text.split(",") if name]),
        first=first,
        last=last,
        names=tuple(name for name in given.getlist("event") if name),
    )


def _kind(text: str) -> FileFormat:
    if text not in set(FileFormat):
        raise _wrong("format", f"One of {', '.join(FileFormat)}.")
    return FileFormat(text)


def _columns(names: list[str]) -> tuple[str, ...]:
    for name in names:
        if name not in PUBLIC:
            raise _wrong("columns", f"'{name}' is not one of {', '.join(PUBLIC)}.")
    return tuple(name for name in PUBLIC if not names or name in names)


def _day(given: QueryDict, field: str) -> date | None:
    text = given.get(field)
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise _wrong(field, "Must be a day such as 2026-03-01.") from error
    if not 1970 <= day.year <= 9998:
        raise _wrong(field, "Must be a day of the years 1970 to 9998.")
    return day


def _wrong(field: str, message: str) -> Invalid:
    return Invalid(f"The parameter {field} is not valid.", fields=[FieldError(field, message)])


async def from_thread(pieces: Iterator[bytes]) -> AsyncGenerator[bytes, None]:
    """The pieces, each made when the one before is sent. A client that goes away ends the making.

    What the making raises ends the answer without its last chunk, so that nobody takes it for whole.
    """
    loop = asyncio.get_running_loop()
    waiting: asyncio.Future[bytes | None] | None = None
    try:
        while True:
            waiting = loop.run_in_executor(_pool, _next, pieces)
            piece = await asyncio.shield(waiting)
            if piece is None:
                return
            if piece:
                yield piece
    finally:
        if waiting is not None:
            await asyncio.wait([waiting])
        if isinstance(pieces, Generator):
            await loop.run_in_executor(_pool, pieces.close)


def _next(pieces: Iterator[bytes]) -> bytes | None:
    return next(pieces, None)
