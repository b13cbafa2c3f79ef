"""Plausible's export of a site: a zip of tables `imported_*.csv`, each with totals a day.

There are no events in it, and none are made up: every row is kept as totals (`source.Total`). A column that is
none of the known figures says what the row is about. `Mark.offset` counts rows.
"""

import csv
import re
import zipfile
from collections.abc import Iterator
from datetime import date
from io import TextIOWrapper
from itertools import islice
from pathlib import PurePosixPath

from analytics.ingestion.files.source import START, FileProblem, Mark, Row, Source, Total, files_in

TOOL = "plausible"
FIGURES = frozenset(
    {
        "visitors", "active_visitors", "visits", "pageviews", "bounces", "visit_duration", "entrances", "exits",
        "events", "time_on_page", "total_scroll_depth", "total_scroll_depth_visits", "total_time_on_page",
        "total_time_on_page_visits",
    }
)  # fmt: skip
_DAY = "date"
_TABLE = re.compile(r"imported_([a-z_]+?)(?:_\d{8}_\d{8})?\.csv")
_WHOLE = re.compile(r"\d{1,18}")


def rows(source: Source, *, start: Mark = START) -> Iterator[Row]:
    """The totals of an export. Raises FileProblem where it is no such zip, or a table has no days."""
    tables = _tables(source)
    if source.archive is None or not tables:
        raise FileProblem(
            f"{source.name} is not Plausible's export: a zip with imported_visitors.csv and the like."
        )
    found = _rows(source.archive, tables, source.name)
    return islice(found, start.offset, None)


def _tables(source: Source) -> list[tuple[str, str]]:
    """Topic and file of each table, in one order."""
    names = files_in(source.archive) if source.archive else []
    found = [(_TABLE.fullmatch(PurePosixPath(name).name), name) for name in names]
    return sorted((match[1], name) for match, name in found if match)


def _rows(archive: zipfile.ZipFile, tables: list[tuple[str, str]], name: str) -> Iterator[Row]:
    count = 0
    for topic, file in tables:
        with archive.open(file) as raw:
            table = csv.DictReader(TextIOWrapper(raw, "utf-8-sig", errors="replace", newline=""), strict=True)
            if _DAY not in (table.fieldnames or ()):
                raise FileProblem(f"{name}: {file} has no column '{_DAY}'.")
            try:
                for values in table:
                    count += 1
                    yield _row(topic, file, table.line_num, values, Mark(count))
            except (csv.Error, zipfile.BadZipFile, EOFError) as error:
                raise FileProblem(f"{name}: {file} is broken after line {table.line_num}: {error}") from error


def _row(topic: str, file: str, line: int, values: dict[str, str], after: Mark) -> Row:
    try:
        day = date.fromisoformat(values[_DAY])
    except (ValueError, TypeError):
        return Row(line, None, f"{file}: '{values[_DAY]}' is not a day", after)
    if None in values or None in values.values():
        return Row(line, None, f"{file}: not as many cells as the header has", after)
    figures = {name: value or "0" for name, value in values.items() if name in FIGURES}
    wrong = next((name for name, value in figures.items() if not _WHOLE.fullmatch(value)), None)
    if wrong:
        return Row(line, None, f"{file}: '{figures[wrong][:50]}' in {wrong} is not a whole number", after)
    labels = {name: value[:2048] for name, value in values.items() if name != _DAY and name not in FIGURES}
    total = Total(TOOL, topic, day, labels, {name: int(value) for name, value in figures.items()})
    return Row(line, total, after=after)
