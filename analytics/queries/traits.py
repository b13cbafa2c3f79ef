"""Traits as columns, read from the database once for each version of a project and kept in the process."""

import io
import threading
from collections import OrderedDict
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from django.db import connection
from psycopg import sql
from pyarrow import csv

from analytics.contracts import number_of
from analytics.models import GroupTraits, PersonTraits
from analytics.store import columns

# Of the traits that a process keeps.
MOST_BYTES = 128 * 1024 * 1024

Model = type[PersonTraits] | type[GroupTraits]
_COLUMN = {PersonTraits: "person", GroupTraits: "group"}
_OF = {PersonTraits: columns.PERSON, GroupTraits: columns.GROUP}
# Text and not the binary form: of 200,000 people it takes a third of the time.
_COPY = sql.SQL(
    """
    COPY (
        SELECT {values} FROM {table} WHERE project_id = {project} AND traits ?| {names}
    ) TO STDOUT (FORMAT csv)
    """
)


class _Kept:
    """Tables by project and traits, those of the latest version; the longest unused goes first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tables: OrderedDict[tuple[Model, int, frozenset[str]], tuple[int, pa.Table]] = OrderedDict()

    def get(self, model: Model, project_id: int, names: frozenset[str], version: int) -> pa.Table:
        key = (model, project_id, names)
        with self._lock:
            known, found = self._tables.get(key, (None, None))
            if known == version:
                self._tables.move_to_end(key)
                return found
        found = _read(model, project_id, sorted(names))
        with self._lock:
            self._tables[key] = (version, found)
            self._tables.move_to_end(key)
            while len(self._tables) > 1 and sum(table.nbytes for _, table in self._tables.values()) > MOST_BYTES:
                self._tables.popitem(last=False)
        return found


_KEPT = _Kept()


def table(model: Model, project_id: int, version: int, names: frozenset[str]) -> pa.Table | None:
    """Whoever has one of these traits, with all of them, as `store.known.Known` says; None if none is asked for.

    `version` is the manifest's, which every change of traits raises.
    """
    return _KEPT.get(model, project_id, names, version) if names else None


def _read(model: Model, project_id: int, names: list[str]) -> pa.Table:
    values: list[sql.Composable] = [sql.Identifier(_COLUMN[model])]
    for name in names:
        trait = sql.Literal(name)
        values += [sql.SQL("jsonb_typeof(traits -> {})").format(trait), sql.SQL("traits ->> {}").format(trait)]
    statement = _COPY.format(
        values=sql.SQL(", ").join(values),
        table=sql.Identifier(model._meta.db_table),
        project=sql.Literal(project_id),
        names=sql.Literal(names),
    )
    file = io.BytesIO()
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for part in copy:
            file.write(part)
    return _typed(model, names, _parsed(file, 1 + 2 * len(names)))


def _parsed(file: io.BytesIO, width: int) -> pa.Table:
    names = [str(place) for place in range(width)]
    if not file.tell():
        return pa.table({name: pa.array([], pa.string()) for name in names})
    file.seek(0)
    return csv.read_csv(
        file,
        csv.ReadOptions(column_names=names),
        csv.ParseOptions(newlines_in_values=True),
        # PostgreSQL writes an empty text with quotes, and what is NULL without.
        csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()),
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
        ),
    )


def _typed(model: Model, names: list[str], rows: pa.Table) -> pa.Table:
    """The traits as numbers and as texts, as properties are (`store.columns`)."""
    ids = rows["0"]
    found: dict[str, Any] = {"id": ids} if model is GroupTraits else {"who": _numbers(ids)}
    for place, name in enumerate(names):
        kind, value = rows[str(1 + 2 * place)], rows[str(2 + 2 * place)]
        is_number, is_boolean = pc.equal(kind, "number"), pc.equal(kind, "boolean")
        nothing = pa.scalar(None, pa.string())
        number = pc.cast(pc.if_else(is_number, value, nothing), pa.float64())
        number = pc.if_else(pc.is_finite(number), number, pa.scalar(None, pa.float64()))
        truth = pc.cast(pc.equal(value, "true"), pa.float64())
        found[columns.trait_number_name(_OF[model], name)] = pc.if_else(is_boolean, truth, number)
        is_text = pc.or_(is_boolean, pc.equal(kind, "string"))
        found[columns.trait_text_name(_OF[model], name)] = pc.if_else(is_text, value, nothing)
    return pa.table(found)


def _numbers(ids: pa.ChunkedArray) -> pa.Array:
    return pa.array(map(number_of, ids.to_pylist()), pa.int64())
