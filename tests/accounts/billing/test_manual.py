"""Plans by invoice: asked for, approved, refused; and what time does to them."""

from datetime import UTC, datetime, timedelta

import pytest

from accounts.access import Actor
from accounts.billing import letters
from accounts.billing.services import choosing, lifecycle, manual, subscriptions
from accounts.errors import Conflict, Forbidden, Invalid
from accounts.models import AuditEntry, Plan, PlanRequest, Redemption, Subscription
from accounts.permissions import Role
from accounts.queries.plans import limits_of
from accounts.services import mail
from tests import factories

pytestmark = pytest.mark.usefixtures("default_plan")
NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)


@pytest.fixture
def small(db: None):
    return factories.PlanPriceFactory.create(plan__name="Small", plan__retention_months=24)


@pytest.fixture
def acting(organization):
    """Whoever looks after the payments."""
    return Actor(user=factories.MembershipFactory.create(organization=organization, role=Role.BILLING).user)


@pytest.fixture
def staff(db: None):
    return Actor(user=factories.UserFactory.create(is_staff=True), as_staff=True)


def ask(organization, price, acting, code="", now=NOW):
    choosing.choose(organization=organization, price=price, code=code, actor=acting, now=now)
    return PlanRequest.objects.open().filter(organization=organization).first()


@pytest.fixture
def active(organization, small, acting, staff):
    return manual.approve(asked=ask(organization, small, acting), actor=staff, now=NOW)


def plan_of(organization) -> str | None:
    organization.refresh_from_db()
    return organization.plan.name if organization.plan else None


def test_a_plan_holds_once_staff_have_approved_it(organization, small, acting, staff) -> None:
    asked = ask(organization, small, acting)
    assert plan_of(organization) is None

    found = manual.approve(asked=asked, actor=staff, now=NOW)

    assert (found.state, found.provider, plan_of(organization)) == ("active", "manual", "Small")
    assert (found.period_start, found.period_end) == (NOW, datetime(2026, 2, 28, 12, tzinfo=UTC))
    with pytest.raises(Conflict, match="decided already"):
        manual.approve(asked=asked, actor=staff, now=NOW)
    actions = AuditEntry.objects.filter(organization=organization).order_by("pk").values_list("action", flat=True)
    assert list(actions) == ["plan_request.made", "plan_request.approved", "subscription.started"]


