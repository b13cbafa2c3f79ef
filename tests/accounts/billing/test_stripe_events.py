"""What Stripe tells, over HTTP: twice, late, out of order, forged, and while we cannot work on it."""

import json
import time
from datetime import timedelta

import pytest
import requests
from django.utils import timezone

from accounts.access import Actor
from accounts.billing.services import choosing
from accounts.billing.stripe import events
from accounts.models import AuditEntry, Plan, StripeEvent, Subscription
from tests import factories
from tests.accounts.billing.conftest import signature
from tests.simulators.stripe.fixtures import WEBHOOK_SECRET

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("default_plan")]


@pytest.fixture
def subscribed(stripe, organization, owner):
    """Somebody has paid, and we have not heard of it: the id at Stripe."""
    price = factories.PlanPriceFactory.create(plan__name="Small")
    acting = Actor(user=owner)
    address = choosing.choose(organization=organization, price=price, code="", actor=acting, now=timezone.now())
    return stripe.pay(address.rpartition("/")[2])


def of(stripe, kind):
    return next(event for event in stripe.events() if event["type"] == kind)


def test_an_event_that_comes_twice_is_worked_on_once(stripe, subscribed, deliver, mailoutbox) -> None:
    event = of(stripe, "customer.subscription.created")

    assert [deliver(event), deliver(event)] == [200, 200]

    kept = StripeEvent.objects.get()
    assert (kept.attempts, kept.error, kept.subscription_id) == (1, "", subscribed)
    assert AuditEntry.objects.filter(action="subscription.started").count() == 1
    assert len(mailoutbox) == 1


@pytest.mark.parametrize("reverse", [False, True])
def test_the_order_of_events_does_not_matter(stripe, subscribed, deliver, organization, reverse) -> None:
    stripe.run_out(subscribed)
    told = sorted(stripe.events(), key=lambda event: event["type"], reverse=reverse)
    assert {"customer.subscription.created", "customer.subscription.deleted"} <= {event["type"] for event in told}

    for event in told:
        assert deliver(event) == 200

    organization.refresh_from_db()
    assert organization.plan is None
    assert not Subscription.objects.open().exists()


def test_old_news_does_not_undo_what_is_new(stripe, subscribed, deliver, organization, owner) -> None:
    created = of(stripe, "customer.subscription.created")
    deliver(created)
    large = factories.PlanPriceFactory.create(plan__name="Large", amount=9_900)
    choosing.choose(organization=organization, price=large, code="", actor=Actor(user=owner), now=timezone.now())

    assert deliver({**created, "id": "evt_late", "created": created["created"] - 86_400}) == 200

    found = Subscription.objects.get()
    assert (found.plan.name, found.state) == ("Large", "active")
    assert found.updated_from is not None
    assert found.updated_from.timestamp() >= created["created"]


@pytest.mark.parametrize(
    "how",
    [{"secret": "whsec_other"}, {"at": 1_700_000_000}],
    ids=["another secret", "signed long ago"],
)
def test_a_forged_event_is_refused(stripe, subscribed, deliver, how) -> None:
    assert deliver(of(stripe, "customer.subscription.created"), **how) == 400
    assert not StripeEvent.objects.exists()


@pytest.mark.parametrize("header", ["", "t=1,v1=", "nonsense", "v1=00"])
def test_an_event_without_a_signature_is_refused(stripe, live_server, header) -> None:
    response = requests.post(
        f"{live_server.url}/api/v1/stripe/events/", b"{}", headers={"Stripe-Signature": header}, timeout=10
    )

    assert (response.status_code, response.json()["error"]["code"]) == (400, "invalid")


def test_a_changed_event_is_refused(stripe, subscribed, live_server) -> None:
    event = of(stripe, "customer.subscription.created")
    signed = signature(json.dumps(event))
    event["data"]["object"]["id"] = "sub_other"

    response = requests.post(
        f"{live_server.url}/api/v1/stripe/events/",
        json.dumps(event),
        headers={"Stripe-Signature": signed},
        timeout=10,
    )

    assert response.status_code == 400


