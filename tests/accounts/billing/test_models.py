"""What the database itself refuses of prices, coupons and subscriptions, and what an organization may use."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.billing.terms import Block, Interval, Metered, Terms
from accounts.models import PlanPrice, Subscription
from accounts.queries.plans import limits_of, with_limits
from tests import factories

pytestmark = pytest.mark.django_db


def test_the_terms_of_a_price_have_the_plan_s_quotas() -> None:
    plan = factories.PlanFactory(events_a_month=1_000)
    price = factories.PlanPriceFactory.create(plan=plan, interval="year", events_unit=100, events_unit_amount=250)

    assert price.terms() == Terms(
        "EUR", Interval.YEAR, 2_900, events=Metered(1_000, Block(100, 250)), tokens=Metered()
    )


@pytest.mark.parametrize(
    "change",
    [{"amount": 1}, {"currency": "USD"}, {"interval": "year"}, {"tokens_unit": 1, "tokens_unit_amount": 1}],
)
def test_a_price_is_never_changed(change) -> None:
    price = factories.PlanPriceFactory.create()

    with pytest.raises(IntegrityError, match="not changed but replaced"), transaction.atomic():
        PlanPrice.objects.filter(pk=price.pk).update(**change)

    assert PlanPrice.objects.filter(pk=price.pk).update(is_active=False, stripe_price_id="price_1") == 1


@pytest.mark.parametrize(
    ("wrong", "constraint"),
    [
        ({"currency": "XXX"}, "accounts_planprice_currency_known"),
        ({"interval": "week"}, "accounts_planprice_interval_known"),
        ({"events_unit": 100}, "accounts_planprice_events_whole"),
        ({"tokens_unit_amount": 100}, "accounts_planprice_tokens_whole"),
        ({"amount": -1}, "amount_check"),
    ],
)
def test_a_price_that_makes_no_sense_is_refused(wrong, constraint) -> None:
    with pytest.raises(IntegrityError, match=constraint):
        factories.PlanPriceFactory(**wrong)


def test_one_price_of_a_plan_an_interval_and_a_currency_is_active() -> None:
    old = factories.PlanPriceFactory(is_active=False)
    factories.PlanPriceFactory(plan=old.plan)

    with pytest.raises(IntegrityError, match="accounts_planprice_one_active"):
        factories.PlanPriceFactory(plan=old.plan)


@pytest.mark.parametrize(
    ("wrong", "constraint"),
    [
        ({"percent": None}, "accounts_coupon_percent_or_amount"),
        ({"percent": 101}, "accounts_coupon_percent_or_amount"),
        ({"percent": 10, "amount": 5, "currency": "EUR"}, "accounts_coupon_percent_or_amount"),
        ({"percent": None, "amount": 5}, "accounts_coupon_percent_or_amount"),
        ({"duration": "months"}, "accounts_coupon_months"),
        ({"months": 3}, "accounts_coupon_months"),
        ({"percent": None, "currency": "EUR"}, "accounts_coupon_percent_or_amount"),
    ],
)
def test_a_coupon_that_makes_no_sense_is_refused(wrong, constraint) -> None:
    with pytest.raises(IntegrityError, match=constraint):
        factories.CouponFactory(**wrong)


def test_a_code_is_one_code_however_it_is_written() -> None:
    factories.CouponFactory(code="Spring")

    with pytest.raises(IntegrityError, match="accounts_coupon_code_unique"):
        factories.CouponFactory(code="SPRING")


@pytest.mark.parametrize(("percent", "left"), [(25, 2_175), (100, 0), (33, 1_943), (1, 2_871)])
def test_percents_off_are_rounded_to_a_minor_unit(percent, left) -> None:
    assert factories.CouponFactory.build(percent=percent).off(2_900) == left


def test_an_amount_off_goes_down_to_nothing_and_no_further() -> None:
    coupon = factories.CouponFactory.build(percent=None, amount=1_000, currency="EUR")

    assert (coupon.off(2_900), coupon.off(400)) == (1_900, 0)


def test_an_organization_has_one_open_subscription(organization) -> None:
    now = timezone.now()
    factories.SubscriptionFactory(organization=organization, state="cancelled", ended_at=now)
    factories.SubscriptionFactory(organization=organization)

    with pytest.raises(IntegrityError, match="accounts_subscription_one_open"):
        factories.SubscriptionFactory(organization=organization)


@pytest.mark.parametrize(
    ("wrong", "constraint"),
    [
        ({"state": "gone"}, "accounts_subscription_state_known"),
        ({"provider": "stripe"}, "accounts_subscription_provider_known"),
        ({"stripe_subscription_id": "sub_1"}, "accounts_subscription_provider_known"),
        ({"state": "cancelled"}, "accounts_subscription_ended_at"),
        ({"ended_at": timezone.now()}, "accounts_subscription_ended_at"),
        ({"state": "past_due"}, "accounts_subscription_past_due_since"),
        ({"state": "paused"}, "accounts_subscription_paused_at"),
        ({"state": "trialing"}, "accounts_subscription_trial_ends_at"),
        ({"period_end": timezone.now() - timedelta(days=90)}, "accounts_subscription_period"),
    ],
)
def test_a_subscription_that_makes_no_sense_is_refused(wrong, constraint) -> None:
    with pytest.raises(IntegrityError, match=constraint):
        factories.SubscriptionFactory(**wrong)


def test_an_organization_goes_with_all_that_it_paid_for(organization) -> None:
    redemption = factories.RedemptionFactory(organization=organization)
    factories.SubscriptionFactory(organization=organization, redemption=redemption)
    factories.PlanRequestFactory(organization=organization)
    factories.BillingProfileFactory(organization=organization)

    organization.delete()

    assert not Subscription.objects.exists()


@pytest.mark.parametrize(
    ("own", "former", "days", "months"),
    [(1, 24, 5, 24), (1, None, 5, None), (24, 1, 5, 24), (None, 1, 5, None), (1, 24, -1, 1)],
)
def test_the_longer_retention_of_the_former_plan_holds_for_a_while(
    organization, own, former, days, months
) -> None:
    organization.plan = factories.PlanFactory(retention_months=own, events_a_month=5)
    organization.retention_plan = factories.PlanFactory(retention_months=former)
    organization.retention_plan_until = timezone.now() + timedelta(days=days)
    organization.save()

    assert limits_of(organization.pk).retention_months == months
    assert dict(with_limits())[organization.pk].retention_months == months
    assert limits_of(organization.pk).events_a_month == 5
