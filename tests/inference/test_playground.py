"""The playground: each task by its form, several models at once, and what an earlier job fills in."""

import json
import re

import pytest
from django.utils import timezone

from inference.choices import ProviderName, Status, Task
from inference.models import Job
from inference.views.play_forms import FORMS
from tests import factories
from tests.factories import JobFactory

PLAYGROUND = "/o/acme/playground/"


def text_of(response) -> str:
    """As people read it."""
    return " ".join(re.sub(r"<[^>]+>", "", response.content.decode()).split())


@pytest.fixture
def as_owner(client, owner, llm):
    client.force_login(owner)
    return client


@pytest.fixture
def done(organization):
    def make(task, given, **fields):
        ended = {"status": Status.SUCCEEDED, "finished_at": timezone.now(), "provider": ProviderName.OPENAI}
        return JobFactory.create(organization=organization, task=task, input=given, **{**ended, **fields})

    return make


GIVEN = {
    Task.GENERATE: {"prompt": "Hi", "system": "Be kind.", "max_tokens": "9", "temperature": "0"},
    Task.CHAT: {"system": "Be kind.", "message": "Hi"},
    Task.SUMMARIZE: {"text": "One. Two.", "max_sentences": "2"},
    Task.CLASSIFY: {"text": "Hi", "labels": "good: it is well\nbad\n"},
    Task.EXTRACT: {"text": "Hi", "schema": '{"type": "object"}', "repairs": "0"},
}
WANTED = {
    Task.GENERATE: {"prompt": "Hi", "system": "Be kind.", "max_tokens": 9, "temperature": 0},
    Task.CHAT: None,
    Task.SUMMARIZE: {"text": "One. Two.", "max_sentences": 2},
    Task.CLASSIFY: None,
    Task.EXTRACT: None,
}


def test_every_task_has_its_form() -> None:
    assert set(FORMS) == set(Task)


@pytest.mark.parametrize("task", list(Task))
def test_a_task_runs_and_fills_the_form_in_again(as_owner, task) -> None:
    response = as_owner.post(f"{PLAYGROUND}?task={task}", {"once": "a", **GIVEN[task]})

    job = Job.objects.get()
    assert response["Location"] == f"{PLAYGROUND}?task={task}&job={job.pk}#answers"
    assert job.task == task
    assert WANTED[task] in (None, job.input)
    page = as_owner.get(response["Location"])
    form = page.context["form"]
    assert f'data-stream="/api/v1/inference/jobs/{job.pk}/stream/"' in page.content.decode()
    again = {
        name: "" if (value := form[name].value()) is None else value
        for name in form.fields
        if name not in {"kept", "schema"}
    }
    sent = {**GIVEN[task], **again, "kept": "{}" if task != Task.CHAT else '{"messages": []}'}
    as_owner.post(f"{PLAYGROUND}?task={task}", sent)
    first, second = Job.objects.order_by("created_at")
    assert first.input == second.input


def test_up_to_three_models_answer_side_by_side_and_none_twice(as_owner, organization) -> None:
    factories.AliasFactory.create(organization=organization, name="fast")
    models = {"model_0": "openai/gpt-test", "model_1": "anthropic/claude-test", "model_2": "openai/gpt-test"}
    body = {"once": "a", "prompt": "Hi", **models}

    response = as_owner.post(PLAYGROUND, body)
    as_owner.post(PLAYGROUND, body)

    assert sorted(Job.objects.values_list("model", flat=True)) == ["claude-test", "gpt-test"]
    page = as_owner.get(response["Location"])
    assert [job.model for job in page.context["jobs"]] == ["gpt-test", "claude-test"]
    assert page.context["form"]["model_1"].value() == "anthropic/claude-test"
    assert ("fast", "fast") in page.context["form"].fields["model_0"].choices


