"""Wide rows by the hundred, to and from PostgreSQL: Django takes ten times as long for them as the database."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

import msgspec
from django.db import connection, models
from django.db.backends.utils import CursorWrapper
from django.db.models.expressions import DatabaseDefault

_Model = TypeVar("_Model", bound=models.Model)

_INSERT = """
INSERT INTO {table} ({columns})
SELECT {columns} FROM jsonb_populate_recordset(NULL::{table}, %s::jsonb)
"""


def as_json(rows: Iterable[Mapping[str, Any]]) -> str:
    """For a parameter that is `jsonb`: by the names of columns, with dates, ids, lists and dicts as they are."""
    return msgspec.json.encode(list(rows)).decode()


def insert(made: Sequence[models.Model]) -> None:
    """`bulk_create` of objects of one model, with their values as they are; no key comes back."""
    if not made:
        return
    fields = _fields(type(made[0]))
    columns = ", ".join(fields)
    statement = _INSERT.format(table=made[0]._meta.db_table, columns=columns)
    rows = ({column: _given(getattr(one, fields[column].attname)) for column in fields} for one in made)
    with connection.cursor() as cursor:
        cursor.execute(statement, [as_json(rows)])


def loaded(model: type[_Model], cursor: CursorWrapper) -> list[_Model]:
    """Objects from the whole rows that a statement has returned."""
    fields = model._meta.concrete_fields
    attributes = [field.attname for field in fields]
    names = [column.name for column in cursor.description]
    found = []
    for row in cursor.fetchall():
        by_name = dict(zip(names, row, strict=True))
        values = [_value(field, by_name[str(field.column)]) for field in fields]
        found.append(model.from_db(connection.alias, attributes, values))
    return found


def _fields(model: type[models.Model]) -> dict[str, "models.Field[Any, Any]"]:
    """By their columns, all but a key that the database counts."""
    fields = model._meta.concrete_fields
    return {str(field.column): field for field in fields if not isinstance(field, models.AutoField)}


def _given(value: Any) -> Any:
    """A default that the database has is a constant in all of our models."""
    return value.get_source_expressions()[0].value if isinstance(value, DatabaseDefault) else value


def _value(field: "models.Field[Any, Any]", value: Any) -> Any:
    # PostgreSQL's driver leaves JSON as text to Django.
    return json.loads(value) if isinstance(field, models.JSONField) and isinstance(value, str) else value
