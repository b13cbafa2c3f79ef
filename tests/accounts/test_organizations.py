"""Names of organizations: changed by page and API, the old address leads on; and who has which in their list."""

import re

import pytest

from accounts import keys
from accounts.access import SYSTEM, Actor
from accounts.audited import Action
from accounts.errors import Conflict, Forbidden, Invalid
from accounts.models import AuditEntry, FormerSlug, Organization
from accounts.permissions import Role, Scope
from accounts.services import organizations
from tests import factories

API = "/api/v1/organizations/"
JSON = "application/json"


@pytest.fixture
def boss(owner) -> Actor:
    return Actor(user=owner)


def headers(organization, *scopes: Scope) -> dict[str, str]:
    text = keys.generate(keys.SECRET_PREFIX)
    factories.SecretKeyFactory.create(organization=organization, text=text, scopes=list(scopes))
    return {"Authorization": f"Bearer {text}"}


def renamed(organization, boss, slug: str = "acme-ltd") -> Organization:
    return organizations.rename(organization=organization, actor=boss, slug=slug)


def test_the_page_changes_the_name_and_the_address_and_notes_both(client, organization, owner) -> None:
    client.force_login(owner)

    done = client.post("/o/acme/settings/rename/", {"name": "Acme Ltd", "slug": "acme-ltd"}, follow=True)

    organization.refresh_from_db()
    assert (organization.name, organization.slug) == ("Acme Ltd", "acme-ltd")
    assert done.redirect_chain == [("/o/acme-ltd/settings/", 302)]
    assert "This is Acme Ltd now" in done.content.decode()
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.actor_name, entry.target_name) == (
        Action.ORGANIZATION_CHANGED,
        owner.email,
        "Acme Ltd",
    )
    assert (entry.before, entry.after) == (
        {"name": "Acme", "slug": "acme"},
        {"name": "Acme Ltd", "slug": "acme-ltd"},
    )


