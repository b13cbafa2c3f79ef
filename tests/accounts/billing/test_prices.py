"""Staff put prices on sale and take them from it, in the admin."""

import pytest
from django.urls import reverse

from accounts.audited import Action
from accounts.models import AuditEntry, PlanPrice
from tests import factories


@pytest.fixture
def staff(client, db: None):
    user = factories.UserFactory.create(is_staff=True, is_superuser=True)
    client.force_login(user)
    return user


def sent(plan, *prices) -> dict[str, object]:
    """What the plan's page sends, with new prices below the ones that are there."""
    known = plan.prices.count()
    rows = {"prices-TOTAL_FORMS": known + len(prices), "prices-INITIAL_FORMS": known}
    for place, price in enumerate(prices, known):
        rows |= {f"prices-{place}-{name}": value for name, value in price.items()}
    return {
        "name": plan.name, "slug": plan.slug, "warn_from": 80, "trial_days": 0, "position": 0, "features": ["sql"],
        **rows,
    }  # fmt: skip


def test_a_new_price_takes_the_place_of_the_active_one(client, staff) -> None:
    old = factories.PlanPriceFactory.create()
    new = {"currency": "EUR", "interval": "month", "amount": 3_900}

    response = client.post(reverse("admin:accounts_plan_change", args=[old.plan.pk]), sent(old.plan, new))

    assert response.status_code == 302
    found = PlanPrice.objects.filter(plan=old.plan).order_by("pk").values_list("amount", "is_active")
    assert list(found) == [(2_900, False), (3_900, True)]
    noted = AuditEntry.objects.filter(action__startswith="price.").order_by("pk").values_list("action", flat=True)
    assert list(noted) == [Action.PRICE_WITHDRAWN, Action.PRICE_CREATED]


def test_a_block_without_its_price_is_refused(client, staff) -> None:
    plan = factories.PlanFactory.create()
    new = {"currency": "EUR", "interval": "month", "amount": 3_900, "events_unit": 100}

    response = client.post(reverse("admin:accounts_plan_change", args=[plan.pk]), sent(plan, new))

    assert "A block of events needs its size and its price." in response.content.decode()
    assert not plan.prices.exists()


def test_a_price_is_taken_from_sale_and_who_pays_it_goes_on(client, staff) -> None:
    subscription = factories.SubscriptionFactory.create()
    chosen = {"action": "withdraw", "_selected_action": [subscription.price_id]}

    client.post(reverse("admin:accounts_planprice_changelist"), chosen)

    subscription.refresh_from_db()
    assert (subscription.price.is_active, subscription.is_open) == (False, True)
