import io
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import pyarrow.parquet as pq

from analytics.tabular import as_csv, as_parquet, rows_of


class Step(StrEnum):
    FIRST = "first"


@dataclass(frozen=True)
class Inner:
    name: str
    counts: tuple[int, ...]


@dataclass(frozen=True)
class Outer:
    name: str
    step: Step
    inner: Inner
    rows: tuple[Inner, ...]
    others: tuple[Inner, ...] = ()


@dataclass(frozen=True)
class Single:
    at: datetime
    rate: float | None
    shares: dict[str, float]


INNER = Inner("inner", (1, 2))


def test_a_list_of_things_is_rows_with_what_stands_around_them() -> None:
    found = rows_of(Outer("outer", Step.FIRST, INNER, (Inner("a", (3,)), Inner("b", (4,)))))

    around = {"name": "outer", "step": "first", "inner.name": "inner", "inner.counts.0": 1, "inner.counts.1": 2}
    assert found == [
        {**around, "rows.name": "a", "counts.0": 3},
        {**around, "rows.name": "b", "counts.0": 4},
    ]


def test_several_lists_come_below_each_other() -> None:
    found = rows_of(Outer("outer", Step.FIRST, INNER, (Inner("a", ()),), (Inner("b", ()),)))

    assert [(row["part"], row.get("rows.name"), row.get("others.name")) for row in found] == [
        ("rows", "a", None),
        ("others", None, "b"),
    ]


def test_files_hold_every_cell_as_it_is() -> None:
    rows = rows_of(Single(datetime(2026, 11, 20, tzinfo=UTC), None, {"=a,b": 0.5}))

    assert as_csv(rows) == b'at,rate,"shares.=a,b"\n2026-11-20T00:00:00+00:00,,0.5\n'
    assert pq.read_table(io.BytesIO(as_parquet(rows))).to_pylist() == rows


def test_a_column_of_several_types_is_text_in_parquet() -> None:
    rows: list[dict[str, Any]] = [{"value": 1}, {"value": "one"}, {"value": None}]

    assert pq.read_table(io.BytesIO(as_parquet(rows))).column("value").to_pylist() == ["1", "one", None]
