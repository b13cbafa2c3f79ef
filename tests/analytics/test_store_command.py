"""`manage.py store`: the tables of ClickHouse, and the move into it."""

from datetime import timedelta
from io import StringIO
from typing import Any
from unittest.mock import DEFAULT, Mock

import pytest
from django.core.management import CommandError, call_command

from analytics.kinds import parse_spec
from analytics.models import Segment, StoredBatch
from analytics.queries.run import run_query
from analytics.services import compaction, store_move
from analytics.store.clickhouse.writing import ClickHouseTable
from tests import factories
from tests.analytics.engines import LATER, rows_of
from tests.analytics.events import NOON, event, store
from tests.analytics.test_sealing import PowerCut

pytestmark = pytest.mark.django_db
SPEC = parse_spec({
    "kind": "overview",
    "period": {"from": "2026-11-01", "to": "2026-11-20"},
    "filters": [{"field": "properties.price", "operator": "is_set"}],
})  # fmt: skip


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("store", *arguments, stdout=out)
    return out.getvalue()


@pytest.fixture
def url(clickhouse, settings) -> str:
    """The address of an empty ClickHouse, while events are in segments."""
    found = str(settings.EVENT_STORE_URL)
    settings.EVENT_STORE_URL = ""
    return found


@pytest.fixture
def filled(project):
    """Two projects with a few segments each; one person became known later."""
    other = factories.ProjectFactory.create()
    for day in range(3):
        at = NOON - timedelta(days=day)
        store(
            project,
            [event(at, anonymous_id=f"a{day}", properties={"price": day, "plan": "pro"}) for _ in range(3)],
        )
        store(other, [event(at, anonymous_id="a")])
    store(project, [event(kind="identify", anonymous_id="a0", user_id="u")])
    return project


def figures(project: Any) -> Any:
    return run_query(project=project, spec=SPEC, now=NOON).result


def test_moved_events_give_the_same_answers(filled, url, settings):
    before, rows = figures(filled), rows_of(filled, "message_id, who, loose, time, properties")

    said = run("move", "--to", url)

    assert "13 events moved" in said
    settings.EVENT_STORE_URL = url
    assert rows_of(filled, "message_id, who, loose, toDateTime64(time, 6), properties") == rows
    assert {person for (person,) in rows_of(filled, "person")} == {"a0", "a1", "a2", "u"}
    assert figures(filled) == before


def test_a_second_move_has_nothing_to_do(filled, url, settings):
    run("move", "--to", url)

    assert "0 events moved" in run("move", "--to", url)
    settings.EVENT_STORE_URL = url
    assert len(rows_of(filled)) == 10


def test_a_move_that_was_broken_off_goes_on_and_doubles_nothing(filled, url, settings, monkeypatch):
    real = store_move._complete
    with monkeypatch.context() as broken:
        broken.setattr(store_move, "_complete", Mock(side_effect=[*[DEFAULT] * 2, PowerCut()], wraps=real))
        with pytest.raises(PowerCut):
            run("move", "--to", url)
    assert 0 < len(StoredBatch.objects.filter(completed_at__isnull=False)) < Segment.objects.count()
    run("move", "--to", url)

    settings.EVENT_STORE_URL = url
    assert len(rows_of(filled)) == len(set(rows_of(filled))) == 10


def test_segments_that_were_merged_since_take_the_place_of_what_was_moved(filled, url, settings):
    run("move", "--to", url)
    compaction.compact_project(project_id=filled.pk, now=LATER)

    run("move", "--to", url)

    settings.EVENT_STORE_URL = url
    assert len(rows_of(filled)) == len(set(rows_of(filled))) == 10
    assert StoredBatch.objects.filter(project=filled).count() == 1


def test_rows_that_are_not_those_of_the_file_are_told(filled, url, monkeypatch):
    real = ClickHouseTable.insert
    monkeypatch.setattr(ClickHouseTable, "insert", lambda self, rows: real(self, rows.slice(1)))

    with pytest.raises(CommandError, match="was sent"):
        run("move", "--to", url)

    assert not StoredBatch.objects.filter(completed_at__isnull=False).exists()


def test_sealing_goes_on_in_clickhouse_and_knows_what_was_moved(filled, url, settings):
    again = event(message_id="again")
    store(filled, [again])
    run("move", "--to", url)
    settings.EVENT_STORE_URL = url

    assert store(filled, [again, event()]).duplicates == 1
    assert len(rows_of(filled)) == 12


def test_segments_are_dropped_only_when_nobody_reads_them(filled, url, settings):
    with pytest.raises(CommandError, match="still read"):
        run("move", "--to", url, "--drop-segments")
    settings.EVENT_STORE_URL = url

    said = run("move", "--drop-segments")

    assert "segments dropped" in said
    assert not Segment.objects.live().exists()
    assert len(rows_of(filled)) == 10
    assert "0 events moved" in run("move")
    assert len(rows_of(filled)) == 10


def test_a_project_that_is_being_written_is_left_for_the_next_run(filled, url, monkeypatch):
    monkeypatch.setattr(store_move, "begin", lambda **_: None)

    assert "0 events moved" in run("move", "--to", url)


def test_a_move_needs_an_address(settings):
    with pytest.raises(CommandError, match="Say where to"):
        run("move")
    with pytest.raises(CommandError, match="begins with"):
        run("move", "--to", "http://nowhere")


def test_the_tables_of_one_node_are_printed():
    said = run("ddl")

    assert "CREATE TABLE IF NOT EXISTS `plumbline`.events (" in said
    assert "ENGINE = MergeTree" in said


def test_the_tables_of_a_cluster_are_printed_and_are_clickhouse_s_language(clickhouse):
    said = run("ddl", "--cluster", "big", "--database", "web")

    assert "ReplicatedMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')" in said
    assert "Distributed('big', 'web', 'events_local', cityHash64(person))" in said
    parsed = [clickhouse.query(f"EXPLAIN AST {statement}") for statement in said.split(";\n") if statement.strip()]
    assert len(parsed) == 3
