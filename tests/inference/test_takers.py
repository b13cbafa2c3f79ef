"""Workers that take at the same time: an organization's limit holds over all of them, and turns are fair."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, connections, transaction
from django.utils import timezone

from inference.choices import Priority, Status
from inference.models import Job, Policy
from inference.services import leases
from tests.factories import JobFactory, OrganizationFactory
from tests.product import eventually

FLOOD = 5_000
TAKERS = 8


def flood(organization, count: int) -> None:
    now = timezone.now()
    Job.objects.bulk_create(
        JobFactory.build(organization=organization, created_at=now - timedelta(seconds=count - number))
        for number in range(count)
    )


def limit(organization, most: int) -> None:
    Policy.objects.create(organization=organization, most_running=most)


def take(limit: int) -> list[Job]:
    return leases.take(owner="one", limit=limit, lease=60)


@pytest.fixture
def organization(db: None):
    return OrganizationFactory.create()


def test_an_organization_runs_no_more_than_its_own_rules_say(organization) -> None:
    flood(organization, 10)
    limit(organization, 3)

    assert len(take(10)) == 3
    assert take(10) == []
    done = Job.objects.filter(status=Status.RUNNING)[0]
    Job.objects.filter(pk=done.pk).update(
        status=Status.SUCCEEDED, finished_at=timezone.now(), lease_expires_at=None
    )
    assert len(take(10)) == 1


def test_without_rules_the_installations_limit_holds(organization, settings) -> None:
    settings.INFERENCE = {**settings.INFERENCE, "most_running": 2}
    flood(organization, 5)

    assert len(take(10)) == 2


def test_a_limit_leaves_its_room_to_others(organization) -> None:
    flood(organization, 10)
    limit(organization, 2)
    other: Any = OrganizationFactory()
    JobFactory.create_batch(5, organization=other)

    assert Counter(job.organization_id for job in take(6)) == {organization.pk: 2, other.pk: 4}


def test_a_flood_delays_another_s_first_job_by_its_own_turn_at_most(organization) -> None:
    flood(organization, FLOOD)
    take(100)
    other: Any = OrganizationFactory()
    only = JobFactory.create(organization=other, priority=Priority.LOW)

    assert [job.pk for job in take(1)] == [only.pk]


@pytest.mark.django_db(transaction=True)
def test_takers_at_the_same_time_keep_to_the_limit_while_more_urgent_jobs_come() -> None:
    organization = OrganizationFactory.create()
    limit(organization, 20)
    flood(organization, 300)

    def work(number: int) -> list[Any]:
        try:
            urgent = JobFactory.build(organization=organization, priority=Priority.HIGH)
            urgent.save(force_insert=True)
            return [job.pk for _ in range(5) for job in take(1 + number % 5)]
        finally:
            connections.close_all()

    with ThreadPoolExecutor(TAKERS) as threads:
        taken = [job for each in threads.map(work, range(TAKERS * 3)) for job in each]

    assert len(taken) == len(set(taken)) == 20
    assert Job.objects.filter(status=Status.RUNNING).count() == 20


def waits_for_its_turn() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
        return bool(cursor.fetchone()[0])


def elsewhere(function: Callable[[], Any]) -> Any:
    try:
        return function()
    finally:
        connections.close_all()


@pytest.mark.django_db(transaction=True)
def test_what_another_is_just_taking_counts() -> None:
    organization = OrganizationFactory.create()
    limit(organization, 3)
    flood(organization, 10)
    urgent = JobFactory.build(organization=organization, priority=Priority.HIGH)
    with ThreadPoolExecutor(1) as threads:
        with transaction.atomic():
            assert len(take(10)) == 3
            threads.submit(elsewhere, lambda: urgent.save(force_insert=True)).result()
            second = threads.submit(elsewhere, lambda: take(10))
            eventually(lambda: second.done() or waits_for_its_turn())

        assert second.result() == []
