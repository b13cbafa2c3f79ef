"""Events as rows of ClickHouse's table. No Django here."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from analytics.contracts import COLUMNS, TIMES
from analytics.store.base import micros
from analytics.store.clickhouse.schema import NUMBERS, TEXTS
from analytics.store.columns import as_number, as_text

# The years that ClickHouse's times can tell; what is outside is moved to the edge.
EARLIEST = micros(datetime(1900, 1, 1, tzinfo=UTC))
LATEST = micros(datetime(2299, 12, 31, 23, 59, 59, tzinfo=UTC))


def rows_of(table: pa.Table, properties: Sequence[Mapping[str, Any]], *, project_id: int, batch: int) -> pa.Table:
    """The fixed columns of a table of events, with each event's properties, project and batch."""
    columns = {name: _within_years(table[name]) if name in TIMES else table[name] for name in COLUMNS}
    return pa.table({
        "project_id": pa.repeat(pa.scalar(project_id, pa.uint64()), table.num_rows),
        "batch": pa.repeat(pa.scalar(batch, pa.uint64()), table.num_rows),
        **columns,
        NUMBERS: _map(properties, as_number, pa.float64()),
        TEXTS: _map(properties, as_text, pa.string()),
    })  # fmt: skip


def with_own(table: pa.Table) -> pa.Table:
    """A segment's rows with whose they are: it says so only where that is not the event's own id."""
    own = pc.if_else(pc.equal(table["user_id"], ""), table["anonymous_id"], table["user_id"])
    person = pc.if_else(pc.equal(table["person"], ""), own, table["person"])
    return table.set_column(table.column_names.index("person"), "person", person)


def _within_years(times: pa.ChunkedArray) -> pa.ChunkedArray:
    first, last = pa.scalar(EARLIEST, times.type), pa.scalar(LATEST, times.type)
    return pc.min_element_wise(pc.max_element_wise(times, first), last)


def _map(properties: Sequence[Mapping[str, Any]], typed: Callable[[Any], Any], kind: pa.DataType) -> pa.Array:
    """The properties that have a value of this type, name and value."""
    rows = [
        [(name, found) for name, value in own.items() if (found := typed(value)) is not None] for own in properties
    ]
    return pa.array(rows, pa.map_(pa.string(), kind))
