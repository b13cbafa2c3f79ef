"""The audit log as people see it: the page, its filters, the file, the API."""

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import keys
from accounts.audited import Action, ActorKind
from accounts.billing.queries import notable
from accounts.models import AuditEntry
from accounts.permissions import Scope
from analytics.queries import quota
from tests import factories

PAGE = "/o/acme/settings/audit/"
CSV = "/o/acme/settings/audit.csv"
API = "/api/v1/organizations/acme/audit/"


@pytest.fixture
def desk(client, owner):
    client.force_login(owner)
    return client


@pytest.fixture
def log(organization) -> dict[str, AuditEntry]:
    """Four entries of Acme's, one a day from 1 March, and one of somebody else's."""
    factories.AuditEntryFactory.create(target_name="Elsewhere")
    made: dict[str, dict[str, Any]] = {
        "renamed": {},
        "invited": {"action": Action.MEMBER_ADDED, "target_name": "bob@acme.test", "before": None},
        "by key": {"actor_kind": ActorKind.KEY, "actor_id": 9, "actor_name": "Nightly", "address": "198.51.100.9"},
        "erased": {"action": Action.ERASURE_FINISHED, "actor_kind": ActorKind.SYSTEM, "actor_id": None,
                   "actor_name": "", "address": None, "after": {"person": "f00d"}},
    }  # fmt: skip
    return {
        name: factories.AuditEntryFactory.create(
            organization=organization, created_at=datetime(2026, 3, day, 12, tzinfo=UTC), **fields
        )
        for day, (name, fields) in enumerate(made.items(), start=1)
    }


def shown(response) -> list[int]:
    return [entry.pk for entry, _ in response.context["rows"]]


def test_the_log_is_listed_newest_first_and_of_one_organization(desk, log) -> None:
    response = desk.get(PAGE)

    assert shown(response) == [entry.pk for entry in reversed(log.values())]
    page = response.content.decode()
    assert "<del>Store</del> → Shop" in page
    assert "203.0.113.7" in page
    assert "Elsewhere" not in page


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("action=member.added", ["invited"]),
        ("action=project", ["by key", "renamed"]),
        ("action=nonsense", []),
        ("actor=person:1", ["invited", "renamed"]),
        ("actor=key:9", ["by key"]),
        ("actor=system", ["erased"]),
        ("from=2026-03-02&to=2026-03-03", ["by key", "invited"]),
        ("from=yesterday", ["erased", "by key", "invited", "renamed"]),
        ("q=BOB", ["invited"]),
        ("q=198.51", ["by key"]),
        ("q=f00d", ["erased"]),
        ("q=member+added", ["invited"]),
        ("q=store&action=project&to=2026-03-01", ["renamed"]),
        ("q=%00", ["erased", "by key", "invited", "renamed"]),
    ],
)
def test_filters_and_search_find_what_they_say(desk, log, query, names) -> None:
    assert shown(desk.get(f"{PAGE}?{query}")) == [log[name].pk for name in names]


def test_an_empty_log_and_an_empty_find_say_so(desk, log) -> None:
    assert "No entry matches" in desk.get(f"{PAGE}?q=nothing-like-it").content.decode()


def test_a_log_without_entries_says_what_will_be_there(desk) -> None:
    assert "will be listed here" in desk.get(PAGE).content.decode()


def test_the_log_has_pages_that_keep_the_filter(desk, organization) -> None:
    factories.AuditEntryFactory.create_batch(51, organization=organization)
    factories.AuditEntryFactory.create(organization=organization, action=Action.SITE_ADDED)

    second = desk.get(f"{PAGE}?action=project&page=2")

    assert len(shown(second)) == 1
    assert "?action=project&amp;page=1" in second.content.decode()


def test_an_action_of_a_later_version_is_shown_by_its_name(desk, organization) -> None:
    factories.AuditEntryFactory.create(organization=organization, action="rocket.launched")

    assert "rocket.launched" in desk.get(PAGE).content.decode()


