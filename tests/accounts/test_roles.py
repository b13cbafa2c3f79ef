"""The billing role: sees what is paid for, and none of the data."""

import pytest

from accounts.models import User
from accounts.permissions import ROLE_CAPABILITIES, Capability, Role, roles_with
from tests import factories


@pytest.fixture
def payer(client, organization, project):
    user = factories.MembershipFactory.create(organization=organization, role=Role.BILLING).user
    client.force_login(user)
    return client


def test_only_owners_and_billing_see_and_change_what_is_paid() -> None:
    assert set(roles_with(Capability.VIEW_BILLING)) == {Role.OWNER, Role.BILLING}
    assert set(roles_with(Capability.MANAGE_BILLING)) == {Role.OWNER, Role.BILLING}
    assert not ROLE_CAPABILITIES[Role.BILLING] & {
        Capability.VIEW_DATA,
        Capability.EXPORT_DATA,
        Capability.VIEW_JOBS,
    }


def test_home_leads_to_the_usage(payer) -> None:
    response = payer.get("/", follow=True)

    assert [target for target, _ in response.redirect_chain] == ["/o/acme/", "/o/acme/settings/usage/"]
    assert response.status_code == 200


def test_projects_are_neither_linked_nor_listed(payer, project) -> None:
    page = payer.get("/o/acme/settings/usage/").content.decode()

    assert "/p/" not in page
    assert "/o/acme/jobs/" not in page
    assert "/o/acme/settings/keys/" not in page
    assert payer.get("/api/v1/projects/").json()["results"] == []


def test_somebody_with_two_roles_sees_the_projects_of_one_organization(payer, project, client) -> None:
    other = factories.ProjectFactory.create(name="Elsewhere")
    user_id = client.session["_auth_user_id"]
    user = User.objects.get(pk=user_id)
    factories.MembershipFactory.create(organization=other.organization, user=user, role=Role.VIEWER)

    assert [row["name"] for row in payer.get("/api/v1/projects/").json()["results"]] == ["Elsewhere"]


def test_a_tab_stands_only_where_it_may_be_opened(client, organization, teammate) -> None:
    client.force_login(teammate)

    page = client.get("/o/acme/settings/members/").content.decode()

    assert "/o/acme/settings/usage/" in page
    assert "/o/acme/settings/audit/" not in page
    assert "/o/acme/settings/keys/" not in page
