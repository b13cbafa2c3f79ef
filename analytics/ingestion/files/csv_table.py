"""Tables as CSV: every row is an event, by a mapping of columns."""

import csv
import functools
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from itertools import chain, islice
from typing import Any, cast

from analytics.ingestion.files.source import FileProblem, Row, Source, message_id
from analytics.ingestion.normalize import RawCall

# What a column may be mapped to → the field of a call.
TARGETS = {
    "event": "event",
    "time": "timestamp",
    "user_id": "userId",
    "anonymous_id": "anonymousId",
    "message_id": "messageId",
}
# By so many rows a column's type is judged.
_SAMPLE = 2000
_DELIMITERS = ",;\t|"
# Numbers as people write them in tables; 007 and +41 are names of something.
_NUMBER = re.compile(r"-?(?:0|[1-9]\d{0,17})(?:\.\d{1,18})?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Which column is what.

    `targets` maps a key of TARGETS to a column; `event` names all rows where no column does; `properties` are the
    columns to keep, by default all that are not mapped; `texts` those that stay text though they look like
    numbers; `zone` is that of times that name none; `time_format` is strptime's, by default ISO 8601.
    """

    targets: Mapping[str, str]
    zone: tzinfo
    event: str = ""
    properties: Sequence[str] = ()
    texts: Sequence[str] = ()
    time_format: str = ""

    def check(self, source: Source, header: Sequence[str]) -> None:
        """Raises FileProblem for a column that the table does not have."""
        wanted = [*self.targets.values(), *self.properties, *self.texts]
        missing = [name for name in wanted if name not in header]
        if missing:
            raise FileProblem(f"{source.path} has no column '{missing[0]}'; it has {', '.join(header)[:500]}.")


def rows(source: Source, *, columns: Columns, encoding: str = "utf-8") -> Iterator[Row]:
    """The events of a table. Raises FileProblem where its header is no header or lacks a mapped column."""
    lines = _Lines(source, encoding)
    header = _header(source, lines)
    columns.check(source, header)
    table = csv.reader(lines, delimiter=_delimiter(lines.first), strict=True)
    next(table)
    cells = _cells(table, lines, len(header))
    sample = list(islice(cells, _SAMPLE))
    reader = _reader(header, columns, [row for _, row in sample if not isinstance(row, str)])
    return (
        Row(number, None, row) if isinstance(row, str) else reader(number, row)
        for number, row in chain(sample, cells)
    )


class _Lines:
    """Decoded lines, the first of them kept to be read twice; `undecodable` is set by a line that is not text."""

    def __init__(self, source: Source, encoding: str) -> None:
        self._raw = source.lines()
        self._encoding = encoding
        self.undecodable = False
        self.first = self._decode(next(self._raw)).removeprefix("\ufeff")
        self._pending = [self.first]

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        return self._pending.pop() if self._pending else self._decode(next(self._raw))

    def _decode(self, line: bytes) -> str:
        try:
            return line.decode(self._encoding)
        except UnicodeDecodeError:
            self.undecodable = True
            return line.decode(self._encoding, errors="replace")


def _header(source: Source, lines: _Lines) -> list[str]:
    try:
        header = next(csv.reader([lines.first], delimiter=_delimiter(lines.first), strict=True))
    except (csv.Error, StopIteration) as error:
        raise FileProblem(f"{source.path} is not a CSV table: its first line is no header.") from error
    if lines.undecodable or any(not name for name in header) or len(set(header)) < len(header):
        raise FileProblem(f"{source.path} is not a CSV table: its first line does not name each column once.")
    return header


def _delimiter(line: str) -> str:
    return max(_DELIMITERS, key=line.count)


def _cells(table: Any, lines: _Lines, width: int) -> Iterator[tuple[int, list[str] | str]]:
    """Line number and the cells, or in words what is wrong with them."""
    while True:
        number = table.line_num + 1
        try:
            row = next(table)
        except StopIteration:
            return
        except csv.Error as error:
            yield number, f"not CSV: {error}"
            continue
        if lines.undecodable:
            lines.undecodable = False
            yield number, "not text in this encoding; --encoding names another"
        elif not row:
            yield number, "an empty line"
        elif len(row) != width:
            yield number, f"has {len(row)} cells where the header has {width}"
        else:
            yield number, row


def _reader(header: list[str], columns: Columns, sample: list[list[str]]) -> Callable[[int, list[str]], Row]:
    place = {name: index for index, name in enumerate(header)}
    targets = [(TARGETS[target], place[name]) for target, name in columns.targets.items() if target != "time"]
    time = place.get(columns.targets.get("time", ""))
    kept = columns.properties or [name for name in header if name not in columns.targets.values()]
    numbers = {
        name for name in kept if name not in columns.texts and all(_is_number(row[place[name]]) for row in sample)
    }
    properties = [(name, place[name], name in numbers) for name in kept]
    read_time = functools.lru_cache(4096)(functools.partial(_time, columns=columns))

    def read(number: int, row: list[str]) -> Row:
        call: dict[str, Any] = {"type": "track", "event": columns.event}
        call["messageId"] = message_id(number, "\x1f".join(row))
        call.update((target, row[index]) for target, index in targets if row[index])
        if time is not None:
            moment = read_time(row[time])
            if moment is None:
                return Row(number, None, f"'{row[time][:50]}' in {header[time]} is not a time")
            call["timestamp"] = moment
        call["properties"] = {
            name: _number(row[index]) if numeric else row[index]
            for name, index, numeric in properties
            if row[index]
        }
        return Row(number, cast("RawCall", call))

    return read


def _time(text: str, *, columns: Columns) -> str | None:
    try:
        if columns.time_format:
            moment = datetime.strptime(text.strip(), columns.time_format)  # noqa: DTZ007 (the zone follows)
        else:
            moment = datetime.fromisoformat(text.strip())
        return (moment if moment.tzinfo else moment.replace(tzinfo=columns.zone)).isoformat()
    except (ValueError, OverflowError):
        return None


def _is_number(text: str) -> bool:
    return not text or _NUMBER.fullmatch(text) is not None


def _number(text: str) -> float | str:
    """The number of a cell; one that is none after all stays text."""
    if not _NUMBER.fullmatch(text):
        return text
    return float(text) if "." in text else int(text)
