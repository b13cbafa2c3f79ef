"""What is older than the plan keeps: deleted in whole segments, never shown, and not taken any more."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import DatabaseError

from accounts.models import Organization
from analytics.contracts import DropReason
from analytics.exports import FileFormat
from analytics.kinds import parse_spec
from analytics.models import DropCount, InboxEntry, Manifest, Segment, UsageCount
from analytics.queries import export, storage
from analytics.queries.retention import kept_from
from analytics.queries.run import run_query
from analytics.services import compaction, ingestion, retention, sealing
from tests import factories
from tests.analytics.engines import rows_of
from tests.analytics.events import event, store

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
# What a plan of three months keeps at NOW.
EDGE = datetime(2026, 8, 20, tzinfo=UTC)
TICK = timedelta(microseconds=1)


@pytest.fixture
def plan(organization):
    """Three months; put on the organization by `limit`."""
    return factories.PlanFactory.create(retention_months=3)


@pytest.fixture
def limit(organization, plan):
    return lambda: Organization.objects.filter(pk=organization.pk).update(plan=plan)


def days(project) -> list[str]:
    return [str(item.last_day) for item in Segment.objects.live().filter(project=project).order_by("last_day")]


def at_now(project, *events) -> None:
    with time_machine.travel(NOW, tick=False):
        store(project, events)


@pytest.mark.parametrize(
    ("months", "now", "edge"),
    [
        (3, NOW, EDGE),
        (1, datetime(2026, 3, 31, 23, 59, tzinfo=UTC), datetime(2026, 2, 28, tzinfo=UTC)),
        (12, datetime(2028, 2, 29, tzinfo=UTC), datetime(2027, 2, 28, tzinfo=UTC)),
    ],
)
def test_the_edge_is_a_midnight_so_many_months_ago(project, plan, limit, months, now, edge):
    limit()
    type(plan).objects.update(retention_months=months)

    assert kept_from(project.organization_id, now=now) == edge


def test_a_plan_without_retention_keeps_for_ever(project):
    at_now(project, event(datetime(1990, 1, 1, tzinfo=UTC)))

    assert kept_from(project.organization_id, now=NOW) is None
    assert retention.expire_all(now=NOW) == 0
    assert days(project) == ["1990-01-01"]


def test_segments_whose_last_day_is_over_leave_the_manifest_and_their_files_the_disk(project, limit):
    at_now(project, event(EDGE - TICK), event(EDGE), event(NOW))
    old = storage.path_of(Segment.objects.get(last_day=date(2026, 8, 19)))
    version = Manifest.objects.get(project=project).version
    limit()

    assert retention.expire_all(now=NOW) == 1

    assert days(project) == ["2026-08-20", "2026-11-20"]
    assert Manifest.objects.get(project=project).version == version + 1
    assert old.exists()
    compaction.sweep(now=NOW + timedelta(minutes=11))
    assert not old.exists()


def test_a_second_run_finds_nothing_and_changes_nothing(project, limit):
    at_now(project, event(EDGE - TICK), event(NOW))
    limit()
    retention.expire_all(now=NOW)
    version = Manifest.objects.get(project=project).version

    assert retention.expire_all(now=NOW) == 0
    assert Manifest.objects.get(project=project).version == version


def test_a_segment_that_spans_the_edge_stays_until_all_of_it_is_over(project, limit):
    at_now(project, *(event(EDGE + timedelta(days=day)) for day in range(-8, 9)))
    assert days(project) == ["2026-08-28"]
    limit()

    assert retention.expire_all(now=NOW) == 0
    assert retention.expire_all(now=NOW + timedelta(days=8)) == 0
    assert retention.expire_all(now=NOW + timedelta(days=9)) == 1


def test_other_organizations_keep_theirs(project, limit):
    other = factories.ProjectFactory.create()
    at_now(project, event(EDGE - TICK))
    at_now(other, event(EDGE - TICK))
    limit()

    retention.expire_all(now=NOW)

    assert (days(project), days(other)) == ([], ["2026-08-19"])


def test_one_project_s_fault_stops_no_other(project, limit, caplog):
    broken = factories.ProjectFactory.create(organization=project.organization)
    at_now(project, event(EDGE - TICK))
    at_now(broken, event(EDGE - TICK))
    limit()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(retention, "expire", _failing_for(broken.pk))
        assert retention.expire_all(now=NOW) == 1

    assert (days(project), days(broken)) == ([], ["2026-08-19"])
    assert "Expiry failed" in caplog.text


def _failing_for(project_id: int):
    real = retention.expire

    def expire(**asked):
        if asked["project_id"] == project_id:
            raise DatabaseError("gone")
        return real(**asked)

    return expire


def ask(project, first: str, last: str, *, now: datetime = NOW) -> Any:
    spec = {
        "kind": "trends",
        "period": {"from": first, "to": last},
        "interval": "day",
        "series": [{"event": "Paid"}],
    }
    return run_query(project=project, spec=parse_spec(spec), now=now)


def test_answers_begin_exactly_at_the_edge_though_the_segment_is_still_there(project, limit):
    at_now(project, *(event(EDGE + timedelta(days=day), name="Paid") for day in (-2, -1, 0, 1)))
    at_now(project, event(EDGE - TICK, name="Paid"))
    assert sum(ask(project, "2026-08-17", "2026-08-22").result.lines[0].values) == 5
    limit()

    answer = ask(project, "2026-08-17", "2026-08-22")

    assert answer.result.lines[0].values == (0, 0, 0, 1, 1, 0)
    assert answer.provenance.kept_from == EDGE
    assert answer.provenance.rows_read == 2


def test_what_lies_before_the_edge_as_a_whole_is_empty(project, limit):
    at_now(project, event(EDGE - TICK, name="Paid"))
    limit()

    answer = ask(project, "2026-08-18", "2026-08-19")

    assert answer.result.lines[0].values == (0, 0)


def test_a_period_that_is_kept_is_answered_as_ever(project, limit):
    at_now(project, event(EDGE, name="Paid"))
    limit()

    answer = ask(project, "2026-08-20", "2026-08-20")

    assert answer.result.lines[0].values == (1,)
    assert answer.provenance.kept_from is None


def test_a_cached_answer_does_not_outlive_the_edge(project, limit):
    at_now(project, event(EDGE, name="Paid"), event(EDGE + timedelta(days=1), name="Paid"))
    limit()

    today = ask(project, "2026-08-20", "2026-08-21")
    tomorrow = ask(project, "2026-08-20", "2026-08-21", now=NOW + timedelta(days=1))

    assert today.result.lines[0].values == (1, 1)
    assert tomorrow.result.lines[0].values == (0, 1)


def test_what_arrives_too_old_is_counted_and_not_kept(project, limit):
    limit()

    at_now(project, event(EDGE - TICK, message_id="old"), event(EDGE, message_id="kept"))

    assert rows_of(project) == [("kept",)]
    assert DropCount.objects.get(project=project).events == 1
    assert DropCount.objects.get(project=project).reason == DropReason.TOO_OLD
    assert list(UsageCount.objects.values_list("events", flat=True)) == [1]
    assert not InboxEntry.objects.exists()


def test_too_old_and_duplicate_are_counted_apart(project, limit):
    limit()
    ingestion.accept(
        project=project,
        events=[event(EDGE - TICK, message_id="old"), event(EDGE, message_id="a"), event(EDGE, message_id="a")],
    )

    with time_machine.travel(NOW, tick=False):
        report = sealing.seal_project(project_id=project.pk)

    assert (report.events, report.duplicates) == (1, 1)
    assert dict(DropCount.objects.values_list("reason", "events")) == {"too_old": 1, "duplicate": 1}


def test_our_own_door_says_of_each_event_that_it_is_too_old(client, project, limit):
    limit()
    factories.WriteKeyFactory(project=project, text="plw_" + "r" * 32)
    old, kept = ({"event": "Paid", "user_id": "ada", "timestamp": str(at)} for at in (EDGE - TICK, EDGE))

    with time_machine.travel(NOW, tick=False):
        response = client.post(
            "/api/v1/events/",
            {"write_key": "plw_" + "r" * 32, "events": [old, kept]},
            content_type="application/json",
        )

    first, second = response.json()["results"]
    assert (first["status"], first["field"]) == ("rejected", "timestamp")
    assert "older than the plan keeps" in first["reason"]
    assert second["status"] == "stored"
    assert dict(DropCount.objects.values_list("reason", "events")) == {"too_old": 1}


def test_an_export_begins_at_the_edge_too(project, limit):
    at_now(project, *(event(EDGE + timedelta(days=day), message_id=f"day{day}") for day in (-2, -1, 0, 1)))
    limit()

    with time_machine.travel(NOW, tick=False):
        lines = b"".join(export.events(project=project, wanted=export.Wanted(FileFormat.NDJSON, ("message_id",))))

    assert [json.loads(line)["message_id"] for line in lines.splitlines()] == ["day0", "day1"]


@pytest.mark.parametrize(("period", "told"), [("30d", False), ("12mo", True)])
def test_the_overview_tells_where_the_plan_cuts_into_its_period(client, teammate, project, limit, period, told):
    at_now(project, event(NOW, kind="page"))
    limit()
    client.force_login(teammate)

    with time_machine.travel(NOW, tick=False):
        page = client.get(f"/o/acme/p/shop/?period={period}").content.decode()

    assert ("Events before 20 August 2026 (UTC) are no longer kept" in page) is told
