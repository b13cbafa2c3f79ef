"""The pages of jobs, as the three people see them."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.permissions import Role
from inference.choices import Status, Task
from inference.models import Job
from tests.factories import (
    CallFactory,
    JobFactory,
    MembershipFactory,
    ProjectFactory,
    PromptVersionFactory,
    SecretKeyFactory,
)

JOBS = "/o/acme/jobs/"


@pytest.fixture
def as_owner(client, owner):
    client.force_login(owner)
    return client


@pytest.fixture
def as_viewer(client, teammate):
    client.force_login(teammate)
    return client


def test_the_form_creates_a_job_and_shows_it(as_owner, owner) -> None:
    response = as_owner.post(JOBS, {"task": "summarize", "text": "One. Two."}, follow=True)

    job = Job.objects.get()
    assert job.created_by == owner
    assert job.input["text"] == "One. Two."
    assert response.redirect_chain == [(f"{JOBS}{job.pk}/", 302)]
    assert f'data-stream="/api/v1/inference/jobs/{job.pk}/stream/"' in response.content.decode()


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"task": "generate", "text": "Hello"}, "set ANTHROPIC_API_KEY"),
        ({"task": "summarize", "text": " "}, "This field is required"),
        ({"task": "sing", "text": "La"}, "Select a valid choice"),
    ],
)
def test_the_form_says_what_is_wrong(as_owner, form, words) -> None:
    response = as_owner.post(JOBS, form)

    assert response.status_code == 422
    assert words in response.content.decode()
    assert not Job.objects.exists()


def test_a_viewer_sees_jobs_and_no_form(as_viewer, organization) -> None:
    JobFactory(organization=organization, input={"text": "The quarter was good.", "max_sentences": 3})

    page = as_viewer.get(JOBS).content.decode()

    assert "The quarter was good." in page
    assert "New job" not in page
    assert as_viewer.post(JOBS, {"task": "summarize", "text": "One."}).status_code == 403


def test_an_empty_list_says_how_to_begin(as_owner) -> None:
    page = as_owner.get(JOBS).content.decode()

    assert "No job yet" in page
    assert "curl http://testserver/api/v1/inference/jobs/" in page


def test_outsiders_find_nothing(client, organization, stranger) -> None:
    job: Any = JobFactory(organization=organization)
    assert client.get(JOBS).status_code == 302
    client.force_login(stranger)

    assert client.get(JOBS).status_code == 404
    assert client.get(f"{JOBS}{job.pk}/").status_code == 404
    assert client.post(f"{JOBS}{job.pk}/cancel/").status_code == 404


def test_a_job_is_only_found_at_its_own_address(as_owner, owner) -> None:
    elsewhere: Any = MembershipFactory(user=owner, role=Role.OWNER).organization
    job: Any = JobFactory(organization=elsewhere)

    assert as_owner.get(f"/o/{elsewhere.slug}/jobs/{job.pk}/").status_code == 200
    assert as_owner.get(f"{JOBS}{job.pk}/").status_code == 404


def test_the_list_is_filtered_by_what_the_address_says(as_owner, organization) -> None:
    JobFactory(organization=organization, input={"text": "About apples"})
    JobFactory(organization=organization, input={"prompt": "Write of pears"}, task=Task.GENERATE)
    JobFactory(organization=organization, input={"text": "x"}, status=Status.CANCELLED, finished_at=timezone.now())

    def shown(query: str) -> list[Any]:
        return [job.excerpt for job in as_owner.get(f"{JOBS}?{query}").context["page"]]

    assert shown("") == ["x", "Write of pears", "About apples"]
    assert shown("task=generate") == ["Write of pears"]
    assert shown("status=cancelled") == ["x"]
    assert shown("q=apples") == ["About apples"]
    assert shown("q=plums") == []
    assert shown("task=sing&page=nine") == ["x", "Write of pears", "About apples"]


def test_more_filters_and_orders_of_the_list(as_owner, organization) -> None:
    version = PromptVersionFactory.create(template__organization=organization, template__slug="greeting")
    key = SecretKeyFactory.create(organization=organization)
    project = ProjectFactory.create(organization=organization, slug="shop")
    now = timezone.now()
    ended = {"status": Status.SUCCEEDED, "finished_at": now}

    def make(text: str, **fields: Any) -> None:
        JobFactory.create(organization=organization, task=Task.GENERATE, input={"prompt": text}, **fields)

    make("of a prompt", prompt_version=version, cost=9, currency="USD", **ended)
    make("by a key", created_with=key, tokens_input=50, tokens_output=50, **ended)
    make("of a project", project=project, model="gpt-9", created_at=now - timedelta(days=20))
    make("of an alias", asked_model="fast", created_at=now - timedelta(hours=30), **ended)
    chat = {"messages": [{"role": "user", "content": "First"}, {"role": "user", "content": "Last"}]}
    JobFactory.create(organization=organization, task=Task.CHAT, input=chat, created_at=now - timedelta(days=90))

    def shown(query: str) -> list[Any]:
        return [job.excerpt for job in as_owner.get(f"{JOBS}?{query}").context["page"]]

    assert shown("prompt=greeting") == ["of a prompt"]
    assert shown(f"key={key.pk}") == ["by a key"]
    assert shown("key=x") == []
    assert shown("project=shop") == shown("model=openai/gpt-9") == ["of a project"]
    assert shown("model=fast") == ["of an alias"]
    assert shown("task=chat") == ["Last"]
    assert shown("period=week") == ["by a key", "of a prompt", "of an alias"]
    assert shown("sort=oldest")[0] == "Last"
    assert shown("sort=cost")[0] == "of a prompt"
    assert shown("sort=tokens")[0] == "by a key"
    assert shown("sort=time")[0] == "of an alias"
    page = as_owner.get(f"{JOBS}?project=shop&sort=cost").content.decode()
    assert '<option value="shop" selected>' in page
    assert '<option value="cost" selected>' in page


def test_a_job_shows_its_calls_on_a_line_of_time(as_viewer, organization) -> None:
    now = timezone.now()
    job: Any = JobFactory(
        organization=organization, created_at=now, finished_at=now + timedelta(seconds=10), status=Status.SUCCEEDED
    )
    CallFactory.create(
        job=job, number=0, finished_at=now + timedelta(seconds=2), error_code="overloaded", first_token_at=None
    )
    CallFactory.create(job=job, number=1, started_at=now + timedelta(seconds=5))

    response = as_viewer.get(f"{JOBS}{job.pk}/")

    line = response.context["timeline"]
    assert (line.seconds, line.waited, line.waited_width) == (10, 1, "10.00%")
    assert [(one.left, one.width, one.first_token) for one in line.lines] == [
        ("10.00%", "10.00%", None),
        ("50.00%", "30.00%", 1),
    ]
    assert (line.lines[1].written_left, line.lines[1].written_width) == ("60.00%", "20.00%")
    page = response.content.decode()
    assert "overloaded" in page
    assert 'x="50.00%"' in page


def test_a_text_that_is_in_no_other_tenant_is_in_no_list(as_owner) -> None:
    JobFactory(input={"text": "Of a stranger"})

    assert "Of a stranger" not in as_owner.get(f"{JOBS}?q=stranger").content.decode()


@pytest.mark.parametrize("count", [1, 10])
def test_the_list_costs_the_same_for_many(as_owner, organization, django_assert_max_num_queries, count) -> None:
    JobFactory.create_batch(count, organization=organization)

    with django_assert_max_num_queries(16):
        page = as_owner.get(JOBS).context["page"]

    assert len(page) == count


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"status": Status.SUCCEEDED, "output": "Short."}, "Short."),
        ({"status": Status.SUCCEEDED, "cost": 4_200, "currency": "EUR"}, "0.0042 EUR"),
        ({"status": Status.SUCCEEDED, "metadata": {"order": "A-17"}}, "A-17"),
        ({"status": Status.SUCCEEDED, "tokens_input": 9, "tokens_cached": 4}, "4 of them from the provider"),
        ({"status": Status.SUCCEEDED, "result": {"data": {"city": "Oslo"}}}, "&quot;city&quot;: &quot;Oslo&quot;"),
        ({"status": Status.EXPIRED}, "Expired: it had not begun"),
        ({"status": Status.SUCCEEDED, "content_removed_at": timezone.now()}, "Not kept any more."),
        ({"status": Status.SUCCEEDED, "finish_reason": "length"}, "cut at the limit of tokens"),
        ({"status": Status.FAILED, "error_code": "cut", "output": "It"}, "This answer is not whole."),
        ({"status": Status.FAILED, "error_code": "cut"}, "There is no answer."),
        ({"status": Status.CANCELLED}, "Cancelled; what had come"),
    ],
)
def test_a_finished_job_shows_how_it_ended_and_opens_no_stream(as_viewer, organization, fields, words) -> None:
    job: Any = JobFactory(organization=organization, finished_at=timezone.now(), **fields)

    page = as_viewer.get(f"{JOBS}{job.pk}/").content.decode()

    assert words in page
    assert "data-stream" not in page
    assert "job.js" not in page


def test_cancelling_needs_the_permission(client, organization, owner, teammate) -> None:
    job: Any = JobFactory(organization=organization)
    client.force_login(teammate)
    assert "Cancel</button>" not in client.get(f"{JOBS}{job.pk}/").content.decode()
    assert client.post(f"{JOBS}{job.pk}/cancel/").status_code == 403
    client.force_login(owner)

    response = client.post(f"{JOBS}{job.pk}/cancel/")

    assert response["Location"] == f"{JOBS}{job.pk}/"
    job.refresh_from_db()
    assert job.status == Status.CANCELLED


def test_what_strangers_wrote_stays_text(as_owner, organization) -> None:
    job: Any = JobFactory(organization=organization, output="<script>alert(1)</script>")

    assert "<script>alert" not in as_owner.get(f"{JOBS}{job.pk}/").content.decode()
