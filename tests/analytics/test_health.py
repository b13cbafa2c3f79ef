from datetime import timedelta

import pytest

from analytics.contracts import DropReason
from analytics.queries.health import has_events, health
from analytics.services import ingestion, sealing
from tests.analytics.events import NOON, event, store


def test_a_project_that_keeps_up_has_nothing_to_say(project):
    store(project, [event()])
    said = health(project, now=NOON)
    assert (said.waiting_since, said.dropped) == (None, 0)


@pytest.mark.usefixtures("engine")
def test_a_project_has_events_once_they_are_sealed(project):
    ingestion.accept(project=project, events=[event()])
    assert not has_events(project)
    sealing.seal_project(project_id=project.pk)
    assert has_events(project)


@pytest.mark.parametrize(("age", "late"), [(timedelta(minutes=1), False), (timedelta(minutes=2), True)])
def test_events_that_wait_for_long_are_told(project, age, late):
    ingestion.accept(project=project, events=[event()], received_at=NOON - age)
    assert (health(project, now=NOON).waiting_since is not None) is late


def test_only_drops_that_may_be_a_fault_are_counted_and_only_a_week(project):
    dropped = {DropReason.INVALID: 2, DropReason.TOO_OLD: 3, DropReason.BOT: 50, DropReason.DUPLICATE: 7}
    ingestion.accept(project=project, events=[], drops=dropped, received_at=NOON)
    ingestion.accept(
        project=project, events=[], drops={DropReason.INVALID: 100}, received_at=NOON - timedelta(days=8)
    )
    assert health(project, now=NOON).dropped == 5
