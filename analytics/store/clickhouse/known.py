"""What the database knows of people and groups, as temporary tables of a reading in ClickHouse. No Django here.

As in `analytics.store.known`: traits and cohorts become columns, and by group `who` is the group's number.
"""

from typing import TYPE_CHECKING

import pyarrow as pa

from analytics.store.base import Wanted
from analytics.store.clickhouse.connection import name
from analytics.store.columns import GROUP, PERSON, cohort_name
from analytics.store.known import Known, columns_of_people, groups_table, table_of, trait_columns

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

_TYPES = {"float64": "Nullable(Float64)", "string": "Nullable(String)"}
# The group of the session's first event that names one.
GROUPS_OF_SESSIONS = """
    CREATE TEMPORARY TABLE groups_of_sessions ENGINE = Memory AS
    SELECT s.session AS session, assumeNotNull(groups.who) AS who FROM (
        SELECT session, argMin(group_id, place) AS id FROM all_events_of_sessions
        WHERE group_id != '' GROUP BY session
    ) AS s INNER JOIN groups ON groups.id = s.id
"""


def send(own: "Client", known: Known, wanted: Wanted) -> None:
    """Make what is known of these traits and cohorts known to a session."""
    if wanted.person_traits and known.people is not None:
        _send(own, "person_traits", "who Int64", trait_columns(PERSON, wanted.person_traits), known.people)
    if wanted.group_traits and known.groups is not None:
        _send(own, "group_traits", "id String", trait_columns(GROUP, wanted.group_traits), known.groups)
    for cohort in sorted(wanted.cohorts):
        _send(own, table_of(cohort), "who Int64", {}, pa.table({"who": known.cohorts[cohort]}))


def send_groups(own: "Client", loaded: str) -> dict[int, str]:
    """Make `groups` known, those that the loaded events name; their texts by their numbers."""
    found = own.query(f"SELECT DISTINCT group_id FROM {loaded} WHERE group_id != ''").result_rows  # noqa: S608
    table = groups_table([identifier for (identifier,) in found])
    _send(own, "groups", "id String, who Int64", {}, table)
    return dict(zip(table["who"].to_pylist(), table["id"].to_pylist(), strict=True))


def _send(own: "Client", table: str, key: str, columns: dict[str, str], rows: pa.Table) -> None:
    typed = [key, *(f"{name(column)} {_TYPES[kind]}" for column, kind in columns.items())]
    own.command(f"CREATE TEMPORARY TABLE {table} ({', '.join(typed)}) ENGINE = Memory")
    names = [part.split()[0] for part in key.split(", ")]
    if rows.num_rows:
        own.insert_arrow(table, rows.select([*names, *columns]))


def beside(wanted: Wanted, *, sessions: bool = False) -> str:
    """What is to be selected beside the columns of `e`, for events or for sessions."""
    people = dict.fromkeys(trait_columns(PERSON, wanted.person_traits), "p")
    groups = {} if sessions else dict.fromkeys(trait_columns(GROUP, wanted.group_traits), "g")
    cohorts = [
        f"toBool(e.who IN (SELECT who FROM {table_of(cohort)})) AS {name(cohort_name(cohort))}"  # noqa: S608
        for cohort in sorted(wanted.cohorts)
    ]
    traits = [f"{alias}.{name(column)} AS {name(column)}" for column, alias in (people | groups).items()]
    return "".join(f", {one}" for one in [*traits, *cohorts])


def joins(wanted: Wanted, *, sessions: bool = False) -> str:
    """The SQL that joins what is wanted to `e`, events or sessions."""
    found = "LEFT ANY JOIN person_traits AS p ON p.who = e.who" if wanted.person_traits else ""
    return found + (
        " LEFT ANY JOIN group_traits AS g ON g.id = e.group_id" if wanted.group_traits and not sessions else ""
    )


def by_group(source: str, target: str, on: str) -> str:
    """The rows of a table with the number of their group as `who`; those of none are left out."""
    table, key, own = ("groups", "id", "group_id") if on == "group_id" else ("groups_of_sessions", "session", on)
    return f"""
        CREATE TEMPORARY TABLE {target} ENGINE = Memory AS
        SELECT e.* EXCEPT (who), assumeNotNull(b.who) AS who FROM {source} AS e
        INNER JOIN {table} AS b ON b.{key} = e.{own}
    """  # noqa: S608 (names are ours)


def columns(wanted: Wanted) -> list[str]:
    """The names of what is known of an event."""
    return [*columns_of_people(wanted), *trait_columns(GROUP, wanted.group_traits)]
