"""Kept events are counted: each once, on the day of its arrival, in the transaction that stores it."""

import threading
from datetime import UTC, date, datetime, timedelta
from importlib import import_module

import pytest
from django.db import connection, transaction
from django.db.models import Sum

from accounts.models import UsageDay, UsageEntry
from analytics.contracts import Event
from analytics.models import UsageCount
from analytics.services import ingestion, sealing, usage
from tests import factories
from tests.analytics.engines import rows_of
from tests.analytics.events import NOON, event, micros, store
from tests.analytics.test_sealing import PowerCut

pytestmark = pytest.mark.django_db


def counted(project) -> dict[date, int]:
    return dict(UsageCount.objects.filter(project=project).values_list("day", "events"))


def in_ledger(project) -> dict[date, int]:
    entries = UsageEntry.objects.filter(organization=project.organization_id, project_id=project.pk)
    return dict(entries.values_list("day").annotate(Sum("quantity")).order_by())


def in_rollup(project) -> dict[date, int]:
    rows = UsageDay.objects.filter(organization=project.organization_id, project_id=project.pk, meter="events")
    return dict(rows.values_list("day", "quantity"))


def arrived(at: datetime, *, of: datetime = NOON) -> Event:
    """An event that happened at one moment and was received at another."""
    found = event(of)
    found.received_at = micros(at)
    return found


def test_events_count_on_the_day_of_their_arrival_whenever_they_happened(project):
    midnight = datetime(2026, 11, 21, tzinfo=UTC)
    tick = timedelta(microseconds=1)

    store(project, [arrived(midnight - tick), arrived(midnight), arrived(midnight, of=NOON - timedelta(days=900))])

    assert counted(project) == in_ledger(project) == {date(2026, 11, 20): 1, date(2026, 11, 21): 2}


def test_later_events_of_a_day_are_added(project):
    store(project, [event(), event()])
    store(project, [event()])

    assert counted(project) == {NOON.date(): 3}


def test_duplicates_do_not_count(project):
    again = event(message_id="same")

    store(project, [again, again])
    store(project, [again, event()])

    assert counted(project) == {NOON.date(): 2}


def test_each_project_has_its_own_count(project):
    other = factories.ProjectFactory.create()
    store(project, [event()])
    store(other, [event(), event()])

    assert (counted(project), counted(other)) == ({NOON.date(): 1}, {NOON.date(): 2})


def test_what_a_crash_undoes_is_not_counted_and_then_counted_once(project, monkeypatch):
    ingestion.accept(project=project, events=[event(), event()])

    def cut(*_args, **_kwargs):
        raise PowerCut

    with monkeypatch.context() as patch:
        patch.setattr("analytics.services.sealing._advance", cut)
        with pytest.raises(PowerCut), transaction.atomic():
            sealing.seal_project(project_id=project.pk)
    assert counted(project) == in_ledger(project) == in_rollup(project) == {}
    sealing.seal_project(project_id=project.pk)

    assert counted(project) == in_ledger(project) == in_rollup(project) == {NOON.date(): 2}


def at_once(times: int, work) -> None:
    threads = [threading.Thread(target=work) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@pytest.mark.django_db(transaction=True)
def test_many_sealers_of_many_requests_count_each_event_once(project):
    for _ in range(40):
        ingestion.accept(project=project, events=[event() for _ in range(5)])

    def work():
        sealing.seal_project(project_id=project.pk)
        connection.close()

    at_once(4, work)
    sealing.seal_project(project_id=project.pk)

    assert counted(project) == in_ledger(project) == in_rollup(project) == {NOON.date(): 200}
    assert len(rows_of(project)) == 200


@pytest.mark.django_db(transaction=True)
def test_counts_of_a_day_that_are_added_at_once_are_all_there(project):
    events = [event(NOON - timedelta(days=day)) for day in range(5)]
    batches = iter("abcdefgh")

    def work():
        with transaction.atomic():
            usage.count(
                organization_id=project.organization_id, project_id=project.pk, batch=next(batches), events=events
            )
        connection.close()

    at_once(8, work)

    expected = {NOON.date() - timedelta(days=day): 8 for day in range(5)}
    assert counted(project) == in_ledger(project) == in_rollup(project) == expected


def test_a_batch_is_one_entry_for_each_day_and_one_statement(project, django_assert_num_queries):
    events = [arrived(NOON), arrived(NOON), arrived(NOON + timedelta(days=1))]

    # The count of the project takes one statement a day, the ledger one for all.
    with django_assert_num_queries(2):
        usage.count(organization_id=project.organization_id, project_id=project.pk, batch="7", events=events)

    entries = UsageEntry.objects.order_by("day")
    assert [(entry.key, entry.quantity) for entry in entries] == [
        (f"events:{project.pk}:7:2026-11-20", 2), (f"events:{project.pk}:7:2026-11-21", 1),
    ]  # fmt: skip


def test_what_was_counted_before_there_was_a_ledger_opens_it_once(project):
    store(project, [event(), event()])
    older = NOON.date() - timedelta(days=90)
    factories.UsageCountFactory(project=project, day=older, events=41)
    opening = import_module("analytics.migrations.0019_usage_in_the_ledger").OPEN
    UsageCount.objects.filter(project=project, day=NOON.date()).delete()

    with connection.cursor() as cursor:
        cursor.execute(opening)
        cursor.execute(opening)

    assert in_ledger(project) == in_rollup(project) == {NOON.date(): 2, older: 41}
