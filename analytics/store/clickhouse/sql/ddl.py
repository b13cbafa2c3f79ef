"""What an operator runs in ClickHouse so that SQL may be opened: a user for each project. No Django here.

A user, rather than a setting that names the project, since a query can change settings and never who asks it. Each
may read one table, through policies that leave one project of it, and may change no setting: its profile has those
that bound a query and make it speak as Plumbline's own queries do.
"""

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

from analytics.store.clickhouse.address import Address
from analytics.store.clickhouse.connection import SETTINGS, name, text
from analytics.store.clickhouse.schema import read
from analytics.store.clickhouse.sql.door import Door

PROFILE = "plumbline_sql"
EVERYBODY = "plumbline_everything"
MEGABYTE = 1 << 20
# Settings of Plumbline's own queries that decide what an analyst's one means.
_MEANING = ("join_use_nulls", "aggregate_functions_null_for_empty", "session_timezone")


def bounds(seconds: int, megabytes: int, rows: int) -> dict[str, int]:
    """What one query may take and give; see `safety`, which looks whether it is so."""
    return {
        "max_execution_time": seconds,
        "max_memory_usage": megabytes * MEGABYTE,
        "max_result_rows": rows,
        "max_result_bytes": 64 * MEGABYTE,
        "max_temporary_data_on_disk_size_for_query": 1024 * MEGABYTE,
        "max_concurrent_queries_for_user": 8,
    }


def meaning() -> dict[str, Any]:
    """Settings without which the same query would mean something else."""
    return {key: SETTINGS[key] for key in _MEANING}


def profile(limits: Mapping[str, int]) -> dict[str, Any]:
    """The settings of every user, none of which can be changed by them."""
    return {
        "readonly": 1,
        **limits,
        **meaning(),
        "timeout_overflow_mode": "throw",
        "result_overflow_mode": "throw",
        "cancel_http_readonly_queries_on_client_close": 1,
        # Links and erasures that are not yet in the rows come with the query.
        "max_query_size": 64 * MEGABYTE,
    }


def once(store: Address, limits: Mapping[str, int]) -> Iterator[str]:
    """The profile, and a policy for Plumbline itself, which sees everything also where policies are obligatory."""
    listed = ", ".join(f"{key} = {_value(value)}" for key, value in profile(limits).items())
    yield f"CREATE SETTINGS PROFILE OR REPLACE {name(PROFILE)} SETTINGS {listed}"
    yield (
        f"CREATE ROW POLICY IF NOT EXISTS {name(EVERYBODY)} ON {read(store)} FOR SELECT USING 1 "
        f"TO {name(store.user)}"
    )


def of_project(door: Door, project_id: int) -> Iterator[str]:
    """The user of a project, who may read nothing before the policies are there."""
    user, table = name(door.address.user), read(door.address)
    secret = hashlib.sha256(door.address.password.encode()).hexdigest()
    yield (
        f"CREATE USER IF NOT EXISTS {user} IDENTIFIED WITH sha256_hash BY {text(secret)} "
        f"SETTINGS PROFILE {text(PROFILE)}"
    )
    # A permissive policy shows rows, and a restrictive one takes away what any other policy may show.
    for kind in ("PERMISSIVE", "RESTRICTIVE"):
        own = name(f"{door.address.user}_{kind.lower()}")
        yield (
            f"CREATE ROW POLICY IF NOT EXISTS {own} ON {table} FOR SELECT USING project_id = {project_id} "
            f"AS {kind} TO {user}"
        )
    yield f"CREATE QUOTA IF NOT EXISTS {user} FOR INTERVAL 1 hour MAX execution_time = 3600 TO {user}"
    yield f"GRANT SELECT ON {table} TO {user}"


def _value(value: Any) -> str:
    return text(value) if isinstance(value, str) else str(value)
