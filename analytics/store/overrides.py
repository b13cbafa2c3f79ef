"""People who became known after their events were sealed, resolved when the events are read. No Django here."""

from collections.abc import Mapping

import duckdb
import pyarrow as pa

# The person of a row of `e`: that of its anonymous id, if it was linked since; else whom its person has become.
PERSON = "coalesce(by_id.person, by_person.person, e.person)"


def register_overrides(own: duckdb.DuckDBPyConnection, links: Mapping[str, str]) -> None:
    """Make the links (id → person) known to a cursor."""
    if links:
        ids, people = pa.array(links.keys(), pa.string()), pa.array(links.values(), pa.string())
        own.register("overrides", pa.table({"id": ids, "person": people}))


def join_overrides(links: Mapping[str, str]) -> str:
    """The SQL that joins them to `e`; nothing where there are none."""
    if not links:
        return ""
    return """
        LEFT JOIN overrides AS by_id ON by_id.id = e.anonymous_id
        LEFT JOIN overrides AS by_person ON by_person.id = e.person
    """
