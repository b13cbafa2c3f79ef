"""Definitions, people and groups over the API."""

import pytest

from accounts import keys
from accounts.permissions import Role, Scope
from analytics.contracts import Kind
from analytics.models import EventDefinition, PropertyDefinition
from tests import factories
from tests.analytics.events import NOON, event, store

pytestmark = pytest.mark.django_db


@pytest.fixture
def ask(client, organization, project):
    """`ask("people/ada/")`: GET with a key that may query."""
    text = keys.generate(keys.SECRET_PREFIX)
    factories.SecretKeyFactory.create(text=text, organization=organization, scopes=[Scope.QUERY])

    def get(address):
        url = address if address.startswith("http") else f"/api/v1/projects/{project.pk}/{address}"
        return client.get(url, headers={"Authorization": f"Bearer {text}"})

    return get


@pytest.fixture
def analyst(client, organization):
    client.force_login(factories.MembershipFactory.create(organization=organization, role=Role.ANALYST).user)
    return client


def names(response):
    return [row["name"] for row in response.json()["results"]]


def test_an_event_and_a_property_as_the_api_shows_them(project, ask):
    store(project, [event(name="Paid", properties={"seats": value}) for value in (5, 6, "many")])

    (paid,) = ask("definitions/events/").json()["results"]
    (seats,) = ask("definitions/properties/").json()["results"]

    noon = NOON.isoformat().replace("+00:00", "Z")
    seen = {"first_seen": noon, "last_seen": noon}
    about = {"description": "", "hidden": False, **seen}
    assert paid == {"id": paid["id"], "name": "Paid", "kind": "track", "volume": 3, **about}
    assert seats == {
        "id": seats["id"],
        "name": "seats",
        "subject": "event",
        "types": [{"type": "number", "volume": 2, **seen}, {"type": "text", "volume": 1, **seen}],
        "volume": 3,
        "sensitive": False,
        **about,
    }
    assert ask(f"definitions/events/{paid['id']}/").json() == paid
    assert ask(f"definitions/properties/{seats['id']}/").json() == seats


def test_lists_are_filtered(project, ask):
    store(
        project,
        [
            event(name="Signed up", properties={"plan": "pro"}),
            event(name="Paid", properties={"plan": "pro", "price": 5}),
            event(kind=Kind.PAGE),
            event(kind=Kind.IDENTIFY, user_id="ada", properties={"plan": "pro"}),
        ],
    )
    EventDefinition.objects.filter(name="Paid").update(hidden=True, description="Money signed in.")
    price = PropertyDefinition.objects.get(name="price")
    paid = EventDefinition.objects.get(name="Paid")

    assert names(ask("definitions/events/")) == ["Paid", "Signed up", "identify", "page"]
    assert names(ask("definitions/events/?search=SIGN")) == ["Paid", "Signed up"]
    assert names(ask("definitions/events/?hidden=true")) == ["Paid"]
    assert names(ask("definitions/events/?kind=page")) == ["page"]
    assert names(ask(f"definitions/events/?property={price.pk}")) == ["Paid"]
    assert names(ask("definitions/properties/?subject=event")) == ["plan", "price"]
    assert names(ask("definitions/properties/?subject=person&search=la")) == ["plan"]
    of_paid = ask(f"definitions/properties/?event={paid.pk}").json()["results"]
    assert [(row["name"], row["volume"]) for row in of_paid] == [("plan", 2), ("price", 1)]


@pytest.mark.parametrize("query", ["kind=nonsense", "property=x"])
def test_a_wrong_filter_is_named(ask, project, query):
    response = ask(f"definitions/events/?{query}")

    assert response.status_code == 400
    assert [item["field"] for item in response.json()["error"]["fields"]] == [query.split("=")[0]]


def test_pages_follow_the_cursor(project, ask):
    for name in "edcba":
        factories.EventDefinitionFactory.create(project=project, name=name)
        factories.PropertyDefinitionFactory.create(project=project, name=name)

    for kind in ("events", "properties"):
        first = ask(f"definitions/{kind}/?page_size=3")
        rest = ask(first.json()["next"])
        assert (names(first), names(rest), rest.json()["next"]) == (["a", "b", "c"], ["d", "e"], None)


