"""Answers without a plot of their own, as figures and tables made from their fields. No Django here."""

import dataclasses
from collections.abc import Callable, Sequence
from datetime import date, datetime
from enum import Enum
from types import NoneType
from typing import Any
from zoneinfo import ZoneInfo

from analytics.periods import Span
from analytics.templatetags.formats import ABSENT, day, number
from analytics.views.explore.blocks import Block, Column, FiguresBlock, TableBlock
from analytics.views.explore.form import words

MOST_ROWS = 200


def blocks_of(result: Any, zone: ZoneInfo) -> tuple[Block, ...]:
    """A result without a plot of its own: its numbers as figures, each of its lists as a table."""
    figures: list[tuple[str, str]] = []
    blocks: list[Block] = []
    for item in dataclasses.fields(result):
        value = getattr(result, item.name)
        if isinstance(value, tuple | list) and value and dataclasses.is_dataclass(value[0]):
            blocks.append(table_of(words(item.name), value, zone))
        elif isinstance(value, int | float) and not isinstance(value, bool):
            figures.append((words(item.name), number(value)))
    own: tuple[Block, ...] = (FiguresBlock("Figures", tuple(figures)),) if figures else ()
    return (*own, *blocks)


def table_of(label: str, rows: Sequence[Any], zone: ZoneInfo) -> TableBlock:
    """A table of dataclasses of one type, a column for each field."""
    names = [item.name for item in dataclasses.fields(rows[0])]
    columns = tuple(Column(words(name), _is_number(getattr(rows[0], name))) for name in names)
    shown = rows[:MOST_ROWS]
    texts = tuple(tuple(cell(getattr(row, name), zone) for name in names) for row in shown)
    return TableBlock(label, columns, texts, len(rows) - len(shown))


def cell(value: Any, zone: ZoneInfo) -> str:
    """A value as a table shows it; times in the project's zone."""
    if isinstance(value, tuple | list):
        return ", ".join(cell(one, zone) for one in value)
    value = value.start if isinstance(value, Span) else value
    for kind, written in _WRITTEN:
        if isinstance(value, kind):
            return written(value.astimezone(zone) if isinstance(value, datetime) else value)
    return str(value)


# The first that fits: true is also a number, and a moment also a day.
_WRITTEN: tuple[tuple[Any, Callable[[Any], str]], ...] = (
    (NoneType, lambda _: ABSENT),
    (bool, lambda value: "yes" if value else "no"),
    (Enum, lambda value: str(value.value)),
    (int | float, number),
    (datetime, lambda value: f"{value:%Y-%m-%d %H:%M}"),
    (date, day),
)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