@pytest.mark.parametrize(
    ("task", "change", "field"),
    [
        ("generate", {"prompt": " "}, "prompt"),
        ("classify", {"labels": "only"}, "labels"),
        ("extract", {"schema": '{"type": 5}'}, "schema"),
        ("extract", {"schema": "{"}, "schema"),
        ("generate", {"model_0": "openai/unknown"}, "model_0"),
        ("generate", {"kept": "[1]"}, "kept"),
        ("generate", {"kept": '{"color": 1}'}, "__all__"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_runs(as_owner, task, change, field) -> None:
    response = as_owner.post(f"{PLAYGROUND}?task={task}", {"once": "a", **GIVEN[task], **change})

    assert response.status_code == 422
    assert list(response.context["form"].errors) == [field]
    assert not Job.objects.exists()


def test_running_again_keeps_what_the_form_has_no_field_for(as_owner, done) -> None:
    tools = [{"type": "function", "function": {"name": "look_up"}}]
    turns = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Yes?"}]
    given = {"messages": [*turns, {"role": "user", "content": "Go on"}], "tools": tools}

    form = as_owner.get(f"{PLAYGROUND}?from={done(Task.CHAT, given).pk}").context["form"]

    assert form["message"].value() == "Go on"
    assert json.loads(form["kept"].value()) == {"tools": tools, "messages": turns}


def test_a_reply_goes_on_after_the_answer(as_owner, done) -> None:
    job = done(Task.CHAT, {"messages": [{"role": "user", "content": "Hi"}]}, output="Hello!")
    page = as_owner.get(f"{PLAYGROUND}?reply={job.pk}")
    kept = page.context["form"]["kept"].value()
    assert "Hello!" in page.content.decode()

    as_owner.post(f"{PLAYGROUND}?task=chat", {"once": "a", "message": "Well?", "kept": kept})

    asked = Job.objects.get(status=Status.QUEUED).input["messages"]
    assert [turn["content"] for turn in asked] == ["Hi", "Hello!", "Well?"]


def test_a_job_whose_texts_are_gone_fills_nothing_in(as_owner, done) -> None:
    job = done(Task.GENERATE, {}, content_removed_at=timezone.now())

    assert as_owner.get(f"{PLAYGROUND}?job={job.pk}").status_code == 200
    assert as_owner.get(f"{PLAYGROUND}?from={job.pk}").context["form"].initial.keys() == {"once"}


def test_the_job_of_another_organization_is_not_there(as_owner) -> None:
    job = JobFactory.create()

    assert as_owner.get(f"{PLAYGROUND}?job={job.pk}").status_code == 404
    assert as_owner.get(f"{PLAYGROUND}?from={job.pk}").status_code == 404
    assert as_owner.get(f"{PLAYGROUND}?from=nonsense").status_code == 404


def preview(client, task=Task.GENERATE, **given):
    body = {"once": "a", "preview": "1", **GIVEN[task], **given}
    return client.post(f"{PLAYGROUND}?task={task}", body, headers={"HX-Request": "true"})


def test_before_it_runs_each_model_says_what_it_may_cost(as_owner, organization) -> None:
    factories.LanguageModelFactory.create(model="gpt-test")
    key = factories.CredentialFactory.create(organization=organization, provider=ProviderName.ANTHROPIC)
    targets = [(ProviderName.ANTHROPIC, "claude-test", key)]
    factories.AliasFactory.create(organization=organization, name="ours", targets=targets)

    said = text_of(preview(as_owner, model_0="openai/gpt-test", model_1="anthropic/claude-test", model_2="ours"))

    assert re.search(r"openai/gpt-test reads about \d+ tokens, costs 0\.\d+ USD at most\.", said)
    assert re.search(r"anthropic/claude-test reads about \d+ tokens; it has no price here", said)
    assert re.search(r"ours reads about \d+ tokens, by your own key: its provider bills you", said)
    assert not Job.objects.exists()


@pytest.mark.parametrize("cap", [1, 500])
def test_a_cap_that_would_refuse_one_or_all_together_says_so_before(as_owner, organization, cap) -> None:
    price = {"input_price": 3_000_000, "output_price": 15_000_000}
    factories.LanguageModelFactory.create(model="gpt-test", **price)
    factories.LanguageModelFactory.create(provider=ProviderName.ANTHROPIC, model="claude-test", **price)
    factories.SpendingCapFactory.create(organization=organization, amount=cap)

    said = text_of(preview(as_owner, model_0="openai/gpt-test", model_1="anthropic/claude-test"))
    alone = text_of(preview(as_owner, model_0="openai/gpt-test"))

    assert "This would be refused now. The spending cap" in said
    assert ("refused" in alone) is (cap == 1)


@pytest.mark.parametrize(
    ("task", "given"),
    [("generate", {"prompt": ""}), ("classify", {"labels": "only"}), ("extract", {"schema": "{"})],
)
def test_a_form_that_is_not_whole_yet_is_no_fault(as_owner, task, given) -> None:
    response = preview(as_owner, Task(task), **given)

    assert (response.status_code, text_of(response)) == (
        200, "What it may cost at most is shown here before you run it.",
    )  # fmt: skip


def test_without_scripts_the_page_says_it_and_keeps_the_form(as_owner) -> None:
    body = {"once": "a", "preview": "1", "model_0": "builtin/extractive-1", **GIVEN[Task.SUMMARIZE]}

    response = as_owner.post(f"{PLAYGROUND}?task=summarize", body)

    assert response.status_code == 200
    assert "<textarea" in response.content.decode()
    assert "builtin/extractive-1 needs no model and costs nothing." in text_of(response)
    assert not Job.objects.exists()
