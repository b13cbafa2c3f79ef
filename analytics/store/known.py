"""What the database knows of people and groups, beside the events of a reading in DuckDB. No Django here.

Traits and cohorts become columns of events and of sessions, by the person's number or by the group's text. By
group, `who` is the number of the event's group, and of a session that of its first event that has one.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa

from analytics.contracts import number_of
from analytics.store.columns import GROUP, PERSON, cohort_name, trait_number_name, trait_text_name
from analytics.store.connection import identifier

if TYPE_CHECKING:
    from analytics.store.base import Wanted

_EVENTS = "(FROM side UNION ALL BY NAME FROM main)"


@dataclass(frozen=True, slots=True)
class Membership:
    """Who is in a cohort, as of a moment; `membership` is raised with every change of who that is."""

    id: int
    name: str
    membership: int
    size: int
    as_of: datetime


@dataclass(frozen=True, slots=True)
class Known:
    """Traits of people by `who`, their number, and of groups by `id`, their text, in columns as `columns` names
    them; and the numbers of the people in each cohort, with what these are.
    """

    people: pa.Table | None = None
    groups: pa.Table | None = None
    cohorts: Mapping[int, pa.Array] = field(default_factory=lambda: MappingProxyType({}))
    memberships: tuple[Membership, ...] = ()


def trait_columns(of: str, traits: Iterable[str]) -> dict[str, str]:
    """The columns of these traits of a `columns.PERSON` or `columns.GROUP`, and their types in Ibis."""
    found: dict[str, str] = {}
    for trait in sorted(traits):
        found |= {trait_number_name(of, trait): "float64", trait_text_name(of, trait): "string"}
    return found


def columns_of_people(wanted: "Wanted") -> dict[str, str]:
    """What events and sessions have from their person, and the types in Ibis."""
    cohorts = {cohort_name(cohort): "boolean" for cohort in sorted(wanted.cohorts)}
    return trait_columns(PERSON, wanted.person_traits) | cohorts


def groups_table(ids: Sequence[str]) -> pa.Table:
    """Groups by their text, each with its number."""
    return pa.table({"id": pa.array(ids, pa.string()), "who": pa.array(map(number_of, ids), pa.int64())})


def table_of(cohort: int) -> str:
    """The relation with the members of a cohort."""
    return f"cohort_{cohort}"


def register(own: duckdb.DuckDBPyConnection, known: Known, wanted: "Wanted") -> None:
    """Make what is known of these traits and cohorts known to a cursor."""
    if wanted.person_traits:
        own.register("person_traits", known.people)
    if wanted.group_traits:
        own.register("group_traits", known.groups)
    for cohort in wanted.cohorts:
        own.register(table_of(cohort), pa.table({"who": known.cohorts[cohort]}))


def register_groups(own: duckdb.DuckDBPyConnection) -> dict[int, str]:
    """Make `groups` known, those that the loaded events name; their texts by their numbers."""
    found = own.execute(f"SELECT DISTINCT group_id FROM {_EVENTS} WHERE group_id <> ''").fetchall()  # noqa: S608
    ids = [identifier for (identifier,) in found]
    own.register("groups", groups_table(ids))
    return {number_of(identifier): identifier for identifier in ids}


def events(columns: Sequence[str], wanted: "Wanted") -> str:
    """The SQL of the events with these columns, out of `side` and `main`."""
    if not wanted.known:
        listed = ", ".join(map(identifier, columns))
        return f"SELECT {listed} FROM side UNION ALL SELECT {listed} FROM main"  # noqa: S608 (as below)
    of = {name: f"{alias}.{identifier(name)}" for name, alias in _aliases(wanted).items()}
    of |= _cohorts(wanted) | ({"who": "groups.who"} if wanted.by_group else {})
    listed = ", ".join(f"{of.get(name, f'e.{identifier(name)}')} AS {identifier(name)}" for name in columns)
    return f"SELECT {listed} FROM {_EVENTS} AS e {joins(wanted)}"  # noqa: S608 (names are quoted)


def beside(wanted: "Wanted", *, sessions: bool = False) -> str:
    """What is to be selected beside the columns of `e`, for events or for sessions."""
    names = columns_of_people(wanted) if sessions else _aliases(wanted) | _cohorts(wanted)
    of = {name: f"{alias}.{identifier(name)}" for name, alias in _aliases(wanted).items()} | _cohorts(wanted)
    return "".join(f", {of[name]} AS {identifier(name)}" for name in names)


def joins(wanted: "Wanted", *, sessions: bool = False) -> str:
    """The SQL that joins what is wanted to `e`, events or sessions."""
    found = "LEFT JOIN person_traits AS p ON p.who = e.who" if wanted.person_traits else ""
    if sessions:
        return found + (
            " JOIN groups_of_sessions AS groups ON groups.session = e.session" if wanted.by_group else ""
        )
    found += " LEFT JOIN group_traits AS g ON g.id = e.group_id" if wanted.group_traits else ""
    return found + (" JOIN groups ON groups.id = e.group_id" if wanted.by_group else "")


def _aliases(wanted: "Wanted") -> dict[str, str]:
    """The columns of traits, and as what their table is joined."""
    people = dict.fromkeys(trait_columns(PERSON, wanted.person_traits), "p")
    return people | dict.fromkeys(trait_columns(GROUP, wanted.group_traits), "g")


def _cohorts(wanted: "Wanted") -> dict[str, str]:
    return {
        cohort_name(cohort): f"(e.who IN (SELECT who FROM {table_of(cohort)}))"  # noqa: S608 (a number)
        for cohort in sorted(wanted.cohorts)
    }


# The group of most sessions is the only one that their events name; in others the order of the events decides.
GROUPS_OF_SESSIONS = """
    CREATE TEMP TABLE named AS
    SELECT session, min(group_id) AS first, max(group_id) AS last
    FROM all_events_of_sessions WHERE group_id <> '' GROUP BY session;
    CREATE TEMP TABLE groups_of_sessions AS
    SELECT session, groups.who FROM (
        SELECT session, first AS id FROM named WHERE first = last
        UNION ALL
        SELECT session, arg_min(group_id, (time, received_at, message_id))
        FROM all_events_of_sessions SEMI JOIN (FROM named WHERE first <> last) USING (session)
        WHERE group_id <> '' GROUP BY session
    ) JOIN groups USING (id)
"""
