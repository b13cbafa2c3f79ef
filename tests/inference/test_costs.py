"""What LLM work cost: from the ledger what is billed, from jobs and calls what it does not know."""

import csv
import io
import re
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine

from accounts.billing.meters import Meter
from accounts.models import UsageDay
from accounts.permissions import Role, Scope
from inference.choices import ProviderName, Status
from tests import factories
from tests.factories import JobFactory

pytestmark = pytest.mark.django_db
COSTS, CSV = "/o/acme/llm-costs/", "/o/acme/llm-costs.csv"
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _now():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def as_owner(client, owner):
    client.force_login(owner)
    return client


@pytest.fixture
def bill(organization):
    def post(model, cost, *, currency="USD", day=date(2026, 11, 19), project=0, **tokens):
        kinds = {"read": Meter.INPUT_TOKENS, "cached": Meter.CACHED_TOKENS, "written": Meter.OUTPUT_TOKENS}
        where = {"organization": organization, "model": model, "day": day, "project_id": project}
        factories.UsageDayFactory.create(meter=Meter.COST, quantity=cost, currency=currency, **where)
        for kind, quantity in tokens.items():
            factories.UsageDayFactory.create(meter=kinds[kind], quantity=quantity, **where)

    return post


@pytest.fixture
def end(organization):
    def make(**fields):
        at = fields.pop("finished_at", NOW - timedelta(hours=3))
        ended = {"status": Status.SUCCEEDED, "provider": ProviderName.OPENAI, "model": "gpt", "finished_at": at}
        return JobFactory.create(organization=organization, created_at=at, **{**ended, **fields})

    return make


def table(client, name, query="") -> list[list[str]]:
    return list(csv.reader(io.StringIO(client.get(f"{CSV}?table={name}{query}").content.decode())))


def charts(page):
    return [block for group in page.context["groups"] for block in group.charts]


def text_of(response) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def test_models_and_projects_are_what_the_ledger_has(as_owner, organization, project, bill) -> None:
    bill("gpt", 3_000_000, read=900, cached=50, written=100)
    bill("gpt", 1_000_000, project=project.pk, written=7)
    bill("gpt", 500_000, currency="EUR", project=999_999)
    bill("mini", 10, day=date(2026, 10, 1))

    assert table(as_owner, "models")[1:] == [
        ["gpt", "900", "50", "107", "0", "500000", "EUR"],
        ["gpt", "", "", "", "", "4000000", "USD"],
    ]
    assert [(row[0], row[5], row[6]) for row in table(as_owner, "projects")[1:]] == [
        ("The organization as a whole", "3000000", "USD"),
        (project.name, "1000000", "USD"),
        ("Projects that are gone", "500000", "EUR"),
    ]
    assert [row[0] for row in table(as_owner, "models", "&period=90d")[1:]] == ["gpt", "gpt", "mini"]
    page = as_owner.get(COSTS)
    assert [block.label for block in charts(page)] == ["Cost in EUR", "Cost in USD"]
    assert "4.00 USD" in text_of(page)
    (tokens,) = charts(as_owner.get(f"{COSTS}?show=tokens"))
    assert tokens.caption.endswith(": 1,057.")


def test_tasks_keys_and_prompts_are_summed_up_from_the_jobs(as_owner, organization, end) -> None:
    key = factories.SecretKeyFactory.create(organization=organization, name="Server")
    version = factories.PromptVersionFactory.create(template__organization=organization, template__name="Greeting")
    end(task="generate", tokens_input=10, tokens_output=5, cost=200, currency="USD", created_with=key)
    end(task="generate", cost=50, currency="EUR", prompt_version=version)
    end(task="chat", status=Status.FAILED, error_code="quota")
    end(provider=ProviderName.BUILTIN, tokens_input=99, tokens_output=99)
    end(task="chat", finished_at=NOW - timedelta(days=40))
    JobFactory.create(organization=organization)
    JobFactory.create(status=Status.SUCCEEDED, finished_at=NOW)

    assert table(as_owner, "tasks")[1:] == [
        ["Generate", "2", "0", "10", "5", "50", "EUR"],
        ["Generate", "", "", "", "", "200", "USD"],
        ["Chat", "1", "1", "0", "0", "", ""],
        ["Summarize", "1", "0", "0", "0", "", ""],
    ]
    assert [(row[0], row[1]) for row in table(as_owner, "keys")[1:]] == [
        ("Server", "1"),
        ("Without a key, by people", "3"),
    ]
    assert table(as_owner, "prompts")[1:] == [
        [f"Greeting, version {version.number}", "1", "0", "0", "0", "50", "EUR"]
    ]


def test_an_answer_that_was_given_again_spared_what_it_had_cost(as_owner, end) -> None:
    first = end(cost=2_500_000, currency="USD", finished_at=NOW - timedelta(days=60))
    end(answered_from=first, cost=0, currency="USD")
    end(answered_from=first, cost=0, currency="USD")

    figures = {name: figure for name, figure, _ in as_owner.get(COSTS).context["figures"]}

    assert (figures["Answers given again"], figures["Spared by that"]) == ("2", "5.00 USD")


