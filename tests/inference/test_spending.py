"""What jobs may cost is reserved, what they used is in the ledger, each once, whatever dies."""

from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from accounts.access import Actor
from accounts.errors import QuotaExceeded, SpendingCapReached
from accounts.models import AuditEntry, Reservation, UsageDay, UsageEntry
from inference.choices import ProviderName, Status
from inference.inputs import parse_request
from inference.models import Job, LanguageModel
from inference.pricing import Rates, Tokens
from inference.providers.base import Usage
from inference.services import finishing, jobs, leases, spending
from inference.services.outcomes import Outcome
from tests import factories

pytestmark = pytest.mark.django_db
USED = Outcome(Status.SUCCEEDED, "Done.", calls=(factories.call_record(Usage(1_000, 100, 400, 30)),))
# 600 read, 400 from the cache, 70 written, 30 thought, at 3, 0.3, 15 and 15 dollars a million.
COST = 600 * 3 + 120 + 100 * 15


@pytest.fixture
def price(llm):
    return factories.LanguageModelFactory.create(model="gpt-test", most_output_tokens=1_000)


def create(organization, owner, **given: Any) -> Job:
    body = {"task": "generate", "input": {"prompt": "Why?", **given}, "provider": "openai"}
    job, _ = jobs.create(organization=organization, actor=Actor(user=owner), request=parse_request(body))
    return job


def take() -> Job:
    (job,) = leases.take(owner="one", limit=1, lease=30)
    return job


def used(organization) -> dict[str, int]:
    return dict(UsageDay.objects.filter(organization=organization).values_list("meter", "quantity"))


def test_a_job_holds_the_most_that_it_may_cost(organization, owner, price):
    short, long = create(organization, owner, max_tokens=10), create(organization, owner)

    held = {item.key: item.amount for item in Reservation.objects.all()}
    read = len("Why?") + 16 + 64
    assert held == {
        f"job:{short.pk}": read * 3 + 10 * 15,
        # Without a limit of its own it may be as long as the model writes.
        f"job:{long.pk}": read * 3 + 1_000 * 15,
    }


def test_what_it_used_is_posted_with_its_end_and_settled(organization, owner, price):
    create(organization, owner)

    assert finishing.finish(job=take(), outcome=USED)

    assert used(organization) == {
        "llm_input_tokens": 600,
        "llm_cached_tokens": 400,
        "llm_output_tokens": 70,
        "llm_reasoning_tokens": 30,
        "llm_cost": COST,
    }
    assert {row.model for row in UsageDay.objects.all()} == {"gpt-test"}
    settled = Reservation.objects.get()
    assert (settled.state, settled.settled) == ("settled", COST)


def test_a_second_attempt_never_bills_twice(organization, owner, price):
    create(organization, owner)
    lost = take()
    Job.objects.update(lease_expires_at=timezone.now() - timedelta(seconds=1))
    leases.reclaim()
    held = take()

    assert finishing.finish(job=held, outcome=USED)
    assert not finishing.finish(job=lost, outcome=USED)

    assert used(organization)["llm_cost"] == COST
    assert UsageEntry.objects.count() == 5


def test_without_the_end_nothing_is_posted(organization, owner, price, monkeypatch):
    create(organization, owner)
    job = take()

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("The power is cut.")

    monkeypatch.setattr("accounts.billing.services.reservations.settle_all", broken)
    with pytest.raises(RuntimeError):
        finishing.finish(job=job, outcome=USED)

    assert UsageEntry.objects.count() == 0
    assert Job.objects.get().status == Status.RUNNING


def test_over_the_cap_no_job_is_made(organization, owner, price):
    factories.SpendingCapFactory.create(organization=organization, amount=20_000)
    create(organization, owner)

    with pytest.raises(SpendingCapReached):
        create(organization, owner)

    assert Job.objects.count() == 1


def test_the_api_says_402_with_the_figures(client, organization, price):
    factories.SpendingCapFactory.create(organization=organization, amount=0)
    key: Any = factories.SecretKeyFactory(organization=organization, scopes=["inference"], text="pls_test")

    answer = client.post(
        "/api/v1/inference/jobs/",
        {"task": "generate", "input": {"prompt": "Why?"}, "provider": "openai"},
        "application/json",
        headers={"Authorization": "Bearer pls_test"},
    )

    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (402, "spending_cap_reached")
    assert (error["cap"], error["spent"], error["currency"]) == (0, 0, "USD")
    assert key.organization == organization


def test_from_the_plans_limit_of_tokens_on_jobs_are_refused(organization, owner, llm):
    plan = factories.PlanFactory.create(name="Small", llm_tokens_a_month=1_000, refuse_from=110)
    organization.plan = plan
    organization.save()
    for _ in range(2):
        create(organization, owner)
    finishing.finish(job=leases.take(owner="one", limit=1, lease=30)[0], outcome=USED)

    with pytest.raises(
        QuotaExceeded, match="1,100 of 1,000 in the plan 'Small', which refuses from 110 %"
    ) as refusal:
        create(organization, owner)
    assert refusal.value.details["used"] == 1_100

    type(plan).objects.update(refuse_from=111)
    create(organization, owner)


