"""Tables as CSV: every row is an event, by a mapping of columns."""

import csv
import functools
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from itertools import chain, islice
from typing import Any, NamedTuple, cast

from analytics.ingestion.files.source import START, FileProblem, Mark, Row, Source, message_id
from analytics.ingestion.normalize import RawCall

# What a column may be mapped to → the field of a call.
TARGETS = {
    "event": "event",
    "time": "timestamp",
    "user_id": "userId",
    "anonymous_id": "anonymousId",
    "message_id": "messageId",
}
# What such columns are called in tables of others, in lower case without blanks and underscores.
_NAMES = {
    "event": ("event", "eventname", "name", "action", "activity"),
    "time": ("timestamp", "time", "date", "datetime", "createdat", "occurredat", "eventtime", "invoicedate"),
    "user_id": ("userid", "user", "customerid", "customer", "accountid", "email"),
    "anonymous_id": ("anonymousid", "visitorid", "sessionid", "deviceid", "distinctid", "clientid"),
    "message_id": ("messageid", "eventid", "uuid", "insertid"),
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
            raise FileProblem(f"{source.name} has no column '{missing[0]}'; it has {', '.join(header)[:500]}.")


class Record(NamedTuple):
    """A row of a table: its line, its cells or in words what is wrong with them, and the place behind it."""

    number: int
    cells: list[str] | str
    after: Mark


def rows(source: Source, *, columns: Columns, encoding: str = "utf-8", start: Mark = START) -> Iterator[Row]:
    """The events of a table. Raises FileProblem where its header is no header or lacks a mapped column."""
    header, found = records(source, encoding)
    columns.check(source, header)
    # The types of columns are judged by the beginning of the file, wherever reading goes on.
    sample = list(islice(found, _SAMPLE))
    reader = _reader(header, columns, [record.cells for record in sample if not isinstance(record.cells, str)])
    rest = chain(sample, found) if start == START else records(source, encoding, start)[1]
    return (
        Row(record.number, None, record.cells, record.after)
        if isinstance(record.cells, str)
        else reader(record.number, record.cells, record.after)
        for record in rest
    )


def records(source: Source, encoding: str = "utf-8", start: Mark = START) -> tuple[list[str], Iterator[Record]]:
    """The header of a table, and its rows from a place on. Raises FileProblem where the header is none."""
    lines = _Lines(source, encoding)
    header = _header(source, lines)
    delimiter = _delimiter(lines.first)
    if start != START:
        lines = _Lines(source, encoding, start)
    table = csv.reader(lines, delimiter=delimiter, strict=True)
    if start == START:
        next(table)
    return header, _records(table, lines, len(header), start.line)


def header_of(source: Source, encoding: str = "utf-8") -> list[str]:
    """The names of a table's columns. Raises FileProblem where there are none."""
    return records(source, encoding)[0]


def guess(header: Sequence[str]) -> dict[str, str]:
    """Which column is probably what, by its name: a key of TARGETS → a column."""
    plain = {re.sub(r"[\s_.-]", "", name).lower(): name for name in reversed(header)}
    found = {
        target: next((plain[name] for name in names if name in plain), "") for target, names in _NAMES.items()
    }
    return {target: column for target, column in found.items() if column}


class _Lines:
    """Decoded lines, the first of them kept to be read twice; `undecodable` is set by a line that is not text."""

    def __init__(self, source: Source, encoding: str, start: Mark = START) -> None:
        self._raw = source.lines(start.offset)
        self._encoding = encoding
        self._source = source
        self.undecodable = False
        self.first = self._decode(next(self._raw, b"")).removeprefix("\ufeff")
        self._pending = [self.first] if self.first else []

    @property
    def offset(self) -> int:
        return self._source.offset

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
        raise FileProblem(f"{source.name} is not a CSV table: its first line is no header.") from error
    if lines.undecodable or not header or any(not name for name in header) or len(set(header)) < len(header):
        raise FileProblem(f"{source.name} is not a CSV table: its first line does not name each column once.")
    return header


def _delimiter(line: str) -> str:
    return max(_DELIMITERS, key=line.count)


def _records(table: Any, lines: _Lines, width: int, before: int) -> Iterator[Record]:
    """The records of a table that has so many columns, of which so many lines lie before."""
    while True:
        number = before + table.line_num + 1
        try:
            cells = next(table)
        except StopIteration:
            return
        except csv.Error as error:
            yield Record(number, f"not CSV: {error}", Mark(lines.offset, before + table.line_num))
            continue
        after = Mark(lines.offset, before + table.line_num)
        yield Record(number, _wrong(lines, cells, width) or cells, after)


def _wrong(lines: _Lines, cells: list[str], width: int) -> str:
    if lines.undecodable:
        lines.undecodable = False
        return "not text in this encoding; --encoding names another"
    if not cells:
        return "an empty line"
    return f"has {len(cells)} cells where the header has {width}" if len(cells) != width else ""


def _reader(header: list[str], columns: Columns, sample: list[list[str]]) -> Callable[[int, list[str], Mark], Row]:
    place = {name: index for index, name in enumerate(header)}
    targets = [(TARGETS[target], place[name]) for target, name in columns.targets.items() if target != "time"]
    time = place.get(columns.targets.get("time", ""))
    kept = columns.properties or [name for name in header if name not in columns.targets.values()]
    numbers = {
        name for name in kept if name not in columns.texts and all(_is_number(row[place[name]]) for row in sample)
    }
    properties = [(name, place[name], name in numbers) for name in kept]
    read_time = functools.lru_cache(4096)(functools.partial(_time, columns=columns))

    def read(number: int, row: list[str], after: Mark) -> Row:
        call: dict[str, Any] = {"type": "track", "event": columns.event}
        call["messageId"] = message_id(number, "\x1f".join(row))
        call.update((target, row[index]) for target, index in targets if row[index])
        if time is not None:
            moment = read_time(row[time])
            if moment is None:
                return Row(number, None, f"'{row[time][:50]}' in {header[time]} is not a time", after)
            call["timestamp"] = moment
        call["properties"] = {
            name: _number(row[index]) if numeric else row[index]
            for name, index, numeric in properties
            if row[index]
        }
        return Row(number, cast("RawCall", call), after=after)

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
