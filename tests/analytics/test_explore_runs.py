"""Explore, where an answer takes longer: how far it is, its end, and what happened instead of an answer."""

import re
import threading
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.errors import DeadlineExceeded, RateLimited
from analytics.models import QueryRun
from analytics.queries import run
from analytics.services import query_runs
from tests import factories
from tests.analytics.events import event, store
from tests.analytics.test_query_runs import Gate
from tests.analytics.test_stop import heavy  # noqa: F401 (a fixture)

# Threads of the desk write what became of a query: they see only what is committed.
pytestmark = pytest.mark.django_db(transaction=True)
HTMX = {"HX-Request": "true"}


@pytest.fixture
def gate(monkeypatch, settings):
    """Computations wait until it is opened, and pages do not."""
    settings.PAGE_WAIT_SECONDS = 0.0
    made = Gate(run._computed)
    monkeypatch.setattr(run, "_computed", made)
    yield made
    made.opened.set()


@pytest.fixture
def place(project):
    store(project, [event(timezone.now() - timedelta(hours=1), name="Buy", anonymous_id="a")])
    return [project.organization.slug, project.slug]


@pytest.fixture
def explore(client, owner, place):
    client.force_login(owner)

    def explore(query="series.0.event=Buy", **headers):
        return client.get(f"{reverse('explore_kind', args=[*place, 'trends'])}?{query}", headers=headers)

    return explore


def text_of(response):
    return re.sub(r"\s+", " ", response.content.decode())


def finished(item):
    return query_runs.wait(run=item, seconds=20)


def test_a_long_question_says_how_far_it_is_and_becomes_the_answer(explore, client, place, gate):
    page = text_of(explore())
    (item,) = QueryRun.objects.all()
    gate.begun.wait(10)
    address = reverse("explore_run", args=[*place, item.pk])
    going = text_of(client.get(address, headers=HTMX))
    gate.opened.set()
    finished(item)
    answer = text_of(client.get(address, headers=HTMX))

    assert f'hx-get="{address}"' in page
    assert "Computing the answer" in going
    assert "It reads up to 1 event, in 1 file of" in going
    assert "ends by itself after 30 s" in going
    assert "Buy: total <b>1</b>" in answer
    assert "How this was got" in answer
    assert "<html" not in answer


def test_those_in_line_say_their_position(explore, client, place, gate, settings):
    settings.QUERIES_AT_ONCE = 1
    explore()
    gate.begun.wait(10)
    explore("series.0.event=Look")
    waiting = QueryRun.objects.latest("created_at")

    page = text_of(client.get(reverse("explore_run", args=[*place, waiting.pk]), headers=HTMX))

    assert "Waiting for its turn" in page
    assert "Number 1 in line" in page


def test_without_javascript_the_page_asks_again_for_the_same_run(explore, gate):
    page = explore().content.decode()
    (item,) = QueryRun.objects.all()
    (again,) = re.findall(r'<meta http-equiv="refresh"\s+content="2; url=([^"]+)">', page)
    query = urlsplit(again.replace("&amp;", "&")).query
    gate.opened.set()
    finished(item)
    answer = text_of(explore(query))

    assert parse_qs(query)["run"] == [str(item.pk)]
    assert "Buy: total <b>1</b>" in answer
    assert 'http-equiv="refresh"' not in answer
    assert QueryRun.objects.count() == 1


def test_a_run_of_another_question_is_not_its_answer(explore, gate):
    explore()
    (item,) = QueryRun.objects.all()
    gate.opened.set()
    finished(item)

    explore(f"series.0.event=Look&run={item.pk}")

    assert QueryRun.objects.count() == 2


@pytest.mark.parametrize("headers", [HTMX, {}], ids=["htmx", "plain"])
def test_cancel_ends_the_computation(explore, client, place, gate, headers):
    explore()
    (item,) = QueryRun.objects.all()
    gate.begun.wait(10)

    page = client.post(reverse("explore_run_cancel", args=[*place, item.pk]), headers=headers, follow=True)

    assert gate.opened.wait(5), "The engine was not interrupted."
    item.refresh_from_db()
    assert item.state == QueryRun.State.CANCELLED
    assert "The question was cancelled." in text_of(page)
    assert "Ask again" in text_of(page)
    assert QueryRun.objects.count() == 1


def test_cancel_interrupts_the_engine_itself(explore, client, place, monkeypatch, settings, heavy):  # noqa: F811
    settings.PAGE_WAIT_SECONDS = 0.0
    running, ended = threading.Event(), threading.Event()

    def computed(_asked, _snapshot, _statements, stop):
        try:
            return heavy(stop, running)
        finally:
            ended.set()

    monkeypatch.setattr(run, "_computed", computed)
    explore()
    assert running.wait(30)

    client.post(reverse("explore_run_cancel", args=[*place, QueryRun.objects.get().pk]), headers=HTMX)

    assert ended.wait(20), "It would take minutes by itself."


def test_a_question_that_fails_later_says_why_and_what_to_do(explore, client, place, monkeypatch, settings):
    settings.PAGE_WAIT_SECONDS = 0.0

    def fails(*_args):
        raise DeadlineExceeded("The query took longer than 30 seconds.")

    monkeypatch.setattr(run, "_computed", fails)
    explore()
    finished(QueryRun.objects.get())

    page = client.get(reverse("explore_run", args=[*place, QueryRun.objects.get().pk]), headers=HTMX)

    assert "This took too long" in text_of(page)
    assert "Choose fewer days" in text_of(page)


def test_too_much_for_the_plan_is_said_with_the_way_out(explore, project):
    store(project, [event(timezone.now() - timedelta(hours=2), name="Buy")])
    project.organization.plan = factories.PlanFactory.create(name="Small", query_rows=1)
    project.organization.save()

    page = explore()

    assert page.status_code == 422
    assert "This reads more than your plan allows" in text_of(page)
    assert reverse("settings_usage", args=[project.organization.slug]) in text_of(page)


def test_too_much_at_once_is_asked_again_by_itself(explore, monkeypatch):
    def refuses(**_kwargs):
        raise RateLimited("100 queries of this organization are unfinished already.", retry_after=5)

    monkeypatch.setattr("analytics.services.asking.answer_or_run", refuses)

    page = explore()

    assert (page.status_code, page["Retry-After"]) == (429, "5")
    assert 'data-again="5"' in text_of(page)


def test_a_panel_of_the_overview_says_when_to_come_back(client, owner, place, monkeypatch):
    def refuses(**_kwargs):
        raise RateLimited("Too many queries.", retry_after=2)

    monkeypatch.setattr("analytics.views.overview.run_query", refuses)
    client.force_login(owner)

    panel = client.get(reverse("overview_panel", args=[*place, "summary"]), headers=HTMX)

    assert (panel.status_code, panel["Retry-After"]) == (429, "2")
    assert "Too much is asked at once" in text_of(panel)


def test_another_projects_run_is_neither_shown_nor_cancelled(explore, client, place):
    foreign = factories.QueryRunFactory.create(state=QueryRun.State.RUNNING)

    shown = client.get(reverse("explore_run", args=[*place, foreign.pk]))
    cancelled = client.post(reverse("explore_run_cancel", args=[*place, foreign.pk]))
    foreign.refresh_from_db()

    assert (shown.status_code, cancelled.status_code) == (404, 404)
    assert foreign.state == QueryRun.State.RUNNING