def test_a_refusal_is_told_and_changes_nothing(
    organization, small, acting, staff, mailoutbox, django_capture_on_commit_callbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        manual.refuse(asked=ask(organization, small, acting), actor=staff, now=NOW)

    assert not Subscription.objects.exists()
    assert [mail.subject for mail in mailoutbox] == ["Acme does not get the plan Small"]


def test_one_plan_is_asked_for_at_a_time(organization, small, acting) -> None:
    ask(organization, small, acting)

    with pytest.raises(Conflict, match="asked for already"):
        ask(organization, small, acting)

    manual.withdraw(organization=organization, actor=acting, now=NOW)
    assert ask(organization, small, acting)


def test_only_who_manages_billing_may_choose(organization, small, teammate) -> None:
    with pytest.raises(Forbidden):
        ask(organization, small, Actor(user=teammate))


def test_what_is_not_offered_cannot_be_chosen(organization, small, acting) -> None:
    Plan.objects.filter(pk=small.plan_id).update(is_public=False)
    small.plan.refresh_from_db()

    with pytest.raises(Invalid, match="not offered"):
        ask(organization, small, acting)


def test_what_costs_nothing_begins_at_once(organization, acting) -> None:
    free = factories.PlanPriceFactory.create(plan__name="Hobby", amount=0)

    assert ask(organization, free, acting) is None

    assert plan_of(organization) == "Hobby"


def test_a_trial_begins_at_once_and_only_once(organization, small, acting, staff) -> None:
    Plan.objects.filter(pk=small.plan_id).update(trial_days=14)
    small.refresh_from_db()
    ask(organization, small, acting)
    trial = Subscription.objects.get()
    assert (trial.state, trial.trial_ends_at, plan_of(organization)) == (
        "trialing",
        NOW + timedelta(days=14),
        "Small",
    )

    lifecycle.move_due(now=NOW + timedelta(days=14))
    trial.refresh_from_db()
    assert (trial.state, plan_of(organization)) == ("cancelled", None)

    manual.withdraw(organization=organization, actor=acting, now=NOW)
    ask(organization, small, acting)
    assert plan_of(organization) is None


def test_the_approval_makes_a_trial_a_paid_period(organization, small, acting, staff) -> None:
    Plan.objects.filter(pk=small.plan_id).update(trial_days=14)
    small.refresh_from_db()
    asked = ask(organization, small, acting)

    manual.approve(asked=asked, actor=staff, now=NOW + timedelta(days=3))

    found = Subscription.objects.get()
    assert (found.state, found.period_start) == ("active", NOW + timedelta(days=3))


@pytest.mark.parametrize(
    ("coupon", "why"),
    [
        ({"is_active": False}, "no such coupon"),
        ({"redeem_by": datetime(2020, 1, 1, tzinfo=UTC)}, "no such coupon"),
        ({"percent": None, "amount": 500, "currency": "USD"}, "for prices in USD"),
    ],
)
def test_a_coupon_that_does_not_hold_is_refused(organization, small, acting, coupon, why) -> None:
    factories.CouponFactory(code="SPRING", **coupon)

    with pytest.raises(Invalid, match=why) as caught:
        ask(organization, small, acting, "spring")

    assert [item.field for item in caught.value.fields] == ["coupon"]


def test_a_coupon_of_other_plans_is_refused(organization, small, acting) -> None:
    factories.CouponFactory.create(code="SPRING").plans.add(factories.PlanFactory.create())

    with pytest.raises(Invalid, match="not for the plan Small"):
        ask(organization, small, acting, "spring")


def test_a_coupon_is_used_with_the_approval_and_as_often_as_it_may(organization, small, acting, staff) -> None:
    factories.CouponFactory(code="SPRING", max_redemptions=1)
    found = manual.approve(asked=ask(organization, small, acting, "Spring"), actor=staff, now=NOW)
    other = factories.MembershipFactory.create(role=Role.OWNER)

    assert found.redemption == Redemption.objects.get(organization=organization)
    with pytest.raises(Invalid, match="no such coupon"):
        ask(other.organization, small, Actor(user=other.user), "spring")


def test_periods_follow_each_other_and_come_back_to_their_day(active) -> None:
    ends = []
    for _ in range(3):
        active.refresh_from_db()
        lifecycle.move_due(now=active.period_end)
        ends.append((active.period_start.date().isoformat(), active.period_end.date().isoformat()))

    assert ends == [("2026-01-31", "2026-02-28"), ("2026-02-28", "2026-03-31"), ("2026-03-31", "2026-04-30")]


def test_a_worker_that_slept_for_months_comes_to_the_period_of_now(active) -> None:
    lifecycle.move_due(now=NOW + timedelta(days=100))
    lifecycle.move_due(now=NOW + timedelta(days=100))

    active.refresh_from_db()
    assert (active.period_start.date().isoformat(), active.period_end.date().isoformat()) == (
        "2026-04-30",
        "2026-05-31",
    )
    assert AuditEntry.objects.filter(action="subscription.changed").count() == 0


def test_what_is_cancelled_ends_with_its_period(organization, active, acting) -> None:
    choosing.cancel(organization=organization, actor=acting, now=NOW)

    lifecycle.move_due(now=active.period_end - timedelta(seconds=1))
    assert plan_of(organization) == "Small"
    lifecycle.move_due(now=active.period_end)
    assert plan_of(organization) is None


def test_a_payment_that_is_due_ends_it_after_thirty_days(organization, active) -> None:
    subscriptions.payment_due(subscription=active, actor=Actor(), since=NOW, now=NOW)
    lifecycle.move_due(now=NOW + timedelta(days=29, hours=23))
    assert plan_of(organization) == "Small"

    lifecycle.move_due(now=NOW + timedelta(days=30))

    assert plan_of(organization) is None


def test_a_payment_that_was_made_ends_the_days_of_grace(organization, active) -> None:
    subscriptions.payment_due(subscription=active, actor=Actor(), since=NOW, now=NOW)
    subscriptions.payment_made(subscription=active, actor=Actor(), now=NOW)

    lifecycle.move_due(now=NOW + timedelta(days=31))

    active.refresh_from_db()
    assert (active.state, active.past_due_since) == ("active", None)


def test_the_retention_of_the_plan_that_ended_holds_for_thirty_days(
    organization, active, default_plan, time_machine
) -> None:
    Plan.objects.filter(pk=default_plan.pk).update(retention_months=1)
    organization.refresh_from_db()
    active.organization = organization
    subscriptions.end(subscription=active, actor=Actor(), now=NOW)

    time_machine.move_to(NOW + timedelta(days=29))
    assert limits_of(organization.pk).retention_months == 24
    time_machine.move_to(NOW + timedelta(days=30))
    assert limits_of(organization.pk).retention_months == 1


def test_a_trial_s_end_is_told_once_three_days_before(
    organization, small, acting, mailoutbox, django_capture_on_commit_callbacks
) -> None:
    Plan.objects.filter(pk=small.plan_id).update(trial_days=14)
    small.refresh_from_db()
    ask(organization, small, acting)

    with django_capture_on_commit_callbacks(execute=True):
        for days in (10, 11, 12):
            lifecycle.move_due(now=NOW + timedelta(days=days))

    assert [mail.subject for mail in mailoutbox] == ["The trial of Acme ends on 14 February 2026"]
    assert "€29.00 a month" in mailoutbox[0].body


@pytest.mark.parametrize(
    ("days", "due"), [(0, 9_900 - 2_900), (14, 9_900 - 1_450), (28, 9_900)], ids=["first", "half", "last"]
)
def test_what_a_change_costs_deducts_the_rest_of_the_period(organization, active, days, due) -> None:
    large = factories.PlanPriceFactory.create(plan__name="Large", amount=9_900)

    cost = choosing.cost(organization=organization, price=large, code="", now=NOW + timedelta(days=days))

    assert (cost.now, cost.currency) == (due, "EUR")


@pytest.mark.parametrize(
    ("days", "starts"), [(10, NOW), (100, NOW + timedelta(days=100))], ids=["within the period", "long after"]
)
def test_a_pause_costs_nothing(organization, active, acting, days, starts) -> None:
    choosing.pause(organization=organization, actor=acting, now=NOW)
    lifecycle.move_due(now=NOW + timedelta(days=days))
    assert plan_of(organization) is None

    choosing.resume(organization=organization, actor=acting, now=NOW + timedelta(days=days))

    active.refresh_from_db()
    assert (active.state, active.period_start, plan_of(organization)) == ("active", starts, "Small")


def test_every_letter_says_the_same_as_text_and_as_html(active) -> None:
    active.past_due_since = active.trial_ends_at = NOW
    for letter in (
        letters.trial_ends(active, NOW),
        letters.payment_failed(active),
        letters.will_end(active),
        letters.ended(active),
        letters.plan_changed(active, "Tiny"),
        letters.request_refused(active.organization, "Large"),
    ):
        made = mail.message(letter=letter, to=["bills@acme.test"])
        page = str(made.alternatives[0][0])
        assert all(part in made.body and part in page for part in (*letter.paragraphs, letter.address, letter.why))


@pytest.mark.parametrize("state", ["past_due", "paused"])
def test_first_what_is_due_then_another_plan(organization, active, acting, state) -> None:
    Subscription.objects.update(state=state, past_due_since=NOW, paused_at=NOW)

    with pytest.raises(Conflict, match="First pay"):
        ask(organization, factories.PlanPriceFactory.create(plan__name="Large"), acting)


def test_the_currency_stays_while_something_runs(organization, active, acting) -> None:
    with pytest.raises(Invalid, match="is paid in EUR"):
        ask(organization, factories.PlanPriceFactory.create(currency="USD"), acting)
