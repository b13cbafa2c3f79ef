"""One door to the readers: a format, what it is told, and a file, and out come rows."""

import codecs
import zoneinfo
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from analytics.ingestion.files import combined_log, csv_table, matomo, ndjson, plausible, umami
from analytics.ingestion.files.csv_table import TARGETS
from analytics.ingestion.files.formats import Format
from analytics.ingestion.files.source import EACH, START, Mark, Row, Source

# What a format's file is called in a zip of several, or that the reader takes each of them.
MEMBERS: Mapping[Format, str] = MappingProxyType({Format.PLAUSIBLE: EACH, Format.UMAMI: umami.MEMBER})


def _zone(name: str) -> str:
    if name and name not in zoneinfo.available_timezones():
        raise ValueError(f"'{name}' is not a time zone; an example is Europe/Berlin.")
    return name


def _encoding(name: str) -> str:
    try:
        return codecs.lookup(name).name
    except LookupError as error:
        raise ValueError(f"'{name}' is not an encoding; examples are utf-8 and latin-1.") from error


def _targets(columns: dict[str, str]) -> dict[str, str]:
    unknown = sorted(set(columns) - set(TARGETS))
    if unknown:
        raise ValueError(f"'{unknown[0]}' is not one of {', '.join(TARGETS)}.")
    return {target: column for target, column in columns.items() if column}


Name = Annotated[str, Field(max_length=500)]


class Options(BaseModel):
    """What a reader is told. `keep_bots` is for every format, `host` for logs, the rest for tables."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    keep_bots: bool = False
    host: Name = ""
    columns: Annotated[dict[str, Name], AfterValidator(_targets)] = {}
    event: Name = ""
    properties: list[Name] = []
    texts: list[Name] = []
    time_zone: Annotated[Name, AfterValidator(_zone)] = ""
    time_format: Name = ""
    encoding: Annotated[Name, AfterValidator(_encoding)] = "utf-8"


class TableOptions(Options):
    """Those of a table, which must say what its events are called and whose they are."""

    @model_validator(mode="after")
    def _whole(self) -> "TableOptions":
        if not self.event and "event" not in self.columns:
            raise ValueError("Name the events: event for all of them, or a column as columns.event.")
        if not {"user_id", "anonymous_id"} & set(self.columns):
            raise ValueError("Say whose events they are: a column as columns.user_id or columns.anonymous_id.")
        return self


def options_of(kind: Format, given: Mapping[str, Any]) -> Options:
    """Checked options. Raises pydantic's ValidationError."""
    return (TableOptions if kind is Format.CSV else Options).model_validate(dict(given))


def opened(kind: Format, path: Any, *, name: str) -> Source:
    """The file as a format's reader takes it. Raises FileProblem."""
    return Source(path, name=name, member=MEMBERS.get(kind, ""))


def rows(
    kind: Format,
    source: Source,
    *,
    options: Options,
    zone: zoneinfo.ZoneInfo,
    visitor_key: bytes,
    start: Mark = START,
) -> Iterator[Row]:
    """The rows of a file from a place on; `zone` is that of a table's times that name none."""
    readers: Mapping[Format, Callable[[], Iterator[Row]]] = {
        Format.NDJSON: lambda: ndjson.rows(source, start=start),
        Format.UMAMI: lambda: umami.rows(source, start=start),
        Format.MATOMO: lambda: matomo.rows(source, start=start),
        Format.PLAUSIBLE: lambda: plausible.rows(source, start=start),
        Format.COMBINED_LOG: lambda: combined_log.rows(
            source, visitor_key=visitor_key, host=options.host, start=start
        ),
        Format.CSV: lambda: csv_table.rows(
            source, columns=columns(options, zone), encoding=options.encoding, start=start
        ),
    }
    return readers[kind]()


def columns(options: Options, zone: zoneinfo.ZoneInfo) -> csv_table.Columns:
    return csv_table.Columns(
        targets=options.columns,
        zone=zoneinfo.ZoneInfo(options.time_zone) if options.time_zone else zone,
        event=options.event,
        properties=options.properties,
        texts=options.texts,
        time_format=options.time_format,
    )
