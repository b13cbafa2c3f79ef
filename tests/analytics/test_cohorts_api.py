"""Cohorts over HTTP: made, asked, changed, deleted; and nobody else's."""

import pytest

from accounts.permissions import Role
from analytics.models import Cohort
from analytics.services import cohort_work
from tests import factories
from tests.analytics.cohorts import BOUGHT, DAY, PRO, computed, is_in, made
from tests.analytics.events import NOON, event, store
from tests.analytics.test_query_api import client_of

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
    return f"/api/v1/projects/{project.pk}/cohorts/"


@pytest.fixture
def shop(project):
    store(project, [event(NOON, name="Buy", user_id=name) for name in ("ada", "bob", "eve")])
    return project


def fields(answer):
    return [item["field"] for item in answer.json()["error"]["fields"]]


def test_a_cohort_is_made_computed_and_looked_at(client, address, shop, analyst):
    sent = {"name": "Buyers", "description": "Who bought", "conditions": [BOUGHT]}

    fresh = client.post(address, sent, format="json")
    cohort_work.compute_due()
    (listed,) = client.get(address).json()["results"]
    members = client.get(f"{address}{listed['id']}/members/?limit=2").json()
    rest = client.get(f"{address}{listed['id']}/members/?limit=2&after={members['next']}").json()

    assert (fresh.status_code, fresh.json()["state"], fresh.json()["as_of"]) == (201, "waiting", None)
    assert (listed["state"], listed["size"], listed["created_by"]) == ("ready", 3, analyst.email)
    assert listed["conditions"] == [BOUGHT]
    assert sorted(item["person"] for item in members["members"] + rest["members"]) == ["ada", "bob", "eve"]
    assert (members["as_of"], members["size"], rest["next"]) == (listed["as_of"], 3, "")
    assert client.get(f"{address}{listed['id']}/members/?person=ada").json()["members"][0]["person"] == "ada"


def test_a_list_counts_what_it_does_not_know(client, address, shop):
    made_ = client.post(address, {"name": "List", "people": ["ada", "zoe"]}, format="json").json()
    cohort_work.compute_due()

    shown = client.get(f"{address}{made_['id']}/").json()

    assert (shown["conditions"], shown["listed"], shown["size"]) == (None, 2, 1)
    assert (shown["unknown"], shown["unknown_people"]) == (1, ["zoe"])


def test_lists_are_searched_and_filtered(client, address, shop):
    computed(shop, "Buyers", BOUGHT)
    made(shop, "Pro customers", PRO)
    factories.CohortFactory.create(name="Of somebody else")

    def names(query):
        return [item["name"] for item in client.get(f"{address}?{query}").json()["results"]]

    assert names("") == ["Pro customers", "Buyers"]
    assert names("search=PRO") == names("state=waiting") == ["Pro customers"]


def test_a_change_is_computed_anew_and_so_is_a_wish(client, address, shop):
    cohort = computed(shop, "Buyers", BOUGHT)

    renamed = client.patch(f"{address}{cohort.pk}/", {"name": "Customers"}, format="json").json()
    changed = client.patch(f"{address}{cohort.pk}/", {"people": ["ada"]}, format="json").json()
    asked = client.post(f"{address}{cohort.pk}/compute/")

    assert (renamed["name"], renamed["state"], renamed["version"]) == ("Customers", "ready", 1)
    assert (changed["state"], changed["version"], changed["size"], changed["listed"]) == ("waiting", 2, 0, 1)
    assert (asked.status_code, asked.json()["state"]) == (202, "waiting")


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({}, ["name", "conditions"]),
        ({"name": "x"}, ["conditions"]),
        ({"name": " ", "conditions": [PRO]}, ["name"]),
        ({"name": "TAKEN", "conditions": [PRO]}, ["name"]),
        ({"name": "x", "conditions": []}, ["conditions"]),
        ({"name": "x", "conditions": [PRO], "people": ["a"]}, ["people"]),
        ({"name": "x", "conditions": [{"field": "path", "operator": "is", "values": ["/"]}]}, ["conditions.0"]),
        ({"name": "x", "conditions": [{"field": "cohort.1", "operator": "is_set"}]}, ["conditions.0"]),
        ({"name": "x", "conditions": [{"any": [PRO, {**PRO, "operator": "less"}]}]},
         ["conditions.0.any.1.values"]),
        ({"name": "x", "conditions": [{"done": "Buy"}]}, ["conditions.0.period"]),
        ({"name": "x", "conditions": [{**BOUGHT, "at_least": 0}]}, ["conditions.0.at_least"]),
        ({"name": "x", "conditions": [{**BOUGHT, "at_least": 1, "exactly": 1}]}, ["conditions.0"]),
        ({"name": "x", "conditions": [{**BOUGHT, "filters": [{"field": "entry_path", "operator": "is_set"}]}]},
         ["conditions.0.filters"]),
        ({"name": "x", "conditions": [{"any": [BOUGHT] * 21}]}, [""]),
        ({"name": "x", "conditions": [{"not": {"not": {"not": {"not": {"not": {"not": PRO}}}}}}]}, ["conditions"]),
        ({"name": "x", "conditions": [{**BOUGHT, "done": "a\0"}]}, ["conditions"]),
        ({"name": "x", "conditions": "all"}, ["conditions"]),
        ({"name": "x", "people": [" "]}, ["people"]),
        ({"name": "x", "people": ["a", "b" * 3000]}, ["people.1"]),
        ({"name": "x", "people": [str(number) for number in range(50_001)]}, ["people"]),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_and_not_saved(client, address, project, body, wrong):
    factories.CohortFactory.create(project=project, name="taken")

    answer = client.post(address, body, format="json")

    assert answer.status_code == 400
    assert fields(answer) == wrong
    assert Cohort.objects.count() == 1


