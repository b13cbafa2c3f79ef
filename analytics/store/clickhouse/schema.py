"""The table of events in ClickHouse, for one node or a cluster. No Django here.

One table holds the events of all projects. Its order is that of the questions asked: a project's days, then the
event's name; within, the events of one visitor stand together, which is what makes the columns small. `batch` is
the number of the insert: a query reads those that were complete when its snapshot was taken.
"""

import pyarrow as pa

from analytics.store.clickhouse.address import Address
from analytics.store.clickhouse.connection import name, text
from analytics.store.schema import TYPES

EVENTS = "events"
LOCAL = "events_local"
# Columns whose values repeat: kept as numbers with a dictionary.
REPEATING = frozenset({
    "kind", "name", "host", "referrer_host", "source", "channel", "utm_source", "utm_medium", "utm_campaign",
    "utm_term", "utm_content", "browser", "os", "device", "country", "language", "library",
})  # fmt: skip
NUMBERS = "numbers"
TEXTS = "texts"

ORDER = "(project_id, toDate(time), name, anonymous_id, user_id, time)"
PRIMARY_KEY = "(project_id, toDate(time), name)"


def statements(address: Address) -> list[str]:
    """The DDL: run by `store ddl --apply` and, on one node, by the first start; each may be run again."""
    database = f"CREATE DATABASE IF NOT EXISTS {name(address.database)}"
    if not address.cluster:
        return [database, _table(address, EVENTS, "MergeTree", "")]
    on = f" ON CLUSTER {text(address.cluster)}"
    replicated = "ReplicatedMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')"
    return [
        database + on,
        _table(address, LOCAL, replicated, on),
        _distributed(address, on),
    ]


def written(address: Address) -> str:
    """What deletes and updates name: the tables that hold the rows, on every node."""
    if address.cluster:
        return f"{name(address.database)}.{LOCAL} ON CLUSTER {text(address.cluster)}"
    return f"{name(address.database)}.{EVENTS}"


def read(address: Address) -> str:
    """What queries and inserts name."""
    return f"{name(address.database)}.{EVENTS}"


def column_types() -> dict[str, str]:
    """The fixed columns of `contracts.COLUMNS` as ClickHouse has them."""
    return {column: _type(column, kind) for column, kind in TYPES.items()}


def _type(column: str, kind: pa.DataType) -> str:
    if pa.types.is_timestamp(kind):
        return "DateTime64(6, 'UTC')"
    if pa.types.is_integer(kind):
        return str(kind).capitalize().replace("Uint", "UInt")
    return "LowCardinality(String)" if column in REPEATING else "String"


def _codec(column: str, kind: str) -> str:
    if kind.startswith("DateTime64"):
        return " CODEC(Delta, ZSTD(1))"
    return " CODEC(ZSTD(3))" if column in {"properties", "context", "url", "referrer"} else " CODEC(ZSTD(1))"


def _table(address: Address, table: str, engine: str, on: str) -> str:
    columns = ",\n".join(
        f"    {name(column)} {kind}{_codec(column, kind)}" for column, kind in column_types().items()
    )
    return f"""CREATE TABLE IF NOT EXISTS {name(address.database)}.{table}{on} (
    `project_id` UInt64 CODEC(ZSTD(1)),
    `batch` UInt64 CODEC(T64, ZSTD(1)),
{columns},
    `{NUMBERS}` Map(LowCardinality(String), Nullable(Float64)) CODEC(ZSTD(1)),
    `{TEXTS}` Map(LowCardinality(String), Nullable(String)) CODEC(ZSTD(1)),
    INDEX by_message message_id TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = {engine}
PARTITION BY toYYYYMM(time)
PRIMARY KEY {PRIMARY_KEY}
ORDER BY {ORDER}
SETTINGS map_serialization_version = 'with_buckets', map_buckets_min_avg_size = 0"""


def _distributed(address: Address, on: str) -> str:
    target = f"{text(address.cluster)}, {text(address.database)}, {text(LOCAL)}, cityHash64(person)"
    return f"""CREATE TABLE IF NOT EXISTS {name(address.database)}.{EVENTS}{on} AS {name(address.database)}.{LOCAL}
ENGINE = Distributed({target})"""
