"""`manage.py store`: look after the event store."""

from argparse import ArgumentParser
from dataclasses import replace
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from accounts.errors import DeadlineExceeded, PlumblineError
from analytics.management import store_report
from analytics.models import Project
from analytics.queries import sql, sql_in_clickhouse, storage
from analytics.services import store_check, store_move, store_rebuild
from analytics.services.store_check import How
from analytics.store.base import StoreFault
from analytics.store.clickhouse import address as clickhouse
from analytics.store.clickhouse import connection, schema
from analytics.store.clickhouse.sql import ddl
from analytics.store.clickhouse.sql.door import door_of
from analytics.store.clickhouse.writing import ClickHouseTable

# Where `ddl` has no address to go by: a database of that name, and tables of one node.
PLAIN = "clickhouse://localhost/plumbline"


class Command(BaseCommand):
    help = "Look after the event store: check and rebuild its manifest, print ClickHouse's tables, move there."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parts = parser.add_subparsers(required=True, metavar="check|rebuild|ddl|move|sql")
        check = parts.add_parser(
            "check", help="compare the manifest with the files; exit code 1 where they differ"
        )
        store_report.add_check_arguments(check)
        check.set_defaults(run=self._check)
        rebuild = parts.add_parser("rebuild", help="take files that no segment names into the manifest again")
        rebuild.add_argument("--project", type=int, required=True, metavar="ID", help="the project of the files")
        rebuild.add_argument(
            "--newest-wins", action="store_true", help="where files share events, leave the older ones out"
        )
        rebuild.set_defaults(run=self._rebuild)
        tables = parts.add_parser("ddl", help="print the statements that make ClickHouse's tables")
        tables.add_argument("--cluster", default="", help="make Replicated and Distributed tables on this cluster")
        tables.add_argument("--database", default="", help="the database; else that of EVENT_STORE_URL")
        tables.add_argument("--sql", action="store_true", help="those that make the users of SQL")
        tables.add_argument("--project", type=int, metavar="ID", help="with --sql: this project only")
        tables.set_defaults(run=self._ddl)
        looking = parts.add_parser("sql", help="look whether SQL is open; exit code 1 where it is not")
        looking.add_argument("--project", type=int, default=None, metavar="ID", help="this project only")
        looking.set_defaults(run=self._sql)
        move = parts.add_parser("move", help="copy all segments into ClickHouse; may be broken off and repeated")
        move.add_argument("--to", default="", help="ClickHouse's address; else EVENT_STORE_URL")
        move.add_argument(
            "--drop-segments", action="store_true", help="afterwards, delete the files of what was moved"
        )
        move.set_defaults(run=self._move)

    def handle(self, *_arguments: Any, **options: Any) -> None:
        try:
            options["run"](options)
        except (StoreFault, DeadlineExceeded) as error:
            raise CommandError(str(error)) from error

    def _check(self, options: dict[str, Any]) -> None:
        if options["project"] is not None and not Project.objects.filter(pk=options["project"]).exists():
            raise CommandError(f"There is no project {options['project']}.")
        how = How(quick=options["quick"], repair=options["repair"], give_up=options["give_up"])
        looked = store_check.check(project_id=options["project"], how=how)
        report = store_report.report(looked, progress=self.stderr if self.stderr.isatty() else None)
        for line in store_report.as_json(report) if options["json"] else store_report.as_text(report):
            self.stdout.write(line)
        if report.left:
            raise CommandError(f"{report.left} problems are left.", returncode=1)

    def _rebuild(self, options: dict[str, Any]) -> None:
        if not Project.objects.filter(pk=options["project"]).exists():
            raise CommandError(
                f"There is no project {options['project']}. Make it, and give the folder its number."
            )
        try:
            found = store_rebuild.rebuild(project_id=options["project"], newest_wins=options["newest_wins"])
        except PlumblineError as error:
            raise CommandError(error.message) from error
        for line in store_report.of_rebuilt(found):
            self.stdout.write(line)

    def _sql(self, options: dict[str, Any]) -> None:
        closed = 0
        for project_id in _projects(options["project"]):
            faults = sql_in_clickhouse.faults(project_id)
            closed += bool(faults)
            self.stdout.write(f"project {project_id}: {'; '.join(faults) or 'open'}")
        if closed:
            raise CommandError(f"SQL is closed to {closed} projects.", returncode=1)

    def _ddl(self, options: dict[str, Any]) -> None:
        if options["sql"]:
            self._sql_users(options["project"])
            return
        address = _address(settings.EVENT_STORE_URL or PLAIN)
        address = replace(
            address,
            cluster=options["cluster"] or address.cluster,
            database=options["database"] or address.database,
        )
        for statement in schema.statements(address):
            self.stdout.write(f"{statement};\n")

    def _sql_users(self, project_id: int | None) -> None:
        if not settings.EVENT_STORE_SQL_URL:
            raise CommandError("Set EVENT_STORE_SQL_URL: the users get its name and password.")
        limits = ddl.bounds(settings.QUERY_SECONDS, settings.SQL_MEGABYTES, sql.MOST_ROWS + 1)
        statements = [*ddl.once(_address(settings.EVENT_STORE_URL), limits)]
        for project in _projects(project_id):
            statements += ddl.of_project(door_of(settings.EVENT_STORE_SQL_URL, project), project)
        for statement in statements:
            self.stdout.write(f"{statement};\n")

    def _move(self, options: dict[str, Any]) -> None:
        url = options["to"] or settings.EVENT_STORE_URL
        if not url:
            raise CommandError("Say where to: --to clickhouse://user:password@host:port/database")
        if options["drop_segments"] and not settings.EVENT_STORE_URL:
            raise CommandError("Queries still read the segments: set EVENT_STORE_URL before they are dropped.")
        table = ClickHouseTable(_address(url), connection.Limits(storage.UPKEEP_SECONDS))
        table.prepare()
        moved = 0
        for step in store_move.move_all(table):
            moved += step.rows
            self.stdout.write(f"project {step.project_id}: {step.rows} events moved, {step.left} segments left")
        self.stdout.write(f"{moved} events moved; every batch has the rows and message ids of its segment.")
        if options["drop_segments"]:
            self.stdout.write(f"{store_move.drop_moved()} segments dropped; the sweep deletes their files.")


def _projects(only: int | None) -> list[int]:
    """The ids of all projects, or of one that there has to be."""
    found = Project.objects.order_by("pk").values_list("pk", flat=True)
    chosen = [*(found.filter(pk=only) if only is not None else found)]
    if only is not None and not chosen:
        raise CommandError(f"There is no project {only}.")
    return chosen


def _address(url: str) -> clickhouse.Address:
    if not clickhouse.is_installed():
        raise CommandError(clickhouse.MISSING)
    try:
        return clickhouse.address_of(url)
    except ValueError as error:
        raise CommandError(f"{url} is not an address of ClickHouse: {error}.") from error
