"""`manage.py language_models FILE.csv`: enter models with their sizes, abilities and prices, or change them."""

import csv
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.access import SYSTEM
from accounts.errors import Invalid
from inference.services import language_models


class Command(BaseCommand):
    help = "Take in models from a CSV file: all of them, or none where a line is at fault."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="with the columns of the staff admin's export")

    def handle(self, *_: Any, file: Path, **__: Any) -> None:
        try:
            with file.open(newline="", encoding="utf-8-sig") as lines:
                taken = language_models.take_in(rows=list(csv.DictReader(lines)), actor=SYSTEM)
        except OSError as error:
            raise CommandError(f"{file} cannot be read: {error.strerror}.") from error
        except Invalid as error:
            raise CommandError("\n".join(f"{item.field}: {item.message}" for item in error.fields)) from error
        self.stdout.write(f"{taken.created} new, {taken.changed} changed, {taken.same} as they were")
