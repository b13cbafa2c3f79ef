"""Over a limit of the plan nothing is added, and nothing that is there goes."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from accounts.access import Actor
from accounts.errors import PlanLimit
from accounts.models import Organization
from accounts.permissions import Role
from accounts.services import invitations, organizations
from analytics.services import projects
from tests import factories


@pytest.fixture
def plan(organization):
    found = factories.PlanFactory.create(name="Small")
    Organization.objects.filter(pk=organization.pk).update(plan=found)
    return found


def shrink(plan, **limits) -> None:
    type(plan).objects.filter(pk=plan.pk).update(**limits)


def invite(organization, owner, email="new@acme.test"):
    return invitations.invite(organization=organization, email=email, role=Role.VIEWER, actor=Actor(user=owner))


def test_an_invitation_takes_a_seat(organization, owner, plan) -> None:
    shrink(plan, seats=2)
    invite(organization, owner)

    with pytest.raises(PlanLimit, match="has 2 seats for members and open invitations, and 2 are taken") as caught:
        invite(organization, owner, "another@acme.test")

    assert caught.value.details == {"limit": "seats", "plan": "Small", "allowed": 2, "used": 2}


def test_a_revoked_invitation_s_seat_is_free(organization, owner, plan) -> None:
    shrink(plan, seats=2)
    invitations.revoke(invitation=invite(organization, owner), actor=Actor(user=owner))

    assert invite(organization, owner, "another@acme.test").pk


def test_accepting_takes_the_seat_of_the_invitation(organization, owner, plan) -> None:
    shrink(plan, seats=2)
    guest = factories.UserFactory.create(email="new@acme.test")

    member = invitations.accept(invitation=invite(organization, owner), actor=Actor(user=guest))

    assert (member.user, organization.memberships.count()) == (guest, 2)


def test_after_a_downgrade_all_stay_and_nobody_comes(organization, owner, teammate, plan) -> None:
    guest = factories.UserFactory.create(email="new@acme.test")
    invitation = invite(organization, owner)
    shrink(plan, seats=1)

    with pytest.raises(PlanLimit):
        invitations.accept(invitation=invitation, actor=Actor(user=guest))
    with pytest.raises(PlanLimit):
        organizations.add_member(organization=organization, user=guest, role=Role.VIEWER, actor=Actor(user=owner))

    invitation.refresh_from_db()
    assert (organization.memberships.count(), invitation.is_open) == (2, True)


def test_the_page_says_why_there_is_no_seat(client, organization, owner, plan) -> None:
    shrink(plan, seats=1)
    client.force_login(owner)

    response = client.post(reverse("invitation_new", args=["acme"]), {"email": "new@acme.test", "role": "viewer"})

    assert response.status_code == 422
    assert "The plan Small has 1 seat" in response.content.decode()


def test_the_api_answers_402(client, organization, plan) -> None:
    shrink(plan, seats=1)
    factories.MembershipFactory.create(organization=organization)
    factories.SecretKeyFactory.create(organization=organization, text="pls_key")

    response = client.post(
        reverse("api_invitations", args=["acme"]),
        {"email": "new@acme.test", "role": "viewer"},
        "application/json",
        headers={"Authorization": "Bearer pls_key"},
    )

    assert (response.status_code, response.json()["error"]["code"]) == (402, "plan_limit")
    assert response.json()["error"]["limit"] == "seats"


def test_no_project_is_added_over_the_limit(organization, owner, plan, project) -> None:
    shrink(plan, projects=2)
    projects.create(organization=organization, name="Blog", actor=Actor(user=owner))

    with pytest.raises(PlanLimit, match="has room for 2 projects, and there are 2"):
        projects.create(organization=organization, name="Docs", actor=Actor(user=owner))

    assert organization.projects.count() == 2


def test_sql_is_refused_by_a_plan_without_it(client, organization, owner, plan, project) -> None:
    shrink(plan, features=["imports", "inference"])
    client.force_login(owner)

    page = client.get(reverse("sql", args=["acme", "shop"]))
    answer = client.post(reverse("api_sql", args=[project.pk]), {"sql": "SELECT 1"}, "application/json")

    assert "The plan Small is without SQL over events" in page.content.decode()
    assert (answer.status_code, answer.json()["error"]["limit"]) == (402, "sql")


def test_jobs_are_refused_by_a_plan_without_them(client, organization, owner, plan) -> None:
    shrink(plan, features=["sql"])
    factories.SecretKeyFactory.create(organization=organization, text="pls_key")
    sent = {"task": "generate", "input": {"prompt": "Hello"}}

    answer = client.post(
        reverse("api_jobs"), sent, "application/json", headers={"Authorization": "Bearer pls_key"}
    )

    assert (answer.status_code, answer.json()["error"]["limit"]) == (402, "inference")


def test_imports_are_refused_by_a_plan_without_them(client, organization, owner, plan, project) -> None:
    shrink(plan, features=["sql"])
    client.force_login(owner)

    sent = {"format": "csv", "file": SimpleUploadedFile("events.csv", b"event\nview\n")}
    answer = client.post(reverse("api_imports", args=[project.pk]), sent)

    assert (answer.status_code, answer.json()["error"]["limit"]) == (402, "imports")
