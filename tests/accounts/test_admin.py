"""The staff admin as staff use it: logging in, lists of constant cost, exports of what a filter shows."""

import csv
import io
from datetime import UTC, datetime
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import (
    AuditEntry,
    BillingProfile,
    Coupon,
    CreditNote,
    DomainClaim,
    Invitation,
    Invoice,
    Membership,
    Organization,
    Plan,
    PlanPrice,
    PlanRequest,
    Reservation,
    SecretKey,
    Seller,
    SingleSignOn,
    SpendingCap,
    StripeEvent,
    Subscription,
    UsageDay,
    UsageEntry,
    UsageNotice,
    User,
)
from accounts.permissions import Role, Scope
from accounts.spreadsheet import as_text
from analytics.models import (
    Cohort,
    DropCount,
    Erasure,
    EventDefinition,
    GroupTraits,
    Insight,
    Manifest,
    PersonTraits,
    Project,
    PropertyDefinition,
    QueryRun,
    Segment,
    Site,
    UsageCount,
    WriteKey,
)
from inference.models import (
    Alias,
    Batch,
    Credential,
    Job,
    LanguageModel,
    Policy,
    PromptTemplate,
    PromptVersion,
    WebhookDelivery,
    WebhookEndpoint,
)
from tests import factories

LISTS: dict[Any, Any] = {
    Organization: factories.OrganizationFactory,
    AuditEntry: factories.AuditEntryFactory,
    Plan: factories.PlanFactory,
    PlanPrice: factories.PlanPriceFactory,
    Coupon: factories.CouponFactory,
    Subscription: factories.SubscriptionFactory,
    PlanRequest: factories.PlanRequestFactory,
    StripeEvent: factories.StripeEventFactory,
    BillingProfile: factories.BillingProfileFactory,
    User: factories.UserFactory,
    Membership: factories.MembershipFactory,
    SecretKey: factories.SecretKeyFactory,
    Invitation: factories.InvitationFactory,
    Authenticator: factories.AuthenticatorFactory,
    SingleSignOn: factories.SingleSignOnFactory,
    DomainClaim: factories.DomainClaimFactory,
    SocialAccount: factories.SocialAccountFactory,
    Project: factories.ProjectFactory,
    Site: factories.SiteFactory,
    WriteKey: factories.WriteKeyFactory,
    Segment: factories.SegmentFactory,
    Erasure: factories.ErasureFactory,
    Manifest: factories.ManifestFactory,
    DropCount: factories.DropCountFactory,
    UsageCount: factories.UsageCountFactory,
    Invoice: factories.InvoiceFactory,
    CreditNote: factories.CreditNoteFactory,
    Seller: factories.SellerFactory,
    UsageNotice: factories.UsageNoticeFactory,
    EventDefinition: factories.EventDefinitionFactory,
    PropertyDefinition: factories.PropertyDefinitionFactory,
    PersonTraits: factories.PersonTraitsFactory,
    GroupTraits: factories.GroupTraitsFactory,
    Insight: factories.InsightFactory,
    Cohort: factories.CohortFactory,
    QueryRun: factories.QueryRunFactory,
    Job: factories.JobFactory,
    Batch: factories.BatchFactory,
    PromptTemplate: factories.PromptTemplateFactory,
    PromptVersion: factories.PromptVersionFactory,
    Policy: factories.PolicyFactory,
    WebhookDelivery: factories.WebhookDeliveryFactory,
    WebhookEndpoint: factories.WebhookEndpointFactory,
    LanguageModel: factories.LanguageModelFactory,
    Alias: factories.InstallationAliasFactory,
    Credential: factories.CredentialFactory,
    UsageEntry: factories.UsageEntryFactory,
    UsageDay: factories.UsageDayFactory,
    SpendingCap: factories.SpendingCapFactory,
    Reservation: factories.ReservationFactory,
}
NOW = datetime(2026, 3, 1, tzinfo=UTC)


def address(model, page: str = "changelist", *args) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


@pytest.fixture
def staff(db: None):
    return factories.UserFactory(email="staff@plumbline.test", is_staff=True, is_superuser=True)


@pytest.fixture
def desk(client, staff):
    """A client of logged-in staff."""
    client.force_login(staff)
    return client


