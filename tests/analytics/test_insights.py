"""Saved insights over HTTP: kept, asked, changed, taken back."""

import pytest

from accounts.permissions import Role
from analytics.models import Insight
from tests import factories
from tests.analytics.events import NOON, event, store
from tests.analytics.test_query_api import SPEC, client_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def analyst(organization):
    return factories.MembershipFactory(
        organization=organization, role=Role.ANALYST, user__email="analyst@acme.test"
    ).user


@pytest.fixture
def client(analyst):
    return client_of(analyst)


@pytest.fixture
def address(project):
    return f"/api/v1/projects/{project.pk}/insights/"


@pytest.fixture
def saved(client, address):
    """The address of an insight that was just saved."""
    made = client.post(address, {"name": "Visitors", "spec": SPEC}, format="json")
    assert made.status_code == 201
    return f"{address}{made.json()['id']}/"


def test_an_insight_is_saved_listed_and_asked(client, address, saved, project, analyst):
    store(project, [event(NOON, anonymous_id="a", kind="page")])

    (listed,) = client.get(address).json()["results"]
    result = client.get(f"{saved}result/").json()

    assert (listed["name"], listed["kind"], listed["problem"]) == ("Visitors", "overview", "")
    assert (listed["created_by"], listed["spec"]) == (analyst.email, SPEC)
    assert result["result"]["figures"][0]["value"] == 1
    assert client.get(f"{saved}result/", headers={"Accept": "text/csv"})["Content-Type"] == "text/csv"


def test_lists_are_searched_and_filtered(client, address, project):
    factories.InsightFactory.create(project=project, name="Revenue", is_favourite=True)
    factories.InsightFactory.create(project=project, name="Visitors")
    factories.InsightFactory.create(name="Of somebody else")

    def names(query):
        return [item["name"] for item in client.get(f"{address}?{query}").json()["results"]]

    assert names("") == ["Visitors", "Revenue"]
    assert names("search=reven") == names("is_favourite=true") == ["Revenue"]
    assert names("kind=funnel") == []


def test_each_change_is_kept_with_who_made_it_and_can_be_taken_back(client, saved, analyst):
    client.patch(saved, {"name": "People"}, format="json")
    client.patch(saved, {"name": "People"}, format="json")
    client.delete(saved)

    assert client.get(saved).status_code == 404
    history = client.get(f"{saved}history/").json()
    assert [(item["number"], item["what"], item["name"], item["by"]) for item in history] == [
        (3, "deleted", "People", analyst.email),
        (2, "changed", "People", analyst.email),
        (1, "created", "Visitors", analyst.email),
    ]
    assert client.post(f"{saved}restore/1/").json()["name"] == "Visitors"
    assert client.get(saved).json()["name"] == "Visitors"
    assert client.get(f"{saved}history/").json()[0]["what"] == "restored"
    assert client.post(f"{saved}restore/9/").status_code == 404


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, ["name", "spec"]),
        ({"name": " ", "spec": SPEC}, ["name"]),
        ({"name": "x" * 201, "spec": SPEC}, ["name"]),
        ({"name": "x", "spec": {"kind": "overview"}}, ["spec.period"]),
        ({"name": "x", "spec": {"kind": "magic"}}, ["spec.kind"]),
        ({"name": "x", "spec": {**SPEC, "event": "a\0"}}, ["spec"]),
        ({"name": "x", "spec": ["overview"]}, ["spec"]),
    ],
)
def test_what_is_wrong_is_named_and_not_saved(client, address, body, fields):
    answer = client.post(address, body, format="json")

    assert answer.status_code == 400
    assert [item["field"] for item in answer.json()["error"]["fields"]] == fields
    assert not Insight.objects.exists()


def test_a_spec_that_this_version_does_not_know_is_shown_with_its_problem(client, address, project):
    old = factories.InsightFactory.create(project=project, spec={"kind": "horoscope", "period": {"last": "7d"}})

    shown = client.get(f"{address}{old.pk}/").json()
    asked = client.get(f"{address}{old.pk}/result/")

    assert (shown["kind"], "kind of query is unknown" in shown["problem"]) == ("", True)
    assert (asked.status_code, asked.json()["error"]["fields"][0]["field"]) == (400, "kind")


def test_viewers_look_and_strangers_find_nothing(saved, teammate, stranger):
    assert client_of(teammate).get(f"{saved}history/").status_code == 200
    assert client_of(teammate).patch(saved, {"name": "Mine"}, format="json").status_code == 403
    assert client_of(stranger).get(saved).status_code == 404
