"""Insert, find, erase and drop events in ClickHouse. No Django here."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow as pa

from analytics.contracts import Event, number_of
from analytics.store.base import Statistics, Visible, micros
from analytics.store.clickhouse import schema
from analytics.store.clickhouse.address import Address
from analytics.store.clickhouse.checksums import CHECKSUM, MONTH, Checked
from analytics.store.clickhouse.connection import Limits, client, text
from analytics.store.clickhouse.rows import EARLIEST, LATEST
from analytics.store.clickhouse.schema import read, written
from analytics.store.duplicates import NEAR, arriving_table
from analytics.store.erased import IDS, Erased

NEAR_MICROS = (NEAR + timedelta(days=1)) // timedelta(microseconds=1)
LINKS_AT_ONCE = 2_000
# On a cluster, the ids that arrive are on the node that is asked.
GLOBAL_IN = {"distributed_product_mode": "global"}


def visible(project_id: int, which: Visible) -> str:
    """The condition for the rows that a snapshot has: of complete batches of the project, up to its last."""
    conditions = [f"project_id = {project_id}", f"batch <= {which.last_batch}"]
    if which.open_batches:
        conditions.append(f"batch NOT IN ({', '.join(map(str, sorted(which.open_batches)))})")
    return " AND ".join(conditions)


def of_people(ids: Erased) -> str:
    """The condition for the rows of these ids, as they were written, received up to the moment of each."""
    by_moment: dict[int, list[str]] = {}
    for identifier, until in ids.items():
        by_moment.setdefault(until, []).append(text(identifier))
    arms = [f"received_at <= {instant(until)} AND {_named(own)}" for until, own in by_moment.items()]
    return f"(({') OR ('.join(arms)}))" if arms else "false"


def _named(literals: Sequence[str]) -> str:
    listed = ", ".join(literals)
    return "(" + " OR ".join(f"{column} IN ({listed})" for column in IDS) + ")"


class ClickHouseTable:
    """The table of events at an address; each statement may take the limits' time."""

    def __init__(self, address: Address, limits: Limits) -> None:
        self._address, self._limits = address, limits
        self._table = read(address)

    def prepare(self) -> None:
        """Make the database and its tables where they are missing; who has them needs no rights to make them."""
        with client(replace(self._address, database="default"), self._limits) as own:
            exists = f"EXISTS TABLE {self._table}"
            if own.query(exists).result_rows[0][0]:
                return
            for statement in schema.statements(self._address):
                own.command(statement)

    def insert(self, rows: pa.Table) -> None:
        with client(self._address, self._limits) as own:
            own.insert_arrow(schema.EVENTS, rows, settings={"max_partitions_per_insert_block": 0})

    def stored_already(self, project_id: int, which: Visible, events: Sequence[Event]) -> set[int]:
        """The places of the events whose message id is there, on the same day (UTC) or one beside it."""
        if not events:
            return set()
        times = [event.time for event in events]
        near = f"time BETWEEN {instant(min(times) - NEAR_MICROS)} AND {instant(max(times) + NEAR_MICROS)}"
        query = f"""
            SELECT DISTINCT a.place FROM (
                SELECT message_id, time FROM {self._table}
                WHERE {visible(project_id, which)} AND {near}
                    AND message_id IN (SELECT message_id FROM arriving)
            ) AS stored JOIN arriving AS a ON stored.message_id = a.message_id
            WHERE abs(dateDiff('day', stored.time, a.time)) <= {NEAR.days}
        """  # noqa: S608 (numbers and our own names)
        with client(self._address, self._limits) as own:
            own.command(
                "CREATE TEMPORARY TABLE arriving (place Int64, message_id String, time DateTime64(6, 'UTC'))"
            )
            own.insert_arrow("arriving", arriving_table(events))
            return {place for (place,) in own.query(query, settings=GLOBAL_IN).result_rows}

    def erase(self, project_id: int, ids: Erased) -> int:
        """Delete the events of these ids; how many.

        When it returns, no query finds them; the server removes the files that had them within ten minutes.
        """
        return self._delete(f"project_id = {project_id} AND {of_people(ids)}")

    def drop_before(self, project_id: int, day: date) -> int:
        """Delete a project's events of the days (UTC) before one; how many."""
        start = datetime(day.year, day.month, day.day, tzinfo=UTC)
        return self._delete(f"project_id = {project_id} AND time < {instant(micros(start))}")

    def delete_batch(self, project_id: int, batch: int) -> int:
        return self._delete(f"project_id = {project_id} AND batch = {batch}")

    def delete_project(self, project_id: int) -> int:
        return self._delete(f"project_id = {project_id}")

    def _delete(self, condition: str) -> int:
        count = f"SELECT count() FROM {self._table} WHERE {condition}"  # noqa: S608
        with client(self._address, self._limits) as own:
            found = int(own.query(count).result_rows[0][0])
            if found:
                own.command(f"ALTER TABLE {written(self._address)} DELETE WHERE {condition}")
        return found

    def set_people(self, project_id: int, links: Mapping[str, str]) -> None:
        """Write the person of every event whose loose id, or whose person, is the alias of a link.

        May be repeated, also after it was broken off: it gives each event the person that queries see already.
        """
        pairs = list(links.items())
        with client(self._address, self._limits) as own:
            for start in range(0, len(pairs), LINKS_AT_ONCE):
                own.command(self._update(project_id, pairs[start : start + LINKS_AT_ONCE]))

    def _update(self, project_id: int, links: Sequence[tuple[str, str]]) -> str:
        ids = ", ".join(str(number_of(alias)) for alias, _ in links)
        people = ", ".join(text(person) for _, person in links)
        numbers = ", ".join(str(number_of(person)) for _, person in links)
        keys, whos = f"[{ids}]::Array(Int64)", f"[{numbers}]::Array(Int64)"
        return f"""
            ALTER TABLE {written(self._address)} UPDATE
                person = transform(loose, {keys}, [{people}], transform(who, {keys}, [{people}], person)),
                who = transform(loose, {keys}, {whos}, transform(who, {keys}, {whos}, who)),
                loose = if(loose IN ({ids}), 0, loose)
            WHERE project_id = {project_id} AND (loose IN ({ids}) OR who IN ({ids}))
        """

    def last_batches(self) -> dict[int, int]:
        """The highest number of a batch of each project that has rows."""
        return dict(self._rows(f"SELECT project_id, max(batch) FROM {self._table} GROUP BY project_id"))  # noqa: S608

    def batches_after(self, project_id: int, batch: int) -> list[int]:
        condition = f"project_id = {project_id} AND batch > {batch}"
        return [number for (number,) in self._rows(f"SELECT DISTINCT batch FROM {self._table} WHERE {condition}")]  # noqa: S608

    def _rows(self, query: str) -> list[tuple[Any, ...]]:
        with client(self._address, self._limits) as own:
            return [tuple(row) for row in own.query(query).result_rows]

    def statistics(self, project_id: int, which: Visible) -> Statistics:
        query = f"""
            SELECT count(), minOrNull(toDate32(time)), maxOrNull(toDate32(time))
            FROM {self._table} WHERE {visible(project_id, which)}
        """  # noqa: S608
        rows, first, last = self._rows(query)[0]
        return Statistics(rows, None, first, last)

    def checksums(self, project_id: int, batch: int) -> list[Checked]:
        """What of a batch is there, by month."""
        query = f"""
            SELECT {MONTH} AS month, count(), {CHECKSUM}
            FROM {self._table} WHERE project_id = {project_id} AND batch = {batch}
            GROUP BY month ORDER BY month
        """  # noqa: S608 (numbers and our own names)
        return [Checked(*row) for row in self._rows(query)]


def instant(at: int) -> str:
    """A moment, in µs since 1970, as a time of the table; moved to the edge where the table cannot tell it."""
    held = min(max(at, EARLIEST), LATEST)
    return f"fromUnixTimestamp64Micro({held}, 'UTC')"
