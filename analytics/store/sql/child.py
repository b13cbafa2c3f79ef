"""The process that runs one query of an analyst: `python -m analytics.store.sql.child`. No Django here.

It gets a job (one line of JSON, `sandbox.Job`) and the relations that the views name (streams of Arrow) on its
standard input, and gives a line of JSON and a stream of Arrow. It sees no environment, has bounded memory, and can
open nothing but the files of the job once the views are made.
"""

import json
import os
import resource
import sys
from typing import Any

import duckdb
import pyarrow as pa

from analytics.redaction import SQL_FUNCTION, text_without
from analytics.store.sql.guard import Refused, check

TOO_MUCH = "The query needs more memory than it may use."
_BATCH_ROWS = 1_000
_EXPLAIN = "EXPLAIN "
# What the interpreter, DuckDB and Arrow take before they do anything, and what DuckDB does not count.
_OVERHEAD_BYTES = 768 << 20


def main() -> None:
    source = sys.stdin.buffer
    job = json.loads(source.readline())
    _bound(job)
    relations = {}
    for name in job["relations"]:
        with pa.ipc.open_stream(source) as reader:
            relations[name] = reader.read_all()
    try:
        own = prepared(job, relations)
        check(own, job["sql"])
        _answer(own, job)
    except Refused as error:
        _say({"error": {"message": error.message, "position": error.position}})
    except duckdb.OutOfMemoryException:
        _say({"error": {"message": TOO_MUCH, "position": None}})
    except duckdb.IOException as error:
        _say({"gone": str(error)})
    except duckdb.Error as error:
        _say({"error": _told(error)})
    except pa.ArrowException as error:
        _say({"error": {"message": str(error), "position": None}})


def prepared(job: dict[str, Any], relations: dict[str, pa.Table]) -> duckdb.DuckDBPyConnection:
    """A connection with the views, which opens nothing but the job's files and can be changed no more."""
    own = _connect(job)
    for name, table in relations.items():
        own.register(name, table)
    if job.get("left_out"):
        _make_leaving_out(own, frozenset(job["left_out"]))
    for statement in job["views"]:
        own.execute(statement)
    own.execute("SET enable_external_access = false")
    own.execute("SET lock_configuration = true")
    return own


def _make_leaving_out(own: duckdb.DuckDBPyConnection, names: frozenset[str]) -> None:
    """The function by which the views take names out of JSON, a batch of texts at a time."""

    def leaving_out(texts: pa.ChunkedArray) -> pa.Array:
        found = [None if text is None else text_without(text, names) for text in texts.to_pylist()]
        return pa.array(found, pa.string())

    text = duckdb.sqltype("VARCHAR")
    own.create_function(SQL_FUNCTION, leaving_out, [text], text, type="arrow")  # type: ignore[call-overload]


def _bound(job: dict[str, Any]) -> None:
    """Limits of the process, beside those of DuckDB, which does not count all of its memory."""
    _at_most(resource.RLIMIT_DATA, 2 * job["memory"] + _OVERHEAD_BYTES)
    _at_most(resource.RLIMIT_CPU, int(job["seconds"] * (os.cpu_count() or 1)) + 5)
    _at_most(resource.RLIMIT_CORE, 0)
    # Pages of other people come first.
    os.nice(5)


def _at_most(what: int, most: int) -> None:
    """A limit that is lower already stays."""
    _, hard = resource.getrlimit(what)
    most = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(what, (most, most))


def _connect(job: dict[str, Any]) -> duckdb.DuckDBPyConnection:
    own = duckdb.connect(
        ":memory:",
        config={
            "memory_limit": f"{job['memory']}B",
            "threads": min(2, os.cpu_count() or 1),
            "temp_directory": "",
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "python_enable_replacements": False,
            "errors_as_json": True,
        },
    )
    own.execute(f"SET allowed_paths = [{', '.join(map(_literal, job['files']))}]")
    own.execute("SET TimeZone = 'UTC'")
    return own


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _answer(own: duckdb.DuckDBPyConnection, job: dict[str, Any]) -> None:
    query = _bind(own, job["sql"])
    columns = [(name, str(kind)) for name, kind in zip(query.columns, query.types, strict=True)]
    # Rows come as they are read, so that a query without end costs no more than the first of them.
    reader = query.to_arrow_reader(_BATCH_ROWS)
    batches: list[pa.RecordBatch] = []
    rows, size, truncated = 0, 0, False
    for batch in reader:
        left = job["rows"] - rows
        kept = batch.slice(0, left)
        truncated = batch.num_rows > left or size + kept.nbytes > job["bytes"]
        if kept.num_rows and size + kept.nbytes <= job["bytes"]:
            batches.append(kept)
            rows, size = rows + kept.num_rows, size + kept.nbytes
        if truncated:
            break
    _say({"columns": columns, "truncated": truncated})
    with pa.ipc.new_stream(sys.stdout.buffer, reader.schema) as sink:
        for batch in batches:
            sink.write_batch(batch)


def _bind(own: duckdb.DuckDBPyConnection, sql: str) -> duckdb.DuckDBPyRelation:
    """The query with its names and types found; raises Refused where that fails."""
    try:
        return own.sql(sql)
    except duckdb.Error:
        # Where it fails, a relation does not say.
        try:
            own.execute(_EXPLAIN + sql)
        except duckdb.Error as error:
            found = _told(error)
            at = found["position"]
            raise Refused(found["message"], None if at is None else max(0, at - len(_EXPLAIN))) from error
        raise


def _told(error: duckdb.Error) -> dict[str, Any]:
    """DuckDB's message, and where in the query it points to."""
    _, _, text = str(error).partition(": ")
    try:
        found = json.loads(text)
    except ValueError:
        return {"message": str(error), "position": None}
    position = found.get("position")
    return {"message": found["exception_message"], "position": int(position) if position is not None else None}


def _say(line: dict[str, Any]) -> None:
    sys.stdout.buffer.write(json.dumps(line).encode() + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
