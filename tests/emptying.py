"""Empties the database after a test that commits, in a fraction of the time that Django's `flush` takes.

Django truncates every table, which makes hundreds of files, and then makes all permissions and content types anew.
Here only tables with rows are emptied, and what migrations made for Django itself stays.
"""

import pytest
from django.db import OperationalError, connection, transaction
from django.db.backends.utils import CursorWrapper
from django.test import TransactionTestCase
from tenacity import retry, retry_if_exception_type, stop_after_attempt, wait_fixed

KEPT = ("django_migrations", "django_content_type", "auth_permission")


def install() -> None:
    """For the rest of the run. Needs a superuser, as the embedded PostgreSQL gives; else all stays as it is."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW is_superuser")
        is_superuser = cursor.fetchone() == ("on",)
    if is_superuser:
        pytest.MonkeyPatch().setattr(TransactionTestCase, "_fixture_teardown", lambda _case: empty())


# A worker of the product may still write what the test did not wait for, and lock in another order.
@retry(
    retry=retry_if_exception_type(OperationalError), stop=stop_after_attempt(5), wait=wait_fixed(0.2), reraise=True
)
def empty() -> None:
    """Delete every row, whoever refers to it and whatever triggers say, once those who write have ended."""
    tables = ", ".join(f'"{name}"' for name in connection.introspection.table_names() if name not in KEPT)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"LOCK TABLE {tables} IN SHARE ROW EXCLUSIVE MODE")
        cursor.execute("SET LOCAL session_replication_role = replica")
        for name in _with_rows(cursor, tables.split(", ")):
            cursor.execute(f"DELETE FROM {name}")


def _with_rows(cursor: CursorWrapper, tables: list[str]) -> list[str]:
    asked = " UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT FROM {name})" for name in tables)
    cursor.execute(asked)
    return [name for (name,) in cursor.fetchall()]
