"""What an engine is told while it answers, kept to be shown. No Django here."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from analytics.periods import Span

_Connection = TypeVar("_Connection")
Note = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Statement:
    """The text of one statement, in the engine's own SQL, and the span that was read for it."""

    span: Span
    sql: str


class Statements:
    """The statements of a query, in the order in which they ran; spans may be read at the same time."""

    def __init__(self) -> None:
        self.found: list[Statement] = []

    def of(self, span: Span) -> Note:
        """What notes the statements of a reading."""
        return lambda sql: self.found.append(Statement(span, sql))


class _Noting:
    """A connection whose statements are noted before they run; everything else is the connection's own."""

    def __init__(self, own: Any, note: Note) -> None:
        self._own, self._note = own, note

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._own, name)
        return self._noting(found) if name in {"execute", "query", "command"} else found

    def _noting(self, run: Callable[..., Any]) -> Callable[..., Any]:
        def noted(sql: str, *values: Any, **options: Any) -> Any:
            self._note(sql)
            return run(sql, *values, **options)

        return noted


def noting(own: _Connection, statements: Statements | None, span: Span) -> _Connection:
    """The connection itself, or one that notes its statements."""
    return own if statements is None else cast("_Connection", _Noting(own, statements.of(span)))
