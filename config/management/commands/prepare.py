"""`manage.py prepare`: what has to be done before the product is served, in one process since each start costs."""

from argparse import ArgumentParser
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Migrate the database, collect static files and, if asked, load the demo."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--demo", action="store_true", help="load the demo, once")
        parser.add_argument("--base-url", default="", help="the address that the demo's file names")

    def handle(self, *_arguments: Any, **options: Any) -> None:
        self.stdout.write("==> Migrating the database")
        call_command("migrate", interactive=False, verbosity=0)
        self.stdout.write("==> Collecting static files")
        call_command("collectstatic", interactive=False, verbosity=0)
        if options["demo"]:
            self.stdout.write("==> Loading the demo")
            self.stdout.flush()
            call_command("load_demo", base_url=options["base_url"])
