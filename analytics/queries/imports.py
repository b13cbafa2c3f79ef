"""A project's imports, and what a file would become."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from analytics.contracts import Event
from analytics.ingestion.files import csv_table, readers
from analytics.ingestion.files.formats import Format
from analytics.ingestion.files.judging import event_of
from analytics.ingestion.files.readers import Options
from analytics.ingestion.files.source import FileProblem, Row, Source, Total
from analytics.ingestion.refusal import Refused
from analytics.models import Import, Project
from analytics.queries.options import options_of

SHOWN = 5


@dataclass(frozen=True, slots=True)
class Previewed:
    """One row as it would be taken: an event at a moment, or totals of a day, or why it cannot be read."""

    line: int
    event: Event | None = None
    time: datetime | None = None
    total: Total | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Preview:
    """The first rows of a file, or why it cannot be imported like this; of a table also its columns."""

    rows: tuple[Previewed, ...] = ()
    problem: str = ""
    columns: tuple[str, ...] = ()


def folder() -> Path:
    """Where uploads wait; read at each call, so that tests have one each."""
    return Path(settings.DATA_FOLDER) / "imports"


def path_of(item: Import) -> Path:
    return folder() / str(item.pk)


def visitor_key(project: Project) -> bytes:
    """Makes the visitors of a project's logs: the same in every file, and nothing to anybody without the key."""
    return hashlib.blake2b(
        f"visitors of project {project.pk}".encode(), key=settings.SECRET_KEY.encode()[:64], digest_size=32
    ).digest()


@contextmanager
def opened(item: Import) -> Iterator[Source]:
    """The uploaded file. Raises FileProblem."""
    with readers.opened(Format(item.format), path_of(item), name=item.file_name) as source:
        yield source


def preview(item: Import, options: Options) -> Preview:
    """The first rows, with these options."""
    columns: tuple[str, ...] = ()
    try:
        if item.format == Format.CSV:
            with opened(item) as source:
                columns = tuple(csv_table.header_of(source, options.encoding))
        with opened(item) as source:
            rows = readers.rows(
                Format(item.format),
                source,
                options=options,
                zone=item.project.zone,
                visitor_key=visitor_key(item.project),
            )
            return Preview(
                tuple(_previewed(row, item.project, options) for row in islice(rows, SHOWN)), "", columns
            )
    except FileProblem as problem:
        return Preview((), str(problem), columns)


def guessed(item: Import) -> dict[str, str]:
    """Which columns of a table are probably what, by their names. Raises FileProblem where it is no table."""
    with opened(item) as source:
        return csv_table.guess(csv_table.header_of(source))


def _previewed(row: Row, project: Project, options: Options) -> Previewed:
    if row.call is None:
        return Previewed(row.number, reason=row.reason)
    if isinstance(row.call, Total):
        return Previewed(row.number, total=row.call)
    try:
        event = event_of(row, now=timezone.now(), options=options_of(project), keep_bots=options.keep_bots)
    except Refused as refusal:
        return Previewed(row.number, reason=refusal.reason)
    return Previewed(row.number, event=event, time=datetime.fromtimestamp(event.time / 1_000_000, UTC))