def test_a_list_costs_the_same_with_one_row_and_with_ten(project, ask, django_assert_max_num_queries):
    ask("definitions/properties/")
    for size in (1, 9):
        factories.PropertyDefinitionFactory.create_batch(size, project=project)
        with django_assert_max_num_queries(6):
            ask("definitions/properties/")


def test_people_describe_and_hide(project, analyst):
    row = factories.PropertyDefinitionFactory.create(project=project)
    url = f"/api/v1/projects/{project.pk}/definitions/properties/{row.pk}/"

    first = analyst.patch(url, {"description": "What they pay."}, content_type="application/json")
    second = analyst.patch(url, {"hidden": True}, content_type="application/json")

    assert first.json()["description"] == "What they pay."
    assert (second.json()["description"], second.json()["hidden"]) == ("What they pay.", True)
    row.refresh_from_db()
    assert (row.description, row.hidden) == ("What they pay.", True)


@pytest.mark.parametrize(
    ("body", "field"),
    [({"description": "x" * 2001}, "description"), ({"hidden": "perhaps"}, "hidden"), ({"name": "Other"}, "name")],
)
def test_what_cannot_be_is_refused_by_name(project, analyst, body, field):
    row = factories.EventDefinitionFactory.create(project=project)
    url = f"/api/v1/projects/{project.pk}/definitions/events/{row.pk}/"

    response = analyst.patch(url, {"description": "kept?", **body}, content_type="application/json")

    assert response.status_code == 400
    assert [item["field"] for item in response.json()["error"]["fields"]] == [field]
    row.refresh_from_db()
    assert row.description == ""


@pytest.mark.parametrize("kind", ["events", "properties"])
def test_another_project_s_definition_is_not_found(project, ask, kind):
    rows = {
        "events": factories.EventDefinitionFactory.create(),
        "properties": factories.PropertyDefinitionFactory.create(),
    }

    assert names(ask(f"definitions/{kind}/")) == []
    assert ask(f"definitions/{kind}/{rows[kind].pk}/").status_code == 404


@pytest.mark.parametrize("identifier", ["ada", "cookie"])
def test_a_person_is_found_by_any_of_their_ids(project, ask, identifier):
    store(project, [event(kind=Kind.IDENTIFY, anonymous_id="cookie", user_id="ada", properties={"plan": "pro"})])

    found = ask(f"people/{identifier}/").json()

    assert (found["person"], found["traits"]) == ("ada", {"plan": "pro"})
    assert [(item["id"], item["by"]) for item in found["ids"]] == [("ada", ""), ("cookie", "identify")]
    assert found["first_described_at"] == found["last_described_at"] == "2026-11-20T12:00:00Z"


def test_a_person_with_links_and_no_traits(project, ask):
    store(project, [event(kind=Kind.ALIAS, previous_id="old/id", user_id="auth0|a/b")])

    found = ask("people/old/id/").json()

    assert (found["person"], found["traits"], found["last_described_at"]) == ("auth0|a/b", {}, None)


def test_a_group(project, ask):
    store(project, [event(kind=Kind.GROUP, group_id="company:acme", properties={"seats": 5})])

    found = ask("groups/company:acme/").json()

    assert (found["group"], found["traits"]) == ("company:acme", {"seats": 5})
    assert found["first_described_at"] == found["last_described_at"] == "2026-11-20T12:00:00Z"


@pytest.mark.parametrize("address", ["people/nobody/", "people/n%00/", "groups/none/", "groups/n%00/"])
def test_of_whom_nothing_is_known_is_not_found(project, ask, address):
    store(factories.ProjectFactory.create(), [event(user_id="nobody", group_id="none")])
    factories.PersonTraitsFactory.create(person="nobody")
    factories.GroupTraitsFactory.create(group="none")

    assert ask(address).status_code == 404