def exported(client, model, query: str = "") -> list[dict[str, str]]:
    url = address(model, "export") + query
    form = client.get(url).context["form"]
    sent = {name: field.initial for name, field in form.fields.items() if field.initial is not None}
    response = client.post(url, {**sent, "format": "0", "resource": "0"})
    assert response.headers["Content-Type"] == "text/csv"
    return list(csv.DictReader(io.StringIO(response.content.decode())))


def test_staff_log_in_with_their_e_mail_address(client, staff) -> None:
    asked = client.get(reverse("admin:index"), follow=True)
    assert asked.redirect_chain[-1][0].startswith(reverse("account_login"))

    sent = {"login": "STAFF@plumbline.test", "password": factories.PASSWORD}
    response = client.post(asked.redirect_chain[-1][0], sent, follow=True)

    assert response.redirect_chain[-1][0] == reverse("admin:index")
    assert response.status_code == 200


def test_the_admin_has_no_login_of_its_own(client, staff) -> None:
    client.post(reverse("admin:login"), {"username": staff.email, "password": factories.PASSWORD})

    assert "_auth_user_id" not in client.session


def test_an_owner_who_is_not_staff_does_not_get_in(client, owner) -> None:
    client.force_login(owner)

    response = client.get(reverse("admin:index"))

    assert response.status_code == 302
    assert response.url.startswith(reverse("admin:login"))


# Of the seller there is one row.
MANY = [item for item in LISTS.items() if item[0] is not Seller]


@pytest.mark.parametrize(("model", "make"), MANY, ids=lambda item: getattr(item, "__name__", ""))
def test_a_list_costs_the_same_with_one_row_and_with_ten(desk, model, make) -> None:
    url = address(model)
    make()
    desk.get(url)
    with CaptureQueriesContext(connection) as few:
        first = desk.get(url)
    make.create_batch(9)
    with CaptureQueriesContext(connection) as many:
        second = desk.get(url)

    shown = second.context["cl"].result_list
    assert len(shown) == len(first.context["cl"].result_list) + 9 >= 10
    assert all(address(model, "change", row.pk) in second.content.decode() for row in shown)
    assert len(many) == len(few), "\n".join(query["sql"] for query in many)


@pytest.mark.parametrize("model", LISTS, ids=lambda model: model.__name__)
def test_a_list_can_be_searched(desk, model) -> None:
    LISTS[model]()

    response = desk.get(address(model), {"q": "no row says this"})

    assert response.status_code == 200
    assert list(response.context["cl"].result_list) == []


@pytest.mark.parametrize("model", LISTS, ids=lambda model: model.__name__)
def test_one_row_can_be_looked_at(desk, model) -> None:
    row = LISTS[model]()

    assert desk.get(address(model, "change", row.pk)).status_code == 200


def test_the_table_of_lists_is_complete(db: None) -> None:
    ours = {
        model
        for model in admin.site._registry
        if model._meta.app_label in {"accounts", "analytics", "inference", "mfa", "socialaccount"}
    }

    assert ours == set(LISTS)


def test_an_export_holds_the_rows_of_the_filter_and_no_others(desk, organization, owner, teammate, staff) -> None:
    rows = exported(desk, Membership, "?role__exact=viewer")

    assert [(row["email"], row["role"]) for row in rows] == [("viewer@acme.test", Role.VIEWER)]


def test_an_export_holds_the_rows_of_the_search_and_no_others(desk, owner, stranger) -> None:
    assert [row["email"] for row in exported(desk, User, "?q=elsewhere")] == ["stranger@elsewhere.test"]
    assert len(exported(desk, User)) == 3


@pytest.mark.parametrize(("which", "names"), [("some", ["Begun"]), ("none", ["Stopped"])])
def test_organizations_are_filtered_and_exported_by_whether_they_have_projects(desk, which, names) -> None:
    factories.ProjectFactory(organization__name="Begun")
    factories.OrganizationFactory(name="Stopped")

    shown = desk.get(address(Organization), {"projects": which}).context["cl"].result_list

    assert [organization.name for organization in shown] == names
    assert [row["name"] for row in exported(desk, Organization, f"?projects={which}")] == names


def test_the_export_button_carries_the_filter(desk, owner) -> None:
    page = desk.get(address(Membership), {"role__exact": "viewer"}).content.decode()

    assert f"{address(Membership, 'export')}?role__exact=viewer" in page