def test_the_page_costs_the_same_with_one_row_and_with_ten(desk, organization) -> None:
    factories.AuditEntryFactory.create(organization=organization)
    desk.get(PAGE)
    quota.forget()
    notable.forget()
    with CaptureQueriesContext(connection) as few:
        desk.get(PAGE)
    factories.AuditEntryFactory.create_batch(9, organization=organization)
    quota.forget()
    notable.forget()
    with CaptureQueriesContext(connection) as many:
        response = desk.get(PAGE)

    assert len(shown(response)) == 10
    assert len(many) == len(few), "\n".join(query["sql"] for query in many)


def test_the_file_has_what_the_filter_shows_and_the_export_is_noted(desk, log, owner) -> None:
    response = desk.get(f"{CSV}?action=project")

    rows = list(csv.DictReader(io.StringIO(response.content.decode())))
    assert [row["actor"] for row in rows] == ["Nightly", "ada@acme.test"]
    assert rows[1]["before"] == '{"name": "Store"}'
    assert rows[1]["time"] == "2026-03-01T12:00:00+00:00"
    noted = AuditEntry.objects.get(action=Action.AUDIT_EXPORTED)
    assert (noted.actor_id, noted.after) == (owner.pk, {"action": "project", "rows": 2})


def test_the_file_is_harmless_to_a_spreadsheet(desk, organization) -> None:
    factories.AuditEntryFactory.create(organization=organization, target_name="=1+1", actor_name="@SUM(A1)")

    row = next(csv.DictReader(io.StringIO(desk.get(CSV).content.decode())))

    assert (row["target"], row["actor"]) == ("'=1+1", "'@SUM(A1)")


def test_the_api_has_the_same_and_pages_by_cursor(client, organization, log) -> None:
    text = keys.generate(keys.SECRET_PREFIX)
    factories.SecretKeyFactory.create(organization=organization, text=text, scopes=[Scope.MANAGE])
    headers = {"Authorization": f"Bearer {text}"}

    first = client.get(f"{API}?page_size=3", headers=headers).json()
    rest = client.get(first["next"], headers=headers).json()

    assert [row["id"] for row in (*first["results"], *rest["results"])] == [
        entry.pk for entry in reversed(log.values())
    ]
    assert rest["next"] is None
    assert first["results"][1] == {
        "id": log["by key"].pk,
        "created_at": "2026-03-03T12:00:00Z",
        "action": "project.changed",
        "actor": {"kind": "key", "id": 9, "name": "Nightly"},
        "target": {"id": "", "name": "Shop"},
        "project_id": None,
        "project_name": "",
        "before": {"name": "Store"},
        "after": {"name": "Shop"},
        "address": "198.51.100.9",
        "user_agent": "",
    }


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("action=member.added&action=erasure.finished", ["erased", "invited"]),
        ("actor_kind=key", ["by key"]),
        ("actor_id=1", ["invited", "renamed"]),
        ("since=2026-03-02T12:00:00Z&until=2026-03-03T12:00:00Z", ["invited"]),
        ("search=nightly", ["by key"]),
    ],
)
def test_the_api_filters(desk, log, query, names) -> None:
    found = desk.get(f"{API}?{query}").json()["results"]

    assert [row["id"] for row in found] == [log[name].pk for name in names]


@pytest.mark.parametrize("query", ["action=nonsense", "actor_kind=robot", "since=yesterday"])
def test_the_api_refuses_a_filter_that_is_none(desk, query) -> None:
    response = desk.get(f"{API}?{query}")

    assert response.status_code == 400
    assert response.json()["error"]["fields"][0]["field"] == query.partition("=")[0]


def test_a_name_is_text_and_not_markup(desk, organization) -> None:
    factories.AuditEntryFactory.create(organization=organization, target_name="<script>alert(1)</script>")

    assert "<script>alert(1)" not in desk.get(PAGE).content.decode()


def test_an_entry_of_now_is_found_by_today(desk, organization) -> None:
    factories.AuditEntryFactory.create(organization=organization)
    factories.AuditEntryFactory.create(organization=organization, created_at=timezone.now() - timedelta(days=2))

    today = timezone.now().date().isoformat()

    assert len(shown(desk.get(f"{PAGE}?from={today}"))) == 1
