"""What is done to organizations, members, keys and plans, and who logs in, is in the audit log."""

import pytest
from django.contrib.admin.sites import site
from django.urls import reverse

from accounts.audited import Action
from accounts.billing.features import Feature
from accounts.models import AuditEntry, Membership, Organization, Plan, SecretKey, User
from accounts.permissions import Role
from tests import factories

LOGIN = "/accounts/login/"
CONTEXT = {"REMOTE_ADDR": "203.0.113.7", "HTTP_USER_AGENT": "Browser/1.0"}


def log(organization=None) -> list[tuple]:
    """Action, kind of actor, target, before and after, in their order."""
    found = AuditEntry.objects.filter(organization=organization).order_by("id")
    return [(row.action, row.actor_kind, row.target_name, row.before, row.after) for row in found]


@pytest.fixture
def staff(client, db: None):
    user = factories.UserFactory.create(is_staff=True, is_superuser=True, email="staff@plumbline.test")
    client.force_login(user)
    return client


def test_a_new_organization_begins_its_log(client, owner) -> None:
    client.force_login(owner)

    client.post("/organizations/new/", {"name": "Second"}, **CONTEXT)

    organization = Organization.objects.get(slug="second")
    assert log(organization) == [
        (Action.ORGANIZATION_CREATED, "person", "Second", None, {"name": "Second", "slug": "second"}),
        (Action.MEMBER_ADDED, "person", owner.email, None, {"role": "owner"}),
    ]
    entry = AuditEntry.objects.filter(organization=organization).latest("id")
    assert (entry.address, entry.user_agent) == ("203.0.113.7", "Browser/1.0")


def test_a_login_and_a_refused_one_are_in_the_log_of_the_person_s_organizations(
    client, owner, organization
) -> None:
    second = factories.MembershipFactory.create(user=owner).organization

    client.post(LOGIN, {"login": owner.email, "password": "wrong password"}, **CONTEXT)
    client.post(LOGIN, {"login": "nobody@acme.test", "password": "wrong password"}, **CONTEXT)
    client.post(LOGIN, {"login": owner.email, "password": factories.PASSWORD}, **CONTEXT)

    expected = [
        (Action.LOGIN_FAILED, "anonymous", owner.email, None, None),
        (Action.LOGIN_SUCCEEDED, "person", owner.email, None, {"how": "password"}),
    ]
    assert log(organization) == expected
    assert log(second) == expected
    assert set(AuditEntry.objects.values_list("address", flat=True)) == {"203.0.113.7"}


@pytest.mark.parametrize(
    ("proxies", "address"), [(0, "10.0.0.1"), (1, "198.51.100.2"), (2, "203.0.113.7"), (9, "203.0.113.7")]
)
def test_the_address_is_what_the_trusted_proxies_tell(settings, client, owner, proxies, address) -> None:
    settings.TRUSTED_PROXIES = proxies
    sent = {"login": owner.email, "password": factories.PASSWORD}

    client.post(LOGIN, sent, REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_FOR="203.0.113.7, 198.51.100.2", secure=True)

    assert AuditEntry.objects.get().address == address


def test_what_is_no_address_is_none(settings, client, owner) -> None:
    settings.TRUSTED_PROXIES = 1
    sent = {"login": owner.email, "password": factories.PASSWORD}

    client.post(LOGIN, sent, REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_FOR="<script>", HTTP_USER_AGENT="u" * 900)

    entry = AuditEntry.objects.get()
    assert (entry.address, len(entry.user_agent)) == (None, 300)


def test_staff_put_an_organization_on_another_plan(staff, organization) -> None:
    plan = factories.PlanFactory.create(name="Large")
    address = reverse("admin:accounts_organization_change", args=[organization.pk])
    formset = {"memberships-TOTAL_FORMS": "0", "memberships-INITIAL_FORMS": "0"}

    staff.post(address, {"name": "Acme Inc", "slug": "acme", "plan": plan.pk, **formset})

    assert log(organization) == [
        (Action.ORGANIZATION_CHANGED, "staff", "Acme Inc", {"name": "Acme"}, {"name": "Acme Inc"}),
        (Action.PLAN_CHOSEN, "staff", "Acme Inc", {"plan": None}, {"plan": "Large"}),
    ]


def test_staff_change_members_on_the_organization_s_page(staff, organization) -> None:
    member = factories.MembershipFactory.create(organization=organization, role=Role.VIEWER)
    new = factories.UserFactory.create()
    address = reverse("admin:accounts_organization_change", args=[organization.pk])
    formset = {
        "memberships-TOTAL_FORMS": "2",
        "memberships-INITIAL_FORMS": "1",
        "memberships-0-id": member.pk,
        "memberships-0-organization": organization.pk,
        "memberships-0-user": member.user_id,
        "memberships-0-role": "admin",
        "memberships-1-organization": organization.pk,
        "memberships-1-user": new.pk,
        "memberships-1-role": "billing",
    }

    staff.post(address, {"name": "Acme", "slug": "acme", "plan": "", **formset})

    assert log(organization) == [
        (Action.MEMBER_CHANGED, "staff", member.user.email, {"role": "viewer"}, {"role": "admin"}),
        (Action.MEMBER_ADDED, "staff", new.email, None, {"role": "billing"}),
    ]


