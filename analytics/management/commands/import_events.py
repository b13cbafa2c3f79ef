"""`manage.py import_events shop access.log --format combined-log`: past events out of a file."""

import argparse
import codecs
import zoneinfo
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.errors import QuotaExceeded
from analytics.ingestion.files import readers
from analytics.ingestion.files.csv_table import TARGETS
from analytics.ingestion.files.formats import Format
from analytics.ingestion.files.source import FileProblem, Row, Source
from analytics.management.import_report import Complaints, Display
from analytics.models import Project
from analytics.queries.imports import visitor_key
from analytics.services import imports

_EXAMPLES = """
examples:
  manage.py import_events shop access.log --format combined-log --host www.example.com
  manage.py import_events acme/shop orders.csv.gz --format csv --event purchase \\
      --map time=InvoiceDate --map user_id=CustomerID --map anonymous_id=InvoiceNo
"""
INTERRUPTED = 130


class Command(BaseCommand):
    help = (
        "Imports events from a file (plain or gzip). A line that cannot be read is reported and the rest kept; "
        "the same file imported again stores nothing twice."
    )

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> Any:
        return super().create_parser(
            prog_name,
            subcommand,
            epilog=_EXAMPLES,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            **kwargs,
        )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("project", help="its id, its slug, or organization/slug")
        parser.add_argument("file", type=Path)
        parser.add_argument("--format", required=True, choices=[item.value for item in Format])
        parser.add_argument(
            "--bots", choices=("drop", "keep"), default="drop", help="by user agent; default: drop, and count"
        )
        parser.add_argument("--report", type=Path, help="write every unreadable line as JSON, one a line")
        parser.add_argument("--show", type=int, default=10, help="how many unreadable lines to print (10)")
        log = parser.add_argument_group("combined-log")
        log.add_argument("--host", default="", help="the site's own, so that its pages are not referrers")
        table = parser.add_argument_group("csv")
        table.add_argument("--event", default="", help="the name of every event, where no column has it")
        table.add_argument(
            "--map",
            action="append",
            default=[],
            metavar="FIELD=COLUMN",
            help=f"FIELD is {', '.join(TARGETS)}; repeat it",
        )
        table.add_argument(
            "--properties", type=_names, default=[], metavar="A,B", help="columns to keep; default: all not mapped"
        )
        table.add_argument(
            "--text", type=_names, default=[], metavar="A,B", help="columns that stay text, though numbers"
        )
        table.add_argument("--time-zone", help="of times that name none; default: the project's")
        table.add_argument("--time-format", default="", help="as strptime has it; default: ISO 8601")
        table.add_argument("--encoding", default="utf-8")

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002 (Django's signature)
        project = _project(options["project"])
        try:
            with (
                readers.opened(Format(options["format"]), options["file"], name=str(options["file"])) as source,
                Complaints(options["show"], options["report"]) as complaints,
            ):
                rows = _rows(source, project, options)
                self._import(project, source, rows, complaints, keep_bots=options["bots"] == "keep")
        except FileProblem as problem:
            raise CommandError(str(problem)) from problem
        except OSError as error:
            raise CommandError(f"{error.filename}: {error.strerror}.") from error

    def _import(
        self, project: Project, source: Source, rows: Iterator[Row], complaints: Complaints, *, keep_bots: bool
    ) -> None:
        try:
            with Display(self.stdout, source) as display:
                report = imports.import_rows(
                    project=project,
                    rows=rows,
                    keep_bots=keep_bots,
                    complain=complaints.add,
                    advance=display.advance,
                )
                display.say("Storing …")
                imports.seal(project=project, report=report)
        except KeyboardInterrupt as stop:
            message = "Stopped. What was read is kept; the same command again goes on without storing twice."
            raise CommandError(message, returncode=INTERRUPTED) from stop
        except QuotaExceeded as refusal:
            message = f"{refusal.message} What was read is kept; the same command again goes on from there."
            raise CommandError(message) from refusal
        complaints.show(self.stdout)
        display.summarize(report)


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _project(text: str) -> Project:
    organization, _, slug = text.rpartition("/")
    found = Project.objects.filter(slug=slug)
    if organization:
        found = found.filter(organization__slug=organization)
    elif slug.isdecimal():
        found = found | Project.objects.filter(pk=int(slug))
    projects = list(found[:2])
    if len(projects) > 1:
        raise CommandError(f"Several organizations have a project '{slug}'; say organization/{slug}.")
    if not projects:
        raise CommandError(f"There is no project '{text}'.")
    return projects[0]


def _rows(source: Source, project: Project, options: dict[str, Any]) -> Iterator[Row]:
    kind = Format(options["format"])
    return readers.rows(
        kind,
        source,
        options=_options(kind, options),
        zone=project.zone,
        visitor_key=visitor_key(project),
    )


def _options(kind: Format, options: dict[str, Any]) -> readers.Options:
    targets = dict(_pair(text) for text in options["map"])
    if kind is Format.CSV and not options["event"] and "event" not in targets:
        raise CommandError("Name the events: --event NAME for all, or --map event=COLUMN.")
    if kind is Format.CSV and "user_id" not in targets and "anonymous_id" not in targets:
        raise CommandError("Say whose events they are: --map user_id=COLUMN or --map anonymous_id=COLUMN.")
    return readers.Options(
        host=options["host"],
        columns=targets,
        event=options["event"],
        properties=options["properties"],
        texts=options["text"],
        time_zone=_zone(options["time_zone"]) if options["time_zone"] else "",
        time_format=options["time_format"],
        encoding=_encoding(options["encoding"]),
    )


def _pair(text: str) -> tuple[str, str]:
    target, equals, column = text.partition("=")
    if target not in TARGETS or not equals or not column:
        raise CommandError(f"--map {text}: say FIELD=COLUMN, where FIELD is {', '.join(TARGETS)}.")
    return target, column


def _zone(name: str) -> str:
    if name not in zoneinfo.available_timezones():
        raise CommandError(f"'{name}' is not a time zone; an example is Europe/Berlin.")
    return name


def _encoding(name: str) -> str:
    try:
        return codecs.lookup(name).name
    except LookupError as error:
        raise CommandError(f"'{name}' is not an encoding; examples are utf-8 and latin-1.") from error
