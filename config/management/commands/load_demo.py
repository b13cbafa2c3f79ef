from pathlib import Path
from typing import Any, TextIO, cast

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.errors import PlumblineError
from config.demo import credentials, loading, progress, tenant
from config.demo.models import DemoLoad


class Command(BaseCommand):
    help = "Load the demo, once: a simulated product with 70 days of events, and demo.json with keys and logins."
    # Where the demo is there already, the checks would take longer than all the rest.
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--seed", type=int, default=7, help="Another seed, another demo (default 7).")
        parser.add_argument("--events", type=int, default=200_000, help="About how many (default 200000).")
        parser.add_argument("--base-url", default=settings.BASE_URL, help="The address that demo.json names.")
        parser.add_argument("--remove", action="store_true", help="Delete the demo and all that is in it.")

    def handle(self, *, seed: int, events: int, base_url: str, remove: bool, **_options: Any) -> None:
        if not 1 <= events <= 10_000_000:
            raise CommandError("--events must be from 1 to 10000000.")
        # Lines end themselves: a progress bar writes parts of lines.
        self.stdout.ending = ""
        path = settings.DATA_FOLDER / "demo.json"
        try:
            demo = tenant.current()
            if remove:
                self._remove(demo, path)
            else:
                self._load(demo or tenant.set_up(seed=seed, events=events), path, base_url.rstrip("/"))
        except PlumblineError as error:
            raise CommandError(error.message) from error

    def _remove(self, demo: DemoLoad | None, path: Path) -> None:
        if demo is None:
            raise CommandError("There is no demo to remove.")
        tenant.remove(demo=demo)
        path.unlink(missing_ok=True)
        self.stdout.write("The demo is removed. PLUMBLINE_DEMO=false keeps `make run` from loading it again.\n")

    def _load(self, demo: DemoLoad, path: Path, base_url: str) -> None:
        """The file comes last, so that whoever waits for it finds the numbers complete."""
        found = credentials.read(path)
        known = found if found and tenant.are_valid(credentials=found, project=demo.project) else None
        opened = known.at(base_url) if known else tenant.issue(project=demo.project, base_url=base_url)
        if demo.finished_at is None:
            self._send(demo, opened.write_key)
        else:
            self.stdout.write("The demo is there already.\n")
        if opened != found:
            credentials.write(path, opened)
            self.stdout.write(f"Its address, keys and logins are in {path}.\n")

    def _send(self, demo: DemoLoad, write_key: str) -> None:
        with progress.shown(total=demo.events, stream=cast("TextIO", self.stdout)) as report:
            loading.load(demo=demo, write_key=write_key, report=report)
        self.stdout.write(f"The demo is loaded: {demo.sent:,} calls of 70 days were sent.\n")
