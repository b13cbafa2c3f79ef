"""Jobs that end together: all are written at once, and what stands in the way of one is its own."""

import asyncio
from collections.abc import Sequence
from typing import Any
from unittest.mock import ANY

import msgspec
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.errors import Conflict
from accounts.models import UsageEntry
from inference.choices import FinishReason, ProviderName, Status
from inference.models import Call, Job
from inference.providers.base import Usage
from inference.queries import shown
from inference.runner.finisher import Ended, Finisher
from inference.services import finishing, leases, spending
from inference.services.outcomes import Outcome
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)


def running(count: int) -> list[Job]:
    factories.JobFactory.create_batch(count, provider=ProviderName.OPENAI, model="m")
    return leases.take(owner="one", limit=count, lease=60)


def done(text: str = "Done.") -> Outcome:
    return Outcome(Status.SUCCEEDED, text, calls=(factories.call_record(Usage(10, 2), model="m"),))


def finish(jobs: list[Job], outcomes: list[Outcome]) -> list[Any]:
    async def finishing_them() -> list[Any]:
        finisher = Finisher()
        ends = (finisher.finish(job, outcome) for job, outcome in zip(jobs, outcomes, strict=True))
        return list(await asyncio.gather(*ends, return_exceptions=True))

    return asyncio.run(finishing_them())


def test_many_ends_are_one_transaction() -> None:
    jobs = running(20)

    with CaptureQueriesContext(connection) as many:
        written = finishing.finish_all([(job, done(str(job.pk))) for job in jobs[:19]])
    with CaptureQueriesContext(connection) as one:
        finishing.finish(job=jobs[19], outcome=done())

    assert [job.pk for job in written] == [job.pk for job in jobs[:19]]
    assert {str(job.pk): job.output for job in Job.objects.finished().exclude(pk=jobs[19].pk)} == {
        str(job.pk): str(job.pk) for job in written
    }
    assert Call.objects.count() == 20
    # Each organization has its own entries in the ledger: two statements more for each, and none else.
    assert len(many) - len(one) == 2 * 18


def test_what_is_told_of_an_end_is_what_its_row_says() -> None:
    jobs = running(3)
    Job.objects.filter(pk=jobs[1].pk).update(cancel_requested_at=timezone.now())
    outcomes = [
        Outcome(
            Status.SUCCEEDED,
            "Dönes.",
            result={"label": "good", "probabilities": [0.5]},
            finish_reason=FinishReason.STOP,
            first_token_at=timezone.now(),
            calls=(factories.call_record(Usage(10, 2), model="m"),),
        ),
        Outcome(Status.CANCELLED, "Do"),
        Outcome(Status.FAILED, error_code="rejected", error_message="No."),
    ]

    ended = finish(jobs, outcomes)

    told = {job.pk: msgspec.json.decode(one.shown) for job, one in zip(jobs, ended, strict=True)}
    asked = {key: msgspec.json.decode(body) for key, body in shown.finished(list(told)).items()}
    assert told == asked
    assert asked[jobs[1].pk]["cancel_requested_at"] is not None


def test_who_waits_reads_the_row_where_it_is_long_or_of_a_prompt_or_a_batch(monkeypatch) -> None:
    monkeypatch.setattr("inference.runner.finisher._LONGEST_SHOWN", 2_000)
    factories.JobFactory.create(provider=ProviderName.OPENAI, model="m", input={"prompt": "a" * 2_000})
    factories.JobFactory.create(provider=ProviderName.OPENAI, model="m")
    factories.JobFactory.create(
        provider=ProviderName.OPENAI, model="m", prompt_version=factories.PromptVersionFactory.create()
    )
    factories.JobFactory.create(
        provider=ProviderName.OPENAI, model="m", batch=factories.BatchFactory.create(), batch_index=0
    )
    jobs = leases.take(owner="one", limit=10, lease=60)

    ended = finish(jobs, [done(), done("b" * 2_001), done(), done()])

    assert ended == [Ended(None)] * 4


def test_who_lost_its_lease_writes_nothing_and_the_others_do() -> None:
    mine, lost, other = running(3)
    Job.objects.filter(pk=lost.pk).update(fence=7)

    assert finish([mine, lost, other], [done(), done(), done()]) == [Ended(ANY), None, Ended(ANY)]

    lost.refresh_from_db()
    assert (lost.status, lost.output) == (Status.RUNNING, "")
    assert Call.objects.filter(job=lost).count() == 0
    assert UsageEntry.objects.filter(key__contains=str(lost.pk)).count() == 0


def test_what_stands_in_the_way_of_one_is_its_own(monkeypatch) -> None:
    good, bad, last = running(3)
    settle = spending.settle

    def refusing(made) -> None:
        if bad.pk in {job.pk for job, _ in made}:
            raise Conflict("This was settled with something else.")
        settle(made)

    monkeypatch.setattr("inference.services.spending.settle", refusing)

    first, refused, third = finish([good, bad, last], [done(), done(), done()])

    assert (first, third) == (Ended(ANY), Ended(ANY))
    assert isinstance(refused, Conflict)
    bad.refresh_from_db()
    assert bad.status == Status.RUNNING
    assert set(Job.objects.filter(status=Status.SUCCEEDED).values_list("pk", flat=True)) == {good.pk, last.pk}


def test_large_answers_are_not_written_all_at_once(monkeypatch) -> None:
    monkeypatch.setattr("inference.runner.finisher._LARGEST", 10)
    groups: list[int] = []
    finish_all = finishing.finish_all

    def counted(given: Sequence[finishing.End]) -> list[Job]:
        groups.append(len(given))
        return finish_all(given)

    monkeypatch.setattr(finishing, "finish_all", counted)

    assert finish(running(5), [done("eight ch")] * 5) == [Ended(ANY)] * 5

    assert groups == [2, 2, 1]
