"""What models used, on the page, as CSV and over HTTP; and caps, set by whoever pays."""

import csv
import io
from datetime import UTC, date, datetime

import pytest
import time_machine

from accounts.billing.meters import Meter
from accounts.billing.services import ledger
from accounts.billing.services.ledger import Posting
from accounts.models import AuditEntry, SpendingCap
from accounts.permissions import Role, Scope
from tests import factories

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 21, tzinfo=UTC)
USAGE, CAPS = "/o/acme/settings/usage/", "/o/acme/settings/caps/"


@pytest.fixture(autouse=True)
def _now():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def payer(organization, client):
    client.force_login(factories.MembershipFactory.create(organization=organization, role=Role.BILLING).user)


def post(
    organization, *facts: tuple[Meter, int, int, str], currency: str = "", project_id: int | None = None
) -> None:
    """Facts are meter, quantity, day of November, model."""
    ledger.post(
        organization_id=organization.pk,
        postings=[
            Posting(
                f"{meter}:{day}:{model}", meter, quantity, NOW, model=model, on=date(2026, 11, day),
                currency=currency, project_id=project_id,
            )
            for meter, quantity, day, model in facts
        ],
    )  # fmt: skip


@pytest.fixture
def used(organization):
    """Ten days of a large model, one of a small one, and what the large one cost."""
    for day in range(11, 21):
        post(organization, (Meter.INPUT_TOKENS, 900, day, "large"), (Meter.OUTPUT_TOKENS, 100, day, "large"))
    post(organization, (Meter.CACHED_TOKENS, 50, 3, "small"), (Meter.REASONING_TOKENS, 7, 3, "small"))
    post(organization, (Meter.COST, 4_200_000, 20, "large"), currency="USD")


def text_of(client, address: str = USAGE) -> str:
    return " ".join(client.get(address).content.decode().split())


def test_the_page_shows_tokens_by_day_and_model_costs_and_forecasts(client, payer, used):
    page = text_of(client)

    assert "Tokens by day (UTC), 1 to 21 November 2026; highest 1,000 on" in page
    assert "10,057 tokens in all" in page
    assert page.index(">large<") < page.index(">9,000<") < page.rindex(">4.20 USD<") < page.index(">small<")
    # 1,000 a day for the ten days that are left.
    assert "About 20,057 tokens by the end of the month, if it goes on as in the 7 days before today." in page
    # It cost something on one whole day: yesterday.
    assert "About 46.20 USD by the end of the month, if it goes on as in the day before today." in page


def test_without_models_the_page_says_so(client, payer):
    page = text_of(client)

    assert "No tokens in this month" in page
    assert "Tokens by day" not in page


def test_the_month_as_csv_is_what_the_ledger_has(client, payer, organization, project):
    post(organization, (Meter.EVENTS, 5, 2, ""), project_id=project.pk)
    post(organization, (Meter.COST, 42, 3, "large"), currency="USD")

    answer = client.get("/o/acme/settings/meters.csv?month=2026-11")

    assert answer["Content-Disposition"] == 'attachment; filename="acme-meters-2026-11.csv"'
    assert list(csv.reader(io.StringIO(answer.content.decode()))) == [
        ["day", "project", "project_id", "meter", "model", "currency", "quantity"],
        ["2026-11-02", "shop", str(project.pk), "events", "", "", "5"],
        ["2026-11-03", "", "", "llm_cost", "large", "USD", "42"],
    ]


def test_the_api_has_it_all_beside_what_it_had(client, organization, used):
    factories.SpendingCapFactory.create(organization=organization, amount=10_000_000)
    factories.ReservationFactory.create(organization=organization, amount=500_000)
    factories.SecretKeyFactory.create(organization=organization, scopes=[Scope.QUERY], text="pls_test")

    body = client.get("/api/v1/organizations/acme/usage/", headers={"Authorization": "Bearer pls_test"}).json()

    assert (body["tokens"], body["costs"]) == (10_057, [{"currency": "USD", "amount": 4_200_000}])
    assert body["by_model"][0] == {
        "model": "large", "tokens": 10_000, "input_tokens": 9_000, "cached_tokens": 0, "output_tokens": 1_000,
        "reasoning_tokens": 0, "costs": [{"currency": "USD", "amount": 4_200_000}],
    }  # fmt: skip
    assert body["by_meter"][0] == {
        "day": "2026-11-03", "project_id": None, "meter": "llm_cached_tokens", "model": "small", "currency": "",
        "quantity": 50,
    }  # fmt: skip
    assert {"of": "tokens", "currency": "", "used": 10_057, "total": 20_057, "days": 7} in body["forecasts"]
    assert body["caps"] == [
        {
            "currency": "USD", "cap": 10_000_000, "spent": 4_200_000, "held": 500_000, "left": 5_300_000,
            "resets_at": "2026-12-01T00:00:00Z",
        }
    ]  # fmt: skip


