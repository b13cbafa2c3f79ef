"""Who is invited can be chosen for limited projects, and sees them at once."""

import pytest
from allauth.account.models import EmailAddress
from django.test import Client

from accounts.access import Actor
from accounts.models import AuditEntry, Invitation, Membership
from accounts.permissions import Role, Scope
from accounts.services import invitations
from tests import factories
from tests.test_access_matrix import JSON, bearer

pytestmark = pytest.mark.django_db
API = "/api/v1/organizations/acme/invitations/"
INVITE = "/o/acme/settings/invitations/"
MEMBERS = "/o/acme/settings/members/"


@pytest.fixture
def limited(project):
    project.is_limited = True
    project.save()
    return project


@pytest.fixture
def desk(owner) -> Client:
    client = Client()
    client.force_login(owner)
    return client


def accept(invitation: Invitation, email: str = "new@acme.test") -> Client:
    """As the person who was invited; their browser from then on."""
    user = factories.UserFactory.create(email=email)
    EmailAddress.objects.update_or_create(user=user, email=email, defaults={"verified": True, "primary": True})
    invitations.accept(invitation=invitation, actor=Actor(user=user))
    client = Client()
    client.force_login(user)
    return client


def test_who_is_invited_for_a_project_sees_it_at_once(desk, organization, limited):
    other = factories.ProjectFactory.create(organization=organization, name="Secret", is_limited=True)

    desk.post(INVITE, {"email": "new@acme.test", "role": "viewer", "project_ids": [limited.pk]})
    newcomer = accept(Invitation.objects.get())

    assert newcomer.get(f"/o/acme/p/{limited.slug}/settings/").status_code == 200
    assert newcomer.get(f"/o/acme/p/{other.slug}/settings/").status_code == 404
    assert "Secret" not in newcomer.get("/o/acme/").content.decode()


def test_both_are_in_the_audit_log(desk, organization, limited):
    desk.post(INVITE, {"email": "new@acme.test", "role": "viewer", "project_ids": [limited.pk]})
    accept(Invitation.objects.get())

    sent = AuditEntry.objects.get(action="invitation.sent")
    changed = AuditEntry.objects.get(action="project.access_changed")
    assert sent.after == {"role": "viewer", "projects": [limited.pk]}
    assert (changed.before, changed.after) == ({"members": []}, {"members": ["new@acme.test"]})
    assert (changed.organization_id, changed.project_id) == (organization.pk, limited.pk)


def test_the_page_offers_limited_projects_only_and_names_those_of_an_invitation(desk, organization, limited):
    factories.ProjectFactory.create(organization=organization, name="Open to all")
    foreign = factories.ProjectFactory.create(name="Foreign", is_limited=True)
    desk.post(INVITE, {"email": "new@acme.test", "role": "viewer", "project_ids": [limited.pk]})

    page = desk.get(MEMBERS)
    refused = desk.post(INVITE, {"email": "b@acme.test", "role": "viewer", "project_ids": [foreign.pk]})

    assert page.context["form"].fields["project_ids"].choices == [(limited.pk, limited.name)]
    assert f"for {limited.name}" in page.content.decode()
    assert "Foreign" not in page.content.decode()
    assert refused.status_code == 422


def test_without_limited_projects_nothing_is_asked(desk, project):
    assert "project_ids" not in desk.get(MEMBERS).content.decode()


@pytest.mark.parametrize("role", ["admin", "owner", "billing"])
def test_a_role_that_sees_all_or_none_is_chosen_for_nothing(desk, limited, role):
    response = desk.post(INVITE, {"email": "new@acme.test", "role": role, "project_ids": [limited.pk]})

    assert response.status_code == 422
    assert "Nobody is chosen as" in response.content.decode()
    assert not Invitation.objects.exists()


def test_the_api_takes_and_shows_them(client, organization, limited):
    key = bearer(organization=organization, scopes=[Scope.MEMBERS])

    made = client.post(
        API,
        {"email": "a@acme.test", "role": "analyst", "project_ids": [limited.pk]},
        content_type=JSON,
        headers=key,
    )
    plain = client.post(API, {"email": "b@acme.test", "role": "analyst"}, content_type=JSON, headers=key)

    assert (made.status_code, made.json()["project_ids"]) == (201, [limited.pk])
    assert (plain.status_code, plain.json()["project_ids"]) == (201, None)


def test_the_api_names_what_is_wrong(client, organization, limited):
    key = bearer(organization=organization, scopes=[Scope.MEMBERS])
    open_project = factories.ProjectFactory.create(organization=organization)
    foreign = factories.ProjectFactory.create(is_limited=True)

    for ids in ([open_project.pk], [foreign.pk], [2**70], ["x"], [0]):
        sent = {"email": "a@acme.test", "role": "analyst", "project_ids": ids}
        answer = client.post(API, sent, content_type=JSON, headers=key)
        assert answer.status_code == 400
        assert answer.json()["error"]["fields"][0]["field"].startswith("project_ids")
    assert not Invitation.objects.exists()


def test_a_key_that_is_limited_lets_nobody_into_other_projects(client, organization, limited):
    other = factories.ProjectFactory.create(organization=organization, is_limited=True)
    key = bearer(organization=organization, scopes=[Scope.MEMBERS], project_ids=[other.pk])

    sent = {"email": "a@acme.test", "role": "analyst"}
    refused = client.post(API, {**sent, "project_ids": [limited.pk]}, content_type=JSON, headers=key)
    made = client.post(API, {**sent, "project_ids": [other.pk]}, content_type=JSON, headers=key)

    assert (refused.status_code, made.status_code) == (403, 201)


def test_what_has_changed_since_is_left_out(desk, organization, limited):
    gone = factories.ProjectFactory.create(organization=organization, is_limited=True)
    opened = factories.ProjectFactory.create(organization=organization, is_limited=True)
    ids = [limited.pk, gone.pk, opened.pk]
    desk.post(INVITE, {"email": "new@acme.test", "role": "viewer", "project_ids": ids})
    gone.delete()
    opened.is_limited = False
    opened.save()

    accept(Invitation.objects.get())

    member = Membership.objects.get(user__email="new@acme.test")
    assert list(limited.chosen.values_list("membership", flat=True)) == [member.pk]
    assert not opened.chosen.exists()


def test_a_member_who_manages_is_chosen_for_nothing(desk, organization, limited):
    """Invited as viewer, and an admin already when the link is opened."""
    desk.post(INVITE, {"email": "new@acme.test", "role": "viewer", "project_ids": [limited.pk]})
    user = factories.UserFactory.create(email="new@acme.test")
    factories.MembershipFactory.create(organization=organization, user=user, role=Role.ADMIN)

    invitations.accept(invitation=Invitation.objects.get(), actor=Actor(user=user))

    assert not limited.chosen.exists()
