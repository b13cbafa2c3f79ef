"""Settings, Plan: what is shown, what is offered, and what the API says of it."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.billing import letters
from accounts.billing.meters import Meter
from accounts.billing.queries import notable
from accounts.billing.services import ledger
from accounts.billing.services.ledger import Posting
from accounts.billing.stripe import checkout
from accounts.models import BillingProfile, PlanRequest, StripeEvent, Subscription
from analytics.queries import quota
from tests import factories

pytestmark = pytest.mark.usefixtures("default_plan")
BY_STRIPE = {"provider": "stripe", "stripe_subscription_id": "sub_1"}
PAGE = "/o/acme/settings/plan/"


@pytest.fixture
def small(db: None):
    plan = factories.PlanFactory(name="Small", slug="small", is_public=True, events_a_month=100_000, seats=5)
    return factories.PlanPriceFactory(plan=plan, events_unit=50_000, events_unit_amount=900)


@pytest.fixture
def desk(client, owner):
    client.force_login(owner)
    return client


def text_of(response) -> str:
    return " ".join(response.content.decode().split())


def subscribe(organization, price, **fields):
    organization.plan = price.plan
    organization.save()
    return factories.SubscriptionFactory.create(organization=organization, price=price, **fields)


def test_without_anything_on_offer_the_page_says_whom_to_ask(desk) -> None:
    text = text_of(desk.get(PAGE))

    assert "No plan is offered" in text
    assert "Nothing is paid for it." in text


def test_plans_are_compared_by_interval_and_currency(desk, small) -> None:
    factories.PlanPriceFactory(plan=small.plan, interval="year", amount=29_000)
    factories.PlanPriceFactory(plan=small.plan, currency="JPY", amount=4_500)
    hidden = factories.PlanPriceFactory.create(plan__name="Secret", plan__is_public=False)

    by_month = text_of(desk.get(PAGE))
    by_year = text_of(desk.get(PAGE + "?interval=year"))
    in_yen = text_of(desk.get(PAGE + "?currency=JPY"))
    nonsense = text_of(desk.get(PAGE + "?currency=XXX&interval=decade"))

    assert "€29.00" in by_month
    assert "€290.00" in by_year
    assert "¥4,500" in in_yen
    assert "€29.00" in nonsense
    assert "100,000 events a month" in by_month
    assert "€9.00 for each 50,000 events more" in by_month
    assert hidden.plan.name not in by_month


@pytest.mark.parametrize(
    ("fields", "headline", "sentence"),
    [
        ({}, "Active", "€29.00 a month, by invoice; this period ends on"),
        ({**BY_STRIPE}, "Active", "€29.00 a month, paid until"),
        ({"state": "trialing", "trial_ends_at": timezone.now()}, "Trial", "You pay nothing until"),
        (
            {"state": "past_due", "past_due_since": timezone.now()},
            "Payment is due",
            "An invoice is overdue since",
        ),
        (
            {"state": "past_due", "past_due_since": timezone.now(), **BY_STRIPE},
            "Payment is due",
            "A payment did not go through",
        ),
        ({"state": "paused", "paused_at": timezone.now()}, "Paused", "Free holds until you resume"),
        ({"cancel_at_period_end": True}, "Cancelled", "The plan ends on"),
    ],
)
def test_each_state_says_what_comes(desk, organization, small, fields, headline, sentence) -> None:
    subscribe(organization, small, **fields)

    text = text_of(desk.get(PAGE))

    assert f">{headline}</span>" in text
    assert sentence in text


def test_where_something_is_to_be_done_first_nothing_else_is_chosen(desk, organization, small) -> None:
    factories.PlanPriceFactory.create(plan__name="Large")
    found = subscribe(organization, small)
    assert "Choose Large" in text_of(desk.get(PAGE))

    found.cancel_at_period_end = True
    found.save()

    assert "Choose Large" not in text_of(desk.get(PAGE))


def test_what_is_used_is_shown_and_what_is_full(desk, organization, small, owner, project) -> None:
    subscribe(organization, small)
    type(small.plan).objects.update(projects=1, seats=1)
    factories.MembershipFactory.create(organization=organization)

    rooms = {
        room.label: (room.used, room.allowed, room.is_over) for room in desk.get(PAGE).context["standing"].rooms
    }

    assert rooms["Projects"] == (1, 1, False)
    assert rooms["Seats"] == (2, 1, True)


def test_events_and_tokens_of_the_month_are_shown_with_a_bar(desk, organization, small) -> None:
    subscribe(organization, small)
    type(small.plan).objects.update(llm_tokens_a_month=1_000)
    now = timezone.now()
    last_month = now.replace(day=1) - timedelta(days=1)
    postings = [
        Posting("e", Meter.EVENTS, 81_250, now), Posting("i", Meter.INPUT_TOKENS, 1_000, now, model="m"),
        Posting("o", Meter.OUTPUT_TOKENS, 1, now, model="m"), Posting("p", Meter.EVENTS, 7, last_month),
    ]  # fmt: skip
    ledger.post(organization_id=organization.pk, postings=postings)

    response = desk.get(PAGE)

    rooms = {room.label: room for room in response.context["standing"].rooms}
    events, tokens = rooms["Events this month"], rooms["LLM tokens this month"]
    assert (events.used, events.allowed, events.is_full) == (81_250, 100_000, False)
    assert (tokens.used, tokens.allowed, tokens.is_over) == (1_001, 1_000, True)
    text = text_of(response)
    assert 'aria-label="Events this month: 81 percent are used"' in text
    assert 'aria-label="LLM tokens this month: 100 percent are used"' in text
    assert '<td class="number">81,250</td>' in text


def test_choosing_by_invoice_asks_for_it(desk, organization, small) -> None:
    address = reverse("plan_choose", args=["acme", small.pk])
    factories.CouponFactory(code="SPRING", percent=50)

    page = text_of(desk.get(address + "?coupon=spring"))
    response = desk.post(address, {"coupon": "spring"}, follow=True)

    assert "€14.50" in page
    assert "Ask for Small" in page
    asked = PlanRequest.objects.get(coupon__code="SPRING")
    assert (asked.organization, asked.price) == (organization, small)
    assert "You have asked for the plan Small, €29.00 a month" in text_of(response)


def test_a_wrong_coupon_is_said_beside_its_field(desk, small) -> None:
    response = desk.get(reverse("plan_choose", args=["acme", small.pk]) + "?coupon=nothing")

    assert response.status_code == 422
    assert "There is no such coupon" in text_of(response)


@pytest.mark.parametrize(
    ("coupon", "words"),
    [
        ({"duration": "once"}, "the first month costs €14.50; from then on it is €29.00 a month."),
        ({"duration": "months", "months": 3}, "a month costs €14.50 for 3 months, then €29.00."),
        ({"duration": "forever"}, "every month costs €14.50 instead of €29.00."),
    ],
)
def test_the_page_says_for_how_long_a_coupon_holds(desk, small, coupon, words) -> None:
    factories.CouponFactory(code="SPRING", percent=50, **coupon)

    assert words in text_of(desk.get(reverse("plan_choose", args=["acme", small.pk]) + "?coupon=spring"))


def test_a_coupon_that_is_none_takes_no_plan(desk, small) -> None:
    """Nobody pays the whole price for a coupon that was typed wrong."""
    response = desk.post(reverse("plan_choose", args=["acme", small.pk]), {"coupon": "x" * 41})

    assert response.status_code == 422
    assert not PlanRequest.objects.exists()


@pytest.mark.parametrize("price_id", [0, 2**70])
def test_a_price_that_is_not_offered_is_not_found(desk, price_id) -> None:
    assert desk.get(reverse("plan_choose", args=["acme", price_id])).status_code == 404


def test_cancelling_and_taking_it_back(desk, organization, small) -> None:
    found = subscribe(organization, small)

    desk.post(reverse("plan_cancel", args=["acme"]))
    found.refresh_from_db()
    assert found.cancel_at_period_end
    assert "Keep Small" in text_of(desk.get(PAGE))

    desk.post(reverse("plan_keep", args=["acme"]))
    found.refresh_from_db()
    assert not found.cancel_at_period_end


def test_the_way_to_stripe_is_a_page_of_ours(desk, small, monkeypatch, settings) -> None:
    """Since no form may lead elsewhere."""
    settings.STRIPE_SECRET_KEY = "sk_test_nobody_asks"
    monkeypatch.setattr(checkout, "begin", lambda **_: "https://pay.example/cs_1?a=1&b=2")

    response = desk.post(reverse("plan_choose", args=["acme", small.pk]))

    assert response.status_code == 200
    assert '<a class="button button-primary" href="https://pay.example/cs_1?a=1&amp;b=2">' in text_of(response)
    assert 'content="0; url=https://pay.example/cs_1?a=1&amp;b=2"' in text_of(response)


def test_whom_invoices_go_to(desk, organization) -> None:
    sent = {"name": "Acme Ltd", "email": "bills@acme.test", "address": "1 Road", "country": "DE", "tax_id": "DE1"}

    desk.post(reverse("plan_profile", args=["acme"]), sent)
    wrong = desk.post(reverse("plan_profile", args=["acme"]), {**sent, "email": "nobody"})

    assert BillingProfile.objects.get(organization=organization).email == "bills@acme.test"
    assert wrong.status_code == 422


def test_the_api_lists_what_is_on_offer(client, small) -> None:
    factories.PlanPriceFactory.create(plan=small.plan, interval="year", is_active=False)

    (found,) = client.get(reverse("api_plans")).json()

    assert (found["slug"], found["events_a_month"], found["seats"]) == ("small", 100_000, 5)
    assert found["features"] == ["sql", "imports", "inference"]
    assert [(price["amount"], price["currency"], price["events_unit"]) for price in found["prices"]] == [
        (2_900, "EUR", 50_000)
    ]


def test_the_api_says_what_is_paid(desk, organization, small) -> None:
    address = reverse("api_subscription", args=["acme"])
    before = desk.get(address).json()
    since = timezone.now() - timedelta(days=1)
    subscribe(organization, small, state="past_due", past_due_since=since)

    after = desk.get(address).json()

    assert before == {"plan": "Free", "subscription": None}
    assert (after["plan"], after["subscription"]["state"], after["subscription"]["plan"]) == (
        "Small",
        "past_due",
        "small",
    )
    assert after["subscription"]["grace_ends_at"][:10] == (since + timedelta(days=30)).date().isoformat()


def test_staff_approve_and_refuse_requests(client, organization, small) -> None:
    client.force_login(factories.UserFactory(is_staff=True, is_superuser=True))
    first = factories.PlanRequestFactory.create(price=small, organization=organization)
    second = factories.PlanRequestFactory.create(price=small)
    lists = reverse("admin:accounts_planrequest_changelist")

    client.post(lists, {"action": "approve", "_selected_action": [first.pk]})
    client.post(lists, {"action": "refuse", "_selected_action": [second.pk]})
    again = client.post(lists, {"action": "approve", "_selected_action": [second.pk]}, follow=True)

    assert Subscription.objects.get().organization == organization
    assert "This was decided already." in again.content.decode()


@pytest.mark.parametrize("action", ["approve", "refuse"])
def test_staff_who_only_look_decide_nothing(client, small, action) -> None:
    looks = factories.UserFactory.create(is_staff=True)
    looks.user_permissions.set(Permission.objects.filter(codename="view_planrequest"))
    client.force_login(looks)
    asked = factories.PlanRequestFactory.create(price=small)

    client.post(
        reverse("admin:accounts_planrequest_changelist"), {"action": action, "_selected_action": [asked.pk]}
    )

    asked.refresh_from_db()
    assert asked.decided_at is None


def test_staff_have_an_event_processed_again(client) -> None:
    client.force_login(factories.UserFactory(is_staff=True, is_superuser=True))
    event = factories.StripeEventFactory.create(type="price.created", error="It failed.", attempts=6)

    client.post(
        reverse("admin:accounts_stripeevent_changelist"),
        {"action": "process_again", "_selected_action": [event.pk]},
    )

    found = StripeEvent.objects.get()
    assert (found.error, found.attempts, found.processed_at is not None) == ("", 1, True)


def test_the_page_costs_the_same_with_one_plan_and_with_ten(desk, small) -> None:
    desk.get(PAGE)
    quota.forget()
    notable.forget()
    with CaptureQueriesContext(connection) as few:
        desk.get(PAGE)
    factories.PlanPriceFactory.create_batch(9)
    quota.forget()
    notable.forget()
    with CaptureQueriesContext(connection) as many:
        shown = desk.get(PAGE).context["comparison"].offers

    assert len(shown) == 10
    assert len(many) == len(few)


def test_a_coupon_says_for_how_long_and_one_that_does_not_hold_hides_no_price(desk, organization, small) -> None:
    factories.CouponFactory.create(code="SPRING", percent=20, duration="months", months=3)
    address = reverse("plan_choose", args=["acme", small.pk])

    held, refused = (text_of(desk.get(address, {"coupon": code})) for code in ("spring", "autumn"))

    assert "€23.20</b>" in held
    assert "With the coupon, a month costs €23.20 for 3 months, then €29.00." in held
    assert 'value="SPRING"' in held
    assert "There is no such coupon" in refused
    assert "€29.00</b>" in refused
    assert "without a coupon" in refused
    assert 'name="coupon" value=""' in refused


@pytest.mark.parametrize(
    ("fields", "costs"),
    [
        ({}, "to the plan Small, for €29.00 a month."),
        (
            {"state": "trialing", "trial_ends_at": datetime(2026, 12, 13, tzinfo=UTC)},
            "to the plan Small, for nothing until 13 December 2026, then for €29.00 a month.",
        ),
    ],
)
def test_the_mail_of_a_plan_says_what_it_costs_and_from_when(organization, small, fields, costs) -> None:
    letter = letters.plan_changed(subscribe(organization, small, **fields), "")

    assert letter.paragraphs == (f"Acme has come {costs}",)


@pytest.mark.parametrize(
    ("fields", "subject", "page"),
    [
        ({}, "An invoice of Acme is overdue", "invoices"),
        (BY_STRIPE, "A payment for Acme failed", "plan"),
    ],
)
def test_the_mail_of_what_is_due_leads_to_where_it_is_paid(organization, small, fields, subject, page) -> None:
    due = subscribe(organization, small, state="past_due", past_due_since=timezone.now(), **fields)

    letter = letters.payment_failed(due)

    assert letter.subject == subject
    assert letter.address.endswith(f"/o/acme/settings/{page}/")
