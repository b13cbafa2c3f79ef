"""Ibis expressions as SQL, for both engines. No Django here."""

from functools import lru_cache
from typing import Any

import ibis
import ibis.expr.types as ir
from ibis.backends.sql.compilers.base import SQLGlotCompiler

# To merge selects into one takes half of the time of compiling, and each engine does so by itself.
ibis.options.sql.fuse_selects = False


def compiled(table: ir.Table, compiler: SQLGlotCompiler) -> str:
    """The SQL of an expression."""
    return _sql(table.op(), compiler)


@lru_cache(maxsize=1024)
def _sql(operation: Any, compiler: SQLGlotCompiler) -> str:
    """Kept, since compiling takes longer than many a query."""
    return str(compiler.to_sqlglot(operation.to_expr()).sql(dialect=compiler.dialect))
