"""Paying by Stripe, against a server that speaks its API: sign up, pay, upgrade, fail, recover, cancel."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.access import Actor
from accounts.billing.services import choosing, lifecycle
from accounts.billing.stripe import metering
from accounts.billing.terms import Overage
from accounts.errors import Conflict, PaymentRefused, Unavailable
from accounts.models import AuditEntry, BillingProfile, Invoice, Plan, Redemption, Subscription
from analytics.services import removal
from tests import factories
from tests.simulators.stripe.front import FAILING

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("default_plan")]


@pytest.fixture
def small():
    return factories.PlanPriceFactory.create(plan__name="Small", amount=2_900)


@pytest.fixture
def large():
    return factories.PlanPriceFactory.create(plan__name="Large", amount=9_900)


@pytest.fixture
def acting(owner):
    return Actor(user=owner)


def now():
    return timezone.now()


def begin(organization, price, acting, code="") -> str:
    """The id of the session of Checkout that somebody is sent to."""
    address = choosing.choose(organization=organization, price=price, code=code, actor=acting, now=now())
    return address.rpartition("/")[2]


@pytest.fixture
def paid(stripe, organization, small, acting, deliver):
    """Acme pays for the small plan."""
    stripe.pay(begin(organization, small, acting))
    for event in stripe.events():
        assert deliver(event) == 200
    return Subscription.objects.get(organization=organization)


def plan_of(organization) -> str | None:
    organization.refresh_from_db()
    return organization.plan.name if organization.plan else None


def told(mailoutbox) -> list[str]:
    return [mail.subject for mail in mailoutbox]


def test_signing_up_and_paying(paid, stripe, organization, small, mailoutbox) -> None:
    assert (paid.state, paid.price, paid.provider) == ("active", small, "stripe")
    assert paid.period_start < now() < paid.period_end
    assert plan_of(organization) == "Small"
    assert told(mailoutbox) == ["Acme is on the plan Small"]
    entries = AuditEntry.objects.filter(organization=organization, action__startswith="subscription.")
    assert list(entries.order_by("pk").values_list("action", flat=True)) == [
        "subscription.checkout",
        "subscription.started",
    ]


def test_stripes_invoice_is_kept_beside_ours(paid, organization) -> None:
    invoice = Invoice.objects.get(organization=organization)

    assert (invoice.provider, invoice.state, invoice.total, invoice.currency) == ("stripe", "paid", 2_900, "EUR")
    assert invoice.subscription_id == paid.pk
    assert invoice.number
    assert [line.amount for line in invoice.lines.all()] == [2_900]


def test_what_is_sent_to_checkout(stripe, organization, acting, settings) -> None:
    settings.STRIPE_TAX = True
    plan = factories.PlanFactory(name="Metered", events_a_month=1_000, is_public=True, trial_days=14)
    price = factories.PlanPriceFactory.create(plan=plan, currency="JPY", events_unit=100, events_unit_amount=5)
    coupon = factories.CouponFactory.create(code="SPRING")

    session = stripe.sessions[begin(organization, price, acting, "spring")]["sent"]

    price.refresh_from_db()
    assert session["line_items"] == [
        {"price": price.stripe_price_id, "quantity": "1"}, {"price": price.stripe_events_price_id},
    ]  # fmt: skip
    assert session["subscription_data"]["metadata"] == {"organization": str(organization.pk), "coupon": "SPRING"}
    assert session["subscription_data"]["trial_period_days"] == "14"
    coupon.refresh_from_db()
    assert session["discounts"] == [{"coupon": coupon.stripe_coupon_id}]
    assert (session["automatic_tax"]["enabled"], session["tax_id_collection"]["enabled"]) == ("true", "true")
    metered = stripe.metered_prices[price.stripe_events_price_id]
    assert (metered["unit_amount"], metered["currency"], metered["recurring"]["interval"]) == ("5", "jpy", "month")


def test_prices_and_customers_are_made_once(stripe, organization, small, acting) -> None:
    begin(organization, small, acting)
    begin(organization, small, acting)

    made = [path for method, path, _ in stripe.requests if method == "POST"]
    assert (made.count("/v1/prices"), made.count("/v1/customers")) == (1, 1)


def test_coming_back_before_the_event(stripe, client, organization, owner, small, acting) -> None:
    session = begin(organization, small, acting)
    client.force_login(owner)
    address = reverse("plan_paid", args=["acme"]) + f"?session={session}"

    assert "Waiting for the payment" in client.get(address).content.decode()
    stripe.pay(session)

    assert client.get(address).status_code == 302
    assert plan_of(organization) == "Small"


def test_another_s_session_opens_nothing(stripe, client, organization, stranger, small, acting) -> None:
    session = begin(organization, small, acting)
    stripe.pay(session)
    client.force_login(stranger)
    other = stranger.memberships.get().organization

    response = client.get(reverse("plan_paid", args=[other.slug]) + f"?session={session}")

    assert response.status_code == 404
    assert not Subscription.objects.exists()


def test_a_trial_and_its_coupon(stripe, organization, small, acting, deliver) -> None:
    Plan.objects.update(trial_days=14)
    factories.CouponFactory(code="SPRING", max_redemptions=1)
    small.refresh_from_db()

    stripe.pay(begin(organization, small, acting, "spring"))
    for event in stripe.events():
        deliver(event)

    found = Subscription.objects.get()
    assert (found.state, plan_of(organization)) == ("trialing", "Small")
    assert timedelta(days=13) < found.trial_ends_at - now() < timedelta(days=15)
    assert found.redemption == Redemption.objects.get(coupon__code="SPRING", organization=organization)


def test_an_upgrade_in_the_month_is_paid_at_once(paid, stripe, organization, large, acting, mailoutbox) -> None:
    cost = choosing.cost(organization=organization, price=large, code="", now=now())
    choosing.choose(organization=organization, price=large, code="", actor=acting, now=now())

    paid.refresh_from_db()
    assert (paid.price, plan_of(organization)) == (large, "Large")
    assert (cost.now, cost.currency) == (7_000, "EUR")
    sent = next(sent for method, path, sent in reversed(stripe.requests) if method == "POST" and "/sub" in path)
    assert (sent["proration_behavior"], sent["payment_behavior"]) == ("always_invoice", "error_if_incomplete")
    invoices = stripe.invoices_of(paid.stripe_subscription_id)
    assert sorted((found["total"], found["status"]) for found in invoices) == [(2_900, "paid"), (7_000, "paid")]
    assert told(mailoutbox)[-1] == "Acme is on the plan Large"


def test_an_upgrade_that_the_card_does_not_pay_changes_nothing(paid, stripe, organization, large, acting) -> None:
    stripe.use_card(BillingProfile.objects.get().stripe_customer_id, FAILING)

    with pytest.raises(PaymentRefused, match="declined"):
        choosing.choose(organization=organization, price=large, code="", actor=acting, now=now())

    paid.refresh_from_db()
    assert (paid.plan.name, plan_of(organization)) == ("Small", "Small")


def test_a_downgrade_is_credited(stripe, paid, organization, acting) -> None:
    tiny = factories.PlanPriceFactory.create(plan__name="Tiny", amount=900)

    choosing.choose(organization=organization, price=tiny, code="", actor=acting, now=now())

    sent = next(sent for method, path, sent in reversed(stripe.requests) if method == "POST" and "/sub" in path)
    assert (sent["proration_behavior"], "payment_behavior" in sent) == ("create_prorations", False)
    assert plan_of(organization) == "Tiny"


def test_a_payment_fails_and_recovers(paid, stripe, organization, deliver, mailoutbox) -> None:
    customer, subscription = BillingProfile.objects.get().stripe_customer_id, paid.stripe_subscription_id
    stripe.use_card(customer, FAILING)
    stripe.renew(subscription)
    for event in stripe.events():
        deliver(event)
    paid.refresh_from_db()
    assert (paid.state, plan_of(organization)) == ("past_due", "Small")
    assert told(mailoutbox)[-1] == "A payment for Acme failed"

    stripe.use_card(customer, "pm_card_visa")
    stripe.retry(subscription)
    for event in stripe.events():
        deliver(event)

    paid.refresh_from_db()
    assert (paid.state, paid.past_due_since, plan_of(organization)) == ("active", None, "Small")


def test_nothing_changes_for_thirty_days_without_payment(paid, stripe, organization, deliver) -> None:
    stripe.use_card(BillingProfile.objects.get().stripe_customer_id, FAILING)
    stripe.renew(paid.stripe_subscription_id)
    for event in stripe.events():
        deliver(event)
    paid.refresh_from_db()
    over = paid.past_due_since + timedelta(days=30)

    lifecycle.move_due(now=over - timedelta(seconds=1))
    assert plan_of(organization) == "Small"
    lifecycle.move_due(now=over)

    paid.refresh_from_db()
    assert (paid.state, plan_of(organization)) == ("cancelled", None)
    assert stripe.ask("GET", f"/v1/subscriptions/{paid.stripe_subscription_id}")["status"] == "canceled"


def test_cancelled_taken_back_and_cancelled(paid, stripe, organization, acting, deliver, mailoutbox) -> None:
    choosing.cancel(organization=organization, actor=acting, now=now())
    paid.refresh_from_db()
    assert (paid.cancel_at_period_end, plan_of(organization)) == (True, "Small")
    with pytest.raises(Conflict):
        choosing.cancel(organization=organization, actor=acting, now=now())

    choosing.keep(organization=organization, actor=acting, now=now())
    paid.refresh_from_db()
    assert not paid.cancel_at_period_end

    choosing.cancel(organization=organization, actor=acting, now=now())
    stripe.run_out(paid.stripe_subscription_id)
    for event in stripe.events():
        deliver(event)

    paid.refresh_from_db()
    assert (paid.state, plan_of(organization)) == ("cancelled", None)
    assert told(mailoutbox)[-1] == "The plan of Acme has ended"


def test_paused_and_resumed(paid, organization, acting) -> None:
    choosing.pause(organization=organization, actor=acting, now=now())
    paid.refresh_from_db()
    assert (paid.state, plan_of(organization)) == ("paused", None)

    choosing.resume(organization=organization, actor=acting, now=now())

    paid.refresh_from_db()
    assert (paid.state, paid.paused_at, plan_of(organization)) == ("active", None, "Small")


def test_who_has_ended_may_begin_again(paid, stripe, organization, small, acting, deliver) -> None:
    stripe.run_out(paid.stripe_subscription_id)
    for event in stripe.events():
        deliver(event)
    stripe.pay(begin(organization, small, acting))
    for event in stripe.events():
        deliver(event)

    states = Subscription.objects.order_by("pk").values_list("state", flat=True)
    assert list(states) == ["cancelled", "active"]


def test_usage_is_counted_once_by_its_name(paid, stripe, organization) -> None:
    report = metering.Report(organization.pk, Overage.EVENTS, 3, f"{organization.pk}:2026-11:events:3", now())

    metering.send(report)
    metering.send(report)

    (counted,) = stripe.meter_events.values()
    customer = BillingProfile.objects.get().stripe_customer_id
    assert counted["payload"] == {"stripe_customer_id": customer, "value": "3"}


def test_where_stripe_is_away_nothing_changes(paid, organization, large, acting, settings) -> None:
    settings.STRIPE_API_BASE = "http://127.0.0.1:9"

    with pytest.raises(Unavailable, match="nothing was changed"):
        choosing.choose(organization=organization, price=large, code="", actor=acting, now=now())

    assert plan_of(organization) == "Small"


def test_an_organization_that_is_deleted_pays_no_more(paid, stripe, organization) -> None:
    organization.deletes_at = now() - timedelta(days=1)
    organization.save()

    assert removal.remove_due() == 1
    assert stripe.ask("GET", f"/v1/subscriptions/{paid.stripe_subscription_id}")["status"] == "canceled"