def test_a_circle_is_refused_and_so_is_deleting_what_is_used(client, address, shop):
    first = computed(shop, "First", BOUGHT)
    second = computed(shop, "Second", is_in(first))

    circle = client.patch(f"{address}{first.pk}/", {"conditions": [is_in(second)]}, format="json")
    used = client.delete(f"{address}{first.pk}/")

    assert (circle.status_code, fields(circle)) == (400, ["conditions.0.values"])
    assert (used.status_code, "“Second”" in used.json()["error"]["message"]) == (409, True)
    assert client.delete(f"{address}{second.pk}/").status_code == 204
    assert client.delete(f"{address}{first.pk}/").status_code == 204


def test_a_query_says_that_a_cohort_is_not_computed_yet(client, address, shop):
    cohort = made(shop, "Buyers", BOUGHT)
    spec = {"kind": "overview", "period": DAY, "filters": [is_in(cohort)]}

    answer = client.post(f"/api/v1/projects/{shop.pk}/query/", spec, format="json")

    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "not_ready")
    assert fields(answer) == ["filters.0.values"]
    assert answer["Retry-After"]


def specs_with(cohort):
    """Every place of a question and of a cohort where a cohort can be named."""
    field = f"cohort.{cohort.pk}"
    trends = {"kind": "trends", "period": DAY, "series": [{}]}
    return {
        "filters.0.values": {**trends, "filters": [is_in(cohort)]},
        "filters.0.any.0.not.field": {
            **trends, "filters": [{"any": [{"not": {"field": field, "operator": "is", "values": ["in"]}}]}]
        },
        "breakdown.0": {**trends, "breakdown": [field]},
        "series.0.filters.0.values": {**trends, "series": [{"filters": [is_in(cohort)]}]},
        "dimensions.0": {"kind": "drivers", "period": DAY, "compare": "previous", "dimensions": [field]},
    }  # fmt: skip


@pytest.mark.parametrize("whose", ["another project's", "another organization's", "nobody's"])
def test_what_is_not_the_projects_is_refused_as_if_it_were_not_there(client, address, shop, organization, whose):
    other = factories.ProjectFactory.create(
        **({"organization": organization} if whose == "another project's" else {})
    )
    store(other, [event(NOON, name="Buy", user_id="ada")])
    theirs = computed(other, "Theirs", BOUGHT)
    if whose == "nobody's":
        theirs.pk += 1_000_000

    asked = {
        path: client.post(f"/api/v1/projects/{shop.pk}/query/", spec, format="json")
        for path, spec in specs_with(theirs).items()
    }
    built = client.post(address, {"name": "x", "conditions": [is_in(theirs)]}, format="json")
    done = {**BOUGHT, "filters": [is_in(theirs)]}
    counted = client.post(address, {"name": "x", "conditions": [done]}, format="json")
    saved = client.post(
        f"/api/v1/projects/{shop.pk}/insights/",
        {"name": "x", "spec": specs_with(theirs)["breakdown.0"]},
        format="json",
    )

    assert {path: (answer.status_code, fields(answer)) for path, answer in asked.items()} == {
        path: (400, [path]) for path in asked
    }
    assert (fields(built), fields(counted)) == (["conditions.0.values"], ["conditions.0.filters.0.values"])
    assert (saved.status_code, fields(saved)) == (400, ["spec.breakdown.0"])
    for part in ("", "members/"):
        assert client.get(f"{address}{theirs.pk}/{part}").status_code == 404
    bodies = [answer.content for answer in (*asked.values(), built, counted, saved)]
    assert not any(b"Theirs" in body for body in bodies)


def test_viewers_look_and_strangers_find_nothing(address, shop, teammate, stranger):
    cohort = computed(shop, "Buyers", BOUGHT)

    assert client_of(teammate).get(f"{address}{cohort.pk}/members/").status_code == 200
    assert client_of(teammate).post(f"{address}{cohort.pk}/compute/").status_code == 403
    assert client_of(stranger).get(f"{address}{cohort.pk}/").status_code == 404


@pytest.mark.parametrize("query", ["after=x", "after=-1", "limit=0", "limit=201"])
def test_a_wrong_parameter_is_named(client, address, shop, query):
    cohort = computed(shop, "Buyers", BOUGHT)

    answer = client.get(f"{address}{cohort.pk}/members/?{query}")

    assert (answer.status_code, fields(answer)) == (400, [query.partition("=")[0]])
