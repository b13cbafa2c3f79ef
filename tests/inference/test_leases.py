"""Who gets which job, for how long, and whose word counts at the end."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from inference.choices import Status
from inference.models import Job
from inference.services import finishing, leases
from inference.services.outcomes import Outcome
from tests.factories import JobFactory, OrganizationFactory

pytestmark = pytest.mark.django_db
DONE = Outcome(Status.SUCCEEDED, output="Done.")


def take(limit: int = 10, owner: str = "one", lease: float = 30) -> list[Job]:
    return leases.take(owner=owner, limit=limit, lease=lease)


def run_out() -> None:
    Job.objects.filter(status=Status.RUNNING).update(lease_expires_at=timezone.now() - timedelta(seconds=1))


def test_a_job_is_given_once() -> None:
    job: Any = JobFactory()

    (taken,) = take()

    assert taken == job
    assert (taken.status, taken.fence, taken.attempts, taken.lease_owner) == (Status.RUNNING, 1, 1, "one")
    assert take(owner="two") == []


def test_organizations_take_turns_and_a_crowd_does_not_delay_a_single_job() -> None:
    busy: Any = OrganizationFactory()
    quiet: Any = OrganizationFactory()
    JobFactory.create_batch(20, organization=busy)
    JobFactory.create_batch(2, organization=quiet)

    first = Counter(job.organization for job in take(4))

    assert first == {busy: 2, quiet: 2}
    assert Counter(job.organization for job in take(20)) == {busy: 18}


def test_what_is_in_flight_counts_as_turns_taken() -> None:
    busy: Any = OrganizationFactory()
    quiet: Any = OrganizationFactory()
    JobFactory.create_batch(10, organization=busy)
    take(5)
    JobFactory(organization=quiet)

    assert [job.organization for job in take(1)] == [quiet]


def test_an_organizations_jobs_go_oldest_first() -> None:
    organization = OrganizationFactory()
    now = timezone.now()
    jobs: list[Any] = [
        JobFactory(organization=organization, created_at=now - timedelta(hours=age)) for age in (1, 3, 2)
    ]

    assert [job.pk for job in take(2)] == [jobs[1].pk, jobs[2].pk]


def test_a_job_that_waits_for_its_retry_is_left_alone() -> None:
    JobFactory(run_after=timezone.now() + timedelta(minutes=1))

    assert take() == []


def test_a_lease_that_ran_out_goes_to_another_and_the_first_writes_nothing() -> None:
    JobFactory()
    (first,) = take()
    run_out()

    assert leases.reclaim() == 1
    (second,) = take(owner="two")

    assert second.fence == 2
    assert not finishing.finish(job=first, outcome=DONE)
    assert not leases.retry(calls=(), job=first, retry_after=0)
    leases.release(held=[first])
    assert leases.renew(held={first.pk: first.fence}, lease=30) == {}
    assert finishing.finish(job=second, outcome=DONE)
    assert not finishing.finish(job=second, outcome=DONE)
    assert Job.objects.get().output == "Done."


def test_a_renewed_lease_does_not_run_out() -> None:
    JobFactory()
    (job,) = take()
    run_out()

    assert leases.renew(held={job.pk: job.fence}, lease=30) == {job.pk: False}

    assert leases.reclaim() == 0


def test_a_job_that_loses_its_worker_too_often_fails() -> None:
    JobFactory(attempts=leases.MOST_ATTEMPTS - 1)
    take()
    run_out()

    leases.reclaim()

    job = Job.objects.get()
    assert (job.status, job.error_code) == (Status.FAILED, "worker_lost")


def test_a_job_whose_worker_died_after_a_cancel_is_cancelled() -> None:
    JobFactory()
    take()
    Job.objects.update(cancel_requested_at=timezone.now())
    run_out()

    leases.reclaim()

    assert Job.objects.get().status == Status.CANCELLED


def test_a_renewal_brings_the_wish_to_cancel() -> None:
    JobFactory()
    (job,) = take()
    Job.objects.update(cancel_requested_at=timezone.now())

    assert leases.renew(held={job.pk: job.fence}, lease=30) == {job.pk: True}


@pytest.mark.parametrize(
    ("attempts", "retry_after", "least", "most"),
    [(1, None, 0.75, 1.25), (3, None, 3, 5), (4, 17.0, 17, 17), (1, 1e9, 3600, 3600)],
)
def test_a_retry_waits_as_long_as_it_should(attempts, retry_after, least, most) -> None:
    JobFactory(attempts=attempts - 1)
    (job,) = take()

    before = timezone.now()
    assert leases.retry(calls=(), job=job, retry_after=retry_after)

    pause = (Job.objects.get().run_after - before).total_seconds()
    assert least <= pause + 1
    assert pause <= most + 1


def test_a_job_given_back_has_not_been_tried() -> None:
    JobFactory()
    (job,) = take()

    leases.release(held=[job])

    again = Job.objects.get()
    assert (again.status, again.attempts, again.fence) == (Status.QUEUED, 0, 1)
