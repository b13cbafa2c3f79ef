"""People who became known after their events were sealed, resolved when the events are read. No Django here."""

from collections.abc import Mapping, Set
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa

from analytics.contracts import number_of
from analytics.periods import Span

if TYPE_CHECKING:
    from analytics.store.base import Snapshot

# Whose an event `e` was when it was sealed.
_OWN = "if(e.user_id <> '', e.user_id, e.anonymous_id)"
_SEALED = f"if(e.person <> '', e.person, {_OWN})"


class Overrides:
    """Links (id → person) newer than some of the files, as SQL over a relation `e` with `who` and `loose`.

    An event goes to the person of its loose id, if that was linked since; else to whom its person has become.
    """

    def __init__(self, links: Mapping[str, str]) -> None:
        self._links = links

    def register(self, own: duckdb.DuckDBPyConnection) -> None:
        """Make the links known to a cursor."""
        if self._links:
            own.register("overrides", overrides_table(self._links))

    @property
    def join(self) -> str:
        """The SQL that joins them to `e`; nothing where there are none."""
        if not self._links:
            return ""
        return """
            LEFT JOIN overrides AS by_loose ON e.loose = by_loose.id
            LEFT JOIN overrides AS by_who ON e.who = by_who.id
        """

    @property
    def who(self) -> str:
        """The person's number."""
        return "coalesce(by_loose.who, by_who.who, e.who)" if self._links else "e.who"

    @property
    def loose(self) -> str:
        """What is still loose."""
        return "if(by_loose.who IS NULL, e.loose, 0)" if self._links else "e.loose"

    @property
    def person(self) -> str:
        """The person's text."""
        return f"coalesce(by_loose.person, by_who.person, {_SEALED})" if self._links else _SEALED

    @property
    def stored_person(self) -> str:
        """The person's text as a segment keeps it: empty where it is the event's own id."""
        return f"if({self.person} = {_OWN}, '', {self.person})" if self._links else "e.person"


def named_by(links: Mapping[str, str], numbers: Set[int]) -> dict[int, str]:
    """The texts of those of these people to whom links lead."""
    people = {number_of(person): person for person in set(links.values())}
    return {number: person for number, person in people.items() if number in numbers}


def people_named(
    own: duckdb.DuckDBPyConnection, snapshot: "Snapshot", numbers: Set[int], within: Span | None
) -> dict[int, str]:
    """The texts of these people in the snapshot's files, or in the links that those do not know of."""
    found = named_by(snapshot.links, numbers)
    others = sorted(numbers - found.keys())
    if not others or not snapshot.files:
        return found
    values: dict[str, Any] = {"files": [str(file.path) for file in snapshot.files]}
    inside = ""
    if within is not None:
        inside = "AND e.time >= $start AND e.time < $end"
        values |= {"start": within.start.replace(tzinfo=None), "end": within.end.replace(tzinfo=None)}
    query = f"""
        SELECT e.who, any_value({_SEALED}) FROM read_parquet($files, union_by_name = true) AS e
        WHERE e.who IN ({", ".join(map(str, others))}) {inside} GROUP BY e.who
    """  # noqa: S608 (numbers, and columns of ours)
    return found | dict(own.execute(query, values).fetchall())


def overrides_table(links: Mapping[str, str]) -> pa.Table:
    """Links by the number of the id: the person, and the person's number."""
    people = list(links.values())
    return pa.table(
        {
            "id": pa.array(map(number_of, links), pa.int64()),
            "person": pa.array(people, pa.string()),
            "who": pa.array(map(number_of, people), pa.int64()),
        }
    )
