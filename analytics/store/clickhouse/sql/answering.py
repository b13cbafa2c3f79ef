"""Run one query of an analyst in ClickHouse, as a user who sees one project. No Django here."""

import io
import re

import pyarrow as pa

from accounts.errors import DeadlineExceeded, RateLimited
from analytics.store.base import StoreFault
from analytics.store.clickhouse.sql.door import Door, Failed
from analytics.store.clickhouse.sql.guard import check, place_of_word
from analytics.store.clickhouse.sql.views import Scope, wrapped
from analytics.store.sql.guard import Refused
from analytics.store.sql.sandbox import Bounds, Found, refused
from analytics.store.stop import Stop

# Codes of ClickHouse's ErrorCodes.cpp: the query took too long, was ended, needs too much, gives too much; the
# user asks too often; the server has trouble of its own. Everything else is the query's fault.
_TOO_LONG = frozenset({159, 160, 209, 394})
_TOO_MUCH_MEMORY = 241
_TOO_LARGE = frozenset({396, 158})
_TOO_OFTEN = frozenset({201, 202})
_TROUBLE = frozenset({210, 242, 243, 279, 516, 999})
_POSITION = re.compile(r"failed at position (\d+)")
_QUOTED = re.compile(r"[`']([^`']+)[`']")
# Where ClickHouse begins to tell of the whole statement, which has more in it than what the analyst wrote.
_REST = re.compile(r"[.:,]?\s*\(?(In scope|In query|[Ww]hile |Expected one of|\(version|\([A-Z_]+\)$)|\n")
_HEAD = re.compile(r"^(Code: \d+\. )?(DB::Exception: )+")


def run(door: Door, sql: str, scope: Scope, bounds: Bounds, stop: Stop) -> Found:
    """Raises Invalid, saying where, for SQL that cannot run, RateLimited, StoreFault, and what `stop` says."""
    try:
        check(door, sql, stop)
    except Refused as error:
        raise refused(sql, error.message, error.position) from error
    except Failed as error:
        raise _translated(error, sql, stop, is_parsing=True) from error
    statement = wrapped(sql, scope, bounds.rows + 1)
    try:
        columns = tuple((row[0], row[1]) for row in door.rows(f"DESCRIBE TABLE (\n{statement}\n)", stop))
        body = door.answer(statement, "ArrowStream", stop, bounds.bytes + _ROOM)
    except Failed as error:
        raise _translated(error, sql, stop) from error
    table, truncated = _read(body, bounds)
    return Found(table, columns, truncated)


# What a stream of Arrow has beside the values.
_ROOM = 1 << 20


def _read(body: bytes, bounds: Bounds) -> tuple[pa.Table, bool]:
    """As many whole batches as there is room for; whether there is more."""
    kept: list[pa.RecordBatch] = []
    rows, size = 0, 0
    with pa.ipc.open_stream(io.BytesIO(body)) as reader:
        try:
            for batch in reader:
                part = batch.slice(0, bounds.rows - rows)
                if part.num_rows < batch.num_rows or size + part.nbytes > bounds.bytes:
                    kept += [part] if size + part.nbytes <= bounds.bytes else []
                    return pa.Table.from_batches(kept, reader.schema), True
                kept.append(part)
                rows, size = rows + part.num_rows, size + part.nbytes
        except pa.ArrowInvalid:
            # The stream was cut where it became too long.
            return pa.Table.from_batches(kept, reader.schema), True
        return pa.Table.from_batches(kept, reader.schema), False


def _translated(error: Failed, sql: str, stop: Stop, *, is_parsing: bool = False) -> Exception:
    if error.code in _TOO_LONG:
        return stop.error if stop.is_over else DeadlineExceeded("The query took longer than it may in ClickHouse.")
    if error.code == _TOO_MUCH_MEMORY:
        return refused(sql, "The query needs more memory than it may use.", None)
    if error.code in _TOO_LARGE:
        return refused(sql, "The result is larger than it may be.", None)
    if error.code in _TOO_OFTEN:
        return RateLimited("ClickHouse has had enough queries of this project for now.", retry_after=60)
    if error.code in _TROUBLE:
        return StoreFault(f"ClickHouse: {said(error.message)}")
    return refused(sql, said(error.message), _place(error.message, sql, is_parsing=is_parsing))


def said(message: str) -> str:
    """ClickHouse's sentence alone."""
    text = _HEAD.sub("", message.strip())
    cut = _REST.search(text)
    return (text[: cut.start()] if cut else text).strip().rstrip(".:") + "."


def _place(message: str, sql: str, *, is_parsing: bool) -> int | None:
    """ClickHouse says the place of a fault in its grammar; of other faults, only the word that is to blame."""
    if is_parsing:
        found = _POSITION.search(message)
        return int(found[1]) - 1 if found else None
    words = _QUOTED.findall(said(message))
    return next((place for word in words if (place := place_of_word(sql, word)) is not None), None)
