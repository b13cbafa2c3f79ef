"""The playground in a real browser: answers arrive word by word, and one is stopped while the other goes on."""

import subprocess
import sys

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from inference.models import Job
from tests import factories
from tests.browser.test_accessible import check
from tests.inference.conftest import simulator
from tests.inference.processes import Web, environment, worker

__all__ = ("simulator",)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def prompt(organization):
    template = factories.PromptTemplateFactory.create(organization=organization, name="Greeting", slug="greeting")
    long = "a_word_without_any_place_to_break_" * 5
    factories.PromptVersionFactory.create(template=template, text=f"Greet {{{{name}}}}.\n{long}")
    factories.PromptVersionFactory.create(
        template=template, number=2, text="Greet {{name}} of {{town}}.", note=long
    )
    return template


@pytest.mark.parametrize("name", ["playground", "prompts", "prompt_new"])
def test_a_page_of_llm_work(visit, organization, owner, prompt, name):
    check(visit(reverse(name, args=["acme"]), user=owner))


@pytest.mark.parametrize("name", ["prompt", "prompt_version_new"])
def test_a_page_of_a_prompt(visit, organization, owner, prompt, name):
    check(visit(reverse(name, args=["acme", "greeting"]), user=owner))


def test_two_versions_side_by_side(visit, organization, owner, prompt):
    check(visit(reverse("prompt_try", args=["acme", "greeting"]) + "?a=1&b=2", user=owner))


def test_a_job_with_its_calls_and_the_list(visit, organization, owner):
    chances = [{"label": "good", "probability": 0.9}, {"label": "bad", "probability": None}]
    job = factories.JobFactory.create(
        organization=organization,
        task="classify",
        input={"text": "Fine.", "labels": [{"name": "good"}, {"name": "bad"}]},
        status="succeeded",
        finished_at=timezone.now(),
        output="good",
        result={"label": "good", "labels": ["good"], "probabilities": chances},
        metadata={"order": "A-17"},
    )
    factories.CallFactory.create(job=job, error_code="overloaded", error_message="Too much.", first_token_at=None)
    factories.CallFactory.create(job=job)
    check(visit(reverse("job", args=["acme", job.pk]), user=owner))
    check(visit(reverse("jobs", args=["acme"]) + "?status=succeeded", user=owner))


def test_two_models_write_side_by_side_and_one_is_stopped(visit, organization, owner, simulator, tmp_path):
    environ = {
        "PLUMBLINE_DATA": str(tmp_path),
        "OPENAI_API_KEY": "sk-test",
        "OPENAI_BASE_URL": simulator.openai_url,
        "OPENAI_MODEL": "gpt-test",
        "ANTHROPIC_API_KEY": "sk-ant-test",
        "ANTHROPIC_BASE_URL": simulator.anthropic_url,
        "ANTHROPIC_MODEL": "claude-test",
    }
    collect = (sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity", "0")
    subprocess.run(collect, env=environment(**environ), check=True)
    with Web(**environ) as web, worker(**environ):
        page = visit(f"http://localhost:{web.port}{reverse('playground', args=['acme'])}", user=owner)
        page.get_by_label("Prompt", exact=True).fill("@sim tokens=3000 delay=0.02")
        page.get_by_label("Model (optional)", exact=True).select_option("openai/gpt-test")
        page.get_by_label("Second model (optional)", exact=True).select_option("anthropic/claude-test")
        page.get_by_role("button", name="Run", exact=True).click()
        answers = page.locator(".job-answer")
        for place in (0, 1):
            expect(answers.nth(place)).to_contain_text("wörd3 ", timeout=20_000)
        page.get_by_role("button", name="Stop gpt-test").click()
        expect(page.locator("[data-status]").nth(0)).to_have_text("Cancelled", timeout=20_000)
        written = answers.nth(1).inner_text()
        page.wait_for_function(
            "length => document.querySelectorAll('.job-answer')[1].innerText.length > length", arg=len(written)
        )
        page.get_by_role("button", name="Stop claude-test").click()
        expect(page.locator("[data-status]").nth(1)).to_have_text("Cancelled", timeout=20_000)
    assert answers.nth(1).inner_text().startswith(written)
    assert answers.nth(0).inner_text().strip() == Job.objects.get(model="gpt-test").output.strip()