@pytest.mark.parametrize("asked", [False, True])
def test_a_job_that_ends_unused_gives_back_what_it_held(organization, owner, price, asked):
    job = create(organization, owner)
    endings = {False: lambda: jobs.cancel(job=job), True: lambda: _lost_for_good(job)}

    endings[asked]()

    assert Reservation.objects.get().state == "released"
    assert used(organization) == {}


def _lost_for_good(job: Job) -> None:
    take()
    run_out = {"lease_expires_at": timezone.now() - timedelta(seconds=1), "attempts": leases.MOST_ATTEMPTS}
    Job.objects.filter(pk=job.pk).update(**run_out)
    leases.reclaim()


def test_a_failure_of_which_the_provider_counted_nothing_costs_nothing(organization, owner, price):
    create(organization, owner)

    finishing.finish(job=take(), outcome=Outcome(Status.FAILED, error_code="rejected", error_message="No."))

    assert Reservation.objects.get().state == "released"
    assert used(organization) == {}


def test_a_price_that_was_raised_meanwhile_is_charged_in_full(organization, owner, price):
    create(organization, owner, max_tokens=1)
    LanguageModel.objects.update(output_price=10**9, reasoning_price=10**9)

    assert finishing.finish(job=take(), outcome=USED)

    assert used(organization)["llm_cost"] == 600 * 3 + 120 + 100 * 1_000
    assert Reservation.objects.get().settled == used(organization)["llm_cost"]


def test_without_a_price_tokens_are_counted_and_nothing_is_held(organization, owner, llm):
    create(organization, owner)

    finishing.finish(job=take(), outcome=USED)

    assert Reservation.objects.count() == 0
    assert used(organization)["llm_input_tokens"] == 600
    assert "llm_cost" not in used(organization)


def test_the_words_of_the_builtin_provider_are_no_tokens(organization):
    factories.JobFactory.create(organization=organization)
    words = factories.call_record(Usage(1_000, 100), provider=ProviderName.BUILTIN)

    finishing.finish(job=take(), outcome=Outcome(Status.SUCCEEDED, "Done.", calls=(words,)))

    assert used(organization) == {}


def test_what_waits_for_long_is_held_and_what_is_forgotten_is_not(organization, owner, price):
    waiting, forgotten = create(organization, owner), create(organization, owner)
    Reservation.objects.update(expires_at=timezone.now() - timedelta(hours=1))
    Job.objects.filter(pk=forgotten.pk).delete()

    spending.tend()

    states = dict(Reservation.objects.values_list("key", "state"))
    assert states == {f"job:{waiting.pk}": "held", f"job:{forgotten.pk}": "expired"}


def test_jobs_from_before_the_ledger_open_it_once(organization):
    done = {"status": Status.SUCCEEDED, "finished_at": timezone.now(), "tokens_input": 9, "tokens_output": 4}
    old: Any = factories.JobFactory(organization=organization, provider=ProviderName.OPENAI, model="old", **done)
    factories.JobFactory(organization=organization, **done)
    opening = import_module("inference.migrations.0003_usage_in_the_ledger").OPEN

    with connection.cursor() as cursor:
        cursor.execute(opening)
        cursor.execute(opening)

    assert used(organization) == {"llm_input_tokens": 9, "llm_output_tokens": 4}
    assert UsageEntry.objects.filter(key=f"job:{old.pk}:llm_input_tokens", model="old").exists()


@pytest.mark.parametrize("provider", ["openai", "anthropic"])
def test_a_real_call_is_counted_as_its_provider_counted(organization, owner, run, llm, provider):
    factories.LanguageModelFactory.create(provider=provider, model="m")
    body = {"task": "generate", "input": {"prompt": "Why?"}, "provider": provider, "model": "m"}
    job, _ = jobs.create(organization=organization, actor=Actor(user=owner), request=parse_request(body))

    run(job)

    assert job.tokens_input is not None
    found = used(organization)
    assert found["llm_input_tokens"] + found.get("llm_cached_tokens", 0) == job.tokens_input
    assert found["llm_output_tokens"] + found.get("llm_reasoning_tokens", 0) == job.tokens_output
    assert Reservation.objects.get().settled == found["llm_cost"]


def test_costs_are_rounded_up_once_for_the_whole_call():
    rates = Rates("USD", input=1, cached=1, output=1, reasoning=1, most_output=10)

    assert rates.cost(Tokens(1, 1, 1, 1)) == 1
    assert rates.cost(Tokens(999_999, 1, 0, 0)) == 1
    assert rates.cost(Tokens(999_999, 1, 1, 0)) == 2
    assert rates.cost(Tokens()) == 0


def test_parts_that_a_provider_counts_too_high_are_not_counted_twice():
    assert Tokens.of(read=5, cached=9, written=3, reasoning=1) == Tokens(0, 5, 2, 1)


def test_what_staff_change_of_a_price_is_in_the_log(client, db):
    client.force_login(factories.UserFactory.create(is_staff=True, is_superuser=True))
    price: Any = factories.LanguageModelFactory.create()
    given = {
        "provider": price.provider, "model": price.model, "currency": "USD", "input_price": 1, "cached_price": 2,
        "output_price": 3, "reasoning_price": 4, "most_output_tokens": 5, "context_tokens": 9_000,
    }  # fmt: skip

    client.post(f"/admin/inference/languagemodel/{price.pk}/change/", given)

    entry: Any = AuditEntry.objects.get()
    assert (entry.action, entry.after["input_price"]) == ("model_price.changed", 1)
