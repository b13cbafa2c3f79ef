"""A limited project does not exist for members who are not chosen, nor for keys that are kept from it."""

import pytest
from django.test import Client

from accounts.models import AuditEntry
from accounts.permissions import Role, Scope
from analytics.models import Project
from analytics.queries.usage import OTHERS
from tests import factories
from tests.test_access_matrix import FORM, JSON, TABLE, address, bearer, rows  # noqa: F401 (a fixture)

pytestmark = pytest.mark.django_db
OF_A_PROJECT = ("<slug:project>", "<int:project_id>")
WALKED = [row for row in rows(TABLE) if any(part in row.route for part in OF_A_PROJECT)]
ACCESS = "/api/v1/projects/{}/access/"


def browser(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def member(organization, role: str):
    return factories.MembershipFactory.create(organization=organization, role=role)


@pytest.fixture
def limited(project):
    project.is_limited = True
    project.save()
    return project


@pytest.fixture
def open_project(organization) -> Project:
    return factories.ProjectFactory.create(organization=organization, name="Open", slug="open")


@pytest.fixture
def chosen(organization, limited):
    found = member(organization, Role.VIEWER)
    limited.chosen.create(membership=found)
    return found


def test_there_are_routes_to_walk() -> None:
    assert len(WALKED) > 80


@pytest.mark.parametrize("row", [pytest.param(row, id=f"{row.method} {row.route}") for row in WALKED])
def test_no_route_of_it_is_there_for_others(organization, limited, address, row) -> None:  # noqa: F811
    path = address(row.route)
    body, content_type = (b"{}", JSON) if row.route.startswith("api/") else (b"nothing=said", FORM)
    people = {role: browser(member(organization, role).user) for role in (Role.VIEWER, Role.ANALYST, Role.BILLING)}
    other = factories.ProjectFactory.create(organization=organization)
    sent = bearer(organization=organization, scopes=list(Scope.values), project_ids=[other.pk])

    found = {
        role: client.generic(row.method, path, body, content_type).status_code for role, client in people.items()
    }
    of_key = Client().generic(row.method, path, body, content_type, headers=sent).status_code

    assert found == dict.fromkeys(people, 404)
    # Pages take no keys.
    assert of_key == (404 if row.route.startswith("api/") else 302)


def test_chosen_members_and_those_who_manage_see_it(organization, limited, chosen) -> None:
    for user in (chosen.user, member(organization, Role.ADMIN).user, member(organization, Role.OWNER).user):
        client = browser(user)
        assert client.get("/o/acme/p/shop/").status_code == 200
        assert client.get(f"/api/v1/projects/{limited.pk}/").json()["limited"] is True
        assert "Shop" in client.get("/o/acme/").content.decode()
    assert browser(chosen.user).get(f"/api/v1/projects/{limited.pk}/access/").status_code == 403


def test_chosen_elsewhere_is_not_chosen_here(organization, limited) -> None:
    other = factories.ProjectFactory.create(organization=organization, is_limited=True)
    found = member(organization, Role.ANALYST)
    other.chosen.create(membership=found)

    assert browser(found.user).get("/o/acme/p/shop/").status_code == 404
    assert [row["id"] for row in browser(found.user).get("/api/v1/projects/").json()["results"]] == [other.pk]


def test_billing_who_is_chosen_still_sees_no_data(organization, limited) -> None:
    found = member(organization, Role.BILLING)
    limited.chosen.create(membership=found)

    assert browser(found.user).get("/o/acme/p/shop/").status_code == 403


def test_lists_and_switcher_name_it_to_nobody_else(organization, limited, open_project) -> None:
    client = browser(member(organization, Role.ANALYST).user)

    pages = [
        client.get(path).content.decode() for path in ("/o/acme/", "/o/acme/p/open/", "/o/acme/settings/usage/")
    ]

    assert all("Open" in page and "Shop" not in page and "/p/shop/" not in page for page in pages)
    assert client.get("/", follow=True).redirect_chain[-1][0] == "/o/acme/p/open/"
    assert [row["slug"] for row in client.get("/api/v1/projects/").json()["results"]] == ["open"]


@pytest.mark.parametrize("role", [Role.OWNER, Role.ADMIN, Role.BILLING])
def test_who_pays_and_who_manages_reads_the_usage_by_name(organization, limited, role) -> None:
    client = browser(member(organization, role).user)

    assert "Shop" in client.get("/o/acme/settings/usage/").content.decode()
    assert [row["name"] for row in client.get(USAGE).json()["by_project"]] == ["Shop"]


USAGE = "/api/v1/organizations/acme/usage/?month=2026-01"


def test_others_read_one_sum_of_what_they_do_not_see(organization, limited, open_project) -> None:
    hidden = factories.ProjectFactory.create(organization=organization, is_limited=True)
    for project, events in ((limited, 5), (hidden, 7), (open_project, 1)):
        factories.UsageCountFactory.create(project=project, events=events)
    client = browser(member(organization, Role.ANALYST).user)

    body = client.get(USAGE).json()

    assert body["events"] == 13
    assert [(row["project_id"], row["name"], row["events"]) for row in body["by_project"]] == [
        (None, OTHERS, 12), (open_project.pk, "Open", 1),
    ]  # fmt: skip
    assert body["by_project"][0]["by_day"] == [{"day": "2026-01-01", "events": 12}]
    csv = client.get("/o/acme/settings/usage.csv?month=2026-01").content.decode()
    assert OTHERS in csv
    assert "shop" not in csv


def test_access_is_set_by_api_and_noted(organization, project, owner) -> None:
    found = member(organization, Role.VIEWER)
    client = browser(owner)
    given = {"limited": True, "members": [found.pk]}

    body = client.put(ACCESS.format(project.pk), given, JSON).json()

    assert body["limited"] is True
    assert [(row["email"], row["always"], row["chosen"]) for row in body["members"]] == sorted(
        [("owner@acme.test", True, False), (found.user.email, False, True)]
    )
    assert browser(found.user).get("/o/acme/p/shop/").status_code == 200
    entry = AuditEntry.objects.get(action="project.access_changed")
    assert entry.before == {"limited": False, "members": []}
    assert entry.after == {"limited": True, "members": [found.user.email]}

    assert client.put(ACCESS.format(project.pk), {"limited": False}, JSON).status_code == 200
    assert not project.chosen.exists()
    assert browser(member(organization, Role.VIEWER).user).get("/o/acme/p/shop/").status_code == 200


def test_only_members_who_see_data_can_be_chosen(organization, project, owner) -> None:
    strangers = factories.MembershipFactory.create(role=Role.VIEWER)
    payer = member(organization, Role.BILLING)
    client = browser(owner)

    for wrong in (strangers.pk, payer.pk, 2**62):
        response = client.put(ACCESS.format(project.pk), {"limited": True, "members": [wrong]}, JSON)
        assert response.status_code == 400
        assert response.json()["error"]["fields"][0]["field"] == "members"
    response = client.put(ACCESS.format(project.pk), {"limited": False, "members": [payer.pk]}, JSON)
    assert response.status_code == 400
    project.refresh_from_db()
    assert project.is_limited is False


def test_the_page_limits_and_opens(organization, project, owner) -> None:
    found = member(organization, Role.ANALYST)
    client, path = browser(owner), "/o/acme/p/shop/settings/access/"

    assert found.user.email in client.get(path).content.decode()
    assert client.post(path, {"access": "limited", "members": [found.pk]}).status_code == 302
    project.refresh_from_db()
    assert (project.is_limited, project.chosen.get().membership) == (True, found)
    assert client.post(path, {"access": "limited", "members": [2**40]}).status_code == 422
    assert client.post(path, {"access": "open"}).status_code == 302
    project.refresh_from_db()
    assert (project.is_limited, project.chosen.count()) == (False, 0)


def test_who_left_and_came_back_is_not_chosen(organization, limited, chosen) -> None:
    user = chosen.user
    chosen.delete()
    factories.MembershipFactory.create(organization=organization, role=Role.VIEWER, user=user)

    assert browser(user).get("/o/acme/p/shop/").status_code == 404


def test_a_key_reaches_all_projects_or_those_that_it_is_limited_to(client, organization, limited, open_project):
    whole = bearer(organization=organization)
    part = bearer(organization=organization, project_ids=[open_project.pk])

    def ids(headers):
        return [row["id"] for row in client.get("/api/v1/projects/", headers=headers).json()["results"]]

    assert ids(whole) == [open_project.pk, limited.pk]
    assert ids(part) == [open_project.pk]
    assert [row["name"] for row in client.get(USAGE, headers=part).json()["by_project"]] == ["Open"]


def test_a_limited_key_sends_events_and_asks_stats_of_its_projects_only(
    client, organization, project, open_project
):
    headers = bearer(organization=organization, project_ids=[open_project.pk])
    stats = {"metrics": ["visitors"], "date_range": "7d"}

    def sent(to):
        body = {"project_id": to.pk, "events": [{"event": "Bought", "user_id": "u"}]}
        return client.post("/api/v1/events/", body, JSON, headers=headers).status_code

    def asked(to):
        return client.post("/api/v2/query", {**stats, "site_id": to.slug}, JSON, headers=headers).status_code

    assert (sent(open_project), sent(project)) == (200, 404)
    assert (asked(open_project), asked(project)) == (200, 401)


def test_a_limited_key_hands_on_no_other_projects(client, organization, project, open_project) -> None:
    headers = bearer(organization=organization, scopes=["manage"], project_ids=[open_project.pk])
    wider = factories.SecretKeyFactory.create(organization=organization, scopes=["manage"])
    path = "/api/v1/organizations/acme/keys/"

    def made(**given):
        body = {"name": "New", "scopes": ["manage"], **given}
        return client.post(path, body, JSON, headers=headers).status_code

    assert made(project_ids=[open_project.pk]) == 201
    assert made(project_ids=[open_project.pk, project.pk]) == 403
    assert made() == 403
    assert made(project_ids=[]) == 400
    assert client.post(f"{path}{wider.pk}/rotate/", {}, JSON, headers=headers).status_code == 403


def test_a_key_is_limited_to_projects_of_its_organization(organization, project, owner) -> None:
    elsewhere = factories.ProjectFactory.create()
    client = browser(owner)
    body = {"name": "New", "scopes": ["query"], "project_ids": [elsewhere.pk]}

    response = client.post("/api/v1/organizations/acme/keys/", body, JSON)

    assert response.status_code == 400
    assert response.json()["error"]["fields"][0]["field"] == "project_ids"
    page = client.post("/o/acme/settings/keys/", {"name": "New", "scopes": ["query"], "projects": [project.pk]})
    assert page.status_code == 201
    assert organization.secret_keys.get().project_ids == [project.pk]
    assert "only in Shop" in page.content.decode()


def test_a_limited_key_reads_what_was_done_in_its_projects(client, organization, project, open_project) -> None:
    for place in (project, open_project):
        factories.AuditEntryFactory.create(organization=organization, project_id=place.pk, project_name=place.name)
    headers = bearer(organization=organization, scopes=["manage"], project_ids=[open_project.pk])

    rows_read = client.get("/api/v1/organizations/acme/audit/", headers=headers).json()["results"]

    assert [row["project_name"] for row in rows_read] == ["Open"]
