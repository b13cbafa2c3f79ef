"""Explore: a form for each kind of question, and its answer."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse

from analytics.models import Insight
from analytics.views.explore.questions import QUESTIONS
from tests import factories
from tests.analytics.events import NOON, event, store

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _an_hour_later():
    with time_machine.travel(NOON + timedelta(hours=1)):
        yield


@pytest.fixture
def explore(client, owner, project):
    client.force_login(owner)

    def explore(kind="trends", query=""):
        address = reverse("explore_kind", args=[project.organization.slug, project.slug, kind])
        return client.get(f"{address}?{query}" if query else address)

    return explore


def text_of(response):
    return re.sub(r"\s+", " ", response.content.decode())


def test_the_first_page_names_every_question(client, owner, project) -> None:
    client.force_login(owner)

    page = client.get(reverse("explore", args=[project.organization.slug, project.slug])).content.decode()

    assert all(f"<b>{question.label}</b>" in page for question in QUESTIONS.values())


def test_a_question_that_needs_nothing_is_answered_at_once(explore, project) -> None:
    store(project, [event(name="Buy"), event(name="Buy"), event(name="Look")])

    page = text_of(explore())

    assert "All events: total <b>3</b>" in page
    assert "How this was got" in page


def test_the_address_is_the_question(explore, project) -> None:
    store(project, [event(name="Buy"), event(name="Buy"), event(name="Look")])

    page = text_of(explore(query="series.0.event=Buy&series.1.event=Look&series.1.label=Looks"))

    assert "Buy: total <b>2</b>" in page
    assert "Looks <b>1</b>" in page
    assert 'value="Looks"' in page


def test_what_is_wrong_is_said_where_it_is_wrong(explore) -> None:
    answer = explore(query="series.0.aggregation=sum&filters.0.field=nowhere")

    assert answer.status_code == 422
    assert "needs a property" in answer.content.decode()
    assert "<code>filters.0.field</code>" in answer.content.decode()


def test_a_row_more_and_a_row_less(explore, project) -> None:
    more = explore(query="series.0.event=Buy&add=series").content.decode()
    less = explore(query="series.0.event=Buy&series.1.event=Look&remove=series.0")

    assert 'name="series.1.event"' in more
    assert less.status_code == 302
    assert less.url.endswith("?series.0.event=Look")


@pytest.mark.parametrize("query", ["add=filters", "add=nothing.7.x", "add=series.x", "add=.", "remove=nothing"])
def test_no_button_breaks_the_page(explore, query) -> None:
    assert explore(query=query).status_code in {200, 302}


def test_what_a_stranger_writes_is_text(explore, project) -> None:
    store(project, [event(name="<script>alert(1)</script>")])

    page = explore(query="breakdown.0=name").content.decode()

    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


@pytest.mark.parametrize("kind", QUESTIONS)
def test_every_kind_has_a_page_also_of_nothing(explore, kind) -> None:
    assert explore(kind).status_code == 200


def test_a_funnel_shows_its_steps(explore, project) -> None:
    for name in ("Look", "Buy"):
        store(project, [event(name=name, anonymous_id="a")])
    store(project, [event(name="Look", anonymous_id="b")])

    page = text_of(explore("funnel", "steps.0.event=Look&steps.1.event=Buy"))

    assert "<b>1</b> 50.0%" in page
    assert "50.0% of the step before; 1 dropped" in page


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("lifecycle", "fill series-0"),
        ("stickiness", "Mean number of days"),
        ("sessions", "Sessions by duration"),
        ("breakdown", 'class="table ranked-table"'),
        ("drivers", "By country"),
        ("retention", 'class="number heat-10'),
    ],
)
def test_kinds_have_plots_of_their_own(explore, project, kind, words) -> None:
    store(project, [event(name="Look", anonymous_id="a")])

    assert words in text_of(explore(kind, "breakdown.0=name" if kind == "breakdown" else ""))


def test_other_kinds_have_none(explore) -> None:
    assert explore("nonsense").status_code == 404
    assert explore("overview").status_code == 404


def test_paths_are_drawn_as_flows(explore, project) -> None:
    views = [
        event(NOON + timedelta(minutes=place), kind="page", name="page", path=path, anonymous_id="a")
        for place, path in enumerate(("/a", "/b", "/c"))
    ]
    store(project, views)

    page = text_of(explore("paths"))

    assert page.count('class="ribbon"') == 2
    assert "<title>/a → /b: 1 sessions</title>" in page


def test_a_question_is_saved_opened_changed_and_deleted(explore, client, project) -> None:
    place = [project.organization.slug, project.slug]
    asked = explore(query="series.0.event=Buy")
    client.post(reverse("explore_save", args=place), {"name": "Purchases", "spec": asked.context["spec_text"]})
    (insight,) = Insight.objects.all()
    opened = client.get(reverse("explore_saved", args=[*place, insight.pk]), follow=True)

    assert insight.spec["series"] == [{"event": "Buy"}]
    assert "<h1>Purchases</h1>" in text_of(opened)
    assert 'value="Buy"' in text_of(opened)
    assert "Purchases" in text_of(client.get(reverse("explore", args=place)))

    changed = explore(query=f"series.0.event=Look&insight={insight.pk}")
    client.post(reverse("explore_change", args=[*place, insight.pk]), {"spec": changed.context["spec_text"]})
    insight.refresh_from_db()
    assert insight.spec["series"] == [{"event": "Look"}]

    client.post(reverse("explore_delete", args=[*place, insight.pk]))
    assert not client.get(reverse("explore", args=place)).context["page"].object_list
    assert insight.changes.count() == 3


def test_another_projects_question_is_not_opened(explore) -> None:
    foreign = factories.InsightFactory.create(name="Secret plans")

    page = explore(query=f"series.0.event=Buy&insight={foreign.pk}")

    assert page.status_code == 200
    assert "Secret plans" not in text_of(page)


def test_who_may_only_look_cannot_save(client, teammate, project) -> None:
    client.force_login(teammate)

    page = client.get(reverse("explore_kind", args=[project.organization.slug, project.slug, "trends"]))

    assert "keep-name" not in text_of(page)


@pytest.mark.parametrize(
    ("kind", "query", "words"),
    [
        ("trends", "breakdown.0=country", "Germany <b>1</b>"),
        ("sessions", "breakdown.0=country", "Germany <b>1</b>"),
        ("retention", "breakdown=country", "Germany <b>1 in cohorts</b>"),
        ("funnel", "steps.0.event=Look&steps.1.event=Buy&breakdown=country", "Germany <b>0.0%</b>"),
        ("revenue", "events.0=Look&property=price&currency=EUR&breakdown.0=country", "EUR: Germany <b>2.00</b>"),
    ],
)
def test_groups_have_names_that_people_know(explore, project, kind, query, words) -> None:
    store(project, [event(name="Look", anonymous_id="a", country="DE", properties={"price": 2})])

    assert words in text_of(explore(kind, query))


def test_a_form_shows_what_holds_where_nothing_is_said(explore) -> None:
    page = explore("attribution", "event=Buy").content.decode()

    assert [f'name="models.{place}"' in page for place in range(4)] == [True, True, True, False]


def test_a_line_of_nothing_is_said_to_be_nothing(explore, project) -> None:
    store(project, [event(name="Look")])

    assert "Nothing in these days" in text_of(explore(query="series.0.event=Loook"))
