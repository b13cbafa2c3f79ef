"""Lists of people and groups with what the database knows of them, and timelines."""

from datetime import UTC, datetime, timedelta

import pytest
from rest_framework.test import APIClient

from analytics.contracts import Kind
from analytics.kinds import parse_spec
from analytics.queries.run import run_query
from tests import factories
from tests.analytics.events import event, store

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("engine")]
AT = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=3)


@pytest.fixture
def ask(project, teammate):
    client = APIClient()
    client.force_authenticate(teammate)
    return lambda address, **query: client.get(f"/api/v1/projects/{project.pk}/{address}", query)


@pytest.fixture
def shop(project):
    """Ada by two ids, with an e-mail address; somebody without a name; a company."""
    ada = {"anonymous_id": "cookie", "user_id": "ada"}
    store(
        project,
        [
            event(AT, anonymous_id="cookie", kind="page", path="/"),
            event(AT + timedelta(minutes=1), kind=Kind.IDENTIFY, properties={"email": "Ada@Shop.test"}, **ada),
            event(AT + timedelta(hours=1), name="Buy", user_id="ada", group_id="company:7"),
            event(AT + timedelta(hours=2), name="Look", anonymous_id="stray"),
            event(AT, kind=Kind.GROUP, user_id="ada", group_id="company:7", properties={"name": "Acme"}),
        ],
    )
    factories.PersonTraitsFactory.create(person="eve", traits={"email": "eve@shop.test"})
    return project


def listed(project, kind, **asked):
    return run_query(project=project, spec=parse_spec({"kind": kind, "period": {"last": "7d"}, **asked})).result


def test_people_have_their_traits_also_from_the_cache(shop):
    for _ in range(2):
        found = listed(shop, "people").people

        assert [(row.person, row.events, row.sessions) for row in found] == [("stray", 1, 1), ("ada", 4, 2)]
        assert [row.traits for row in found] == [{}, {"email": "Ada@Shop.test"}]


@pytest.mark.parametrize(
    ("text", "people"),
    [
        ("shop.TEST", ["ada"]),
        ("cook", ["ada"]),
        ("stray", ["stray"]),
        ("stra", []),
        ("eve", []),
        ("a\0da", ["ada"]),
    ],
)
def test_people_are_found_by_ids_and_addresses(shop, text, people):
    assert [row.person for row in listed(shop, "people", search=text).people] == people


@pytest.mark.parametrize(("text", "groups"), [("acm", ["company:7"]), ("ANY:7", ["company:7"]), ("other", [])])
def test_groups_are_found_by_id_and_name(shop, text, groups):
    found = listed(shop, "groups", search=text).groups

    assert [row.group for row in found] == groups
    assert all((row.events, row.people, row.traits) == (2, 1, {"name": "Acme"}) for row in found)


def test_a_search_looks_among_the_given_only(shop):
    assert listed(shop, "people", search="ada", among=["stray"]).people == ()


def test_a_timeline_has_the_events_under_every_id(shop, ask):
    found = ask("people/cookie/events/", limit=3).json()
    rest = ask("people/cookie/events/", limit=3, after=found["next"]).json()

    names = [item["columns"]["name"] for item in (*found["events"], *rest["events"])]
    assert names[:2] == ["Buy", "identify"]
    assert sorted(names[2:]) == ["group", "page"]
    assert rest["next"] == ""


def test_a_group_s_timeline(shop, ask):
    found = ask("groups/company:7/events/", search="buy").json()

    assert [(item["columns"]["name"], item["columns"]["person"]) for item in found["events"]] == [("Buy", "ada")]


def test_a_person_without_traits_is_known_by_their_events(shop, ask):
    found = ask("people/stray/").json()

    assert (found["person"], found["traits"], found["last_described_at"]) == ("stray", {}, None)
    assert found["first_seen_at"] == found["last_seen_at"] == f"{(AT + timedelta(hours=2)).isoformat()[:19]}Z"


@pytest.mark.parametrize("query", [{"after": "x"}, {"limit": "1000"}, {"order": "up"}, {"colour": "red"}])
def test_a_wrong_parameter_is_named(shop, ask, query):
    answer = ask("people/ada/events/", **query)

    assert answer.status_code == 400
    assert [item["field"] for item in answer.json()["error"]["fields"]] == list(query)