def test_a_month_that_is_over_has_neither_forecasts_nor_caps(client, organization, teammate, used):
    factories.SpendingCapFactory.create(organization=organization)
    client.force_login(teammate)

    body = client.get("/api/v1/organizations/acme/usage/?month=2026-10").json()

    assert (body["forecasts"], body["caps"], body["tokens"]) == ([], [], 0)


def test_a_cap_is_set_seen_and_removed_on_the_page(client, payer, organization, used):
    set_to = client.post(CAPS, {"of": "organization", "currency": "USD", "amount": "5.25"})

    assert set_to.status_code == 302
    assert SpendingCap.objects.get().amount == 5_250_000
    assert "4.20 USD of 5.25 USD are spent (80 %)." in text_of(client)
    assert "5.25 USD" in text_of(client, CAPS)
    assert client.post("/o/acme/settings/caps/USD/remove/", {"of": "organization"}).status_code == 302
    assert not SpendingCap.objects.exists()
    assert AuditEntry.objects.filter(action__startswith="spending_cap.").count() == 2


@pytest.mark.parametrize(
    "given",
    [
        {"of": "organization", "currency": "XXX", "amount": "1"},
        {"of": "organization", "currency": "USD", "amount": "-1"},
        {"of": "elsewhere", "currency": "USD", "amount": "1"},
        {},
    ],
)
def test_what_is_no_cap_is_said_in_the_form(client, payer, given):
    assert client.post(CAPS, given).status_code == 422
    assert not SpendingCap.objects.exists()


def test_a_cap_over_http(client, payer, organization, used):
    path = "/api/v1/organizations/acme/caps/USD/"

    answer = client.put(path, {"amount": 5_250_000}, "application/json")

    assert answer.status_code == 200
    assert answer.json() == {
        "of": "organization", "project_id": None, "key_id": None,
        "currency": "USD", "amount": 5_250_000, "spent": 4_200_000, "held": 0, "left": 1_050_000,
        "resets_at": "2026-12-01T00:00:00Z",
    }  # fmt: skip
    assert client.get("/api/v1/organizations/acme/caps/").json() == [answer.json()]
    wrong = client.put("/api/v1/organizations/acme/caps/XXX/", {"amount": 1}, "application/json")
    assert (wrong.status_code, wrong.json()["error"]["fields"][0]["field"]) == (400, "currency")
    assert client.delete(path).status_code == 204
    assert client.delete(path).status_code == 404


def test_who_does_not_pay_sees_the_cap_and_no_link_to_change_it(client, teammate, organization):
    factories.SpendingCapFactory.create(organization=organization)
    client.force_login(teammate)

    page = text_of(client)

    assert "0.00 USD of 100.00 USD are spent (0 %)." in page
    assert CAPS not in page


def test_a_project_that_somebody_does_not_see_is_not_told_apart(client, teammate, organization, project):
    seen = factories.ProjectFactory.create(organization=organization, slug="seen")
    hidden = [factories.ProjectFactory.create(organization=organization, is_limited=True) for _ in range(2)]
    for each in (seen, *hidden):
        postings = [Posting(f"{each.pk}", Meter.EVENTS, each.pk, NOW, project_id=each.pk, on=date(2026, 11, 2))]
        ledger.post(organization_id=organization.pk, postings=postings)
    client.force_login(teammate)

    rows = client.get("/api/v1/organizations/acme/usage/").json()["by_meter"]
    text = client.get("/o/acme/settings/meters.csv").content.decode()

    assert {(row["project_id"], row["quantity"]) for row in rows} == {
        (seen.pk, seen.pk), (None, sum(each.pk for each in hidden)),
    }  # fmt: skip
    assert not any(f",{each.pk}," in text for each in hidden)