@pytest.mark.parametrize("model", [SecretKey, WriteKey])
def test_neither_page_nor_export_gives_a_key_away(desk, model) -> None:
    key = LISTS[model](text="pls_SECRETSECRETSECRETSECRETSECRETSE")
    pages = [
        desk.get(address(model)).content.decode(),
        desk.get(address(model, "change", key.pk)).content.decode(),
        str(exported(desk, model)),
    ]

    assert all(key.hint in page for page in pages)
    assert not any(key.hash in page or "SECRETSECRET" in page for page in pages)


def test_a_password_hash_is_not_exported(desk, staff) -> None:
    assert staff.password not in str(exported(desk, User))
    assert exported(desk, User)[0]["email"] == staff.email


def test_every_export_names_its_columns() -> None:
    ours: list[Any] = [entry for model, entry in admin.site._registry.items() if model in LISTS]

    columns = {name for entry in ours for resource in entry.resource_classes for name in resource().fields}

    assert not columns & {"hash", "password", "payload"}


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_an_exported_cell_is_no_formula(desk, start) -> None:
    factories.OrganizationFactory(name=f"{start}HYPERLINK(1)", slug="acme")

    (row,) = exported(desk, Organization)

    assert row["name"] == f"'{start}HYPERLINK(1)"


def test_numbers_are_exported_as_they_are() -> None:
    assert as_text(-5) == -5


def test_staff_without_the_permission_neither_see_nor_export(db: None, client) -> None:
    helper: Any = factories.UserFactory(is_staff=True)
    helper.user_permissions.add(Permission.objects.get(codename="view_project"))
    client.force_login(helper)

    assert client.get(address(Project, "export")).status_code == 200
    assert client.get(address(User, "export")).status_code == 403
    assert client.get(address(User)).status_code == 403


@pytest.mark.parametrize("model", [SecretKey, WriteKey])
def test_keys_are_not_made_in_the_admin(desk, model) -> None:
    assert desk.get(address(model, "add")).status_code == 403


@pytest.mark.parametrize("model", [SecretKey, WriteKey])
def test_staff_revoke_a_key(desk, model) -> None:
    key, other = LISTS[model](), LISTS[model]()

    desk.post(address(model), {"action": "revoke_selected", "_selected_action": [key.pk]})

    key.refresh_from_db()
    other.refresh_from_db()
    assert not key.is_active
    assert other.is_active


def test_keys_are_filtered_by_state(desk) -> None:
    active = factories.SecretKeyFactory()
    revoked = factories.SecretKeyFactory(revoked_at="2026-01-01T00:00:00Z")

    assert list(desk.get(address(SecretKey), {"state": "active"}).context["cl"].result_list) == [active]
    assert list(desk.get(address(SecretKey), {"state": "revoked"}).context["cl"].result_list) == [revoked]


def test_staff_make_a_user_and_set_a_new_password(desk, client) -> None:
    made = {"email": "New@acme.test", "name": "New", "usable_password": "true"}
    passwords = {"password1": "hung by a thread 1", "password2": "hung by a thread 1"}
    assert desk.post(address(User, "add"), {**made, **passwords}).status_code == 302
    user = User.objects.get(email__iexact="new@acme.test")

    new = {"password1": "straight as a line 2", "password2": "straight as a line 2", "usable_password": "true"}
    response = desk.post(reverse("admin:auth_user_password_change", args=[user.pk]), new)

    user.refresh_from_db()
    assert response.status_code == 302
    assert user.check_password("straight as a line 2")


@pytest.fixture
def helper(db: None, client):
    """Staff who may edit people, and are no superuser."""
    person: Any = factories.UserFactory(email="helper@plumbline.test", is_staff=True)
    person.user_permissions.add(*Permission.objects.filter(codename__in=["view_user", "change_user"]))
    client.force_login(person)
    return person


def test_who_edits_people_cannot_give_rights_away(client, helper) -> None:
    sent = {"email": "helper@plumbline.test", "name": "Renamed", "is_active": "on", "is_superuser": "on"}

    response = client.post(address(User, "change", helper.pk), sent)

    helper.refresh_from_db()
    assert response.status_code == 302
    assert helper.name == "Renamed"
    assert helper.is_staff
    assert not helper.is_superuser


def test_who_edits_people_cannot_take_a_superuser_over(client, helper, staff) -> None:
    new = {"password1": "straight as a line 2", "password2": "straight as a line 2", "usable_password": "true"}

    refused = client.post(reverse("admin:auth_user_password_change", args=[staff.pk]), new)

    staff.refresh_from_db()
    assert refused.status_code == 403
    assert staff.check_password(factories.PASSWORD)


