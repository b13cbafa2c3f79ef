"""Spending caps of projects and keys, by page and API, and who is told of them."""

from datetime import UTC, datetime

import pytest
from rest_framework.test import APIClient

from accounts.billing.meters import Meter
from accounts.billing.services import alerts, ledger
from accounts.billing.services.ledger import Posting
from accounts.models import KeySpending, SpendingCap, UsageNotice
from accounts.permissions import Scope
from tests import factories

pytestmark = pytest.mark.django_db
CAPS = "/o/acme/settings/caps/"
API = "/api/v1/organizations/acme/caps/"


@pytest.fixture
def key(organization):
    scopes = [Scope.QUERY, Scope.INFERENCE]
    return factories.SecretKeyFactory.create(organization=organization, name="Robot", text="pls_a", scopes=scopes)


def test_the_page_sets_and_removes_the_cap_of_a_project_and_of_a_key(client, organization, project, owner, key):
    client.force_login(owner)
    for of in (f"project:{project.pk}", f"key:{key.pk}"):
        assert client.post(CAPS, {"of": of, "currency": "USD", "amount": "5.5"}).status_code == 302
    shown = client.get(CAPS).content.decode()

    assert "Project Shop" in shown
    assert "Key Robot" in shown
    assert list(SpendingCap.objects.order_by("pk").values_list("project_id", "secret_key", "amount")) == [
        (project.pk, None, 5_500_000), (None, key.pk, 5_500_000),
    ]  # fmt: skip
    assert client.post(f"{CAPS}USD/remove/", {"of": f"project:{project.pk}"}).status_code == 302
    assert SpendingCap.objects.get().secret_key == key


@pytest.mark.parametrize("of", ["", "project:0", "key:99999999999999999999999", "else"])
def test_what_is_not_there_has_no_cap(client, organization, owner, of):
    elsewhere = factories.ProjectFactory.create()
    client.force_login(owner)

    for whose in (of, f"project:{elsewhere.pk}"):
        assert client.post(CAPS, {"of": whose, "currency": "USD", "amount": "5"}).status_code == 422
    assert not SpendingCap.objects.exists()


def test_the_pages_of_keys_and_projects_lead_there_for_who_pays(client, organization, owner):
    # With ids of four digits, which people read with a comma and programs without.
    project = factories.ProjectFactory.create(pk=1_234_567, organization=organization)
    key = factories.SecretKeyFactory.create(pk=7_654_321, organization=organization)
    client.force_login(owner)
    for page, of in ((f"/o/acme/p/{project.slug}/settings/", f"project:{project.pk}"),
                     ("/o/acme/settings/keys/", f"key:{key.pk}")):  # fmt: skip
        assert f'href="{CAPS}?of={of}"' in client.get(page).content.decode()
        assert f'value="{of}" selected' in client.get(f"{CAPS}?of={of}").content.decode()


@pytest.mark.parametrize("number", [1, 10])
def test_the_page_asks_as_much_for_ten_caps_as_for_one(
    client, organization, owner, number, django_assert_max_num_queries
):
    for place in range(number):
        one = factories.ProjectFactory.create(organization=organization, slug=f"p{place}")
        factories.SpendingCapFactory.create(organization=organization, project_id=one.pk)
    client.force_login(owner)

    with django_assert_max_num_queries(13):
        shown = client.get(CAPS).content.decode()
    assert shown.count("100.00 USD") >= number


def test_the_api_sets_lists_and_removes_them(client, organization, project, owner, key):
    client.force_login(owner)
    for query in ("", "?project=shop", f"?key={key.pk}"):
        answer = client.put(f"{API}USD/{query}", {"amount": 7}, "application/json")
        assert answer.status_code == 200
    listed = [(cap["of"], cap["project_id"], cap["key_id"], cap["amount"]) for cap in client.get(API).json()]

    assert listed == [
        ("organization", None, None, 7), ("project", project.pk, None, 7), ("key", None, key.pk, 7),
    ]  # fmt: skip
    # A key knows of the organization's cap and of its own.
    own = APIClient(headers={"Authorization": "Bearer pls_a"})
    assert [cap["of"] for cap in own.get(API).json()] == ["organization", "key"]
    assert client.delete(f"{API}USD/?project=shop").status_code == 204
    assert client.delete(f"{API}USD/?project=shop").status_code == 404


@pytest.mark.parametrize("query", ["?project=none", "?key=x", "?key=0", "?key=1&project=shop"])
def test_the_api_names_what_is_wrong(client, organization, project, owner, query):
    client.force_login(owner)

    answer = client.put(f"{API}USD/{query}", {"amount": 7}, "application/json")

    assert answer.status_code == 400
    assert answer.json()["error"]["fields"][0]["field"] in query


def test_who_pays_is_told_of_each_cap(organization, project, owner, key, mailoutbox):
    now = datetime(2026, 11, 20, 12, tzinfo=UTC)
    factories.SpendingCapFactory.create(organization=organization, project_id=project.pk, amount=10_000_000)
    factories.SpendingCapFactory.create(organization=organization, secret_key=key, amount=10_000_000)
    posting = Posting("a", Meter.COST, 5_000_000, now, project_id=project.pk, model="m", currency="USD")
    ledger.post(organization_id=organization.pk, postings=[posting])
    KeySpending.objects.create(secret_key=key, month=now.date().replace(day=1), currency="USD", amount=8_000_000)

    assert alerts.tell_all(now=now) == 2
    assert alerts.tell_all(now=now) == 0

    assert [mail.subject for mail in mailoutbox] == [
        "50 % of the spending cap of the project Shop is spent: Acme",
        "80 % of the spending cap of the key Robot is spent: Acme",
    ]
    assert "Acme has with the key Robot spent 8.00 USD on models this month, of a cap of 10.00 USD" in (
        mailoutbox[1].body
    )
    assert set(UsageNotice.objects.values_list("subject", flat=True)) == {
        f"cost:USD:project:{project.pk}", f"cost:USD:key:{key.pk}",
    }  # fmt: skip
