"""Who does a job: by name, alias, fallback and key; and who is charged for it."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.access import Actor
from accounts.billing.months import day_of
from accounts.errors import Invalid
from accounts.models import Reservation, UsageDay, UsageEntry
from inference.choices import ProviderName, Status, Task
from inference.conversation import Prompt
from inference.inputs import parse_request
from inference.kinds import KINDS
from inference.kinds.base import Ask, Bound, Done, Size
from inference.kinds.generate import GenerateInput
from inference.models import Call, Job
from inference.providers.choice import NoProvider
from inference.providers.pool import Pool
from inference.queries import routes
from inference.routes import Plan, Target, split
from inference.services import credentials, jobs
from tests import factories
from tests.simulators.llm import words

pytestmark = pytest.mark.django_db(transaction=True)
FAILING = "@sim tokens=3 fail=503 times=1"


def create(organization, owner, prompt: str = "@sim tokens=3", **options: Any) -> Job:
    body = {"task": "generate", "input": {"prompt": prompt}, **options}
    job, _ = jobs.create(organization=organization, actor=Actor(user=owner), request=parse_request(body))
    return job


def own_key(organization, llm, **more: Any):
    return factories.CredentialFactory.create(organization=organization, base_url=llm.openai_url, **more)


@pytest.fixture
def private(llm, settings):
    settings.INFERENCE = {**settings.INFERENCE, "private": True}


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("openai/gpt-x", (ProviderName.OPENAI, "gpt-x")),
        ("openai/meta/llama", (ProviderName.OPENAI, "meta/llama")),
        ("meta/llama", (None, "meta/llama")),
        ("gpt-x", (None, "gpt-x")),
        ("openai/", (None, "openai/")),
    ],
)
def test_a_name_may_say_the_provider(name, parts) -> None:
    assert split(name) == parts


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"model": "openai/gpt-x"}, ("openai", "gpt-x", "openai/gpt-x")),
        ({"model": "gpt-x", "provider": "anthropic"}, ("anthropic", "gpt-x", "anthropic/gpt-x")),
        ({"model": "gpt-x"}, ("openai", "gpt-x", "gpt-x")),
        ({"model": "claude-x"}, ("anthropic", "claude-x", "claude-x")),
        ({"model": "known"}, ("anthropic", "known", "known")),
        ({}, ("anthropic", "claude-test", "")),
    ],
)
def test_a_model_is_found_by_its_name(organization, owner, llm, asked, found) -> None:
    factories.LanguageModelFactory.create(provider="anthropic", model="known")

    job = create(organization, owner, **asked)

    assert (job.provider, job.model, job.asked_model) == found


def test_an_own_alias_goes_before_the_installations(organization, owner, llm) -> None:
    factories.AliasFactory.create(organization=None, name="fast", targets=[("openai", "theirs")])
    assert create(organization, owner, model="fast").model == "theirs"

    factories.AliasFactory.create(organization=organization, name="fast", targets=[("anthropic", "ours")])
    factories.AliasFactory.create(name="fast", targets=[("openai", "a stranger's")])

    job = create(organization, owner, model="fast")
    assert (job.provider, job.model, job.asked_model) == ("anthropic", "ours", "fast")


def test_the_next_is_asked_where_the_first_fails(organization, owner, run, llm) -> None:
    factories.AliasFactory.create(
        organization=organization, name="fast", targets=[("openai", "first"), ("anthropic", "second")]
    )
    job = create(organization, owner, FAILING, model="fast")

    events = run(job)

    assert (job.status, job.output, job.attempts) == (Status.SUCCEEDED, "".join(words(3)), 1)
    assert (job.provider, job.model, job.asked_model) == ("anthropic", "second", "fast")
    assert [(call.model, call.error_code) for call in Call.objects.all()] == [
        ("first", "overloaded"), ("second", ""),
    ]  # fmt: skip
    assert "restart" not in [event.name for event in events]


@pytest.mark.parametrize("fault", ["refuse=1", "long=1", "fail=400"])
def test_what_is_the_requests_own_fault_goes_nowhere_else(organization, owner, run, llm, fault) -> None:
    factories.AliasFactory.create(
        organization=organization, name="fast", targets=[("openai", "first"), ("anthropic", "second")]
    )
    job = create(organization, owner, f"@sim tokens=0 {fault}", model="fast")

    run(job)

    assert job.status == Status.FAILED
    assert len(llm.requests) == 1


def test_once_something_was_said_nobody_else_goes_on(organization, owner, run, llm) -> None:
    factories.AliasFactory.create(
        organization=organization, name="fast", targets=[("openai", "first"), ("anthropic", "second")]
    )
    job = create(organization, owner, "@sim cut=2", model="fast")

    run(job)

    assert (job.status, job.error_code, job.model) == (Status.FAILED, "cut", "first")
    assert len(llm.requests) == 1


def test_the_most_expensive_is_held_and_who_answered_is_charged(organization, owner, run, llm) -> None:
    factories.LanguageModelFactory.create(model="dear", output_price=50_000_000, most_output_tokens=100)
    factories.LanguageModelFactory.create(model="cheap", most_output_tokens=100)
    factories.AliasFactory.create(
        organization=organization, name="fast", targets=[("openai", "cheap"), ("openai", "dear")]
    )
    job = create(organization, owner, "@sim tokens=3", model="fast")
    held = Reservation.objects.get()
    # One message, what is put around it, and around all.
    assert held.amount == (len("@sim tokens=3") + 16 + 64) * 3 + 100 * 50

    run(job)

    held.refresh_from_db()
    assert set(UsageEntry.objects.values_list("model", flat=True)) == {"cheap"}
    assert held.settled == job.cost == -(-(11 * 3_000_000 + 3 * 300_000 + 3 * 15_000_000) // 10**6)


def test_prices_in_two_currencies_have_no_sum(organization, owner, llm) -> None:
    factories.LanguageModelFactory.create(model="euro", currency="EUR")
    factories.LanguageModelFactory.create(model="dollar")
    factories.AliasFactory.create(
        organization=organization, name="fast", targets=[("openai", "euro"), ("openai", "dollar")]
    )

    with pytest.raises(Invalid, match="different currencies"):
        create(organization, owner, model="fast")


def test_the_next_key_of_the_installation_where_one_is_asked_too_much(
    organization, owner, run, llm, settings
) -> None:
    given = {**settings.INFERENCE["openai"], "api_key": "sk-one, sk-two"}
    settings.INFERENCE = {**settings.INFERENCE, "openai": given}
    job = create(organization, owner, "@sim tokens=3 fail=429 times=1 retry_after=60", model="openai/gpt-x")

    run(job)
    run(other := create(organization, owner, model="openai/gpt-x"))

    assert (job.status, job.attempts, other.status) == (Status.SUCCEEDED, 1, Status.SUCCEEDED)
    keys = [request["headers"]["authorization"] for request in llm.requests]
    assert keys == ["Bearer sk-one", "Bearer sk-two", "Bearer sk-two"]


@pytest.mark.usefixtures("private")
def test_what_is_asked_with_an_own_key_costs_nothing_here(organization, owner, run, llm) -> None:
    key = own_key(organization, llm, is_default=True)
    factories.LanguageModelFactory.create(model="gpt-x")
    organization.plan = factories.PlanFactory.create(llm_tokens_a_month=1, refuse_from=100)
    organization.save()
    today = day_of(timezone.now())
    UsageDay.objects.create(organization=organization, day=today, meter="llm_input_tokens", model="x", quantity=9)

    job = create(organization, owner, model="openai/gpt-x")
    run(job)

    assert (job.status, job.credential, job.cost) == (Status.SUCCEEDED, key, None)
    assert job.tokens_output == 3
    assert llm.requests[0]["headers"]["authorization"] == "Bearer sk-own-key-1234567890"
    assert (UsageEntry.objects.count(), Reservation.objects.count()) == (0, 0)
    assert Call.objects.get().credential == key


@pytest.mark.usefixtures("private")
def test_a_key_is_named_by_a_job(organization, owner, llm) -> None:
    key = own_key(organization, llm, name="Ours")
    factories.CredentialFactory.create(name="Theirs")

    job = create(organization, owner, credential="Ours")
    assert (job.credential, job.model, job.asked_model) == (key, "gpt-test", "openai/gpt-test")
    assert create(organization, owner, credential=str(key.pk), model="m").credential == key
    for wrong in ({"credential": "Theirs"}, {"credential": "Ours", "provider": "anthropic"}):
        with pytest.raises(Invalid) as refusal:
            create(organization, owner, **wrong)
        assert refusal.value.fields[0].field == "credential"


@pytest.mark.usefixtures("private")
def test_a_revoked_key_is_never_made_up_for_by_the_installations(organization, owner, run, llm) -> None:
    key = own_key(organization, llm, is_default=True)
    job = create(organization, owner, model="openai/gpt-x")
    credentials.revoke(credential=key, actor=Actor(user=owner))

    run(job)

    assert (job.status, job.error_code) == (Status.FAILED, "no_provider")
    assert llm.requests == []
    key.refresh_from_db()
    assert key.encrypted_key == ""


def test_a_customers_server_is_reached_in_the_internet_only(organization, owner, run, llm, settings) -> None:
    own_key(organization, llm, is_default=True)
    own_key(organization, llm, name="By name")
    other = factories.CredentialFactory.create(
        organization=organization, name="By DNS", base_url=llm.openai_url.replace("127.0.0.1", "localhost")
    )
    for job in (create(organization, owner, model="openai/x"), create(organization, owner, credential=other.name)):
        run(job)

        assert (job.status, job.error_code, job.attempts) == (Status.FAILED, "unreachable", 1)
        assert "not one of the internet" in job.error_message
    assert llm.requests == []


def test_without_any_key_an_alias_leads_nowhere(organization, owner, llm, settings) -> None:
    nobody = {**settings.INFERENCE["openai"], "api_key": ""}
    settings.INFERENCE = {**settings.INFERENCE, "openai": nobody}
    factories.AliasFactory.create(organization=organization, name="fast")

    with pytest.raises(NoProvider, match="'fast'"):
        create(organization, owner, model="fast")


def test_a_deadline_beyond_the_installations_is_refused(organization, owner, llm) -> None:
    assert create(organization, owner, deadline=3_600).deadline_seconds == 3_600
    with pytest.raises(Invalid) as refusal:
        create(organization, owner, deadline=3_601)
    assert refusal.value.fields[0].field == "deadline"


def test_the_smallest_model_says_what_fits(organization, llm) -> None:
    factories.LanguageModelFactory.create(model="small", context_tokens=8_000, most_output_tokens=500)
    alias = factories.AliasFactory.create(
        organization=organization, name="fast", targets=[("openai", "unknown"), ("openai", "small")]
    )
    job = factories.JobFactory.create(
        organization=organization, provider="openai", model="unknown", asked_model=alias.name
    )

    (plan,) = routes.plans([job])
    assert isinstance(plan, Plan)

    assert (plan.size.context, plan.size.most_output) == (8_000, 500)
    assert [way.target for way in plan.ways] == [
        Target(ProviderName.OPENAI, "unknown"), Target(ProviderName.OPENAI, "small"),
    ]  # fmt: skip
    assert "sk-test" not in repr(plan)


@pytest.mark.usefixtures("private")
def test_what_is_open_for_a_key_is_closed_with_it(organization, llm) -> None:
    key = own_key(organization, llm)
    (way,) = routes.ways_of(organization.pk, [Target(ProviderName.OPENAI, "m", key.pk)])

    async def use() -> tuple[int, int, int]:
        pool, counts = Pool(), []
        async with pool.using(way):
            await pool.sweep(revoked={key.pk})
            counts.append(len(pool.held))
        async with pool.using(way):
            counts.append(len(pool.held))
        assert pool.credentials == {key.pk}
        await pool.sweep(revoked={key.pk})
        counts.append(len(pool.held))
        return counts[0], counts[1], counts[2]

    assert asyncio.run(use()) == (1, 1, 0)


def test_a_job_whose_only_model_rests_waits_in_the_queue(organization, owner, run_until, llm) -> None:
    def waits(job: Job) -> bool:
        later = timezone.now() + timedelta(seconds=200)
        return Job.objects.filter(pk=job.pk, status=Status.QUEUED, run_after__gt=later).exists()

    first = create(organization, owner, "@sim fail=429 retry_after=300 times=1", model="openai/gpt-x")
    run_until(lambda: waits(first))
    second = create(organization, owner, "@sim tokens=3", model="openai/gpt-x")
    run_until(lambda: waits(second))

    first.refresh_from_db()
    second.refresh_from_db()
    assert len(llm.requests) == 1
    assert (first.attempts, second.attempts) == (1, 0)
    assert Call.objects.filter(job=second).count() == 0


class ManyCalls:
    """A task of three calls, of which the second fails at first."""

    task, input, about = Task.GENERATE, GenerateInput, "Test."

    def bounds(self, given: GenerateInput, size: Size) -> list[Bound]:
        return []

    async def run(self, given: GenerateInput, ask: Ask) -> Done:
        parts = [f"@sim tokens=1 echo={place} {given.prompt if place == 1 else ''}" for place in range(2)]
        for part in parts:
            await ask(Prompt.of(part))
        return Done.by(await ask(Prompt.of("@sim tokens=3"), aloud=True))


def test_a_call_among_many_is_tried_again_in_its_place(organization, owner, run, llm, monkeypatch) -> None:
    monkeypatch.setitem(KINDS, Task.GENERATE, ManyCalls())
    job = create(organization, owner, "fail=503 times=2", model="openai/gpt-x")

    run(job)

    assert (job.status, job.attempts, job.output) == (Status.SUCCEEDED, 1, "".join(words(3)))
    assert [call.error_code for call in Call.objects.all()] == ["", "overloaded", "overloaded", "", ""]
    assert job.tokens_output == 1 + 1 + 3
