"""The pages of prompts: made, changed, tried and compared by people."""

import re

import pytest

from inference.models import Job, PromptTemplate
from tests import factories
from tests.inference.test_playground import text_of

PROMPTS = "/o/acme/prompts/"
WORDS = {"name": "Greeting", "text": "Greet {{name}}.", "test_input": '{"name": "Ada"}'}


@pytest.fixture
def as_owner(client, owner):
    client.force_login(owner)
    return client


@pytest.fixture
def prompt(organization):
    template = factories.PromptTemplateFactory.create(organization=organization, name="Greeting", slug="greeting")
    factories.PromptVersionFactory.create(template=template, text="Greet {{name}}.\nBe short.")
    factories.PromptVersionFactory.create(
        template=template, number=2, text="Greet {{name}} of {{town}}.\nBe short."
    )
    return template


def test_a_prompt_is_kept_and_shown(as_owner) -> None:
    response = as_owner.post(f"{PROMPTS}new/", WORDS, follow=True)

    assert response.redirect_chain == [(f"{PROMPTS}p/greeting/", 302)]
    assert "Greet {{name}}." in response.content.decode()
    assert PromptTemplate.objects.get().versions.get().test_input == {"name": "Ada"}


def test_what_is_wrong_is_said_at_its_field(as_owner) -> None:
    response = as_owner.post(f"{PROMPTS}new/", {**WORDS, "system": "You are {{who}}."})

    assert response.status_code == 422
    assert "who" in response.context["form"].errors["system"][0]


def test_the_playground_hands_over_what_was_tried(as_owner) -> None:
    page = as_owner.post(f"{PROMPTS}new/", {"draft": "1", "prompt": "Write of {{thing}}.", "system": "Be kind."})

    assert page.status_code == 200
    assert page.context["form"]["text"].value() == "Write of {{thing}}."
    assert not PromptTemplate.objects.exists()


def test_a_new_version_begins_with_the_words_of_the_newest(as_owner, prompt) -> None:
    form = as_owner.get(f"{PROMPTS}p/greeting/versions/new/").context["form"]
    assert "{{town}}" in form["text"].value()

    as_owner.post(f"{PROMPTS}p/greeting/versions/new/", {"text": "Hello.", "note": "plain"})

    assert prompt.versions.get(number=3).text == "Hello."


@pytest.mark.usefixtures("llm")
def test_two_versions_are_compared_on_the_same_input(as_owner, prompt) -> None:
    address = f"{PROMPTS}p/greeting/try/?a=1&b=2"
    page = as_owner.get(address)
    body = {"once": page.context["once"], "value_name": "Ada", "value_town": "Oslo"}

    answers = as_owner.post(address, body)
    as_owner.post(address, body)

    assert "<del>Greet {{name}}.</del>" in page.content.decode()
    jobs = Job.objects.order_by("prompt_version__number")
    assert [job.input["prompt"] for job in jobs] == ["Greet Ada.\nBe short.", "Greet Ada of Oslo.\nBe short."]
    shown = answers.content.decode()
    assert [f'id="play-{job.pk}"' in shown for job in jobs] == [True, True]
    assert answers.context["form"]["value_town"].value() == "Oslo"


@pytest.mark.usefixtures("llm")
def test_before_they_run_each_version_says_what_it_may_cost(as_owner, prompt) -> None:
    factories.LanguageModelFactory.create(model="gpt-test")
    body = {"once": "a", "preview": "1", "value_name": "Ada", "value_town": "Oslo", "model": "openai/gpt-test"}

    part = as_owner.post(f"{PROMPTS}p/greeting/try/?a=1&b=2", body, headers={"HX-Request": "true"})
    page = as_owner.post(f"{PROMPTS}p/greeting/try/?a=1&b=2", body)

    for number in (1, 2):
        said = rf"Version {number}: openai/gpt-test reads about \d+ tokens, costs 0\.\d+ USD at most\."
        assert re.search(said, text_of(part))
        assert re.search(said, text_of(page))
    assert page.context["form"]["value_town"].value() == "Oslo"
    assert not Job.objects.exists()


@pytest.mark.usefixtures("llm")
def test_a_value_that_is_too_long_is_no_fault_of_the_preview(as_owner, prompt) -> None:
    body = {"once": "a", "preview": "1", "value_name": "long " * 60_000, "value_town": ""}

    part = as_owner.post(f"{PROMPTS}p/greeting/try/?b=2", body, headers={"HX-Request": "true"})

    assert (part.status_code, text_of(part)) == (200, "What it may cost at most is shown here before you run it.")


def test_a_prompt_is_archived_and_taken_back(as_owner, prompt) -> None:
    as_owner.post(f"{PROMPTS}p/greeting/archive/")
    assert list(as_owner.get(PROMPTS).context["page"]) == []
    assert [one.name for one in as_owner.get(f"{PROMPTS}?archived=1").context["page"]] == ["Greeting"]
    assert "Try it" not in as_owner.get(f"{PROMPTS}p/greeting/").content.decode()

    as_owner.post(f"{PROMPTS}p/greeting/archive/", {"back": "1"})

    assert [one.name for one in as_owner.get(PROMPTS).context["page"]] == ["Greeting"]


def test_a_viewer_reads_prompts_and_changes_nothing(client, teammate, prompt) -> None:
    client.force_login(teammate)

    assert "New version" not in client.get(f"{PROMPTS}p/greeting/").content.decode()
    assert client.get(f"{PROMPTS}p/greeting/try/").status_code == 403
    assert client.post(f"{PROMPTS}p/greeting/", {"name": "Mine"}).status_code == 403


@pytest.mark.parametrize("count", [1, 10])
def test_the_pages_cost_the_same_for_many(
    as_owner, organization, prompt, django_assert_max_num_queries, count
) -> None:
    for number in range(count):
        factories.PromptVersionFactory.create(template__organization=organization)
        factories.PromptVersionFactory.create(template=prompt, number=number + 3)

    with django_assert_max_num_queries(10):
        assert len(as_owner.get(PROMPTS).context["page"]) == count + 1
    with django_assert_max_num_queries(12):
        assert len(as_owner.get(f"{PROMPTS}p/greeting/").context["page"]) == count + 2


def test_the_form_of_a_new_prompt_is_empty(as_owner) -> None:
    form = as_owner.get(f"{PROMPTS}new/").context["form"]

    assert {field.name: field.value() for field in form if field.value()} == {}
    assert "null" not in str(form["test_input"])
