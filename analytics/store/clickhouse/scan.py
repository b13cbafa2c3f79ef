"""Read whole events out of ClickHouse, some at a time, whatever their number. No Django here."""

from collections.abc import Iterator
from itertools import chain

import pyarrow as pa

from analytics.store.base import Snapshot, micros
from analytics.store.clickhouse.address import Address
from analytics.store.clickhouse.connection import Limits, client, name, text
from analytics.store.clickhouse.loading import PERSON, join_overrides
from analytics.store.clickhouse.reading import send_links
from analytics.store.clickhouse.schema import read
from analytics.store.clickhouse.writing import instant, of_people, visible
from analytics.store.scan import BATCH_ROWS, Scan


def scan(address: Address, limits: Limits, snapshot: Snapshot, wanted: Scan) -> Iterator[pa.RecordBatch]:
    """The events, each with its person by the links known to the snapshot, without who is erased.

    What the snapshot does not see stays unseen, however long the reading lasts. When this returns, ClickHouse has
    begun to answer. Raises StoreFault, also later.
    """
    batches = _batches(address, limits, snapshot, wanted)
    first = next(batches, None)
    return chain([] if first is None else [first], batches)


def _batches(address: Address, limits: Limits, snapshot: Snapshot, wanted: Scan) -> Iterator[pa.RecordBatch]:
    query = _query(read(address), snapshot, wanted)
    with client(address, limits) as own:
        send_links(own, snapshot.links)
        with own.query_arrow_stream(query, settings={"max_block_size": BATCH_ROWS}, use_strings=True) as batches:
            for batch in batches:
                columns = [batch[field.name].cast(field.type) for field in wanted.schema]
                yield pa.record_batch(columns, schema=wanted.schema)


def _query(table: str, snapshot: Snapshot, wanted: Scan) -> str:
    columns = ", ".join(_column(column, linked=bool(snapshot.links)) for column in wanted.columns)
    names = f"AND e.name IN ({', '.join(map(text, wanted.names))})" if wanted.names else ""
    return f"""
        SELECT {columns} FROM {table} AS e {join_overrides(snapshot)}
        WHERE {visible(snapshot.project_id, snapshot.visible)} AND NOT {of_people(snapshot.erased)}
            AND e.time >= {instant(micros(wanted.start))} AND e.time < {instant(micros(wanted.end))} {names}
    """  # noqa: S608 (names and literals are quoted)


def _column(column: str, *, linked: bool) -> str:
    if column == "person" and linked:
        return f"{PERSON} AS person"
    return f"e.{name(column)} AS {name(column)}"
