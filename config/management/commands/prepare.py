"""`manage.py prepare`: what has to be done before the product is served, in one process since each start costs."""

import hashlib
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from analytics.services import engine


class Command(BaseCommand):
    help = "Migrate the database, collect static files and, if asked, load the demo; each only where needed."
    # `make lint` and `check --deploy` look; a start should not take longer for it.
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--demo", action="store_true", help="load the demo, once")
        parser.add_argument("--base-url", default="", help="the address that the demo's file names")

    def handle(self, *_arguments: Any, **options: Any) -> None:
        self._step("Migrating the database")
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            call_command("migrate", interactive=False, verbosity=0)
        if settings.EVENT_STORE_URL:
            self._step("Preparing ClickHouse")
            engine.prepare()
        self._step("Collecting static files")
        self._collect(settings.STATIC_ROOT / ".fingerprint")
        if options["demo"]:
            self._step("Loading the demo")
            call_command("load_demo", base_url=options["base_url"])

    def _step(self, text: str) -> None:
        self.stdout.write(f"==> {text}")
        self.stdout.flush()

    def _collect(self, stamp: Path) -> None:
        found = fingerprint()
        if stamp.exists() and stamp.read_text() == found:
            return
        call_command("collectstatic", interactive=False, verbosity=0, clear=True)
        stamp.write_text(found)


def fingerprint() -> str:
    """A digest of every static file's source: where it is, how long, and when it was changed."""
    digest = hashlib.blake2b(digest_size=16)
    for finder in get_finders():
        for path, storage in finder.list([]):
            facts = Path(storage.path(path)).stat()
            digest.update(f"{storage.path(path)} {facts.st_size} {facts.st_mtime_ns}\n".encode())
    return digest.hexdigest()
