"""ClickHouse as the store: each batch is seen with its commit or never, and what is over goes."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine

from accounts.errors import DeadlineExceeded
from analytics.kinds import parse_spec
from analytics.models import InboxEntry, Manifest, StoredBatch
from analytics.queries import manifest, storage
from analytics.queries.run import run_query
from analytics.services import engine as engines
from analytics.services import ingestion, retention, sealing
from analytics.services.clickhouse_upkeep import ABANDONED_AFTER
from analytics.store.base import StoreFault, Visible
from analytics.store.clickhouse.address import address_of
from analytics.store.clickhouse.connection import Limits, client
from analytics.store.clickhouse.writing import ClickHouseTable
from tests import factories
from tests.analytics.engines import rows_of
from tests.analytics.events import NOON, event, micros, store
from tests.analytics.test_sealing import PowerCut

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clickhouse")]
SPEC = parse_spec({"kind": "trends", "period": {"from": "2026-11-20", "to": "2026-11-20"}, "series": [{}]})


@pytest.fixture
def table(clickhouse) -> ClickHouseTable:
    address = storage.clickhouse_address()
    assert address is not None
    return ClickHouseTable(address, Limits(60))


def total(project) -> Any:
    result: Any = run_query(project=project, spec=SPEC, now=NOON).result
    return result.lines[0].total


def all_rows(clickhouse) -> Any:
    """Also those of batches that were never completed."""
    return clickhouse.query("SELECT message_id FROM events ORDER BY message_id")


def die(*_arguments: Any, **_options: Any) -> None:
    raise PowerCut


def test_a_batch_that_was_inserted_and_not_committed_is_never_seen(project, clickhouse, monkeypatch):
    store(project, [event(message_id="before")])
    ingestion.accept(project=project, events=[event(message_id="a")])
    with monkeypatch.context() as broken:
        broken.setattr(sealing, "_advance", die)
        with pytest.raises(PowerCut):
            sealing.seal_project(project_id=project.pk)
    assert all_rows(clickhouse) == [("a",), ("before",)]
    assert total(project) == 1
    assert InboxEntry.objects.count() == 1

    report = sealing.seal_project(project_id=project.pk)

    assert (report.events, report.duplicates) == (1, 0)
    assert all_rows(clickhouse) == [("a",), ("a",), ("before",)]
    assert total(project) == 2


def test_what_was_given_up_is_deleted_and_forgotten_after_a_while(project, clickhouse, monkeypatch):
    ingestion.accept(project=project, events=[event(message_id="a")])
    with monkeypatch.context() as broken:
        broken.setattr(sealing, "_advance", die)
        with pytest.raises(PowerCut):
            sealing.seal_project(project_id=project.pk)
    sealing.seal_project(project_id=project.pk)
    engines.writer().upkeep()
    assert len(all_rows(clickhouse)) == 2

    StoredBatch.objects.update(created_at=NOON - ABANDONED_AFTER)
    engines.writer().upkeep()

    assert all_rows(clickhouse) == [("a",)]
    assert not StoredBatch.objects.exists()
    assert total(project) == 1


def test_a_pass_whose_batch_was_swept_meanwhile_is_undone(project, monkeypatch):
    ingestion.accept(project=project, events=[event()])
    real = sealing._without_duplicates

    def slow(*arguments: Any) -> Any:
        StoredBatch.objects.all().delete()
        return real(*arguments)

    monkeypatch.setattr(sealing, "_without_duplicates", slow)
    with pytest.raises(StoreFault):
        sealing.seal_project(project_id=project.pk)

    assert InboxEntry.objects.count() == 1


def test_a_snapshot_does_not_see_what_came_after_it(project):
    store(project, [event()])
    seen = manifest.snapshot(project.pk, start=NOON - timedelta(days=1), end=NOON + timedelta(days=1))
    store(project, [event()])

    now = manifest.snapshot(project.pk, start=NOON - timedelta(days=1), end=NOON + timedelta(days=1))

    assert engines.writer().statistics(project.pk).rows == 2
    assert seen.visible.last_batch < now.visible.last_batch
    assert seen.visible.open_batches == frozenset()


def test_a_pass_that_stores_nothing_leaves_no_batch(project, clickhouse):
    same = event(message_id="same")
    store(project, [same])

    report = store(project, [same])

    assert (report.events, report.duplicates) == (0, 1)
    assert not StoredBatch.objects.exists()
    assert all_rows(clickhouse) == [("same",)]


def test_the_rows_of_one_project_are_not_those_of_another(project):
    other = factories.ProjectFactory.create()
    store(project, [event(message_id="same")])
    store(other, [event(message_id="same")])

    assert (total(project), total(other)) == (1, 1)
    assert rows_of(other) == [("same",)]


def test_what_is_stored_of_a_project_can_be_told(project):
    assert engines.writer().statistics(project.pk).rows == 0
    store(project, [event(NOON - timedelta(days=40)), event(NOON)])

    found = engines.writer().statistics(project.pk)

    assert (found.rows, found.first_day, found.last_day) == (2, date(2026, 10, 11), date(2026, 11, 20))


def test_properties_keep_their_names_and_types(project):
    given = {"Price": 5, "price": 1.5, "plan": "pro", "trial": True, "tags": ["a"], "é\"'": "ü", "big": 10**400}
    store(project, [event(properties=given)])

    assert rows_of(project, "numbers, texts") == [
        ({"Price": 5.0, "price": 1.5, "trial": 1.0}, {"plan": "pro", "trial": "true", "é\"'": "ü"}),
    ]


def test_times_that_the_table_cannot_tell_are_moved_to_its_edge(project):
    store(project, [event(datetime(1, 1, 1, tzinfo=UTC)), event(datetime(1969, 7, 20, 20, 17, tzinfo=UTC))])

    found = [at.replace(tzinfo=UTC) for (at,) in rows_of(project, "time")]

    assert found == [datetime(1900, 1, 1, tzinfo=UTC), datetime(1969, 7, 20, 20, 17, tzinfo=UTC)]


def test_an_import_of_many_years_is_one_batch(project):
    months = [event(datetime(1990 + n // 12, n % 12 + 1, 1, tzinfo=UTC)) for n in range(240)]

    assert store(project, months).events == 240
    assert len(rows_of(project)) == 240


def test_people_are_erased_up_to_a_moment(project, table, clickhouse):
    gone = [event(anonymous_id="a"), event(user_id="u"), event(kind="alias", user_id="z", previous_id="u")]
    kept = [event(anonymous_id="b", message_id="b"), event(NOON + timedelta(hours=1), user_id="u", message_id="u")]
    store(project, [*gone, *kept])
    other = factories.ProjectFactory.create()
    store(other, [event(user_id="u", message_id="other")])

    assert table.erase(project.pk, {"a": micros(NOON), "u": micros(NOON)}) == 3

    assert all_rows(clickhouse) == [("b",), ("other",), ("u",)]


def test_links_are_written_into_the_rows_once_they_are_many_or_old(project):
    store(project, [event(anonymous_id="a"), event(anonymous_id="b", message_id="b")])
    store(project, [event(kind="identify", anonymous_id="a", user_id="u", message_id="link")])
    assert sorted(set(rows_of(project, "person"))) == [("a",), ("b",), ("u",)]
    engines.writer().upkeep()
    assert sorted(set(rows_of(project, "person"))) == [("a",), ("b",), ("u",)]

    with time_machine.travel(datetime.now(UTC) + timedelta(hours=2), tick=False):
        engines.writer().upkeep()

    assert sorted(set(rows_of(project, "person"))) == [("b",), ("u",)]
    span = {"start": NOON - timedelta(days=1), "end": NOON + timedelta(days=1)}
    assert manifest.snapshot(project.pk, **span).links == {}
    store(project, [event(kind="alias", previous_id="u", user_id="v", message_id="later")])
    assert manifest.snapshot(project.pk, **span).links == {"u": "v"}


def test_rows_of_a_project_that_is_gone_go(project, clickhouse):
    other = factories.ProjectFactory.create()
    store(project, [event(message_id="kept")])
    store(other, [event()])
    other.delete()

    engines.writer().upkeep()

    assert all_rows(clickhouse) == [("kept",)]


def test_batches_that_a_restored_database_does_not_know_of_go_at_the_start(project, clickhouse):
    store(project, [event(message_id="kept")])
    before = Manifest.objects.get(project=project)
    store(project, [event(message_id="unknown")])
    before.save()

    engines.prepare()

    assert all_rows(clickhouse) == [("kept",)]


def test_a_batch_that_is_open_at_a_start_is_left_alone(project, clickhouse, monkeypatch):
    ingestion.accept(project=project, events=[event(message_id="a")])
    monkeypatch.setattr(sealing, "_advance", die)
    with pytest.raises(PowerCut):
        sealing.seal_project(project_id=project.pk)

    engines.prepare()

    assert all_rows(clickhouse) == [("a",)]


def test_a_query_ends_at_its_deadline(clickhouse):
    address = storage.clickhouse_address()
    assert address is not None
    with pytest.raises(DeadlineExceeded), client(address, Limits(0.2)) as own:
        own.query("SELECT count() FROM numbers(1000000000000) WHERE cityHash64(number) % 7 = 3")


def test_another_error_is_the_store_s_fault(clickhouse):
    address = storage.clickhouse_address()
    assert address is not None
    with pytest.raises(StoreFault, match="nowhere"), client(address, Limits(5)) as own:
        own.query("SELECT * FROM nowhere")


def test_a_client_is_used_again_without_the_tables_that_it_had(clickhouse):
    address = storage.clickhouse_address()
    assert address is not None
    with client(address, Limits(5)) as first:
        first.command("CREATE TEMPORARY TABLE mine (number Int64)")
    with client(address, Limits(4.9)) as again:
        assert again.get_client_setting("max_execution_time") == "4.9"
        assert again is first
        assert again.query("EXISTS TEMPORARY TABLE mine").result_rows == [(0,)]


def test_a_client_that_failed_is_not_used_again(clickhouse):
    address, limits = storage.clickhouse_address(), Limits(5)
    assert address is not None
    with pytest.raises(StoreFault), client(address, limits) as broken:
        broken.query("SELECT * FROM nowhere")
    with client(address, limits) as other:
        assert other is not broken


def test_a_server_that_does_not_answer_keeps_the_inbox(project, settings, caplog):
    ingestion.accept(project=project, events=[event()])
    settings.EVENT_STORE_URL = "clickhouse://127.0.0.1:1/default"

    sealing.seal_all()

    assert InboxEntry.objects.count() == 1
    assert not StoredBatch.objects.exists()
    assert "Sealing failed" in caplog.text


def test_only_visible_batches_count_as_stored(project, table):
    store(project, [event(message_id="a")])
    last = Manifest.objects.get(project=project).last_batch
    again = [event(message_id="a")]

    assert table.stored_already(project.pk, Visible(last), again) == {0}
    assert table.stored_already(project.pk, Visible(last, frozenset({last})), again) == set()
    assert table.stored_already(project.pk, Visible(last - 1), again) == set()


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("postgres://host/db", "begins with"),
        ("clickhouse:///db", "names no host"),
        ("clickhouse://host/db?clustre=a", "no option `clustre`"),
        ("clickhouse://host:port/db", "[Pp]ort"),
    ],
)
def test_an_address_that_cannot_be_used_is_refused_with_a_sentence(url, fault):
    with pytest.raises(ValueError, match=fault):
        address_of(url)


def test_an_address_says_where_and_who():
    found = address_of("clickhouse://me:p%40ss@ch.example:9000/events?cluster=big&secure=true")

    assert (found.host, found.port, found.user, found.password) == ("ch.example", 9000, "me", "p@ss")
    assert (found.database, found.cluster, found.secure) == ("events", "big", True)


def test_what_is_older_than_the_plan_keeps_is_deleted(project):
    store(project, [event(NOON - timedelta(days=1), message_id="old"), event(NOON, message_id="kept")])

    assert retention.expire(project_id=project.pk, before=NOON.date(), now=NOON) == 1
    assert retention.expire(project_id=project.pk, before=NOON.date(), now=NOON) == 0

    assert rows_of(project) == [("kept",)]