def test_staff_change_and_remove_a_membership(staff, organization) -> None:
    member = factories.MembershipFactory.create(organization=organization, role=Role.VIEWER)
    values = {"user": member.user_id, "organization": organization.pk}

    staff.post(reverse("admin:accounts_membership_change", args=[member.pk]), {**values, "role": "analyst"})
    staff.post(
        reverse("admin:accounts_membership_changelist"),
        {"action": "delete_selected", "_selected_action": [member.pk], "post": "yes"},
    )

    assert not Membership.objects.exists()
    assert log(organization) == [
        (Action.MEMBER_CHANGED, "staff", member.user.email, {"role": "viewer"}, {"role": "analyst"}),
        (Action.MEMBER_REMOVED, "staff", member.user.email, {**values, "role": "analyst"}, None),
    ]


def test_staff_revoke_a_key(staff, organization) -> None:
    key = factories.SecretKeyFactory.create(organization=organization, scopes=["query"])

    staff.post(
        reverse("admin:accounts_secretkey_changelist"),
        {"action": "revoke_selected", "_selected_action": [key.pk]},
    )

    assert not SecretKey.objects.active().exists()
    assert log(organization) == [
        (
            Action.KEY_REVOKED,
            "staff",
            str(key),
            {"name": key.name, "hint": key.hint, "scopes": ["query"]},
            None,
        )
    ]


# What else the form of a plan sends: all features, and no price is added.
AS_IT_COMES = {
    "trial_days": "0", "position": "0", "features": Feature.values,
    "prices-TOTAL_FORMS": 0, "prices-INITIAL_FORMS": 0,
}  # fmt: skip


def test_staff_change_plans_and_accounts_of_the_installation(staff) -> None:
    plan, user = factories.PlanFactory.create(warn_from=80), factories.UserFactory.create(name="Ada")
    fields = {"name": plan.name, "slug": plan.slug, "warn_from": "70", "refuse_from": "120", **AS_IT_COMES}

    staff.post(reverse("admin:accounts_plan_change", args=[plan.pk]), fields)
    staff.post(reverse("admin:accounts_user_change", args=[user.pk]), {"email": user.email, "name": "Ada L."})
    staff.post(
        reverse("admin:auth_user_password_change", args=[user.pk]),
        {"password1": "hung by a thread 1", "password2": "hung by a thread 1", "usable_password": "true"},
    )
    staff.post(reverse("admin:accounts_plan_delete", args=[plan.pk]), {"post": "yes"})

    assert not Plan.objects.filter(pk=plan.pk).exists()
    entries = log()
    assert [entry[:3] for entry in entries] == [
        (Action.PLAN_CHANGED, "staff", plan.name),
        (Action.USER_CHANGED, "staff", user.email),
        (Action.USER_PASSWORD_SET, "staff", user.email),
        (Action.PLAN_DELETED, "staff", plan.name),
    ]
    assert entries[0][3:] == ({"warn_from": 80}, {"warn_from": 70})
    assert entries[1][3:] == (
        {"name": "Ada", "is_active": True},
        {"name": "Ada L.", "is_active": False},
    )
    assert User.objects.get(pk=user.pk).check_password("hung by a thread 1")


def test_staff_make_an_account_and_a_plan(staff) -> None:
    words = {"password1": "hung by a thread 1", "password2": "hung by a thread 1", "usable_password": "true"}

    staff.post(reverse("admin:accounts_user_add"), {"email": "new@acme.test", "name": "New", **words})
    fields = {"name": "Tiny", "slug": "tiny", "warn_from": "80", "refuse_from": "", **AS_IT_COMES}
    staff.post(reverse("admin:accounts_plan_add"), fields)

    assert [entry[:3] for entry in log()] == [
        (Action.USER_CREATED, "staff", "new@acme.test"),
        (Action.PLAN_CREATED, "staff", "Tiny"),
    ]
    assert "hung by" not in str(log())


def test_whatever_staff_can_change_is_audited() -> None:
    """A model that gets a form in the staff admin needs `audited`, too."""
    request = type("Request", (), {"user": User(is_superuser=True, is_active=True, is_staff=True)})()
    writable = [
        made
        for made in site._registry.values()
        if made.has_change_permission(request) or made.has_add_permission(request)
    ]

    # A credit note is written by a service, which notes it itself; an alias is noted with its targets.
    by_services = {type(made).__name__ for made in writable if not hasattr(made, "audited")}
    assert by_services == {"AliasAdmin", "CreditNoteAdmin"}
    assert len(writable) == 10
