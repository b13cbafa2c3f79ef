"""What a query will read, as the manifest says before it runs."""

from dataclasses import dataclass

from analytics.periods import Span
from analytics.queries import storage
from analytics.store.base import Snapshot
from analytics.store.clickhouse.reading import count


@dataclass(frozen=True, slots=True)
class Estimate:
    """At most so much: the events in the files that have some of the span, and those files.

    A question reads a part of the bytes: the columns that it needs. Where a database keeps the events, `rows` is
    exact and there are no files.
    """

    rows: int
    bytes: int | None
    files: int | None


def estimate_of(snapshot: Snapshot, span: Span) -> Estimate:
    """Costs nothing with files; a count with a database."""
    address = storage.clickhouse_address()
    if address is not None:
        return Estimate(count(address, storage.clickhouse_limits(), snapshot, span), None, None)
    files = snapshot.files
    return Estimate(sum(file.rows for file in files), sum(file.bytes for file in files), len(files))