def test_a_project_made_by_staff_has_its_manifest(desk, organization) -> None:
    sent = {"organization": organization.pk, "name": "Shop", "slug": "shop", "time_zone": "Europe/Berlin"}

    response = desk.post(address(Project, "add"), {**sent, "first_weekday": 6, "browser_window_days": 5})

    project = Project.objects.get()
    assert response.status_code == 302
    assert (project.time_zone, project.first_weekday, project.slug) == ("Europe/Berlin", 6, "shop")
    assert project.manifest.version == 0


def test_a_key_shows_its_scopes(desk) -> None:
    factories.SecretKeyFactory(scopes=[Scope.QUERY, Scope.INGEST])

    assert "query, ingest" in desk.get(address(SecretKey)).content.decode()


def test_the_texts_of_customers_are_not_exported(desk) -> None:
    factories.JobFactory(
        input={"text": "our secret plan"}, status="succeeded", output="their plan", finished_at=NOW
    )

    (row,) = exported(desk, Job, "?status__exact=succeeded")

    assert row["status"] == "succeeded"
    assert "plan" not in str(row)


def test_the_first_page_counts_for_those_who_may_see(client, desk) -> None:
    factories.SegmentFactory(rows=700)
    factories.SegmentFactory(rows=42)
    factories.SegmentFactory(rows=999, retired_at=NOW)
    factories.JobFactory.create_batch(2)

    figures = {figure.title: figure.value for figure in desk.get(reverse("admin:index")).context["figures"]}
    assert figures == {
        "Organizations": 5, "Active people": 1, "Projects": 3, "Events stored": 742, "Jobs queued": 2,
    }  # fmt: skip

    client.force_login(factories.UserFactory(is_staff=True))
    assert client.get(reverse("admin:index")).context["figures"] == []


def test_a_lost_second_factor_is_removed_and_its_key_is_not_shown(desk) -> None:
    row = factories.AuthenticatorFactory.create(data={"secret": "encrypted-key"})

    assert "encrypted-key" not in desk.get(address(Authenticator, "change", row.pk)).content.decode()
    assert "encrypted-key" not in str(exported(desk, Authenticator))
    desk.post(address(Authenticator, "delete", row.pk), {"post": "yes"})
    assert not Authenticator.objects.exists()


def test_removing_a_second_factor_takes_the_permission(db: None, client) -> None:
    row = factories.AuthenticatorFactory.create()
    helper = factories.UserFactory.create(is_staff=True)
    helper.user_permissions.add(Permission.objects.get(codename="view_authenticator"))
    client.force_login(helper)

    assert client.get(address(Authenticator)).status_code == 200
    assert client.post(address(Authenticator, "delete", row.pk), {"post": "yes"}).status_code == 403
    assert Authenticator.objects.filter(pk=row.pk).exists()


@pytest.mark.parametrize("model", [Organization, Project, User])
def test_what_owns_stored_events_is_not_deleted_here(desk, model) -> None:
    row = LISTS[model]()

    assert desk.post(address(model, "delete", row.pk), {"post": "yes"}).status_code == 403
    assert model.objects.filter(pk=row.pk).exists()


def test_prompts_and_batches_are_found_by_their_state(desk) -> None:
    kept = factories.PromptTemplateFactory.create(archived_at=NOW)
    used = factories.PromptVersionFactory.create(number=3).template
    cancelled = factories.BatchFactory.create(cancel_requested_at=NOW, finished_at=NOW)
    factories.BatchFactory.create(finished_at=NOW)
    job = factories.JobFactory.create(batch=cancelled, batch_index=0)
    factories.JobFactory.create()

    def shown(model, **query):
        return list(desk.get(address(model), query).context["cl"].result_list)

    assert (shown(PromptTemplate, archived="yes"), shown(PromptTemplate, archived="no")) == ([kept], [used])
    assert shown(Batch, state="cancelled") == [cancelled]
    assert shown(Job, batch__id__exact=cancelled.pk) == [job]
    assert "Greet {{name}}." in desk.get(address(PromptVersion, "change", used.versions.get().pk)).content.decode()
    inline = desk.get(address(PromptTemplate, "change", used.pk)).content.decode()
    assert address(PromptVersion, "change", used.versions.get().pk) in inline
