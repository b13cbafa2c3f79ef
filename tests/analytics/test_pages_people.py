"""The pages of people and groups, and the ways there."""

import html
import re
from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse

from tests import factories
from tests.analytics.events import NOON, event, store

pytestmark = pytest.mark.django_db
FUNNEL = "steps.0.event=Look&steps.1.event=Buy"


@pytest.fixture(autouse=True)
def _an_hour_later():
    with time_machine.travel(NOON + timedelta(hours=1)):
        yield


@pytest.fixture
def place(project):
    events = [
        event(NOON, kind="identify", name="identify", anonymous_id="cookie-a", user_id="ada/1"),
        event(NOON, name="Look", anonymous_id="cookie-a", group_id="acme & co", properties={"color": "red"}),
        event(NOON + timedelta(minutes=1), name="Buy", anonymous_id="cookie-a", source="Google"),
        event(NOON, name="Look", anonymous_id="b"),
    ]
    store(project, events)
    factories.PersonTraitsFactory.create(project=project, person="ada/1", traits={"name": "Ada", "vip": True})
    return [project.organization.slug, project.slug]


@pytest.fixture
def get(client, teammate, place):
    client.force_login(teammate)

    def get(name, *args, query=""):
        return client.get(f"{reverse(name, args=[*place, *args])}?{query}")

    return get


def text_of(response):
    return html.unescape(re.sub(r"\s+", " ", response.content.decode()))


def links_in(response, text):
    return [html.unescape(link) for link in re.findall(rf'href="([^"]+)"[^>]*>{text}', response.content.decode())]


def names_in(response):
    (block,) = [one for one in response.context["blocks"] if type(one).__name__ == "NamesBlock"]
    return [name for name, _ in block.names]


def test_a_persons_page_has_traits_ids_and_what_they_did(get):
    page = get("person", "cookie-a")
    text = text_of(page)

    assert '<h1><span class="break">Ada</span></h1>' in text
    assert page.context["traits"] == [("name", "Ada"), ("vip", "yes")]
    assert re.search(r'<dt class="break">vip</dt>\s*<dd class="break">\s*yes\s*</dd>', text)
    assert "<code>ada/1</code>" in text
    assert "by identify, " in text
    assert [entry.name for _, entries in page.context["days"] for entry in entries] == ["Buy", "Look", "identify"]
    assert "Friday 20 November 2026" in text
    assert "1 property" in text


def test_a_timeline_is_searched_ordered_and_paged(get, monkeypatch):
    def shown(query):
        days = get("person", "ada/1", query=query).context["days"]
        return [entry.name for _, entries in days for entry in entries]

    assert shown("search=red") == ["Look"]
    assert shown("order=oldest")[-1] == "Buy"
    assert "Nothing found" in text_of(get("person", "ada/1", query="search=green"))


def test_a_long_timeline_has_a_next_page(get, project):
    store(project, [event(NOON, name=f"E{number}", anonymous_id="busy") for number in range(60)])
    first = get("person", "busy")
    following = get("person", "busy", query=first.context["next_href"].removeprefix("?"))

    assert sum(len(entries) for _, entries in first.context["days"]) == 50
    assert sum(len(entries) for _, entries in following.context["days"]) == 10
    assert following.context["first_href"] == "?"


@pytest.mark.parametrize("query", ["order=sideways", "after=nonsense"])
def test_a_timeline_that_cannot_be_asked_for_is_refused(get, query):
    assert get("person", "ada/1", query=query).status_code == 400


def test_a_groups_page_names_its_people(get):
    page = get("group", "acme & co")

    assert links_in(page, "ada/1") == [get("person", "ada/1").wsgi_request.path]
    assert "All groups" in text_of(page)


def test_nobody_of_this_id_and_nobody_of_another_project(get, project):
    other = factories.ProjectFactory.create(organization=project.organization)
    store(other, [event(NOON, anonymous_id="elsewhere")])

    assert get("person", "unknown").status_code == 404
    assert get("person", "elsewhere").status_code == 404


def test_who_may_export_people_gets_there_from_their_page(client, owner, get):
    assert "Export or erase" not in text_of(get("person", "ada/1"))

    client.force_login(owner)

    assert links_in(get("person", "ada/1"), "Export or erase") == [
        f"{reverse('privacy', args=['acme', 'shop'])}?person=ada%2F1"
    ]


@pytest.mark.parametrize(("kind", "name"), [("people", "ada/1"), ("groups", "acme & co"), ("events", "ada/1")])
def test_rows_of_lists_lead_to_a_page(get, client, kind, name):
    (link, *_) = links_in(get("explore_kind", kind), re.escape(html.escape(name)))

    assert client.get(link).status_code == 200


def test_lists_have_a_next_page_and_a_way_back(get, client):
    first = get("explore_kind", "people", query="limit=1&sort=events")
    (following,) = links_in(first, "Next page")
    second = client.get(following)

    assert "2 people" in text_of(first)
    assert '<th scope="col">Name</th>' in text_of(first)
    assert len(links_in(first, "ada/1")) == 1
    assert links_in(second, "ada/1") == []
    assert len(links_in(second, "First page")) == 1


def test_a_step_of_a_funnel_leads_to_its_people(get, client):
    page = get("explore_kind", "funnel", query=FUNNEL)
    got, dropped = (client.get(links_in(page, text)[-1]) for text in ("Who got here", "Who dropped"))

    assert names_in(got) == ["ada/1"]
    assert names_in(dropped) == ["b"]
    assert "Who got to step 2, “Buy”" in text_of(got)
    assert "Who dropped before step 2, “Buy”" in text_of(dropped)
    assert client.get(links_in(dropped, "b")[0]).status_code == 200


def test_people_of_a_step_come_in_pages(get, client):
    first = get("explore_kind", "funnel", query=f"{FUNNEL}&people.step=1&people.limit=1")
    second = client.get(links_in(first, "Next")[0])

    assert sorted(names_in(first) + names_in(second)) == ["ada/1", "b"]
    assert names_in(client.get(links_in(second, "Previous")[0])) == names_in(first)


def test_a_cell_of_retention_leads_to_who_came_back_and_who_did_not(get, client):
    page = get("explore_kind", "retention", query="interval=day&start.event=Look&returning.event=Buy")
    (cell, *_) = links_in(page, "50.0%")
    came = client.get(cell)
    lost = client.get(links_in(came, "Who did not")[0])

    assert names_in(came) == ["ada/1"]
    assert names_in(lost) == ["b"]
    assert "Who came back in day 0 of those who started on 20 Nov 2026" in text_of(came)