@pytest.mark.parametrize("body", ["[]", "{}", "null", '{"id": 1, "type": "x", "created": "y", "data": {}}'])
def test_what_is_signed_and_no_event_is_refused(stripe, live_server, body) -> None:
    response = requests.post(
        f"{live_server.url}/api/v1/stripe/events/",
        body,
        headers={"Stripe-Signature": signature(body)},
        timeout=10,
    )

    assert response.status_code == 400


def test_an_event_of_something_else_is_kept_and_does_nothing(stripe, deliver) -> None:
    event = {"id": "evt_1", "type": "price.created", "created": int(time.time()), "data": {"object": {"id": "p"}}}

    assert deliver(event) == 200

    kept = StripeEvent.objects.get()
    assert (kept.type, kept.object_id, kept.error) == ("price.created", "p", "")
    assert kept.processed_at is not None


def test_an_event_that_cannot_be_worked_on_is_taken_up_again(
    stripe, subscribed, deliver, organization, settings
) -> None:
    works, settings.STRIPE_API_BASE = settings.STRIPE_API_BASE, "http://127.0.0.1:9"
    assert deliver(of(stripe, "customer.subscription.created")) == 200
    kept = StripeEvent.objects.get()
    assert (kept.processed_at, kept.attempts) == (None, 1)
    assert "Stripe does not do this" in kept.error

    settings.STRIPE_API_BASE = works
    assert events.take_up(now=timezone.now()) == 0
    assert events.take_up(now=timezone.now() + timedelta(minutes=2)) == 1

    organization.refresh_from_db()
    assert organization.plan.name == "Small"
    kept.refresh_from_db()
    assert (kept.error, kept.attempts) == ("", 2)


def test_a_price_that_is_not_ours_is_shown_to_staff(stripe, subscribed, deliver, client) -> None:
    Plan.objects.get(name="Small").prices.update(stripe_price_id="")
    deliver(of(stripe, "customer.subscription.created"))

    assert "has a price that is not ours" in StripeEvent.objects.get().error


def test_an_organization_pays_once(stripe, subscribed, deliver, organization, owner) -> None:
    """Two pages of Checkout were open at the same time, and both were paid."""
    price = Plan.objects.get(name="Small").prices.get()
    again = choosing.choose(
        organization=organization, price=price, code="", actor=Actor(user=owner), now=timezone.now()
    )
    stripe.pay(again.rpartition("/")[2])

    for event in stripe.events():
        assert deliver(event) == 200

    assert Subscription.objects.open().count() == 1
    errors = StripeEvent.objects.exclude(error="").values_list("error", flat=True)
    assert all("pays twice at Stripe" in error for error in errors)
    assert errors


def test_without_stripe_there_is_nobody_to_tell(live_server, settings) -> None:
    assert requests.post(f"{live_server.url}/api/v1/stripe/events/", "{}", timeout=10).status_code == 404


@pytest.fixture
def told_by_localstripe(localstripe, live_server):
    """It sends its events itself, until the test is over: then none is of a kind that it sends."""
    hook = {"url": f"{live_server.url}/api/v1/stripe/events/", "secret": WEBHOOK_SECRET}
    requests.post(f"{localstripe}/_config/webhooks/plumbline", data=hook, timeout=5)
    yield
    requests.post(f"{localstripe}/_config/webhooks/plumbline", data={**hook, "events[]": "none"}, timeout=5)


def test_localstripe_tells_us_by_itself(stripe, told_by_localstripe, organization, owner) -> None:
    """Its own requests, with its own signature, about a subscription that was made by its own API."""
    price = factories.PlanPriceFactory.create(plan__name="Small")
    acting = Actor(user=owner)
    address = choosing.choose(organization=organization, price=price, code="", actor=acting, now=timezone.now())
    stripe.pay(address.rpartition("/")[2])

    deadline = time.monotonic() + 20
    while not Subscription.objects.exists() and time.monotonic() < deadline:
        time.sleep(0.1)

    organization.refresh_from_db()
    assert organization.plan.name == "Small"
