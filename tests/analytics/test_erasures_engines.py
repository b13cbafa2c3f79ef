"""On each engine: no answer after the request shows the person, the store follows, and others stay."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.access import Actor
from analytics.kinds import parse_spec
from analytics.models import Erasure, StoredBatch
from analytics.queries import person
from analytics.queries.run import run_query
from analytics.services import compaction, erasing, erasures
from tests.analytics.engines import rows_of
from tests.analytics.events import NOON, event, store

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
SPEC = {
    "kind": "overview",
    "period": {"from": "2026-11-19", "to": "2026-11-21"},
    "panels": ["figures", "pages", "entry_pages"],
}


def answer(project):
    """Figures and pages of the overview, as it is answered now."""
    result: Any = run_query(project=project, spec=parse_spec(SPEC), now=NOON + timedelta(days=2)).result
    pages = {row.value for table in result.tables for row in table.rows}
    return {figure.metric: figure.value for figure in result.figures}, pages


@pytest.fixture
def stored(project, engine):
    """Ada, on her phone before it was known to be hers, and Bob; the old events in the shape of upkeep."""
    store(
        project,
        [
            event(NOON, message_id="a", kind="page", anonymous_id="phone", path="/secret"),
            event(NOON + MINUTE, message_id="b", kind="page", user_id="ada", path="/secret"),
            event(NOON, message_id="c", kind="page", user_id="bob", path="/open"),
        ],
    )
    store(project, [event(NOON + 2 * MINUTE, message_id="d", kind="page", user_id="bob", path="/open")])
    engine.tidy(project)
    store(project, [event(NOON + MINUTE, message_id="e", kind="identify", anonymous_id="phone", user_id="ada")])
    return project


def test_answers_change_at_once_and_the_store_follows(stored):
    before, pages = answer(stored)
    found = erasures.request(project=stored, actor=Actor(), person="ada")[0]

    after, left = answer(stored)

    assert (before["visitors"], before["views"], pages) == (2, 4, {"/secret", "/open"})
    assert (after["visitors"], after["sessions"], after["views"], left) == (1, 1, 2, {"/open"})
    assert person.find(project=stored, identifier="ada").found.events == 0
    assert finished(stored) == 1
    assert rows_of(stored) == [("c",), ("d",)]
    assert answer(stored) == (after, left)
    found.refresh_from_db()
    assert (found.status, found.receipt["erased"]["events"]) == (Erasure.Status.DONE, 3)


def finished(project):
    now = timezone.now()
    erasing.erase_project(project_id=project.pk, now=now + 2 * MINUTE)
    compaction.sweep(now=now + 20 * MINUTE)
    return erasing.erase_project(project_id=project.pk, now=now + 20 * MINUTE)


def test_a_person_is_found_whole(stored):
    found = person.find(project=stored, identifier="phone")

    assert (found.person, found.found.events) == ("ada", 3)
    assert (found.found.first, found.found.last) == (NOON, NOON + MINUTE)
    assert b"events.ndjson" in person.export(project=stored, identifier="ada")


def test_who_comes_back_is_in_the_answers_again(stored):
    found = erasures.request(project=stored, actor=Actor(), person="ada")[0]
    back = event(found.requested_at + MINUTE, message_id="new", user_id="ada")
    store(stored, [back])

    finished(stored)

    assert rows_of(stored) == [("c",), ("d",), ("new",)]
    assert person.find(project=stored, identifier="ada").found.events == 1


def test_a_batch_that_may_still_arrive_is_waited_for(project, clickhouse):
    found = erasures.request(project=project, actor=Actor(), person="ada")[0]
    batch = StoredBatch.objects.create(project=project, created_at=found.requested_at)

    assert finished(project) == 0
    batch.delete()
    assert finished(project) == 1
