"""The ledger of drops and the usage of a month over HTTP."""

from datetime import UTC, date, datetime

import pytest
import time_machine
from rest_framework.test import APIClient

from accounts.models import Organization
from accounts.permissions import Scope
from analytics.contracts import DropReason
from analytics.queries.drops import MEANINGS
from analytics.services import ingestion
from tests import factories
from tests.analytics.events import event

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _now():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def api(organization) -> APIClient:
    text = "pls_" + "u" * 40
    factories.SecretKeyFactory(organization=organization, text=text, scopes=[Scope.QUERY])
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {text}")
    return client


def dropped(project, day: date, reason: str, events: int) -> None:
    factories.DropCountFactory(project=project, day=day, reason=reason, events=events)


def used(project, day: date, events: int) -> None:
    factories.UsageCountFactory(project=project, day=day, events=events)


def test_the_ledger_has_days_reasons_and_what_they_mean(api, project):
    dropped(project, date(2026, 11, 20), "bot", 5)
    dropped(project, date(2026, 11, 19), "quota", 7)
    dropped(project, date(2026, 11, 19), "bot", 3)
    dropped(factories.ProjectFactory(), date(2026, 11, 19), "bot", 100)

    body = api.get(f"/api/v1/projects/{project.pk}/drops/").json()

    assert (body["first"], body["last"]) == ("2026-10-22", "2026-11-20")
    assert [(row["day"], row["reason"], row["events"]) for row in body["drops"]] == [
        ("2026-11-20", "bot", 5), ("2026-11-19", "bot", 3), ("2026-11-19", "quota", 7),
    ]  # fmt: skip
    assert [(row["reason"], row["events"]) for row in body["totals"]] == [("bot", 8), ("quota", 7)]
    assert {row["meaning"] for row in body["drops"]} == {MEANINGS[DropReason.BOT], MEANINGS[DropReason.QUOTA]}


def test_the_ledger_goes_back_as_many_days_as_asked_today_included(api, project):
    dropped(project, date(2026, 11, 14), "bot", 1)
    dropped(project, date(2026, 11, 13), "bot", 2)

    body = api.get(f"/api/v1/projects/{project.pk}/drops/?days=7").json()

    assert body["first"] == "2026-11-14"
    assert [row["events"] for row in body["drops"]] == [1]


def test_the_ledger_of_one_reason_keeps_all_totals(api, project):
    dropped(project, date(2026, 11, 20), "bot", 5)
    dropped(project, date(2026, 11, 20), "invalid", 2)

    body = api.get(f"/api/v1/projects/{project.pk}/drops/?reason=invalid").json()

    assert [row["reason"] for row in body["drops"]] == ["invalid"]
    assert [row["reason"] for row in body["totals"]] == ["bot", "invalid"]


@pytest.mark.parametrize(
    ("query", "field"), [("days=0", "days"), ("days=367", "days"), ("days=x", "days"), ("reason=mood", "reason")]
)
def test_a_wrong_parameter_of_the_ledger_is_named(api, project, query, field):
    response = api.get(f"/api/v1/projects/{project.pk}/drops/?{query}")

    assert response.status_code == 400
    assert [item["field"] for item in response.json()["error"]["fields"]] == [field]


def test_usage_is_by_project_and_by_day_with_where_one_stands(api, project):
    plan = factories.PlanFactory(name="Small", events_a_month=100, retention_months=12)
    Organization.objects.filter(pk=project.organization_id).update(plan=plan)
    second = factories.ProjectFactory(organization=project.organization, name="Blog", slug="blog")
    used(project, date(2026, 11, 1), 30)
    used(project, date(2026, 11, 20), 10)
    used(second, date(2026, 11, 20), 45)
    used(project, date(2026, 10, 31), 1_000)
    used(factories.ProjectFactory(), date(2026, 11, 20), 1_000)
    ingestion.accept(project=project, events=[event(NOW)])

    body = api.get("/api/v1/organizations/acme/usage/").json()

    assert (body["month"], body["events"]) == ("2026-11-01", 85)
    assert body["standing"] == {
        "used": 86,
        "waiting": 1,
        "quota": 100,
        "share": 0.86,
        "state": "warn",
        "refused_from": 120,
        "resets_at": "2026-12-01T00:00:00Z",
        "plan": {
            "name": "Small", "events_a_month": 100, "warn_from": 80, "refuse_from": 120, "retention_months": 12,
        },
    }  # fmt: skip
    assert [(row["slug"], row["events"]) for row in body["by_project"]] == [("blog", 45), ("shop", 40)]
    assert body["by_project"][1]["by_day"] == [
        {"day": "2026-11-01", "events": 30}, {"day": "2026-11-20", "events": 10},
    ]  # fmt: skip
    assert len(body["by_day"]) == 20
    assert body["by_day"][0] == {"day": "2026-11-01", "events": 30}
    assert body["by_day"][-1] == {"day": "2026-11-20", "events": 55}


def test_a_month_that_is_over_has_all_of_its_days_and_no_standing(api, project):
    used(project, date(2026, 10, 31), 1_000)

    body = api.get("/api/v1/organizations/acme/usage/?month=2026-10").json()

    assert (body["month"], body["events"], body["standing"]) == ("2026-10-01", 1_000, None)
    assert len(body["by_day"]) == 31


def test_a_month_rolls_over_at_midnight_utc(api, project):
    used(project, date(2026, 11, 30), 9)

    with time_machine.travel(datetime(2026, 12, 1, tzinfo=UTC), tick=False):
        body = api.get("/api/v1/organizations/acme/usage/").json()

    assert (body["month"], body["events"], body["standing"]["used"]) == ("2026-12-01", 0, 0)
    assert body["by_day"] == [{"day": "2026-12-01", "events": 0}]


@pytest.mark.parametrize("month", ["2026-13", "november", "2026-11-01", "0001-01"])
def test_a_month_that_is_none_is_refused(api, month):
    response = api.get(f"/api/v1/organizations/acme/usage/?month={month}")

    assert response.status_code == 400
    assert response.json()["error"]["fields"][0]["field"] == "month"


def test_without_a_limit_there_is_no_quota(api, project):
    standing = api.get("/api/v1/organizations/acme/usage/").json()["standing"]

    assert (standing["quota"], standing["share"], standing["refused_from"]) == (None, None, None)
    assert (standing["state"], standing["plan"]["name"]) == ("ok", "Self-hosted")


@pytest.mark.parametrize("projects", [1, 10])
def test_usage_costs_the_same_with_one_project_and_with_ten(api, project, projects, django_assert_max_num_queries):
    for other in factories.ProjectFactory.create_batch(projects - 1, organization=project.organization):
        used(other, date(2026, 11, 20), 5)

    api.get("/api/v1/organizations/acme/usage/")
    with django_assert_max_num_queries(10):
        body = api.get("/api/v1/organizations/acme/usage/").json()

    assert len(body["by_project"]) == projects
