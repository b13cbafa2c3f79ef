"""Caps are set by whoever pays, within reason, and each change is in the log."""

import pytest

from accounts.access import Actor
from accounts.billing.services import caps
from accounts.errors import Forbidden, Invalid, NotFound
from accounts.models import AuditEntry, SpendingCap
from accounts.permissions import Role
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def payer(organization) -> Actor:
    membership = factories.MembershipFactory.create(organization=organization, role=Role.BILLING)
    return Actor(user=membership.user)


def noted() -> list[tuple]:
    return list(AuditEntry.objects.order_by("pk").values_list("action", "before", "after"))


def test_a_cap_is_set_changed_and_removed_with_an_entry_each(organization, payer):
    caps.put(organization=organization, actor=payer, currency="USD", amount=5_000_000)
    caps.put(organization=organization, actor=payer, currency="USD", amount=5_000_000)
    caps.put(organization=organization, actor=payer, currency="USD", amount=7_250_000)
    caps.remove(organization=organization, actor=payer, currency="USD")

    assert not SpendingCap.objects.exists()
    assert noted() == [
        ("spending_cap.changed", None, {"amount": "5 USD"}),
        ("spending_cap.changed", {"amount": "5 USD"}, {"amount": "7.25 USD"}),
        ("spending_cap.removed", {"amount": "7.25 USD"}, None),
    ]


@pytest.mark.parametrize(("currency", "amount"), [("usd", 1), ("EURO", 1), ("", 1), ("USD", -1), ("USD", 10**14)])
def test_what_is_no_cap_is_refused(organization, payer, currency, amount):
    with pytest.raises(Invalid):
        caps.put(organization=organization, actor=payer, currency=currency, amount=amount)

    assert noted() == []


@pytest.mark.parametrize("role", [Role.ADMIN, Role.ANALYST, Role.VIEWER])
def test_who_does_not_pay_sets_none(organization, role):
    actor = Actor(user=factories.MembershipFactory.create(organization=organization, role=role).user)
    factories.SpendingCapFactory.create(organization=organization)

    with pytest.raises(Forbidden):
        caps.put(organization=organization, actor=actor, currency="USD", amount=1)
    with pytest.raises(Forbidden):
        caps.remove(organization=organization, actor=actor, currency="USD")


def test_what_is_not_there_is_not_removed(organization, payer):
    with pytest.raises(NotFound):
        caps.remove(organization=organization, actor=payer, currency="USD")


def test_caps_of_projects_and_keys_are_named_in_the_log(organization, project, payer):
    key = factories.SecretKeyFactory.create(organization=organization, name="Robot")
    for whose in (caps.of_project(organization, slug="shop"), caps.of_key(organization, key_id=key.pk)):
        caps.put(organization=organization, actor=payer, currency="USD", amount=1_000_000, whose=whose)
        caps.put(organization=organization, actor=payer, currency="USD", amount=2_000_000, whose=whose)
        caps.remove(organization=organization, actor=payer, currency="USD", whose=whose)

    names = AuditEntry.objects.order_by("pk").values_list("target_name", flat=True)
    assert list(names) == [
        *["Spending cap of the project Shop in USD"] * 3,
        *["Spending cap of the key Robot in USD"] * 3,
    ]


def test_projects_and_keys_of_others_have_no_cap_here(organization, payer):
    elsewhere = factories.ProjectFactory.create(slug="theirs")
    key = factories.SecretKeyFactory.create(organization=elsewhere.organization)

    with pytest.raises(Invalid):
        caps.of_project(organization, slug="theirs")
    for key_id in (key.pk, 2**63):
        with pytest.raises(Invalid):
            caps.of_key(organization, key_id=key_id)
