"""An organization of 5,000 members: page by page, searched, and at the cost of a small one."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.billing.queries import notable
from accounts.models import Membership, User
from accounts.permissions import Role
from analytics.queries import quota
from inference import rows
from tests import factories

MEMBERS = "/o/acme/settings/members/"
API = "/api/v1/organizations/acme/members/"
MANY = 5_000


@pytest.fixture
def desk(client, owner):
    client.force_login(owner)
    return client


@pytest.fixture
def _many(organization, owner) -> None:
    rows.insert([User(email=f"person{n:04}@acme.test", name=f"Person {n}", password="!") for n in range(MANY)])
    made = User.objects.filter(email__regex=r"^person\d{4}@")
    rows.insert([Membership(organization=organization, user=user, role=Role.ANALYST) for user in made])
    with connection.cursor() as cursor:
        # As PostgreSQL does by itself within a minute: until then it takes 5,000 for a few, and searches for long.
        cursor.execute("ANALYZE accounts_user, accounts_membership")


def queries(desk, address: str) -> int:
    desk.get(address)
    quota.forget()
    notable.forget()
    with CaptureQueriesContext(connection) as made:
        assert desk.get(address).status_code == 200
    return len(made)


@pytest.mark.parametrize("address", [MEMBERS, f"{MEMBERS}?q=person&page=7", "/o/acme/settings/", API])
def test_a_page_costs_no_more_queries_and_stays_small(desk, organization, address, request) -> None:
    factories.MembershipFactory.create(organization=organization, role=Role.VIEWER, user__email="person@acme.test")
    few = queries(desk, address)
    request.getfixturevalue("_many")

    many = queries(desk, address)
    response = desk.get(address)

    assert many == few
    assert len(response.content) < 200_000


@pytest.mark.usefixtures("_many")
def test_pages_follow_each_other_and_hold_everybody_once(desk) -> None:
    seen = [row.email for page in (1, 2, 101) for row in desk.get(f"{MEMBERS}?page={page}").context["members"]]

    assert len(seen) == len(set(seen)) == 50 + 50 + 1
    assert "5,001 members" in desk.get(MEMBERS).content.decode()
    assert "?&amp;page=2" in desk.get(MEMBERS).content.decode()


@pytest.mark.usefixtures("_many")
def test_a_search_finds_by_address_and_by_name_and_keeps_to_it(desk, stranger) -> None:
    found = desk.get(f"{MEMBERS}?q=Person 12")

    assert len(found.context["members"]) == 50
    assert found.context["page"].paginator.count == 111
    assert "?q=Person+12&amp;page=2" in found.content.decode()
    assert [row.email for row in desk.get(f"{MEMBERS}?q=person0042").context["members"]] == [
        "person0042@acme.test"
    ]
    assert "Nobody found" in desk.get(f"{MEMBERS}?q=stranger").content.decode()


@pytest.mark.usefixtures("_many")
def test_the_api_searches_and_filters_by_role(desk) -> None:
    by_name = desk.get(f"{API}?search=person0042").json()["results"]
    owners = desk.get(f"{API}?role=owner&role=admin").json()["results"]
    first = desk.get(f"{API}?page_size=200").json()

    assert [row["email"] for row in by_name] == ["person0042@acme.test"]
    assert [row["email"] for row in owners] == ["owner@acme.test"]
    assert len(first["results"]) == 200
    assert len(desk.get(first["next"]).json()["results"]) == 200
    assert desk.get(f"{API}?role=king").status_code == 400


def test_open_invitations_are_searched_and_the_first_of_many_shown(desk, organization) -> None:
    factories.InvitationFactory.create_batch(55, organization=organization)
    factories.InvitationFactory.create(organization=organization, email="grace@acme.test")

    page = desk.get(MEMBERS)
    found = desk.get(f"{MEMBERS}?q=grace")

    assert len(page.context["invitations"]) == 50
    assert "56 open invitations, newest first; the first 50, search for others" in page.content.decode()
    assert [row.email for row in found.context["invitations"]] == ["grace@acme.test"]
