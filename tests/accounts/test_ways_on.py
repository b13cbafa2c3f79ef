"""No page is a dead end: what is offered can be done, and what cannot be done leads back."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.urls import reverse

from accounts.access import SYSTEM
from accounts.models import AuditEntry, Membership
from accounts.permissions import Capability, Role, roles_with
from accounts.services import secret_keys
from analytics.services import project_members
from tests import factories

MEMBERS = "/o/acme/settings/members/"


def text_of(response) -> str:
    return " ".join(response.content.decode().split())


@pytest.fixture
def desk(client, owner):
    client.force_login(owner)
    return client


@pytest.mark.parametrize("is_open", [True, False])
def test_the_login_offers_an_account_where_one_can_be_made(db: None, client, settings, is_open) -> None:
    settings.SIGNUP_OPEN = is_open

    assert ("Create an account" in text_of(client.get(reverse("account_login")))) is is_open


def test_whoever_was_invited_is_offered_an_account_at_the_login(organization, client) -> None:
    factories.InvitationFactory.create(organization=organization, token="of-a-link")

    client.get(reverse("invitation", args=["of-a-link"]))

    assert "Create an account" in text_of(client.get(reverse("account_login")))


def test_single_sign_on_asks_for_an_address_before_it_blames_anybody(db: None, client) -> None:
    asked = client.post(reverse("sso_start"), {"login": "", "password": ""})
    blamed = client.post(reverse("sso_start"), {"login": ""})

    assert (asked.status_code, blamed.status_code) == (200, 422)
    assert "This field is required" not in text_of(asked)
    assert "This field is required" in text_of(blamed)


def test_a_first_organization_is_not_cancelled_into_itself(client, stranger, owner) -> None:
    client.force_login(stranger)
    Membership.objects.filter(user=stranger).delete()
    assert ">Cancel</a>" not in text_of(client.get(reverse("organization_new")))

    client.force_login(owner)
    assert ">Cancel</a>" in text_of(client.get(reverse("organization_new")))


def test_staff_without_an_organization_come_to_the_admin(db: None, client) -> None:
    client.force_login(factories.UserFactory.create(is_staff=True))

    assert client.get("/").url == reverse("admin:index")


def test_the_last_owner_is_told_how_to_leave(desk, organization, owner) -> None:
    page = reverse("settings_organization", args=["acme"])
    assert "You are the last owner" in text_of(desk.get(page))
    assert "Leave Acme</button>" not in text_of(desk.get(page))

    factories.MembershipFactory.create(organization=organization, role=Role.OWNER)

    assert "Leave Acme</button>" in text_of(desk.get(page))


@pytest.mark.parametrize(
    ("referer", "back"),
    [
        (f"http://testserver{MEMBERS}", f"http://testserver{MEMBERS}"),
        ("https://evil.test/", ""),
        ("", ""),
    ],
)
def test_what_cannot_be_done_leads_back_to_where_it_was_asked(desk, owner, referer, back) -> None:
    address = reverse("member_role", args=["acme", Membership.objects.get(user=owner).pk])

    answer = desk.post(address, {"role": "viewer"}, headers={"Referer": referer})

    assert answer.status_code == 409
    assert "This cannot be done now" in text_of(answer)
    assert answer.context.get("back") == back
    assert (">Back</a>" in text_of(answer)) is bool(back)


def test_every_capability_is_on_the_page_with_who_has_it(desk) -> None:
    text = text_of(desk.get(MEMBERS))

    for capability in Capability:
        assert (f'<th scope="row">{capability.label}</th>' in text) is bool(roles_with(capability))
    row = text.split(str(Capability.MANAGE_MEMBERS.label))[1].split("</tr>")[0]
    assert ["yes" in cell for cell in row.split("<td>")[1:]] == [True, True, False, False, False]


def test_a_person_gives_a_name_which_colleagues_see(desk, organization, owner) -> None:
    page, former = reverse("account_name"), owner.name
    assert desk.get(page).status_code == 200

    for _ in range(2):
        desk.post(page, {"name": "  Ada   Lovelace "})

    owner.refresh_from_db()
    assert owner.name == "Ada Lovelace"
    assert "Ada Lovelace" in text_of(desk.get(MEMBERS))
    entry = AuditEntry.objects.of(organization).get(action="account.name_changed")
    assert (entry.before, entry.after) == ({"name": former}, {"name": "Ada Lovelace"})
    assert desk.post(page, {"name": "x" * 201}).status_code == 422


def test_a_revoked_key_says_of_no_old_secret_that_it_works(desk, organization) -> None:
    key = factories.SecretKeyFactory.create(organization=organization)
    secret_keys.rotate(key=key, actor=SYSTEM, overlap=timedelta(days=1))
    page = reverse("settings_keys", args=["acme"])
    assert "old secret" in text_of(desk.get(page))

    secret_keys.revoke(key=key, actor=SYSTEM)

    assert "old secret" not in text_of(desk.get(page))


def test_a_key_that_may_nothing_is_not_made(desk) -> None:
    answer = desk.post(reverse("settings_keys", args=["acme"]), {"name": "Server", "expires": "0"})

    assert "Choose at least one thing that the key may do." in text_of(answer)


def test_a_new_code_is_said_to_be_on_its_way(db: None, client, settings) -> None:
    settings.SIGNUP_OPEN = True
    page = reverse("account_email_verification_sent")
    first = client.post(
        reverse("account_signup"), {"email": "ada@acme.test", "password1": "hung by a thread"}, follow=True
    )
    cache.clear()

    again = client.post(page, {"action": "resend"}, follow=True)

    assert "A new code is on its way" not in text_of(first)
    assert "A new code is on its way to ada@acme.test" in text_of(again)


def test_whoever_may_see_no_project_is_not_told_that_there_is_none(client, project, teammate) -> None:
    project_members.limit(project=project, membership_ids=[], actor=SYSTEM)
    client.force_login(teammate)

    assert "No project for you yet" in text_of(client.get(reverse("organization", args=["acme"])))


def test_what_is_not_there_or_not_allowed_says_what_else(client, teammate) -> None:
    client.force_login(teammate)

    missing, refused = client.get("/o/nowhere/"), client.get(reverse("settings_keys", args=["acme"]))

    assert missing.status_code == 404
    assert "or it is not for you." in text_of(missing)
    assert "Owners and admins give roles." in text_of(refused)
