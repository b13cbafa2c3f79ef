"""Run one query of an analyst in a process of its own, which ends with it. No Django here."""

import io
import json
import os
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from accounts.errors import FieldError, Invalid
from analytics.store.base import SnapshotGone
from analytics.store.stop import Stop

# Of one process of ours, so that the memory of queries is bounded as a whole.
AT_ONCE = 2
_ROOT = Path(__file__).parents[3]
_COMMAND = (sys.executable, "-E", "-s", "-m", "analytics.store.sql.child")
_places = threading.BoundedSemaphore(AT_ONCE)


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one query may take (bytes of memory) and give (rows, bytes)."""

    memory: int
    rows: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Job:
    """A query, the statements that make its views, and what these read: files, and relations by name.

    The views call `redaction.SQL_FUNCTION`, which takes the names `left_out` out of JSON.
    """

    sql: str
    views: Sequence[str]
    files: Sequence[Path]
    relations: Mapping[str, pa.Table] = field(default_factory=dict)
    left_out: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """The rows, and each column's name and DuckDB type; `truncated` where there are more rows than these."""

    table: pa.Table
    columns: tuple[tuple[str, str], ...]
    truncated: bool


def run(job: Job, bounds: Bounds, stop: Stop) -> Found:
    """Raises Invalid, saying where, for SQL that cannot run, SnapshotGone, and what `stop` says at its end."""
    if not _places.acquire(timeout=stop.remaining):
        raise stop.error
    try:
        status, answer = _run(_input(job, bounds, stop), stop)
    finally:
        _places.release()
    head, _, body = answer.partition(b"\n")
    if status or not head:
        raise refused(job.sql, "The query needs more memory than it may use.", None)
    said = json.loads(head)
    if "gone" in said:
        raise SnapshotGone(said["gone"])
    if "error" in said:
        raise refused(job.sql, said["error"]["message"], said["error"]["position"])
    columns = tuple((name, kind) for name, kind in said["columns"])
    with pa.ipc.open_stream(body) as reader:
        return Found(reader.read_all(), columns, said["truncated"])


def _run(given: bytes, stop: Stop) -> tuple[int, bytes]:
    pipe = subprocess.PIPE
    child = subprocess.Popen(
        _COMMAND, cwd=_ROOT, env=_environment(), stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL
    )
    with child, stop.interrupting(child.kill):
        answer, _ = child.communicate(given)
    if stop.is_over:
        raise stop.error
    return child.returncode, answer


def _environment() -> dict[str, str]:
    """Nothing but where an interpreter may need to find its libraries."""
    return {name: os.environ[name] for name in ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH") if name in os.environ}


def _input(job: Job, bounds: Bounds, stop: Stop) -> bytes:
    line = {
        "sql": job.sql,
        "views": list(job.views),
        "files": [str(path) for path in job.files],
        "relations": list(job.relations),
        "left_out": list(job.left_out),
        "memory": bounds.memory,
        "rows": bounds.rows,
        "bytes": bounds.bytes,
        "seconds": stop.remaining,
    }
    sink = io.BytesIO(json.dumps(line).encode() + b"\n")
    sink.seek(0, io.SEEK_END)
    for table in job.relations.values():
        with pa.ipc.new_stream(sink, table.schema) as writer:
            writer.write_table(table)
    return sink.getvalue()


def refused(sql: str, message: str, position: int | None) -> Invalid:
    """The error of who asks, with the line, the column and an excerpt where the byte of the fault is known."""
    if position is None:
        return Invalid(message, fields=[FieldError("sql", message)])
    line, column, shown = place_of(sql, position)
    where = {"line": line, "column": column, "excerpt": shown}
    said = f"Line {line}, column {column}: {message}"
    return Invalid(said, fields=[FieldError("sql", said)], details=where)


def place_of(sql: str, position: int) -> tuple[int, int, str]:
    """The line and the column (from 1) of a byte of the text, and that line with a caret below the place."""
    before = sql.encode()[:position].decode(errors="ignore")
    line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
    text = sql.split("\n")[line - 1]
    start = max(0, column - 60)
    return line, column, f"{text[start : start + 80]}\n{' ' * (column - 1 - start)}^"
