"""kill -9 of the worker in the middle of an import: every row is stored once."""

import json
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.crash import reader
from tests.product import Run, eventually

pytestmark = [pytest.mark.stack, pytest.mark.slow]
ROWS = 60_000
# So many rows are read before the worker is killed, and killed again.
KILLS = (5_000, 25_000)
SET_UP = """
from accounts.access import SYSTEM, Actor
from accounts.models import Organization, User
from analytics.ingestion.files.formats import Format
from analytics.services import projects, uploads
organization = Organization.objects.create(name="Acme", slug="acme")
project = projects.create(organization=organization, name="Shop", slug="shop", actor=SYSTEM)
user = User.objects.create(email="owner@acme.test")
with open({path!r}, "rb") as file:
    actor = Actor(user=user)
    uploads.create(project=project, kind=Format.NDJSON, name="e.x", content=file, actor=actor, options={{}})
print(project.pk)
"""


def asked(run: Run, column: str) -> Any:
    with psycopg.connect(run.servers()["DATABASE_URL"]) as connection:
        row = connection.execute(f"SELECT {column} FROM analytics_import").fetchone()
    return row and row[0]


def has_read(run: Run, rows: int) -> bool:
    return bool(asked(run, "rows") >= rows)


def expire_the_lease(run: Run) -> None:
    """As if the minute had passed in which the dead worker might yet come back."""
    with psycopg.connect(run.servers()["DATABASE_URL"]) as connection:
        connection.execute("UPDATE analytics_import SET lease_until = now() WHERE state = 'running'")


def inbox_is_empty(run: Run) -> bool:
    with psycopg.connect(run.servers()["DATABASE_URL"]) as connection:
        return connection.execute("SELECT count(*) FROM analytics_inboxentry").fetchone() == (0,)


@pytest.mark.timeout(240)
def test_an_import_whose_worker_is_killed_stores_every_row_once(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    file = tmp_path / "events.ndjson"
    lines = ({"event": "Crash", "user_id": f"u{n % 900}", "message_id": f"m{n}"} for n in range(ROWS))
    file.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    run = Run(tmp_path / "data", tmp_path / "output")
    try:
        run.wait_until_up()
        project = int(run.manage("shell", "-c", SET_UP.format(path=str(file))).split()[-1])
        for rows in KILLS:
            eventually(partial(has_read, run, rows))
            run.child("--queues").kill()
            expire_the_lease(run)
        eventually(lambda: asked(run, "state") == "done", within=150)
        eventually(lambda: inbox_is_empty(run))

        stored = reader.read(run.servers()["DATABASE_URL"], run.data / "store", project, "Crash")
        assert stored.ids == {f"m{n}": 1 for n in range(ROWS)}
        assert (stored.faults, stored.usage) == ([], ROWS)
        assert asked(run, "accepted") == ROWS
    finally:
        run.process.terminate()
        run.process.wait(30)