def test_two_forms_of_the_page_ask_for_a_name_each_under_an_id_of_its_own(client, organization, owner) -> None:
    client.force_login(owner)

    ids = re.findall(r' id="([^"]+)"', client.get("/o/acme/settings/").content.decode())

    assert {"rename_name", "id_name"} <= set(ids)
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"name": "", "slug": "acme"}, "name"),
        ({"name": "—", "slug": "acme"}, "name"),
        ({"name": "Acme", "slug": "Acme Ltd"}, "slug"),
        ({"name": "Acme", "slug": "taken"}, "slug"),
        ({"name": "Acme", "slug": "was-taken"}, "slug"),
        ({"name": "Acme", "slug": "x" * 61}, "slug"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_changes(client, organization, owner, sent, field) -> None:
    other = factories.OrganizationFactory.create(slug="taken")
    FormerSlug.objects.create(slug="was-taken", organization=other)
    client.force_login(owner)

    response = client.post("/o/acme/settings/rename/", sent)

    organization.refresh_from_db()
    assert response.status_code == 422
    assert list(response.context["rename_form"].errors) == [field]
    assert (organization.name, organization.slug) == ("Acme", "acme")
    assert not AuditEntry.objects.exists()


def test_saving_what_is_there_is_no_change(organization, boss) -> None:
    organizations.rename(organization=organization, actor=boss, name="Acme", slug="acme")

    assert not AuditEntry.objects.exists()
    assert not FormerSlug.objects.exists()


def test_only_owners_and_admins_and_keys_that_may(organization, teammate) -> None:
    admin = factories.MembershipFactory.create(organization=organization, role=Role.ADMIN).user
    key = factories.SecretKeyFactory.create(organization=organization, scopes=[Scope.MEMBERS])
    for actor in (Actor(user=teammate), Actor(secret_key=key)):
        with pytest.raises(Forbidden):
            organizations.rename(organization=organization, actor=actor, name="Mine")

    assert organizations.rename(organization=organization, actor=Actor(user=admin), name="Ours").name == "Ours"


@pytest.mark.parametrize("path", ["", "settings/members/?q=a", "p/shop/", "p/shop/explore/trends/?period=7d"])
def test_the_old_address_leads_a_member_to_the_same_page(client, organization, project, boss, path) -> None:
    renamed(organization, boss)
    client.force_login(boss.user)

    response = client.get(f"/o/acme/{path}")

    assert (response.status_code, response.headers["Location"]) == (307, f"/o/acme-ltd/{path}")


def test_the_old_address_tells_nobody_else_a_thing(client, organization, project, boss, stranger) -> None:
    renamed(organization, boss)
    client.force_login(stranger)

    answers = [client.get(path) for path in ("/o/acme/", "/o/acme/p/shop/", f"{API}acme/", "/o/never/")]

    assert [response.status_code for response in answers] == [404] * 4
    assert "acme-ltd" not in "".join(response.content.decode() for response in answers)


def test_the_old_slug_is_kept_for_whoever_had_it(organization, boss, stranger) -> None:
    renamed(organization, boss)
    other = stranger.memberships.get().organization

    with pytest.raises(Conflict, match="'acme' is taken"):
        organizations.create(name="Acme", owner=stranger, actor=SYSTEM)
    with pytest.raises(Conflict):
        organizations.rename(organization=other, actor=Actor(user=stranger), slug="acme")
    back = renamed(organization, boss, "acme")
    assert back.slug == "acme"
    assert list(FormerSlug.objects.values_list("slug", flat=True)) == ["acme-ltd"]


def test_a_name_needs_a_letter(organization, boss) -> None:
    with pytest.raises(Invalid):
        organizations.rename(organization=organization, actor=boss, name=" ")


def test_the_api_renames_and_the_old_address_leads_on(client, organization) -> None:
    sent = headers(organization, Scope.MANAGE)

    changed = client.patch(f"{API}acme/", {"slug": "acme-ltd"}, JSON, headers=sent)
    moved = client.patch(f"{API}acme/", {"name": "Acme Ltd"}, JSON, headers=sent)
    followed = client.patch(moved.headers["Location"], {"name": "Acme Ltd"}, JSON, headers=sent)

    assert (changed.status_code, changed.json()["slug"], changed.json()["name"]) == (200, "acme-ltd", "Acme")
    assert (moved.status_code, moved.json()["error"]["code"]) == (307, "moved")
    assert (followed.status_code, followed.json()["name"]) == (200, "Acme Ltd")
    taken = client.patch(f"{API}acme-ltd/", {"slug": "No Slug"}, JSON, headers=sent)
    assert (taken.status_code, taken.json()["error"]["fields"][0]["field"]) == (400, "slug")


def test_a_person_s_list_has_their_organizations_and_roles(client, organization, teammate, stranger) -> None:
    factories.MembershipFactory.create(
        user=teammate, role=Role.ADMIN, organization=factories.OrganizationFactory(name="Second", slug="second")
    )
    client.force_login(teammate)

    found = client.get(API).json()["results"]

    assert [(row["slug"], row["role"]) for row in found] == [("second", "admin"), ("acme", "viewer")]
    assert client.get(f"{API}acme/").json() == found[1]


@pytest.mark.parametrize("scope", [Scope.QUERY, Scope.MEMBERS])
def test_a_key_s_list_has_its_own(client, organization, owner, stranger, scope) -> None:
    found = client.get(API, headers=headers(organization, scope)).json()["results"]

    assert [(row["slug"], row["role"]) for row in found] == [("acme", None)]


def test_staff_who_change_the_slug_keep_the_old_one(client, organization) -> None:
    other = factories.OrganizationFactory.create(name="Other", slug="other")
    client.force_login(factories.UserFactory.create(is_staff=True, is_superuser=True))
    rows = {"memberships-TOTAL_FORMS": "0", "memberships-INITIAL_FORMS": "0"}

    client.post(
        f"/admin/accounts/organization/{organization.pk}/change/", {"name": "Acme", "slug": "acme-ltd", **rows}
    )
    refused = client.post(
        f"/admin/accounts/organization/{other.pk}/change/", {"name": "Other", "slug": "acme", **rows}
    )

    assert FormerSlug.objects.get().slug == "acme"
    assert FormerSlug.objects.get().organization == organization
    assert "Another organization had this one." in refused.content.decode()
