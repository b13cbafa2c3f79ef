"""What is stored, by a plain reader: the manifest by SQL, its files by pyarrow, nothing of the product."""

import hashlib
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pyarrow.parquet as pq

HOUR = 3600
_LIVE = """
SELECT id, to_char(first_day, 'YYYY-MM'), rows, checksum FROM analytics_segment
WHERE project_id = %s AND retired_at IS NULL
"""


@dataclass(slots=True)
class Stored:
    """Every message id of an event's name and how often it is there; `faults` are sentences about files.

    `strays` are files of no segment that are older than an hour.
    """

    ids: Counter[str] = field(default_factory=Counter)
    events: int = 0
    usage: int = 0
    segments: int = 0
    faults: list[str] = field(default_factory=list)
    strays: list[Path] = field(default_factory=list)


def read(database_url: str, store: Path, project_id: int, name: str) -> Stored:
    """Read every file that the manifest names, and compare the two."""
    with psycopg.connect(database_url) as connection:
        rows = connection.execute(_LIVE, [project_id]).fetchall()
        counted = "SELECT coalesce(sum(events), 0) FROM analytics_usagecount WHERE project_id = %s"
        usage = connection.execute(counted, [project_id]).fetchone()
        known = {str(pk) for (pk,) in connection.execute("SELECT id FROM analytics_segment").fetchall()}
    stored = Stored(usage=int(usage[0]) if usage else 0, segments=len(rows))
    for segment, month, count, checksum in rows:
        path = store / str(project_id) / month / f"{segment}.parquet"
        if hashlib.sha256(path.read_bytes()).hexdigest() != checksum:
            stored.faults.append(f"{path} is not the file that was written.")
        table = pq.ParquetFile(path).read(columns=["message_id", "name"]).to_pylist()
        if len(table) != count:
            stored.faults.append(f"{path} has {len(table)} rows and not {count}.")
        stored.events += len(table)
        stored.ids.update(row["message_id"] for row in table if row["name"] == name)
    stored.strays = _strays(store, known)
    return stored


def _strays(store: Path, known: set[str]) -> list[Path]:
    old = [path for path in store.rglob("*.*") if path.stat().st_mtime < time.time() - HOUR]
    return [path for path in old if path.name.partition(".")[0] not in known or path.suffix == ".forming"]
