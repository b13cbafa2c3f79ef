"""What ClickHouse would say otherwise than DuckDB is said alike."""

import ibis
import pytest

from analytics.store.clickhouse.dialect import compiled

NUMBERS = [
    0.0, 2.5, -3.25, 1e15, -1e15, 1e16, -1.25e16, 1e20, 1.2345e20, 1.5e300, 0.0001, 0.00003, -0.000012, 1e-6, 1e-7,
    1.25e-7, 1e-12, 1e-300, 0.1, 1 / 3, 123456789.125, 1e21, 1e22,
]  # fmt: skip


@pytest.mark.parametrize("number", NUMBERS)
def test_a_float_as_text_is_written_as_python_writes_it(clickhouse, number):
    table = ibis.table({"number": "float64"}, name="given")
    query = compiled(table.select(text=table.number.cast("string")))

    found = clickhouse.query(f"WITH given AS (SELECT toFloat64({number!r}) AS number) {query}")

    assert found == [(repr(number),)]


def test_distinct_values_are_counted_exactly_and_quantiles_interpolate(clickhouse):
    table = ibis.table({"number": "int64"}, name="given")
    query = compiled(table.agg(people=table.number.nunique(), p90=table.number.quantile(0.9)))

    found = clickhouse.query(f"WITH given AS (SELECT number % 300001 AS number FROM numbers(600002)) {query}")

    assert found == [(300_001, pytest.approx(270_000.0))]


def test_equal_values_have_one_rank(clickhouse):
    table = ibis.table({"number": "int64"}, name="given")
    ranked = table.mutate(rank=ibis.dense_rank().over(order_by=table.number)).order_by("number")

    found = clickhouse.query(f"WITH given AS (SELECT arrayJoin([7, 5, 7, 9]) AS number) {compiled(ranked)}")

    assert found == [(5, 0), (7, 1), (7, 1), (9, 2)]