def test_calls_say_how_many_failed_and_how_long_they_took(as_owner, end) -> None:
    job = end()
    for seconds in (1, 2, 3):
        factories.CallFactory.create(job=job, finished_at=job.created_at + timedelta(seconds=1 + seconds))
    factories.CallFactory.create(job=job, error_code="overloaded", finish_reason="")

    assert table(as_owner, "calls")[1:] == [["openai/gpt-test", "4", "1", "1", "1", "2", "2.9"]]
    assert "1 (25.0%)" in text_of(as_owner.get(COSTS))


def test_what_is_of_a_hidden_project_is_in_no_figure(client, organization, project, bill, end) -> None:
    hidden = factories.ProjectFactory.create(organization=organization, name="Hidden", is_limited=True)
    analyst = factories.MembershipFactory.create(organization=organization, role=Role.ANALYST).user
    bill("secret", 7_000_000, project=hidden.pk)
    bill("gone", 1_000_000, project=999_999)
    bill("gpt", 1_000_000, project=project.pk)
    job = end(task="extract", project=hidden)
    factories.CallFactory.create(job=job, model="secret")
    end(task="generate", project=project)
    client.force_login(analyst)

    page = client.get(COSTS)

    assert not re.search(r"secret|gone|Hidden|Extract|8\.00|9\.00", text_of(page).partition("Usage and cost")[2])
    assert "Projects that you do not see are left out." in text_of(page)
    for name in ("models", "projects", "tasks", "calls"):
        assert not {"secret", "gone", "Hidden", "Extract"} & {row[0] for row in table(client, name)}


def test_without_use_the_page_says_so(as_owner) -> None:
    assert "Nothing was used in these days" in text_of(as_owner.get(COSTS))
    assert as_owner.get(f"{CSV}?table=nothing").status_code == 404


def test_a_long_period_is_shown_by_month_and_few_models_by_name(as_owner, bill) -> None:
    for number in range(8):
        bill(f"model-{number}", 1_000_000 * (number + 1), day=date(2026, 1 + number, 3))

    (block,) = charts(as_owner.get(f"{COSTS}?period=12mo"))

    assert [key.label for key in block.keys] == ["model-7", "model-6", "model-5", "model-4", "model-3", "Others"]
    assert block.keys[-1].total == "6.00 USD"
    assert (len(block.table.rows), block.table.rows[0][0]) == (12, "December 2025")


def test_more_models_and_tasks_ask_no_more(as_owner, bill, end, django_assert_max_num_queries) -> None:
    for number in range(10):
        bill(f"model-{number}", 10)
        end(cost=number, currency="USD")
    as_owner.get(COSTS)

    with django_assert_max_num_queries(20):
        page = as_owner.get(COSTS)

    assert "model-9" in text_of(page)
    assert UsageDay.objects.count() == 10


def test_the_api_has_what_the_ledger_does_not_know(client, organization, end) -> None:
    key = factories.SecretKeyFactory.create(organization=organization, text="pls_costs", scopes=[Scope.INFERENCE])
    version = factories.PromptVersionFactory.create(template__organization=organization, template__slug="greeting")
    first = end(
        task="generate", cost=200, currency="USD", tokens_input=7, created_with=key, prompt_version=version
    )
    end(task="generate", answered_from=first, cost=0, currency="USD")
    factories.CallFactory.create(job=first)
    headers = {"Authorization": "Bearer pls_costs"}

    found = client.get(
        "/api/v1/inference/costs/", {"from": "2026-11-01", "to": "2026-11-30"}, headers=headers
    ).json()

    assert (found["first"], found["last"], found["whole"]["jobs"]) == ("2026-11-01", "2026-11-30", 2)
    assert found["by_task"] == [
        {"jobs": 2, "failed": 0, "tokens_input": 7, "tokens_output": 0, "task": "generate",
         "costs": [{"currency": "USD", "amount": 200}]},
    ]  # fmt: skip
    assert [(one["key_id"], one["jobs"]) for one in found["by_key"]] == [(key.pk, 1), (None, 1)]
    assert [(one["slug"], one["version"]) for one in found["by_prompt"]] == [("greeting", 1)]
    assert found["given_again"] == {"jobs": 1, "spared": [{"currency": "USD", "amount": 200}]}
    assert [(one["model"], one["calls"], one["took_p50"]) for one in found["calls"]] == [("gpt-test", 1, 3.0)]
    assert client.get("/api/v1/inference/costs/?last=7d", headers=headers).json()["first"] == "2026-11-14"


@pytest.mark.parametrize(
    ("query", "field"),
    [("last=5d", "last"), ("from=2026-11-01", "from"), ("from=x&to=2026-11-02", "from"),
     ("from=2020-01-01&to=2026-01-01", "from")],
)  # fmt: skip
def test_a_period_that_is_none_is_named(client, organization, query, field) -> None:
    factories.SecretKeyFactory.create(organization=organization, text="pls_costs", scopes=[Scope.INFERENCE])

    response = client.get(f"/api/v1/inference/costs/?{query}", headers={"Authorization": "Bearer pls_costs"})

    assert response.status_code == 400
    assert [item["field"] for item in response.json()["error"]["fields"]] == [field]
