"""The pages of batches, as the three people see them."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from accounts.permissions import Role
from inference.choices import Status
from inference.models import Batch, Job
from tests.factories import BatchFactory, JobFactory, MembershipFactory, PromptVersionFactory

BATCHES = "/o/acme/batches/"
TABLE = 'id,"the text"\n1,"One. Two."\n\n2,"Three, four. Five."\n'


def table(text: str | bytes = TABLE) -> SimpleUploadedFile:
    return SimpleUploadedFile("texts.csv", text.encode() if isinstance(text, str) else text, "text/csv")


@pytest.fixture
def as_owner(client, owner):
    client.force_login(owner)
    return client


def test_a_table_becomes_a_batch_of_the_chosen_column(as_owner, owner) -> None:
    form = {"task": "summarize", "file": table("\ufeff" + TABLE), "column": "the text", "name": "Mine"}

    response = as_owner.post(BATCHES, form, follow=True)

    batch = Batch.objects.get()
    assert response.redirect_chain == [(f"{BATCHES}{batch.pk}/", 302)]
    assert (batch.created_by, batch.name, batch.total) == (owner, "Mine", 2)
    assert [job.input["text"] for job in batch.jobs.order_by("batch_index")] == ["One. Two.", "Three, four. Five."]


def test_without_a_column_it_is_the_first(as_owner) -> None:
    as_owner.post(BATCHES, {"task": "summarize", "file": table("text\nOne.\n")})

    assert Job.objects.get().input["text"] == "One."


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"task": "summarize"}, "This field is required"),
        ({"task": "summarize", "file": "text\n"}, "no row below its names"),
        ({"task": "summarize", "file": b"text\n\xff\n"}, "not UTF-8"),
        ({"task": "summarize", "file": 'text\n"a"b\n'}, "is no table"),
        ({"task": "summarize", "file": "a,b\n1,2\n", "column": "c"}, "The file has these: a, b."),
        (
            {"task": "summarize", "file": "a,b\n1,x\n\n2\n", "column": "b"},
            "Line 4 of the file: Must not be empty.",
        ),
        ({"task": "classify", "file": "a\nx\n", "labels": "one"}, "Give two labels at least"),
        ({"task": "extract", "file": "a\nx\n"}, "must describe an object"),
        ({"task": "extract", "file": "a\nx\n", "schema": "{"}, "Enter a valid JSON"),
        ({"task": "generate", "file": "a\nx\n"}, "set ANTHROPIC_API_KEY"),
        ({"task": "chat", "file": "a\nx\n"}, "Select a valid choice"),
    ],
)
def test_the_form_says_what_is_wrong_where_it_is(as_owner, form, words) -> None:
    given = {name: table(value) if name == "file" else value for name, value in form.items()}

    response = as_owner.post(BATCHES, given)

    assert response.status_code == 422
    assert words in response.content.decode().replace("&#x27;", "'")
    assert not Batch.objects.exists()


def test_a_stored_prompt_takes_its_variables_from_the_columns(as_owner, organization, llm) -> None:
    version = PromptVersionFactory.create(
        template__organization=organization, template__name="Greeting", template__slug="greeting",
        text="Greet {{name}} from {{town}}.",
    )  # fmt: skip
    given = {"task": "generate", "prompt": "greeting", "file": table("town,id,name\nOslo,1,Ada\nRome,2\n")}

    page = as_owner.post(BATCHES, given, follow=True).content.decode()

    jobs = list(Job.objects.order_by("batch_index"))
    assert [job.input["prompt"] for job in jobs] == ["Greet Ada from Oslo.", "Greet  from Rome."]
    assert {job.prompt_version for job in jobs} == {version}
    assert 'href="/o/acme/prompts/p/greeting/">Greeting</a>, version 1' in page


def test_a_table_without_a_column_for_a_variable_is_refused(as_owner, organization, llm) -> None:
    PromptVersionFactory.create(
        template__organization=organization, template__slug="greeting", text="Greet {{name}} from {{town}}."
    )
    PromptVersionFactory.create(template__slug="theirs")
    given = {"task": "generate", "prompt": "greeting", "file": table("name\nAda\n")}

    response = as_owner.post(BATCHES, given)
    theirs = as_owner.post(BATCHES, {**given, "prompt": "theirs", "file": table("name\nAda\n")})

    assert response.context["form"].errors == {"prompt": ["The file has no column for: town."]}
    assert list(theirs.context["form"].errors) == ["prompt"]
    assert not Batch.objects.exists()


def test_a_viewer_sees_batches_and_neither_form_nor_cancel(client, organization, teammate) -> None:
    client.force_login(teammate)
    batch: Any = BatchFactory(organization=organization, name="Nightly")

    page, one = client.get(BATCHES).content.decode(), client.get(f"{BATCHES}{batch.pk}/").content.decode()

    assert "Nightly" in page
    assert "New batch" not in page
    assert "Cancel</button>" not in one
    assert client.post(BATCHES, {"task": "summarize", "file": table()}).status_code == 403
    assert client.post(f"{BATCHES}{batch.pk}/cancel/").status_code == 403


def test_an_empty_list_says_how_to_begin(as_owner, organization) -> None:
    page = as_owner.get(BATCHES).content.decode()

    assert "No batch yet" in page
    assert "null" not in page.split('name="schema"')[1].split("</textarea>")[0]


def test_how_far_it_is_is_asked_for_until_the_end(as_owner, organization) -> None:
    batch: Any = BatchFactory(organization=organization, total=4, most_cost=1_500_000, currency="USD")
    now = timezone.now()
    ended = {"batch": batch, "organization": organization, "finished_at": now, "started_at": now}
    JobFactory(batch_index=0, status=Status.SUCCEEDED, **ended)
    JobFactory(batch_index=1, status=Status.FAILED, error_code="cut", error_message="Cut.", **ended)
    JobFactory(batch_index=2, batch=batch, organization=organization)

    part = as_owner.get(f"{BATCHES}{batch.pk}/progress/").content.decode()

    assert f'hx-get="{BATCHES}{batch.pk}/progress/"' in part
    assert 'value="50"' in part
    assert "2 of 4 done" in part
    assert "1 row failed" in part
    assert "<html" not in part
    Batch.objects.update(finished_at=now)
    over = as_owner.get(f"{BATCHES}{batch.pk}/").content.decode()
    assert "hx-get" not in over.split('id="batch"')[1].split("</section>")[0]
    assert f'href="/api/v1/inference/batches/{batch.pk}/results/?format=csv"' in over


def test_cancelling_ends_what_waits(as_owner, organization) -> None:
    batch: Any = BatchFactory(organization=organization)
    job: Any = JobFactory(batch=batch, batch_index=0, organization=organization)

    response = as_owner.post(f"{BATCHES}{batch.pk}/cancel/")

    assert response["Location"] == f"{BATCHES}{batch.pk}/"
    job.refresh_from_db()
    assert job.status == Status.CANCELLED


def test_outsiders_find_nothing_and_a_batch_is_only_at_its_own_address(
    client, organization, stranger, owner
) -> None:
    batch: Any = BatchFactory(organization=organization)
    client.force_login(stranger)
    assert {
        client.get(BATCHES).status_code,
        client.get(f"{BATCHES}{batch.pk}/").status_code,
        client.get(f"{BATCHES}{batch.pk}/progress/").status_code,
        client.post(f"{BATCHES}{batch.pk}/cancel/").status_code,
    } == {404}
    client.force_login(owner)
    elsewhere: Any = MembershipFactory(user=owner, role=Role.OWNER).organization
    assert client.get(f"/o/{elsewhere.slug}/batches/{batch.pk}/").status_code == 404


@pytest.mark.parametrize("count", [1, 10])
def test_the_list_costs_the_same_for_many(as_owner, organization, django_assert_max_num_queries, count) -> None:
    for _ in range(count):
        JobFactory(batch=BatchFactory(organization=organization), batch_index=0, organization=organization)

    with django_assert_max_num_queries(12):
        rows = as_owner.get(BATCHES).context["rows"]

    assert len(rows) == count


def test_what_strangers_wrote_stays_text(as_owner, organization) -> None:
    batch: Any = BatchFactory(organization=organization, name="<script>alert(1)</script>")

    for path in (BATCHES, f"{BATCHES}{batch.pk}/"):
        assert "<script>alert" not in as_owner.get(path).content.decode()
