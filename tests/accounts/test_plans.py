"""Which limits an organization has, and how staff change them."""

import pytest
from django.db import IntegrityError
from django.urls import reverse

from accounts.models import Organization, Plan
from accounts.queries.plans import UNLIMITED, Limits, limits_of, with_limits
from tests import factories


@pytest.fixture
def no_default(db: None) -> None:
    Plan.objects.default().delete()


def test_an_installation_begins_with_a_default_plan_without_limits(organization) -> None:
    limits = limits_of(organization.pk)

    assert limits == Limits(plan="Self-hosted")
    assert (limits.events_a_month, limits.refuse_from, limits.retention_months) == (None, None, None)


def test_without_any_plan_there_is_no_limit(no_default, organization) -> None:
    assert limits_of(organization.pk) == UNLIMITED


def test_an_organization_s_own_plan_goes_before_the_default(no_default, organization) -> None:
    factories.PlanFactory(is_default=True, events_a_month=10)
    own = factories.PlanFactory(name="Large", events_a_month=1_000, retention_months=24)
    other = factories.OrganizationFactory.create()

    Organization.objects.filter(pk=organization.pk).update(plan=own)

    assert limits_of(organization.pk) == Limits("Large", 1_000, 80, 120, 24)
    assert limits_of(other.pk).events_a_month == 10


def test_only_one_plan_is_the_default(no_default) -> None:
    factories.PlanFactory(is_default=True)

    with pytest.raises(IntegrityError, match="accounts_plan_one_default"):
        factories.PlanFactory(is_default=True)


@pytest.mark.parametrize(
    ("wrong", "constraint"),
    [
        ({"events_a_month": 0}, "accounts_plan_events_positive"),
        ({"warn_from": 0}, "accounts_plan_warn_from_percent"),
        ({"warn_from": 101}, "accounts_plan_warn_from_percent"),
        ({"refuse_from": 99}, "accounts_plan_refuse_from_percent"),
        ({"retention_months": 0}, "accounts_plan_retention_positive"),
    ],
)
def test_the_database_refuses_a_plan_that_makes_no_sense(db: None, wrong, constraint) -> None:
    with pytest.raises(IntegrityError, match=constraint):
        factories.PlanFactory(**wrong)


def test_organizations_with_limits_are_those_of_plans_that_limit(no_default) -> None:
    limited = factories.OrganizationFactory.create(plan=factories.PlanFactory(events_a_month=5))
    kept_short = factories.OrganizationFactory.create(plan=factories.PlanFactory(retention_months=1))
    factories.OrganizationFactory.create(plan=factories.PlanFactory())
    factories.OrganizationFactory.create()

    assert [organization for organization, _ in with_limits()] == [limited.pk, kept_short.pk]


def no_rows(inline) -> dict[str, int]:
    return {f"{inline}-TOTAL_FORMS": 0, f"{inline}-INITIAL_FORMS": 0}


def test_staff_make_a_plan_and_put_an_organization_on_it(client, organization) -> None:
    client.force_login(factories.UserFactory(is_staff=True, is_superuser=True))
    sent = {"name": "Small", "slug": "small", "events_a_month": 100, "warn_from": 75, "refuse_from": 110}
    sent |= {"trial_days": 0, "position": 0, "features": ["sql"], **no_rows("prices")}
    assert client.post(reverse("admin:accounts_plan_add"), sent).status_code == 302
    plan = Plan.objects.get(slug="small")

    changed = {"name": "Acme", "slug": "acme", "plan": plan.pk, **no_rows("memberships")}
    response = client.post(reverse("admin:accounts_organization_change", args=[organization.pk]), changed)

    assert response.status_code == 302
    assert limits_of(organization.pk) == Limits("Small", 100, 75, 110, None, features=frozenset({"sql"}))


def test_the_retention_before_holds_on_where_staff_change_the_plan(client, organization) -> None:
    long, short = (factories.PlanFactory.create(retention_months=months) for months in (24, 1))
    Organization.objects.filter(pk=organization.pk).update(plan=long)
    client.force_login(factories.UserFactory(is_staff=True, is_superuser=True))

    changed = {"name": "Acme", "slug": "acme", "plan": short.pk, **no_rows("memberships")}
    client.post(reverse("admin:accounts_organization_change", args=[organization.pk]), changed)

    organization.refresh_from_db()
    assert (organization.plan, limits_of(organization.pk).retention_months) == (short, 24)


def test_a_plan_that_is_in_use_cannot_be_deleted(client, organization) -> None:
    plan = factories.PlanFactory.create()
    Organization.objects.filter(pk=organization.pk).update(plan=plan)
    client.force_login(factories.UserFactory(is_staff=True, is_superuser=True))

    client.post(reverse("admin:accounts_plan_delete", args=[plan.pk]), {"post": "yes"})

    assert Plan.objects.filter(pk=plan.pk).exists()
