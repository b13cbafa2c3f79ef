"""Ibis expressions as ClickHouse's SQL, with exact numbers where Ibis takes approximate ones. No Django here."""

from typing import Any, ClassVar

import ibis.expr.operations as ops
import ibis.expr.types as ir
import sqlglot as sg
from ibis.backends.sql.compilers.clickhouse import ClickHouseCompiler

from analytics.store import compiling

# A float as text, as DuckDB and Python write it: with an exponent from 1e16 on and below 1e-4.
_VALUE = sg.column("value")
_FLOAT_TEXT = sg.parse_one(
    r"""
    multiIf(
        value IS NULL, NULL,
        match(toString(value), 'e-\\d$'), replaceOne(toString(value), 'e-', 'e-0'),
        match(toString(value), 'e-'), toString(value),
        match(toString(value), 'e'), replaceOne(toString(value), 'e', 'e+'),
        match(toString(value), '^-?\\d{17,}$'), concat(
            replaceRegexpOne(replaceRegexpOne(toString(value), '^(-?\\d)(\\d*?)0*$', '\\1.\\2'), '\\.$', ''),
            'e+', toString(length(toString(abs(value))) - 1)
        ),
        match(toString(value), '^-?0\\.0000'), concat(
            replaceRegexpOne(
                replaceRegexpOne(toString(value), '^(-?)0\\.0+(\\d)(\\d*)$', '\\1\\2.\\3'), '\\.$', ''
            ),
            'e-0', toString(length(extract(toString(value), '\\.(0+)')) + 1)
        ),
        match(toString(value), '^-?\\d+$'), concat(toString(value), '.0'),
        toString(value)
    )
    """,
    dialect=ClickHouseCompiler.dialect,
)


class ExactCompiler(ClickHouseCompiler):
    """Distinct values are counted exactly; quantiles are of all values and interpolate (`percentile_cont`)."""

    __slots__ = ()
    SIMPLE_OPS: ClassVar[dict[Any, str]] = {
        ops.CountDistinct: "uniqExact",
        ops.Median: "quantileExactInclusive",
    }

    def visit_Cast(self, op: Any, *, arg: Any, to: Any) -> Any:  # noqa: N802
        if op.arg.dtype.is_floating() and to.is_string():
            return _FLOAT_TEXT.transform(lambda node: arg.copy() if node == _VALUE else node)
        return super().visit_Cast(op, arg=arg, to=to)

    def visit_IntervalFromInteger(self, op: Any, *, arg: Any, unit: Any) -> Any:  # noqa: N802
        if unit.short == "us":
            return self.f.toIntervalMicrosecond(arg)
        return super().visit_IntervalFromInteger(op, arg=arg, unit=unit)

    @staticmethod
    def _minimize_spec(op: Any, spec: Any) -> Any:
        """Over a frame of rows, ClickHouse gives equal values different ranks."""
        return None if isinstance(op.func, ops.DenseRank | ops.MinRank | ops.NTile) else spec

    def visit_Quantile(self, op: Any, *, arg: Any, quantile: Any, where: Any) -> Any:  # noqa: ARG002, N802 (Ibis)
        return self._visit_quantile("quantileExactInclusive", arg, quantile, where)


_compiler = ExactCompiler()


def compiled(table: ir.Table) -> str:
    """The SQL of an expression."""
    return compiling.compiled(table, _compiler)
