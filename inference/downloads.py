"""The results of a batch as a file, sent as they are read from the database."""

import csv
import io
import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import msgspec
from django.db import connections
from django.http import StreamingHttpResponse

from analytics.downloads import from_thread
from inference.models import Batch, Job
from inference.queries.batches import result_of, results

NDJSON, CSV = "application/x-ndjson", "text/csv"
FORMATS = {"ndjson": NDJSON, "csv": CSV}
_COLUMNS = (
    "index", "id", "status", "text", "output", "result", "finish_reason", "error_code", "error_message",
    "model", "tokens_input", "tokens_output", "cost", "currency",
)  # fmt: skip


def download(
    batch: Batch, *, kind: str, after: int, limit: int | None, statuses: tuple[str, ...]
) -> StreamingHttpResponse:
    """The answer that streams them; `kind` is one of FORMATS."""
    pages = results(batch.pk, after=after, limit=limit, statuses=statuses)
    written = _as_csv(pages) if kind == "csv" else _as_ndjson(pages)
    response = StreamingHttpResponse(from_thread(_let_go(written)), content_type=f"{FORMATS[kind]}; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="batch-{batch.pk}.{kind}"'
    response["Cache-Control"] = "no-store"
    response["X-Accel-Buffering"] = "no"
    return response


def _let_go(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """No connection is held while a piece is on its way to the client."""
    for piece in pieces:
        connections.close_all()  # this thread's; a pooled one goes back to its pool
        yield piece
    connections.close_all()


def _as_ndjson(pages: Iterator[list[Job]]) -> Iterator[bytes]:
    for page in pages:
        yield b"".join(msgspec.json.encode(result_of(job)) + b"\n" for job in page)


def _as_csv(pages: Iterator[list[Job]]) -> Iterator[bytes]:
    yield _lines([list(_COLUMNS)])
    for page in pages:
        yield _lines([_row(job) for job in page])


def _row(job: Job) -> list[Any]:
    cells: dict[str, Any] = {
        **result_of(job),
        "text": job.text,
        "result": json.dumps(job.result, ensure_ascii=False) if job.result is not None else None,
        "error_code": job.error_code,
        "error_message": job.error_message,
    }
    return [cells[name] for name in _COLUMNS]


def _lines(rows: list[list[Any]]) -> bytes:
    """Cells as they are, as in the product's other tables."""
    sink = io.StringIO()
    csv.writer(sink, lineterminator="\n").writerows(rows)
    return sink.getvalue().encode()


def place_after(text: str | None) -> int | None:
    """The place that a cursor names, -1 for none; None where it is no such."""
    if not text:
        return -1
    return int(text) if text.isdecimal() and len(text) < 9 else None


def batch_address(batch_id: UUID) -> str:
    return f"/api/v1/inference/batches/{batch_id}/"
