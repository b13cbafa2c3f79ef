"""An import is subject to the quota: it stops with a sentence, loses nothing, and goes on when there is room."""

import json

import pytest
from django.core.management import CommandError, call_command

from accounts.access import Actor
from accounts.models import Organization
from analytics.ingestion.files.formats import Format
from analytics.models import DropCount, InboxEntry
from analytics.models.imports import State
from analytics.services import import_work, sealing, uploads
from analytics.services import imports as services
from tests import factories

pytestmark = pytest.mark.django_db
LINES = [{"event": "Paid", "user_id": f"u{n}", "timestamp": "2026-03-01T12:00:00Z"} for n in range(50)]
FILE = "".join(json.dumps(line) + "\n" for line in LINES).encode()


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch) -> None:
    monkeypatch.setattr(services, "CHUNK", 10)


@pytest.fixture
def plan(organization):
    """Refuses from 24 events on, so after the third chunk."""
    found = factories.PlanFactory.create(name="Small", events_a_month=20)
    Organization.objects.filter(pk=organization.pk).update(plan=found)
    return found


def kept() -> int:
    return sum(InboxEntry.objects.values_list("events", flat=True))


def test_a_background_import_waits_says_why_and_goes_on_by_itself(project, owner, plan) -> None:
    item = uploads.create(
        project=project,
        kind=Format.NDJSON,
        name="events.ndjson",
        content=[FILE],
        actor=Actor(user=owner),
        options={},
    )

    turns = [import_work.work(import_id=item.pk) for _ in range(2 * import_work.MOST_ATTEMPTS)]

    item.refresh_from_db()
    assert turns == [False] * len(turns)
    assert (item.state, item.rows, kept()) == (State.RUNNING, 30, 30)
    assert "30 events of 20 in the plan 'Small'" in item.problem
    assert item.pk in import_work.to_do()
    assert not DropCount.objects.exists()

    type(plan).objects.update(events_a_month=None)
    import_work.work(import_id=item.pk)

    item.refresh_from_db()
    assert (item.state, item.rows, item.problem, kept()) == (State.DONE, 50, "", 50)


def test_the_command_stops_with_the_same_words_and_goes_on_later(project, plan, tmp_path) -> None:
    file = tmp_path / "events.ndjson"
    file.write_bytes(FILE)

    with pytest.raises(CommandError, match=r"30 events of 20.*What was read is kept"):
        call_command("import_events", "shop", str(file), "--format", "ndjson")
    assert kept() == 30

    type(plan).objects.update(events_a_month=None)
    call_command("import_events", "shop", str(file), "--format", "ndjson")

    sealing.seal_project(project_id=project.pk)
    assert sum(project.segments.values_list("rows", flat=True)) == 50
